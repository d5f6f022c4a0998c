import { z } from 'zod';
import { Instant } from '../finding/instant.ts';
import type { Item, Table } from '../hold/table.ts';

/** That one person was told something about a hold, and whether it left for an address they confirmed. */
export type Told = z.infer<typeof Told>;
export const Told = z.object({
  personId: z.string(),
  kind: z.string(),
  at: Instant,
  email: z.boolean(),
  sms: z.boolean(),
  /** The number of the last news that the message spoke of. */
  n: z.number().int(),
});

/** Who was told what about a hold, oldest first. */
export async function toldAbout(table: Table, holdId: string): Promise<readonly Told[]> {
  const items = await table.query(`HOLD#${holdId}`, 'TOLD#');
  return items.map((item) => Told.parse(item)).toSorted((a, b) => (a.at < b.at ? -1 : 1));
}

/** The item that keeps it. A message that the person asked for is one of its own each time. */
export function toldItem(holdId: string, told: Told): Item {
  const what = told.kind === 'new-link' ? `renew-${told.at}` : String(told.n).padStart(6, '0');
  return { pk: `HOLD#${holdId}`, sk: `TOLD#${what}#${told.personId}`, ...told };
}

/** Whether a message left for the person at all. */
export function isReached(told: Pick<Told, 'email' | 'sms'>): boolean {
  return told.email || told.sms;
}
