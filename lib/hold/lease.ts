import { type Instant, instantOf, msOf } from '../finding/instant.ts';
import type { StageKey } from './hold.ts';
import type { ClockPort } from './ports.ts';
import type { Key, Table, Write } from './table.ts';

/**
 * How long a lease holds, in milliseconds: longer than any late request of its owner can live
 * (30 s function + 5 s request, and a margin for clocks that differ).
 */
export const leaseFor = 90_000;

/** The right to change a stage. Writes made under it carry `underLease`, so that a late owner changes nothing. */
export type Lease = { readonly key: Key; readonly epoch: number; readonly until: Instant };

/** Takes the lease of a stage; null while another owner holds it. */
export async function takeLease(table: Table, clock: ClockPort, stage: StageKey, owner: string): Promise<Lease | null> {
  const key: Key = { pk: `STAGE#${stage}`, sk: 'LEASE' };
  const item = await table.get(key);
  const now = clock.now();
  const epoch = typeof item?.epoch === 'number' ? item.epoch : 0;
  if (typeof item?.until === 'string' && item.until > now) return null;
  const until = instantOf(msOf(now) + leaseFor);
  const done = await table.transact([
    {
      update: key,
      change: { set: { owner, until, epoch: epoch + 1 } },
      when: epoch === 0 ? { absent: 'epoch' } : { equals: ['epoch', epoch] },
    },
  ]);
  return done.ok ? { key, epoch: epoch + 1, until } : null;
}

/** The write that makes a transaction fail once another owner has the lease. */
export function underLease(lease: Lease): Write {
  return { check: lease.key, when: { equals: ['epoch', lease.epoch] } };
}

/** Gives the lease back. Losing it meanwhile is no error: its successor has it. */
export async function returnLease(table: Table, lease: Lease): Promise<void> {
  await table.transact([
    { update: lease.key, change: { set: { until: '' } }, when: { equals: ['epoch', lease.epoch] } },
  ]);
}

/**
 * Ends whatever lease a stage has. Only for who knows that no owner is alive and none of its requests is under way: the
 * embedded runtime when it starts, whose services died with it.
 */
export async function breakLease(table: Table, stage: StageKey): Promise<void> {
  await table.transact([
    { update: { pk: `STAGE#${stage}`, sk: 'LEASE' }, change: { set: { until: '' } }, when: { exists: 'epoch' } },
  ]);
}
