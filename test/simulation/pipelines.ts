import type { Instant } from '../../lib/finding/instant.ts';
import { type Pipeline, StageUnknown, type StageView } from '../../lib/hold/pipeline.ts';
import type { StageAddress } from '../../lib/policy/policy.ts';

/** ARN under which our own calls reach the simulated CodePipeline, and that of a person in the console. */
export const ourArn = 'arn:aws:sts::123456789012:assumed-role/stopship-stage/run';
export const personArn = 'arn:aws:iam::123456789012:user/eva';

/** A release of the simulation. */
export type SimulatedRelease = { readonly id: string; readonly digest: string; readonly author: string | null };

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
  inside: SimulatedRelease | null;
  passed: SimulatedRelease | null;
};

/** The stages with everything they have seen, and the port over them without faults. */
export type SimulatedPipelines = {
  readonly stages: readonly SimulatedStage[];
  readonly port: Pipeline;
  stage(address: StageAddress): SimulatedStage;
  /** Switches; the last one wins, whoever it is. */
  turn(stage: SimulatedStage, enabled: boolean, by: string, reason: string): void;
  /** A new release comes before the stage; one that waited there is superseded. */
  arrive(stage: SimulatedStage, release: SimulatedRelease): void;
};

/** Simulated pipelines, one stage per address. */
export function pipelinesOf(addresses: readonly StageAddress[], now: () => Instant): SimulatedPipelines {
  const known = new Map<string, SimulatedRelease>();
  const stages = addresses.map((address): SimulatedStage => {
    const switched = { enabled: true, reason: '', changedBy: personArn, changedAt: now(), version: 0 };
    return { address, ...switched, waiting: null, inside: null, passed: null };
  });
  function stageAt(address: StageAddress): SimulatedStage {
    const stage = stages.find((one) => one.address.name === address.name);
    if (stage === undefined) throw new StageUnknown(`there is no pipeline ${address.name}`);
    return stage;
  }
  function turn(stage: SimulatedStage, enabled: boolean, by: string, reason: string): void {
    Object.assign(stage, { enabled, changedBy: by, changedAt: now(), reason, version: stage.version + 1 });
  }
  return {
    stages,
    stage: stageAt,
    turn,
    arrive(stage, release) {
      known.set(release.id, release);
      stage.waiting = release;
    },
    port: {
      state: async (address) => viewOf(stageAt(address)),
      disable: async (address, reason) => turn(stageAt(address), false, ourArn, reason),
      enable: async (address) => turn(stageAt(address), true, ourArn, ''),
      async release(_, executionId) {
        const release = known.get(executionId);
        const { digest = null, author = null } = release ?? {};
        return { executionId, commit: null, author, digest, startedAt: null };
      },
      async stop(address, executionId) {
        const stage = stageAt(address);
        if (stage.waiting?.id === executionId) stage.waiting = null;
        if (stage.inside?.id === executionId) stage.inside = null;
      },
      async lastGood(address, not) {
        const { passed } = stageAt(address);
        if (passed === null || not.includes(passed.id)) return null;
        return { executionId: passed.id, commit: null, author: passed.author, digest: passed.digest, startedAt: null };
      },
      async rollBack(address, target) {
        if (stageAt(address).inside !== null) throw new Error('another execution is inside');
        return `back-to-${target}`;
      },
    },
  };
}

function viewOf(stage: SimulatedStage): StageView {
  const { enabled, reason, changedBy, changedAt } = stage;
  return {
    transition: enabled ? { enabled, changedBy, changedAt } : { enabled, reason, changedBy, changedAt },
    waiting: stage.waiting?.id ?? null,
    inside: stage.inside?.id ?? null,
    passed: stage.passed?.id ?? null,
    refused: null,
    asking: null,
  };
}
