import { z } from 'zod';
import { type Instant, instantOf } from '../finding/instant.ts';

/** Calls of CodePipeline by which people work around a halt, or against it, as CloudTrail names them. */
export const watchedCalls = [
  'EnableStageTransition',
  'DisableStageTransition',
  'OverrideStageCondition',
  'RetryStageExecution',
  'RollbackStage',
  'StartPipelineExecution',
  'StopPipelineExecution',
  'UpdatePipeline',
  'PutApprovalResult',
] as const;

/** One call of somebody to CodePipeline. */
export type ForeignCall = {
  readonly call: (typeof watchedCalls)[number];
  readonly at: Instant;
  /** ARN of who called; of the caller's session where a role was assumed. */
  readonly principal: string;
  /** The service of AWS that called for them; null when they called themselves. */
  readonly through: string | null;
  readonly account: string;
  readonly region: string;
  readonly pipeline: string;
  /** Null where the call concerns the whole pipeline. */
  readonly stage: string | null;
  /** Why, where CodePipeline asks for it. */
  readonly reason: string | null;
};

/** CodePipeline's own word that a release began in a stage: a second witness beside what `GetPipelineState` shows. */
export type StageStarted = {
  readonly at: Instant;
  readonly account: string;
  readonly region: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly executionId: string;
};

/** What an event of CodePipeline says, as far as it concerns a halt. */
export type PipelineNews =
  | { readonly kind: 'called'; readonly call: ForeignCall }
  | { readonly kind: 'started'; readonly started: StageStarted };

/**
 * Reads an event of CodePipeline from EventBridge: a call that CloudTrail recorded, or a stage that changed. Null for what
 * is neither, and for a call that AWS refused. Fields that we do not need are dropped.
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html
 */
export function newsIn(event: unknown): PipelineNews | null {
  const called = CalledEvent.safeParse(event);
  if (called.success) return calledIn(called.data);
  const started = StartedEvent.safeParse(event);
  if (!started.success) return null;
  const { account, region, time, detail } = started.data;
  const { pipeline, stage, 'execution-id': executionId } = detail;
  return { kind: 'started', started: { at: instantIn(time), account, region, pipeline, stage, executionId } };
}

const name = z.string().min(1).max(100);
const CalledEvent = z.object({
  source: z.literal('aws.codepipeline'),
  'detail-type': z.literal('AWS API Call via CloudTrail'),
  account: z.string(),
  region: z.string(),
  detail: z.object({
    eventSource: z.literal('codepipeline.amazonaws.com'),
    eventName: z.enum(watchedCalls),
    eventTime: z.iso.datetime(),
    errorCode: z.string().optional(),
    userIdentity: z.object({ arn: z.string().min(1), invokedBy: z.string().optional() }),
    requestParameters: z.object({
      pipelineName: name.optional(),
      name: name.optional(),
      pipeline: z.object({ name }).optional(),
      stageName: name.optional(),
      transitionType: z.string().optional(),
      reason: z.string().max(1000).optional(),
    }),
  }),
});

const StartedEvent = z.object({
  source: z.literal('aws.codepipeline'),
  'detail-type': z.literal('CodePipeline Stage Execution State Change'),
  account: z.string(),
  region: z.string(),
  time: z.iso.datetime(),
  detail: z.object({ pipeline: name, stage: name, 'execution-id': z.string().min(1), state: z.literal('STARTED') }),
});

function calledIn({ account, region, detail }: z.infer<typeof CalledEvent>): PipelineNews | null {
  const { eventName: call, requestParameters: asked, userIdentity } = detail;
  const pipeline = asked.pipelineName ?? asked.name ?? asked.pipeline?.name;
  if (detail.errorCode !== undefined || pipeline === undefined) return null;
  return {
    kind: 'called',
    call: {
      call,
      at: instantIn(detail.eventTime),
      principal: userIdentity.arn,
      through: userIdentity.invokedBy ?? null,
      account,
      region,
      pipeline,
      stage: asked.stageName ?? null,
      reason: asked.reason ?? null,
    },
  };
}

function instantIn(text: string): Instant {
  return instantOf(Date.parse(text));
}
