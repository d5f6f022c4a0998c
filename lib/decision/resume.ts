import { closeHold } from '../hold/close.ts';
import { type ControllerDeps, reconcile, type Settled } from '../hold/controller.ts';
import { settleRows } from '../hold/finding-row.ts';
import { StageNotSettled } from '../hold/halt-stage.ts';
import type { EventKind, Hold } from '../hold/hold.ts';
import { changeHold, eventsOf, existingHold, joinsOf } from '../hold/ledger.ts';
import { type RefreshDeps, refreshHold } from '../hold/refresh.ts';
import { keepWaiver } from './waiver.ts';

/** Closes a verified hold and lets the stage go, unless another hold or a person keeps it. Throws StageNotSettled to be tried again. */
export async function resumeStage(deps: ControllerDeps & RefreshDeps, holdId: string): Promise<Hold> {
  const { problem } = await existingHold(deps.table, holdId);
  const joins = await joinsOf(deps.table, problem.hash);
  const hold = await refreshHold(deps, holdId);
  const waiver = keepWaiver(hold);
  const closed = await closeHold(deps.table, hold, joins, deps.clock.now(), waiver === null ? [] : [waiver]);
  // As of the closing, however late this runs: what was reported since stays as it is.
  const isGone = closed.closing?.waiver === null && closed.closing.outcome !== 'not-affected';
  if (isGone && closed.status === 'closed') await settleRows(deps.table, closed.problem.hash, closed.closedAt);
  const settled = await reconcile(deps, closed.stage);
  if (settled.state === 'unsettled') throw new StageNotSettled(settled.why);
  if (settled.state === 'busy') throw new StageNotSettled('another run of the controller is at it');
  return await recordSettled(deps, closed, settled);
}

async function recordSettled(
  deps: ControllerDeps,
  hold: Hold,
  settled: Exclude<Settled, { state: 'unsettled' | 'busy' }>,
): Promise<Hold> {
  const kind = settledKinds[settled.state];
  const known = await eventsOf(deps.table, hold.id);
  if (known.some((event) => event.kind === kind)) return hold;
  const release = hold.closing?.release ?? null;
  const refused = settled.state === 'free' ? await refusedAtTheGate(deps, hold) : {};
  return await changeHold(deps.table, hold.id, deps.clock.now, () => ({
    happenings: [{ kind, actor: 'stage-controller', data: { release, ...refused } }],
  }));
}

/** What the gate refused meanwhile has failed and does not try again by itself; `retry` says whether it was cleared to. */
async function refusedAtTheGate(deps: ControllerDeps, hold: Hold): Promise<{ readonly [name: string]: string }> {
  const { refused } = await deps.pipeline.state(hold.stage);
  if (refused === null) return {};
  const release = hold.closing?.release ?? refused;
  return { refused, retry: release === refused ? 'yes' : 'no' };
}

const settledKinds = {
  free: 'resumed',
  halted: 'kept-by-another',
  'kept-by-person': 'kept-by-another',
} as const satisfies { readonly [state in Exclude<Settled['state'], 'unsettled' | 'busy'>]: EventKind };
