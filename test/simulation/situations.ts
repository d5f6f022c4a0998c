import { type CallKind, faultsOfCall } from './faults.ts';

/** From this many runs on each of the required situations must have come about. */
export const requiredFrom = 3_000;

/** How often each call must have met each fault in a nightly series of runs. */
export const nightlyLeast = 100;

/** Situations without which a clean series of runs would prove little. */
export const required: readonly string[] = [
  'hold opened',
  'reopened problem',
  'several reports in one batch',
  'report: closed',
  'report: suppressed',
  'resource deleted instead of fixed',
  'unreadable record',
  'order to halt',
  'hold closed: evidence',
  'hold closed: remediated',
  'hold closed: risk-accepted',
  'hold closed: workaround',
  'waiver: pending-verification',
  'waiver: risk',
  'waiver: workaround',
  'waiver ended',
  'decision remediation-approved',
  'decision workaround-accepted',
  'decision risk-accepted',
  'decision roll-back',
  'rolled back by stopship',
  'a roll-back that is not possible any more',
  'decision dispute-confirmed',
  'decision reassess',
  'hold closed: not-affected',
  'hold closed: rolled-back',
  'vote recorded',
  'link superseded',
  'link used',
  'one link used twice at once',
  'two votes at once',
  'enable of ours',
  'pipeline.enable lands late',
  'pipeline.disable lands late',
  'table.transact lands late',
  'workflow.start lands late',
  'lease takeover',
  'two sweeps at once',
  'something new while a stage resumes',
  'disable by a person while the controller works',
  'enable of ours races with a disable by a person',
  'release superseded',
  'release refused by the gate',
  'release enters a held stage by the enable of a person',
  'superseding release slips in without a gate',
  'an override in the console',
  'a retry in the console',
  'a rollback in the console',
  'stale read of the pipeline',
  'index behind the table',
  'workflow ended',
  'redeployment',
  'a change of the policy',
  'on the hold: EnableStageTransition',
  'on the hold: DisableStageTransition',
  'on the hold: OverrideStageCondition',
  'on the hold: RetryStageExecution',
  'on the hold: RollbackStage',
  'on the hold: a release began',
  'disable of a person put back',
  'NOT HALTED',
  'run with the gate',
  'run without the gate',
  'weather: throttled',
  'weather: nobody can be told',
  'weather: no stage can be disabled',
  'weather: no stage can be disabled for a while',
];

/** Ports whose calls change something outside: they meet all kinds of fault, the others those of a read. */
const writing = [
  'table.transact',
  'pipeline.enable',
  'pipeline.disable',
  'notifier.send',
  'workflow.start',
  'workflow.wake',
  'pipeline.stop',
  'pipeline.rollBack',
];

/** Every fault that each call in these `caller port.method: fault` can meet. */
export function siteFaultsOf(calls: readonly string[]): readonly string[] {
  const sites = new Set(calls.map((call) => call.slice(0, call.lastIndexOf(': '))));
  return [...sites].toSorted().flatMap((site) => {
    const port = site.slice(site.indexOf(' ') + 1);
    return faultsOfCall(kindOf(port), port).map((fault) => `${site}: ${fault}`);
  });
}

function kindOf(port: string): CallKind {
  if (port === 'clock.wait') return 'pause';
  return writing.includes(port) ? 'write' : 'read';
}
