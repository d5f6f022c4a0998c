import { z } from 'zod';
import { Instant } from '../finding/instant.ts';
import { rowsOf, settleRows } from '../hold/finding-row.ts';
import type { Hold } from '../hold/hold.ts';
import { existingHold } from '../hold/ledger.ts';
import { type OpenDeps, openOrJoin } from '../hold/open.ts';
import { leaveErrand } from '../hold/outbox.ts';
import type { ClockPort } from '../hold/ports.ts';
import { stageItemKey } from '../hold/stage.ts';
import type { Table, Write } from '../hold/table.ts';
import { type EvidenceDeps, lookForEvidence, lookForEvidenceOn } from './evidence.ts';

/** Leave for a named release to pass, with an end. At its end the flaw is gone, or the stage halts again. */
export type Waiver = z.infer<typeof Waiver>;
export const Waiver = z.object({
  service: z.string(),
  holdId: z.string(),
  kind: z.enum(['risk', 'workaround', 'pending-verification']),
  release: z.string().nullable(),
  reason: z.string(),
  by: z.array(z.string()).readonly(),
  until: Instant,
});

/** The write that keeps the waiver of a hold that closes with one; null when it closes without. */
export function keepWaiver(hold: Hold): Write | null {
  const { closing } = hold;
  if (closing === null || closing.waiver === null) return null;
  const waiver: Waiver = { service: hold.service, holdId: hold.id, release: closing.release, ...closing.waiver };
  return {
    put: { pk: `WAIVER#${hold.service}`, sk: hold.id, ...waiver, list: 'WAIVERS', at: `${waiver.until}#${hold.id}` },
  };
}

/** Running waivers, those that end first first; with `until` only those that ended by then. */
export async function runningWaivers(table: Table, until?: Instant): Promise<readonly Waiver[]> {
  const items = await table.listed('WAIVERS', until === undefined ? {} : { until: `${until}~` });
  return items.map((item) => Waiver.parse(item));
}

export type LapseDeps = EvidenceDeps & OpenDeps & { readonly clock: ClockPort };

/** Ends a waiver: where the flaw is gone, or halts no more, the stage is free for every release again, otherwise it halts under a successor. */
export async function endWaiver(deps: LapseDeps, waiver: Waiver): Promise<'verified' | 'halted-again'> {
  const hold = await existingHold(deps.table, waiver.holdId);
  const asOf = deps.clock.now();
  const evidence = await lookForEvidence(deps, hold);
  const isHalted = !evidence.gone && (await haltAgain(deps, hold));
  // What was reported while it was looked for stays as it is.
  if (evidence.gone) await settleRows(deps.table, hold.problem.hash, asOf);
  const now = deps.clock.now();
  await deps.table.transact([
    {
      update: { pk: `WAIVER#${waiver.service}`, sk: waiver.holdId },
      change: { set: { endedAt: now }, remove: ['list', 'at'] },
    },
    { update: stageItemKey(hold.stageKey), change: { subtract: { only: [hold.id] } } },
    leaveErrand({ kind: 'reconcile', holdId: hold.id, stage: hold.stage }, 'waiver', now),
  ]);
  return isHalted ? 'halted-again' : 'verified';
}

/**
 * Opens a successor for a hold that closed without the flaw being gone from what comes next. False when nothing of the problem
 * is above the line any more: people settled on another severity since, and a report of it would not halt either.
 */
export async function haltAgain(deps: OpenDeps & { readonly clock: ClockPort }, hold: Hold): Promise<boolean> {
  const service = deps.policy.services.find(({ name }) => name === hold.service);
  // Whose policy is gone is not let go by that.
  if (service === undefined) return true;
  const now = deps.clock.now();
  const rows = (await rowsOf(deps.table, hold.problem.hash))
    .filter((row) => row.verdict === 'halt')
    .map((row) => ({ ...row, state: 'open' as const, rank: row.assessment.score ?? 10, updatedAt: now }));
  if (rows.length === 0) return false;
  const [opened] = await openOrJoin(deps, [{ problem: hold.problem.hash, service, rows }], now);
  return opened?.status !== 'not-affected';
}

/**
 * Looks at a closed hold anew, for another release than the one it was cleared for. True when the problem is gone from it too,
 * or halts no more; otherwise it is held again.
 */
export async function clearAnew(deps: LapseDeps, holdId: string, executionId: string): Promise<boolean> {
  const hold = await existingHold(deps.table, holdId);
  if ((await lookForEvidenceOn(deps, hold, executionId)).gone) return true;
  return !(await haltAgain(deps, hold));
}
