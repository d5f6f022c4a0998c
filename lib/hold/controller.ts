import { z } from 'zod';
import { type Instant, later } from '../finding/instant.ts';
import type { StageAddress } from '../policy/policy.ts';
import {
  behind,
  type ClearanceDeps,
  cameSince,
  enteredSince,
  isClearedFor,
  isClearedForAll,
  releasesIn,
  releasesOf,
} from './clearance.ts';
import type { Happening } from './events.ts';
import { stageKeyOf } from './hold.ts';
import { type Lease, returnLease, takeLease, underLease } from './lease.ts';
import { changeHold, existingHold, problemItemKey } from './ledger.ts';
import { disableReason, isByUs } from './mark.ts';
import { leaveErrand } from './outbox.ts';
import { type Pipeline, PipelineThrottled, StageUnknown, type StageView, standsBefore } from './pipeline.ts';
import type { Chance, ClockPort } from './ports.ts';
import {
  callSeenAfter,
  clearedAttribute,
  isCleared,
  isCovered,
  isEnableSeen,
  readStage,
  type Stage,
  stageItemKey,
} from './stage.ts';
import { type Change, type Condition, LedgerConflict, type Write } from './table.ts';

export type ControllerDeps = ClearanceDeps & {
  readonly pipeline: Pipeline;
  readonly clock: ClockPort;
  readonly chance: Chance;
  /** Names this run of the controller as the owner of a lease. */
  readonly owner: string;
  /** Tells by the ARN of who changed a transition whether that was one of our roles. */
  readonly isOurRole: (arn: string) => boolean;
};

/** How ledger and pipeline agree after a pass of the controller. `kept-by-person`: only a person enables what a person disabled. */
export type Settled = z.infer<typeof Settled>;
export const Settled = z.discriminatedUnion('state', [
  z.object({ state: z.literal('halted') }),
  z.object({ state: z.literal('free') }),
  z.object({ state: z.literal('kept-by-person') }),
  /** Not agreed yet, and why; the next pass goes on. */
  z.object({ state: z.literal('unsettled'), why: z.string() }),
  /** Another run of the controller is at it. */
  z.object({ state: z.literal('busy') }),
]);

/** Looks at ledger and pipeline before giving up for this pass, and how long it begins another one, in milliseconds. */
const looksMax = 6;
const looksFor = 15_000;
/** Between looks that found CodePipeline not (yet) showing what we asked for, in milliseconds. */
const lookAgainAfter = 500;
/** How long after its caller gave up a request can still land, with a margin, in milliseconds; the lease counts on it too. */
const lateRequestMax = 6_000;
/** Longest wait after the first throttled call, doubled with each further one up to the most; in milliseconds. */
const throttledFor = 500;
const throttledForMost = 4_000;
/** A disable is tried so often on one look: to look again first would take a call too, and come no closer. */
const disablesMax = 3;

/**
 * Makes a stage's transition agree with the ledger: level-triggered, under a lease, the only place that enables.
 * Never throws for a pipeline that does not answer: it answers `unsettled` and raises the alarm NOT HALTED where a hold is open.
 */
export async function reconcile(deps: ControllerDeps, address: StageAddress): Promise<Settled> {
  const lease = await takeLease(deps.table, deps.clock, stageKeyOf(address), deps.owner);
  if (lease === null) return { state: 'busy' };
  try {
    let settled: Settled = { state: 'unsettled', why: 'not looked yet' };
    const endsAt = later(deps.clock.now(), looksFor);
    for (let look = 0; look < looksMax && deps.clock.now() < endsAt; look += 1) {
      if (look > 0) await deps.clock.wait(lookAgainAfter);
      settled = await attempt(deps, address, lease, look);
      if (settled.state !== 'unsettled') return settled;
    }
    await raiseAlarm(deps, address, settled.state === 'unsettled' ? settled.why : '');
    return settled;
  } finally {
    await returnLease(deps.table, lease);
  }
}

async function attempt(deps: ControllerDeps, address: StageAddress, lease: Lease, look: number): Promise<Settled> {
  const stage = await readStage(deps.table, address);
  try {
    const view = await deps.pipeline.state(address);
    return stage.open.size > 0 ? await keepHalted(deps, stage, view, lease) : await keepFree(deps, stage, view, lease);
  } catch (error) {
    if (error instanceof LedgerConflict) return { state: 'unsettled', why: error.message };
    if (error instanceof StageUnknown) return { state: 'unsettled', why: error.message };
    if (error instanceof PipelineThrottled) {
      await backOff(deps, look);
      return { state: 'unsettled', why: error.message };
    }
    return {
      state: 'unsettled',
      why: `the pipeline did not answer: ${error instanceof Error ? error.name : 'unknown error'}`,
    };
  }
}

async function keepHalted(deps: ControllerDeps, stage: Stage, view: StageView, lease: Lease): Promise<Settled> {
  let seen = view;
  let { foreign } = stage;
  if (seen.transition.enabled || isOlderThanOurEnable(deps, stage, view)) {
    // Whatever was there when we could not read, it is enabled now: the disable that follows is ours.
    foreign = 'no';
    await write(deps, lease, stage, { phase: 'HALTING', foreign, lastCallAt: deps.clock.now() });
    await disable(deps, stage);
    seen = await deps.pipeline.state(stage.address);
    if (seen.transition.enabled)
      return { state: 'unsettled', why: 'the transition still reads enabled after it was disabled' };
  }
  // It passed the transition before; the gate may have let it in already, by what the ledger said then.
  if (seen.asking !== null)
    return { state: 'unsettled', why: 'a release is at the gate, which may have let it in before the hold opened' };
  // Ours covers a person's own where one was to be put back.
  const isUnknown = foreign === 'unknown' || stage.putBack !== null;
  foreign = isUnknown ? 'unknown' : isOurs(deps, seen) ? 'no' : 'yes';
  await write(deps, lease, stage, { phase: 'HALTED', foreign, alarm: null, putBack: null });
  for (const holdId of stage.open) await putInForce(deps, holdId, seen, lease);
  await lookAtEntered(deps, stage, seen, lease);
  return { state: 'halted' };
}

/** What our last enable let in by mistake is looked at also when the stage was halted meanwhile for another reason. */
async function lookAtEntered(deps: ControllerDeps, stage: Stage, view: StageView, lease: Lease): Promise<void> {
  const { lastEnable } = stage;
  const came = enteredSince(stage, view);
  if (lastEnable === null || came.length === 0) return;
  try {
    await isClearedForAll(deps, stage, came);
  } catch {
    return; // The stage is halted; whose source did not answer is looked at on the next pass.
  }
  await write(deps, lease, stage, { lastEnable: { ...lastEnable, known: [...lastEnable.known, ...came] } });
}

/** Stages that were throttled together come back apart. */
async function backOff({ clock, chance }: ControllerDeps, tries: number): Promise<void> {
  await clock.wait(chance.fraction() * Math.min(throttledFor * 2 ** tries, throttledForMost));
}

async function disable(deps: ControllerDeps, stage: Stage): Promise<void> {
  const reason = await reasonFor(deps, stage);
  for (let tries = 1; ; tries += 1) {
    try {
      return await deps.pipeline.disable(stage.address, reason);
    } catch (error) {
      if (!(error instanceof PipelineThrottled) || tries === disablesMax) throw error;
      await backOff(deps, tries - 1);
    }
  }
}

/** CodePipeline shows a disable of ours from before our own last enable: the read is stale, and proves no halt. */
function isOlderThanOurEnable(deps: ControllerDeps, stage: Stage, view: StageView): boolean {
  const { changedAt } = view.transition;
  return stage.lastEnable !== null && isOurs(deps, view) && changedAt !== null && changedAt < stage.lastEnable.at;
}

/** The reason on the transition names one of the open holds. */
async function reasonFor(deps: ControllerDeps, stage: Stage): Promise<string> {
  const [first] = [...stage.open].toSorted();
  if (first === undefined) return disableReason('', 'a release that nobody cleared came up');
  const hold = await existingHold(deps.table, first);
  return disableReason(hold.code, hold.problem.title);
}

/** A read after the halt showed the transition disabled: the hold is in force. */
async function putInForce(deps: ControllerDeps, holdId: string, view: StageView, lease: Lease): Promise<void> {
  const now = deps.clock.now();
  await changeHold(deps.table, holdId, deps.clock.now, (hold) => {
    if (hold.status !== 'pending') return null;
    const isAlarmed = hold.notice.occasion.kind === 'not-halted';
    return {
      status: { status: 'in-force', inForceAt: now },
      happenings: [inForceHappening(view)],
      also: [
        underLease(lease),
        { update: problemItemKey(hold.problem.hash), change: { set: { inForce: true } } },
        ...(isAlarmed ? [leaveErrand({ kind: 'callback', holdId }, `in-force-${hold.head.n}`, now)] : []),
      ],
      ...(isAlarmed ? { notice: { kind: 'halted-after-alarm' } } : {}),
    };
  });
}

function inForceHappening(view: StageView): Happening {
  return {
    kind: 'in-force',
    actor: 'stage-controller',
    data: {
      waiting: view.waiting,
      inside: view.inside,
      passed: view.passed,
      disabledBy: view.transition.enabled ? null : view.transition.changedBy,
    },
  };
}

async function keepFree(deps: ControllerDeps, stage: Stage, view: StageView, lease: Lease): Promise<Settled> {
  if (stage.putBack !== null && (isByUs(deps.isOurRole, view.transition) || isEnableSeen(stage, deps.clock.now())))
    return await putBack(deps, stage, view, lease);
  const came = view.transition.enabled ? cameSince(stage, view) : enteredSince(stage, view);
  if (!(await isClearedForAll(deps, stage, came))) return { state: 'unsettled', why: anotherCame };
  if (view.transition.enabled) {
    await setFree(deps, lease, came.length > 0 ? await readStage(deps.table, stage.address) : stage, view, 'no');
    return { state: 'free' };
  }
  const theirs = theirDisable(deps, stage, view);
  if (theirs !== 'no') {
    await setFree(deps, lease, stage, view, theirs);
    return { state: 'kept-by-person' };
  }
  const next = standsBefore(view);
  if (!(await isClearedFor(deps, stage, next))) return { state: 'unsettled', why: anotherWaits };
  const last = await readStage(deps.table, stage.address);
  if (last.open.size > 0) return { state: 'unsettled', why: 'a hold was opened meanwhile' };
  if (next !== null && !isCleared(last, next)) return { state: 'unsettled', why: anotherWaits };
  const now = deps.clock.now();
  await write(
    deps,
    lease,
    last,
    { phase: 'RESUMING', lastCallAt: now, lastEnable: { at: now, known: behind(view) } },
    noHold,
    leaveFor(releasesOf(last, next)),
  );
  const before = await deps.pipeline.state(stage.address);
  if (standsBefore(before) !== next) return { state: 'unsettled', why: anotherWaits };
  if (!isOurs(deps, before)) return { state: 'unsettled', why: 'somebody switched the transition meanwhile' };
  await enable(deps, stage.address);
  return await afterEnable(deps, last, before, lease);
}

/** Whether a person's disable is on a stage that is disabled: `unknown` where one of ours covered theirs, or what we could not read. */
function theirDisable(deps: ControllerDeps, stage: Stage, view: StageView): Stage['foreign'] {
  if (stage.foreign === 'unknown') return 'unknown';
  if (!isOurs(deps, view)) return 'yes';
  // A request of ours that landed late.
  return stage.foreign === 'yes' ? 'unknown' : 'no';
}

/**
 * Disables again what an enable of ours undid, with the person's reason and without our mark, so that it is theirs. That
 * nothing was undone is believed only once no read can be from before that enable.
 */
async function putBack(deps: ControllerDeps, stage: Stage, view: StageView, lease: Lease): Promise<Settled> {
  const isUndone = view.transition.enabled && isByUs(deps.isOurRole, view.transition);
  if (!isUndone && !isEnableSeen(stage, deps.clock.now()))
    return { state: 'unsettled', why: 'a person disabled the stage as we enabled it, and either may stand' };
  if (isUndone) await deps.pipeline.disable(stage.address, stage.putBack ?? '');
  // A halt of ours came over theirs meanwhile.
  const foreign = isUndone ? 'yes' : isOurs(deps, view) ? 'unknown' : stage.foreign;
  await write(deps, lease, stage, { putBack: null, foreign }, noHold);
  return { state: 'unsettled', why: 'a disable that was not ours was put back' };
}

/** An enable without an answer may land yet: until it has, nothing is put in force and the lease is not given back. */
async function enable(deps: ControllerDeps, address: StageAddress): Promise<void> {
  try {
    await deps.pipeline.enable(address);
  } catch (error) {
    await deps.clock.wait(lateRequestMax);
    throw error;
  }
}

/** Reads back what the enable did; a hold opened meanwhile, or a release that nobody cleared, disables again. */
async function afterEnable(deps: ControllerDeps, stage: Stage, before: StageView, lease: Lease): Promise<Settled> {
  const view = await deps.pipeline.state(stage.address);
  const now = await readStage(deps.table, stage.address);
  const known = releasesIn(before);
  const came = releasesIn(view).filter((id) => !known.includes(id));
  const isUncleared = came.some((id) => !isCleared(stage, id));
  if (now.open.size > 0 || isUncleared) {
    try {
      await deps.pipeline.disable(stage.address, await reasonFor(deps, now));
    } finally {
      // Looked at anew, each of them: the problem is gone from it too, or gets a new hold. Also where the disable failed: a
      // later read may be older than what this one showed.
      await isClearedForAll(deps, now, came);
    }
    return { state: 'unsettled', why: isUncleared ? anotherCame : 'a hold was opened meanwhile' };
  }
  if (!view.transition.enabled)
    return { state: 'unsettled', why: 'the transition still reads disabled after it was enabled' };
  await setFree(deps, lease, now, view, 'no');
  return { state: 'free' };
}

/**
 * Writes that no hold is open and what the transition shows. The stage forgets who was cleared once it is free and nothing is
 * about to enter by our enable: what waits yet can be superseded. It leaves the sweep's list with that, and when no request of
 * ours can land on it any more. While a waiver for one release runs, nothing is forgotten.
 */
async function setFree(
  deps: ControllerDeps,
  lease: Lease,
  stage: Stage,
  view: StageView,
  foreign: Stage['foreign'],
): Promise<void> {
  const { lastCallAt } = stage;
  const set = { phase: 'FREE', foreign, alarm: null } as const;
  if (stage.only.size > 0) return await write(deps, lease, stage, set, noHold, leaveFor(releasesOf(stage, null)));
  if (isEntering(stage, view, deps.clock.now())) return await write(deps, lease, stage, set, noHold);
  const rests = lastCallAt === null || later(lastCallAt, callSeenAfter) <= deps.clock.now();
  const cleared = Object.keys(stage.cleared).map(clearedAttribute);
  while (cleared.length > forgottenAtOnce)
    await write(deps, lease, stage, {}, noHold, { remove: cleared.splice(0, forgottenAtOnce) });
  await write(deps, lease, stage, set, noHold, {
    remove: ['allow', 'back', ...cleared, ...(rests ? ['list', 'at'] : [])],
  });
}

/** Closed holds that one write forgets; the last one changes a few attributes more (see `attributesPerChange`). */
const forgottenAtOnce = 200;

function leaveFor(releases: readonly string[]): Pick<Change, 'unite'> {
  return releases.length === 0 ? {} : { unite: { allow: releases } };
}

/**
 * A release that was cleared by name has yet to enter by our own enable, or what superseded it. Where nothing waits any more it
 * may have, and only an old read does not show it.
 */
function isEntering({ lastEnable, cleared }: Stage, view: StageView, now: Instant): boolean {
  const mayCome = view.waiting !== null || view.asking !== null || !isEnableSeen({ lastEnable }, now);
  const comes = lastEnable !== null && view.transition.enabled && mayCome;
  // None, which only what was cleared for any release covers.
  const entered = [null, ...behind(view)];
  return comes && !Object.values(cleared).every((one) => entered.some((id) => isCovered(one, id)));
}

const anotherWaits = 'another release waits than the one that was cleared';
const anotherCame = 'another release came up than the one that was cleared';

const noHold: Condition = { absent: 'open' };

/** Writes the stage's state under the lease. */
async function write(
  deps: ControllerDeps,
  lease: Lease,
  { address }: Stage,
  set: Partial<Pick<Stage, 'phase' | 'foreign' | 'alarm' | 'lastCallAt' | 'lastEnable' | 'putBack'>>,
  when?: Condition,
  change: Omit<Change, 'set'> = {},
): Promise<void> {
  const update: Write = {
    update: stageItemKey(stageKeyOf(address)),
    change: { set: { address, ...set }, ...change },
    ...(when === undefined ? {} : { when }),
  };
  const done = await deps.table.transact([underLease(lease), update]);
  if (!done.ok) throw new LedgerConflict('the stage changed hands or a hold was opened meanwhile');
}

/** NOT HALTED: an open hold whose stage could not be shown to be disabled. People are told; it clears by itself. */
async function raiseAlarm(deps: ControllerDeps, address: StageAddress, why: string): Promise<void> {
  const stage = await readStage(deps.table, address);
  if (stage.open.size === 0) return;
  await deps.table.transact([{ update: stageItemKey(stageKeyOf(address)), change: { set: { alarm: why } } }]);
  for (const holdId of stage.open) {
    await changeHold(deps.table, holdId, deps.clock.now, (hold) =>
      hold.status !== 'pending' || hold.notice.occasion.kind === 'not-halted'
        ? null
        : {
            happenings: [{ kind: 'not-halted', actor: 'stage-controller', data: { why } }],
            notice: { kind: 'not-halted', why },
            also: [leaveErrand({ kind: 'callback', holdId }, `not-halted-${hold.head.n}`, deps.clock.now())],
          },
    );
  }
}

/** A disable of ours. */
function isOurs(deps: ControllerDeps, { transition }: StageView): boolean {
  return !transition.enabled && isByUs(deps.isOurRole, transition);
}
