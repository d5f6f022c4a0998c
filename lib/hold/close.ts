import type { Instant } from '../finding/instant.ts';
import type { Hold } from './hold.ts';
import { existingHold, holdWrites, problemItemKey } from './ledger.ts';
import { leaveErrand } from './outbox.ts';
import { clearedAttribute, stageItemKey } from './stage.ts';
import { LedgerConflict, type Table, type Value, type Write } from './table.ts';

/** Closes a verified hold as one transaction: hold, problem, stage, and the errand that makes the pipeline agree. It calls no pipeline. */
export async function closeHold(
  table: Table,
  hold: Hold,
  joins: number,
  now: Instant,
  further: readonly Write[],
): Promise<Hold> {
  if (hold.status === 'closed') return hold;
  const { closing } = hold;
  if (closing === null) throw new LedgerConflict(`hold ${hold.id} has nothing verified that would close it`);
  const stage = stageItemKey(hold.stageKey);
  const { writes, after } = holdWrites(
    hold,
    {
      status: {
        status: 'closed',
        closedAt: now,
        outcome: closing.outcome,
        inForceAt: hold.status === 'in-force' ? hold.inForceAt : null,
      },
      happenings: [
        {
          kind: 'closed',
          actor: 'verify',
          data: { outcome: closing.outcome, because: closing.because, release: closing.release },
        },
      ],
      also: [
        {
          update: problemItemKey(hold.problem.hash),
          change: { set: { previous: hold.id, ...remembered(hold) }, remove: ['hold', 'inForce'] },
          when: {
            all: [{ equals: ['hold', hold.id] }, joins === 0 ? { absent: 'joins' } : { equals: ['joins', joins] }],
          },
        },
        {
          update: stage,
          change: {
            unite: {
              [clearedAttribute(hold.id)]: [closing.release ?? '*'],
              ...(closing.waiver !== null && { only: [hold.id] }),
            },
            subtract: { open: [hold.id] },
          },
          when: { contains: ['open', hold.id] },
        },
        leaveErrand({ kind: 'reconcile', holdId: hold.id, stage: hold.stage }, 'close', now),
        ...further,
      ],
    },
    now,
  );
  const done = await table.transact(writes);
  if (done.ok) return after;
  const current = await existingHold(table, hold.id);
  if (current.status === 'closed') return current;
  throw new LedgerConflict(`hold ${hold.id} changed while it was being closed`);
}

/** What people found out about the severity outlives the hold: the same report halts again only if it halts under that. */
function remembered({ reassessed }: Hold): { readonly [name: string]: Value } {
  return reassessed.length === 0 ? {} : { reassessed, reassessments: reassessed.length };
}
