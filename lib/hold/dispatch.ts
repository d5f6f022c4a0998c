import { needsVerify, roundsMax } from './await.ts';
import { type ControllerDeps, reconcile } from './controller.ts';
import type { Hold } from './hold.ts';
import { changeHold, existingHold, problemItemKey, readHold } from './ledger.ts';
import { errandDone, leaveErrand, type OutboxItem } from './outbox.ts';
import { type RefreshDeps, refreshHold } from './refresh.ts';
import type { WorkflowEngine } from './workflow.ts';

export type DispatchDeps = RefreshDeps & { readonly workflow: WorkflowEngine };

/** Does one errand of the outbox and strikes it off. Doing it twice is harmless. Throws when it shall come again. */
export async function dispatch(deps: DispatchDeps, item: OutboxItem): Promise<void> {
  const { errand } = item;
  switch (errand.kind) {
    case 'reconcile':
      return; // The stage controller's own; its function or the embedded runtime does it.
    case 'start-workflow':
      await startWorkflow(deps, await existingHold(deps.table, errand.holdId));
      break;
    case 'notify':
      await refreshHold(deps, errand.holdId);
      break;
    case 'callback':
      await wakeWorkflow(deps, await existingHold(deps.table, errand.holdId));
      break;
    case 'evidence':
      await wantEvidence(deps, errand.problem);
      break;
    default:
      return errand satisfies never;
  }
  await errandDone(deps.table, item);
}

/** Does a `reconcile` errand. False while ledger and pipeline do not agree: it comes again. */
export async function dispatchReconcile(deps: ControllerDeps, item: OutboxItem): Promise<boolean> {
  if (item.errand.kind !== 'reconcile') return true;
  if (await isInForceSince(deps, item)) {
    await errandDone(deps.table, item);
    return true;
  }
  const settled = await reconcile(deps, item.errand.stage);
  if (settled.state === 'unsettled' || settled.state === 'busy') return false;
  await errandDone(deps.table, item);
  return true;
}

/** Many holds of one stage are put in force by one look: the errands of the others' openings then have nothing left to do. */
async function isInForceSince({ table }: ControllerDeps, { sk, errand }: OutboxItem): Promise<boolean> {
  if (errand.kind !== 'reconcile' || sk !== 'OUTBOX#reconcile#open') return false;
  return (await readHold(table, errand.holdId))?.status === 'in-force';
}

/** Name of a hold's workflow: unique for 90 days, so that starting twice is starting once. */
export function workflowName(holdId: string, attempt: number): string {
  return `${holdId}-a${attempt}`;
}

/**
 * Starts the workflow of a hold, also of a closed one whose record is not filed yet. Starting one that runs is no change; a name
 * that was used and ended means that the workflow is gone, so the next attempt gets a name of its own.
 */
async function startWorkflow(deps: DispatchDeps, hold: Hold): Promise<'running' | 'restarted'> {
  const started = await deps.workflow.start(workflowName(hold.id, hold.attempt), { holdId: hold.id });
  if (started === 'started') return 'running';
  const { attempt } = await changeHold(deps.table, hold.id, deps.clock.now, (current) =>
    current.attempt !== hold.attempt ? null : { set: { attempt: current.attempt + 1, rounds: 0, token: null } },
  );
  await deps.workflow.start(workflowName(hold.id, attempt), { holdId: hold.id });
  return 'restarted';
}

/**
 * Starts the workflow of a hold where it ended, and wakes it where it sleeps though something is wanted of it: a step of a
 * workflow that was ended may go on and write its result when the next one waits already.
 */
export async function lookAfterWorkflow(deps: DispatchDeps, holdId: string): Promise<'running' | 'restarted'> {
  const hold = await existingHold(deps.table, holdId);
  const outcome = await startWorkflow(deps, hold);
  if (outcome === 'running') await wakeWorkflow(deps, hold);
  return outcome;
}

/** Wakes the workflow when it waits and something is wanted of it. What it is woken for it reads from the hold. */
async function wakeWorkflow(deps: DispatchDeps, hold: Hold): Promise<void> {
  if (hold.token === null) return;
  const outcome = outcomeOf(hold);
  if (outcome === null) return;
  // The token stays: clearing it could wipe out the next one, which the woken workflow may have left meanwhile. Waking twice
  // with one token is no change.
  await deps.workflow.wake(hold.token, { holdId: hold.id, outcome });
}

function outcomeOf(hold: Hold): 'rest' | 'verify' | 'notify' | null {
  if (hold.rounds > roundsMax) return 'rest';
  if (needsVerify(hold)) return 'verify';
  return hold.wantsNotify ? 'notify' : null;
}

/** Lets the hold on a problem, if there is one, look at the evidence. */
async function wantEvidence(deps: DispatchDeps, problem: string): Promise<void> {
  const item = await deps.table.get(problemItemKey(problem));
  if (typeof item?.hold === 'string') await wantVerify(deps, item.hold);
}

/** Asks the hold's workflow to look at the evidence. */
export async function wantVerify(deps: RefreshDeps, holdId: string): Promise<void> {
  await refreshHold(deps, holdId);
  await changeHold(deps.table, holdId, deps.clock.now, (hold) =>
    hold.status === 'closed'
      ? null
      : {
          set: { wantsVerify: true },
          also: [leaveErrand({ kind: 'callback', holdId }, `verify-${hold.head.n}`, deps.clock.now())],
        },
  );
}
