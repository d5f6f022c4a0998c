import type { Instant } from '../finding/instant.ts';
import type { StageAddress } from '../policy/policy.ts';

/** The inbound transition of a stage, as CodePipeline shows it. */
export type Transition =
  | { readonly enabled: true; readonly changedBy: string | null; readonly changedAt: Instant | null }
  | {
      readonly enabled: false;
      readonly reason: string;
      /** ARN of who disabled it; null when CodePipeline does not say. */
      readonly changedBy: string | null;
      readonly changedAt: Instant | null;
    };

/** What CodePipeline shows of one stage. */
export type StageView = {
  readonly transition: Transition;
  /** Execution that waits at the transition. */
  readonly waiting: string | null;
  /** Execution that passed the transition, and that the entry condition still looks at. */
  readonly asking: string | null;
  /** Execution that is in the stage and has not ended there. */
  readonly inside: string | null;
  /** Execution that last succeeded in the stage. */
  readonly passed: string | null;
  /** Execution that the entry condition refused, as long as none came after it. It has failed: it does not try again by itself. */
  readonly refused: string | null;
};

/** The release before the stage: it waits, or the gate refused it and a person can retry it. */
export function standsBefore({ waiting, refused }: StageView): string | null {
  return waiting ?? refused;
}

/** One pipeline execution and what it would put into the stage; null is unknown. */
export type ReleaseDetails = {
  readonly executionId: string;
  readonly commit: string | null;
  readonly author: string | null;
  readonly digest: string | null;
  readonly startedAt: Instant | null;
  /** The release that this one brings back into its stage; null where it is no roll-back. */
  readonly backTo: string | null;
};

/** Where in a pipeline's outputs to find what CodePipeline itself does not know. */
export type ReleaseSources = {
  readonly author: { readonly action: string; readonly variable: string } | null;
  readonly digest: { readonly action: string; readonly variable: string } | null;
};

/**
 * The pipeline's switch. One attempt per call: retries belong to the caller, under its lease.
 * `StageUnknown` says that pipeline or stage does not exist or has no inbound transition; `PipelineThrottled` that the call was
 * one too many for now; anything else may be tried again.
 */
export interface Pipeline {
  state(stage: StageAddress): Promise<StageView>;
  disable(stage: StageAddress, reason: string): Promise<void>;
  enable(stage: StageAddress): Promise<void>;
  release(stage: StageAddress, executionId: string, sources: ReleaseSources): Promise<ReleaseDetails>;
  /** Stops a release for good; what it does inside a stage ends first. One that ended already is no error. `reason` has at most 200 characters. */
  stop(stage: StageAddress, executionId: string, reason: string): Promise<void>;
  /**
   * What the stage can go back to: the newest release, none of `not`, that succeeded in it under the present version of the
   * pipeline and was not itself rolled back. Null when there is none.
   */
  lastGood(stage: StageAddress, not: readonly string[], sources: ReleaseSources): Promise<ReleaseDetails | null>;
  /**
   * Puts an earlier release into the stage again and answers the execution that does it. Asked twice after `since`, it is
   * done once. Throws CannotGoBack while another release is inside, and where that release can never be gone back to.
   */
  rollBack(stage: StageAddress, target: string, since: Instant): Promise<string>;
}

/** The pipeline or stage that the policy names cannot be halted; the message says why and what to mend. */
export class StageUnknown extends Error {
  override readonly name = 'StageUnknown';
}

/** CodePipeline takes no more calls for a moment: nothing was done, and the same call goes through a little later. */
export class PipelineThrottled extends Error {
  override readonly name = 'PipelineThrottled';
}

/**
 * The pipeline cannot go back to the release that was asked for: it is too old, the pipeline changed since, or another release
 * is inside; CodePipeline does not say which.
 * @see https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_RollbackStage.html
 */
export class CannotGoBack extends Error {
  override readonly name = 'CannotGoBack';
}
