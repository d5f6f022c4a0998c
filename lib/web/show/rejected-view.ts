import type { Ports } from '../../aws/ports.ts';
import { rejectedRecords } from '../../hold/rejected.ts';
import type { RejectedView } from '../views.ts';

/** The records that could not be read, newest first. */
export async function rejectedView({ table }: Pick<Ports, 'table'>): Promise<RejectedView> {
  const records = await rejectedRecords(table);
  return {
    records: records.map(({ rejectedAt, message, path }) => ({ at: rejectedAt, message, path, excerpt: '' })),
  };
}
