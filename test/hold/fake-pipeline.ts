import type { Instant } from '../../lib/finding/instant.ts';
import { stageKeyOf } from '../../lib/hold/hold.ts';
import {
  CannotGoBack,
  type Pipeline,
  type ReleaseDetails,
  StageUnknown,
  type StageView,
} from '../../lib/hold/pipeline.ts';
import type { ClockPort } from '../../lib/hold/ports.ts';
import type { StageAddress } from '../../lib/policy/policy.ts';

/** The role under which stopship switches transitions, and somebody who is not stopship. */
export const ourRole = 'arn:aws:sts::123456789012:assumed-role/stopship-stage/run';
export const somebody = 'arn:aws:sts::123456789012:assumed-role/admin/rui';

type Release = Pick<ReleaseDetails, 'executionId' | 'digest' | 'commit' | 'author'>;
type Call = 'state' | 'disable' | 'enable' | 'release' | 'stop' | 'lastGood' | 'rollBack';

/**
 * A pipeline as CodePipeline is: releases wait at a disabled transition, enter when it is enabled, are superseded by newer
 * ones. `before` runs in the middle of a call, so that a test can let the world change between two calls.
 */
export type FakePipeline = Pipeline & {
  /** Calls in their order. */
  readonly calls: Call[];
  /** Every release that entered a stage, in order. */
  readonly entered: string[];
  /** Every release that was stopped, in order. */
  readonly stopped: string[];
  /** A newer release reaches the stage: it enters, or waits in the place of the one before. */
  bring(stage: StageAddress, release: Release): void;
  /** A release that passed the transition is at the gate, or none is any more. */
  atGate(stage: StageAddress, executionId: string | null): void;
  /** A release fails at the entry condition. */
  refuse(stage: StageAddress, release: Release): void;
  /** The release inside ends there. */
  pass(stage: StageAddress): void;
  /** A person switches the transition. */
  switchBy(stage: StageAddress, who: string, enabled: boolean, reason?: string): void;
  isEnabled(stage: StageAddress): boolean;
  /** Runs `act` once, right before (or after) the next call of this kind takes effect. */
  once(call: Call, when: 'before' | 'after', act: () => void | Promise<void>): void;
  /** The next `times` calls of this kind throw. @default a time-out */
  fail(call: Call, times: number, error?: Error): void;
  /** The next `times` reads answer what was true when this was called. */
  goStale(stage: StageAddress, times: number): void;
  /** The pipeline does not exist. */
  forget(): void;
};

type State = {
  enabled: boolean;
  reason: string;
  changedBy: string | null;
  changedAt: Instant | null;
  waiting: string | null;
  inside: string | null;
  passed: string | null;
  /** Every release that passed, newest first. */
  history: readonly string[];
  /** What was rolled back to, and the execution that did it. */
  rolledBack: { readonly target: string; readonly by: string } | null;
  refused: string | null;
  asking: string | null;
};

export function fakePipeline(clock: ClockPort): FakePipeline {
  const states = new Map<string, State>();
  const releases = new Map<string, Release>();
  const hooks: { readonly call: Call; readonly when: 'before' | 'after'; readonly act: () => void | Promise<void> }[] =
    [];
  const failures = new Map<Call, { readonly left: number; readonly error: Error }>();
  const calls: Call[] = [];
  const entered: string[] = [];
  const stopped: string[] = [];
  let stale: { readonly view: StageView; left: number } | null = null;
  let isForgotten = false;

  function of(stage: StageAddress): State {
    const key = stageKeyOf(stage);
    const state = states.get(key) ?? {
      enabled: true,
      reason: '',
      changedBy: null,
      changedAt: null,
      waiting: null,
      inside: null,
      passed: null,
      history: [],
      rolledBack: null,
      refused: null,
      asking: null,
    };
    states.set(key, state);
    return state;
  }

  function flow(state: State): void {
    if (!state.enabled || state.waiting === null || state.inside !== null) return;
    state.inside = state.waiting;
    state.waiting = null;
    entered.push(state.inside);
  }

  function viewOf({
    enabled,
    reason,
    changedBy,
    changedAt,
    waiting,
    asking,
    inside,
    passed,
    refused,
  }: State): StageView {
    const transition = enabled
      ? ({ enabled, changedBy, changedAt } as const)
      : ({ enabled, reason, changedBy, changedAt } as const);
    return { transition, waiting, asking, inside, passed, refused };
  }

  async function run(call: Call, when: 'before' | 'after'): Promise<void> {
    const index = hooks.findIndex((hook) => hook.call === call && hook.when === when);
    const [hook] = index < 0 ? [] : hooks.splice(index, 1);
    await hook?.act();
  }

  async function called<T>(call: Call, act: () => T): Promise<T> {
    calls.push(call);
    if (isForgotten) throw new StageUnknown('the pipeline checkout does not exist');
    const failure = failures.get(call);
    if (failure !== undefined && failure.left > 0) {
      failures.set(call, { ...failure, left: failure.left - 1 });
      throw failure.error;
    }
    await run(call, 'before');
    const answer = act();
    await run(call, 'after');
    return answer;
  }

  function change(stage: StageAddress, who: string, enabled: boolean, reason: string): void {
    const state = of(stage);
    Object.assign(state, { enabled, reason: enabled ? '' : reason, changedBy: who, changedAt: clock.now() });
    flow(state);
  }

  function backTo(stage: StageAddress, executionId: string): string | null {
    const { rolledBack } = of(stage);
    return rolledBack?.by === executionId ? rolledBack.target : null;
  }

  return {
    calls,
    entered,
    stopped,
    state: (stage) =>
      called('state', () => {
        if (stale === null || stale.left === 0) return viewOf(of(stage));
        stale.left -= 1;
        return stale.view;
      }),
    disable: (stage, reason) => called('disable', () => change(stage, ourRole, false, reason)),
    enable: (stage) => called('enable', () => change(stage, ourRole, true, '')),
    release: (stage, executionId) =>
      called('release', () => {
        const release = releases.get(executionId) ?? { executionId, digest: null, commit: null, author: null };
        return { ...release, startedAt: null, backTo: backTo(stage, executionId) };
      }),
    stop: (stage, executionId) =>
      called('stop', () => {
        const state = of(stage);
        if (state.waiting === executionId) state.waiting = null;
        if (state.inside === executionId) state.inside = null;
        stopped.push(executionId);
      }),
    lastGood: (stage, not) =>
      called('lastGood', () => {
        const found = of(stage).history.find((id) => !not.includes(id));
        const release = found === undefined ? undefined : releases.get(found);
        return release === undefined ? null : { ...release, startedAt: null, backTo: null };
      }),
    rollBack: (stage, target) =>
      called('rollBack', () => {
        const state = of(stage);
        if (state.inside !== null) throw new CannotGoBack('another execution is inside');
        state.rolledBack ??= { target, by: `back-to-${target}` };
        entered.push(state.rolledBack.by);
        state.passed = state.rolledBack.by;
        return state.rolledBack.by;
      }),
    bring(stage, release) {
      releases.set(release.executionId, release);
      of(stage).waiting = release.executionId;
      flow(of(stage));
    },
    atGate: (stage, executionId) => void Object.assign(of(stage), { asking: executionId }),
    refuse(stage, release) {
      releases.set(release.executionId, release);
      of(stage).refused = release.executionId;
    },
    pass(stage) {
      const state = of(stage);
      const history = state.inside === null ? state.history : [state.inside, ...state.history];
      Object.assign(state, { passed: state.inside, inside: null, history });
      flow(state);
    },
    switchBy: (stage, who, enabled, reason = 'by hand') => change(stage, who, enabled, reason),
    isEnabled: (stage) => of(stage).enabled,
    once: (call, when, act) => void hooks.push({ call, when, act }),
    fail: (call, times, error = timedOut()) => void failures.set(call, { left: times, error }),
    goStale(stage, times) {
      stale = { view: viewOf(of(stage)), left: times };
    },
    forget() {
      isForgotten = true;
    },
  };
}

function timedOut(): Error {
  return Object.assign(new Error('no answer in time'), { name: 'TimeoutError' });
}
