import { z } from 'zod';
import { faultInWords, type SubscriptionFault } from '../brief/subscription.ts';
import { Instant, later } from '../finding/instant.ts';
import type { Table } from '../hold/table.ts';
import { deafIn, type MissedDeps, orderMissed } from './missed.ts';

/** What the last comparison of the subscriptions with the policy found. */
export type Compared = z.infer<typeof Compared>;
export const Compared = z.object({
  comparedAt: Instant,
  faults: z
    .array(
      z.object({
        kind: z.enum(['leaks', 'missing', 'unconfirmed', 'fragile']),
        personId: z.string().nullable(),
        channel: z.enum(['email', 'sms', 'other']),
        endpoint: z.string(),
      }),
    )
    .readonly(),
});

const key = { pk: 'PEOPLE', sk: 'SUBSCRIPTIONS' };
const compareEvery = 3_600_000;
/** While somebody is not reached: they may confirm at any moment, and what they missed is sent then. */
const compareSoon = 300_000;

/**
 * Compares once an hour, oftener while somebody is not reached, keeps what was found for the board, and orders what people
 * missed who are reached by now. Answers whether it did. Throws when a subscription leaks
 * links, so that the alarm of the sweep rings; who is merely not reached shows on each hold.
 */
export async function compareHourly(
  deps: MissedDeps & { readonly subscriptionFaults: () => Promise<readonly SubscriptionFault[]> },
): Promise<boolean> {
  const now = deps.clock.now();
  const before = await lastCompared(deps.table);
  const isDeaf = deafIn(before?.faults ?? []).length > 0;
  if (before !== null && before.comparedAt > later(now, isDeaf ? -compareSoon : -compareEvery)) return false;
  const faults = await deps.subscriptionFaults();
  // First, so that a pass that breaks off here finds the same difference again.
  await orderMissed(deps, before?.faults ?? [], faults);
  await deps.table.transact([{ put: { ...key, comparedAt: now, faults } }]);
  const [leak] = faults.filter(({ kind }) => kind === 'leaks');
  if (leak !== undefined) throw new Error(faultInWords(leak));
  return true;
}

/** What the last comparison found; null before the first. */
export async function lastCompared(table: Table): Promise<Compared | null> {
  const item = await table.get(key);
  return item === null ? null : Compared.parse(item);
}
