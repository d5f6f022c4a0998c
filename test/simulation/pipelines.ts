import type { Instant } from '../../lib/finding/instant.ts';
import { CannotGoBack, type Pipeline, StageUnknown, type StageView } from '../../lib/hold/pipeline.ts';
import type { StageAddress } from '../../lib/policy/policy.ts';
import type { Random } from './random.ts';

/** ARN under which our own calls reach the simulated CodePipeline, that of a person in the console, that of a deployment. */
export const ourArn = 'arn:aws:sts::123456789012:assumed-role/stopship-stage/run';
export const personArn = 'arn:aws:iam::123456789012:user/eva';
export const deployArn = 'arn:aws:sts::123456789012:assumed-role/cdk-deploy/ci';

/** A release of the simulation; `backTo` is the one that it brings back, where stopship rolled a stage back. */
export type SimulatedRelease = {
  readonly id: string;
  readonly digest: string;
  readonly author: string | null;
  readonly backTo: string | null;
};

/** A stage of the simulated CodePipeline: a switch without compare-and-set, and the releases about it. */
export type SimulatedStage = {
  readonly address: StageAddress;
  enabled: boolean;
  reason: string;
  changedBy: string;
  changedAt: Instant;
  /** Counts the changes of the switch. */
  version: number;
  waiting: SimulatedRelease | null;
  /** Passed the transition, and asks the gate. */
  atGate: SimulatedRelease | null;
  inside: SimulatedRelease | null;
  /** Failed at the gate; a person may retry it. */
  refused: SimulatedRelease | null;
  passed: SimulatedRelease | null;
  /** Everything that succeeded in the stage, in order. */
  readonly succeeded: SimulatedRelease[];
};

/** What a read answers, and which version of the switch it shows. */
export type Look = { readonly view: StageView; readonly version: number; readonly isStale: boolean };

/** The stages with everything they have seen, and the port over them without faults. */
export type SimulatedPipelines = {
  readonly stages: readonly SimulatedStage[];
  readonly port: Omit<Pipeline, 'state'>;
  stage(address: StageAddress): SimulatedStage;
  /** A read, which may show what was true up to three seconds ago. */
  look(address: StageAddress): Look;
  /** Switches; the last one wins, whoever it is. */
  turn(stage: SimulatedStage, enabled: boolean, by: string, reason: string): void;
  /** Moves releases about a stage. */
  move(
    stage: SimulatedStage,
    to: Partial<Pick<SimulatedStage, 'waiting' | 'atGate' | 'inside' | 'refused' | 'passed'>>,
  ): void;
  /** A new release comes before the stage; one that waited there is superseded. */
  arrive(stage: SimulatedStage, release: SimulatedRelease): void;
  releaseOf(id: string): SimulatedRelease | null;
};

/** How often CodePipeline cannot go back to a release any more, once it was asked to. */
const outdatedRate = 0.25;

/** How old a read can be, in milliseconds. */
const staleMax = 3_000;

/** Simulated pipelines, one stage per address; `staleness` is the share of reads that are old. */
export function pipelinesOf(
  addresses: readonly StageAddress[],
  scheduler: { now(): Instant; elapsed(): number },
  random: Random,
  staleness: number,
): SimulatedPipelines {
  const known = new Map<string, SimulatedRelease>();
  const rollbacks: {
    readonly stage: SimulatedStage;
    readonly target: string;
    readonly at: Instant;
    readonly release: SimulatedRelease;
  }[] = [];
  /** What each stage showed lately, and until when. */
  const past = new Map<string, { readonly look: Look; readonly until: number }[]>();
  const stages = addresses.map((address): SimulatedStage => {
    const switched = { enabled: true, reason: '', changedBy: personArn, changedAt: scheduler.now(), version: 0 };
    return {
      address,
      ...switched,
      waiting: null,
      atGate: null,
      inside: null,
      refused: null,
      passed: null,
      succeeded: [],
    };
  });
  function stageAt(address: StageAddress): SimulatedStage {
    const stage = stages.find((one) => one.address.name === address.name);
    if (stage === undefined) throw new StageUnknown(`there is no pipeline ${address.name}`);
    return stage;
  }
  function remember(stage: SimulatedStage): void {
    if (staleness === 0) return;
    const until = scheduler.elapsed();
    const kept = (past.get(stage.address.name) ?? []).filter((one) => one.until >= until - staleMax);
    past.set(stage.address.name, [
      ...kept,
      { look: { view: viewOf(stage), version: stage.version, isStale: true }, until },
    ]);
  }
  function move(stage: SimulatedStage, to: Partial<SimulatedStage>): void {
    remember(stage);
    Object.assign(stage, to);
  }
  function turn(stage: SimulatedStage, enabled: boolean, by: string, reason: string): void {
    const changedAt = scheduler.now();
    move(stage, { enabled, changedBy: by, changedAt, reason, version: stage.version + 1 });
  }
  return {
    stages,
    stage: stageAt,
    look(address) {
      const stage = stageAt(address);
      const now = { view: viewOf(stage), version: stage.version, isStale: false };
      if (staleness === 0 || !random.is(staleness)) return now;
      const lately = (past.get(address.name) ?? []).filter(({ until }) => until >= scheduler.elapsed() - staleMax);
      return lately.length === 0 ? now : random.pick(lately).look;
    },
    turn,
    move,
    arrive(stage, release) {
      known.set(release.id, release);
      move(stage, { waiting: release });
    },
    releaseOf: (id) => known.get(id) ?? null,
    port: {
      disable: async (address, reason) => turn(stageAt(address), false, ourArn, reason),
      enable: async (address) => turn(stageAt(address), true, ourArn, ''),
      async release(_, executionId) {
        const { digest = null, author = null, backTo = null } = known.get(executionId) ?? {};
        return { executionId, commit: null, author, digest, startedAt: null, backTo };
      },
      async stop(address, executionId) {
        const stage = stageAt(address);
        if (stage.waiting?.id === executionId) move(stage, { waiting: null });
        if (stage.inside?.id === executionId) move(stage, { inside: null });
        if (stage.atGate?.id === executionId) move(stage, { atGate: null });
      },
      async lastGood(address, not) {
        const good = standingIn(stageAt(address)).find(({ id }) => !not.includes(id));
        if (good === undefined) return null;
        const { id: executionId, author, digest, backTo } = good;
        return { executionId, commit: null, author, digest, startedAt: null, backTo };
      },
      async rollBack(address, target, since) {
        const stage = stageAt(address);
        const before = rollbacks.find((one) => one.stage === stage && one.target === target && one.at >= since);
        if (before !== undefined) return before.release.id;
        if (stage.inside !== null || stage.atGate !== null) throw new CannotGoBack('another execution is inside');
        const back = known.get(target);
        if (back === undefined || random.is(outdatedRate)) throw new CannotGoBack(`${target} is outdated`);
        const release = { ...back, id: `back-to-${target}-${rollbacks.length}`, backTo: target };
        known.set(release.id, release);
        rollbacks.push({ stage, target, at: scheduler.now(), release });
        move(stage, { inside: release });
        return release.id;
      },
    },
  };
}

/** What a stage could stand on, newest first: once rolled back it stands on the target, not on what came between. */
function standingIn({ succeeded }: SimulatedStage): readonly SimulatedRelease[] {
  const standing: SimulatedRelease[] = [];
  let back: string | null = null;
  for (const release of succeeded.toReversed()) {
    if (back !== null && release.id !== back) continue;
    back = release.backTo;
    if (back === null) standing.push(release);
  }
  return standing;
}

function viewOf(stage: SimulatedStage): StageView {
  const { enabled, reason, changedBy, changedAt } = stage;
  return {
    transition: enabled ? { enabled, changedBy, changedAt } : { enabled, reason, changedBy, changedAt },
    waiting: stage.waiting?.id ?? null,
    asking: stage.atGate?.id ?? null,
    inside: stage.inside?.id ?? null,
    passed: stage.passed?.id ?? null,
    refused: stage.refused?.id ?? null,
  };
}
