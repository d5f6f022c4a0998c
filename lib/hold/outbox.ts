import { z } from 'zod';
import { Instant } from '../finding/instant.ts';
import { StageAddress } from '../policy/policy.ts';
import type { Item, Table, Write } from './table.ts';

/**
 * Work that a transaction leaves to be done after it: written with it, deleted when done, delivered at least once.
 * `reconcile` goes to the stage controller, the rest to dispatch.
 */
export type Errand = z.infer<typeof Errand>;
export const Errand = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('reconcile'), holdId: z.string(), stage: StageAddress }),
  z.object({ kind: z.literal('start-workflow'), holdId: z.string() }),
  /** New or changed findings of the hold's problem: count them, rate it again. */
  z.object({ kind: z.literal('notify'), holdId: z.string() }),
  /** Wakes the waiting workflow. */
  z.object({ kind: z.literal('callback'), holdId: z.string() }),
  /** A finding of this problem was closed or changed at its source: the hold on it, if any, wants to look. */
  z.object({ kind: z.literal('evidence'), problem: z.string() }),
]);
export type ErrandKind = Errand['kind'];

/** An errand as it lies in the outbox. */
export type OutboxItem = {
  readonly pk: string;
  readonly sk: string;
  readonly since: Instant;
  /** With `since` it tells this errand from a later one in its place. */
  readonly n: string;
  readonly errand: Errand;
};

/**
 * The write that leaves an errand. `n` makes it one of its kind: of the same `n` only the last lies there. Of all `notify` errands
 * of a hold likewise: in a flood of findings one look counts all that joined since the one before.
 */
export function leaveErrand(errand: Errand, n: string | number, now: Instant): Write {
  const pk = errand.kind === 'evidence' ? `PROBLEM#${errand.problem}` : `HOLD#${errand.holdId}`;
  const sk = `OUTBOX#${errand.kind}#${errand.kind === 'notify' ? 'joined' : n}`;
  return { put: { pk, sk, errand, n: String(n), since: now, list: 'OUTBOX', at: `${now}#${pk}#${sk}` } };
}

/** Undone errands, oldest first. */
export async function undoneErrands(table: Table, limit: number): Promise<readonly OutboxItem[]> {
  return (await table.listed('OUTBOX', { limit })).map(outboxItemOf);
}

/** Reads an outbox item of the table or of its stream. */
export function outboxItemOf(item: Item): OutboxItem {
  return {
    pk: item.pk,
    sk: item.sk,
    since: Instant.parse(item.since),
    n: z.string().parse(item.n),
    errand: Errand.parse(item.errand),
  };
}

/** Strikes an errand off; one that was left in its place meanwhile stays, also one of the same name. */
export async function errandDone(table: Table, { pk, sk, n, since }: OutboxItem): Promise<void> {
  await table.transact([{ delete: { pk, sk }, when: { all: [{ equals: ['n', n] }, { equals: ['since', since] }] } }]);
}
