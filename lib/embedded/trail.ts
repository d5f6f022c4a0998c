import { randomUUID } from 'node:crypto';
import { type ForeignCall, watchedCalls } from '../hold/foreign-call.ts';
import type { AwsEvent } from './event-queue.ts';
import { timeOf } from './eventbridge.ts';
import type { EmbeddedPipeline } from './pipelines.ts';

/** Where the events of a trail and of pipelines go. */
export type Emit = (event: AwsEvent) => void;

/** Whether CloudTrail's record of this action is of interest to the override watch. */
export function isWatched(action: string): action is ForeignCall['call'] {
  return watchedCalls.some((call) => call === action);
}

/** A call to CodePipeline as EventBridge brings it from CloudTrail, which is to the second. */
export function callEvent(
  call: ForeignCall['call'],
  requestParameters: unknown,
  by: { readonly arn: string; readonly account: string; readonly region: string },
): AwsEvent {
  const time = timeOf(Date.now(), Date.now());
  return {
    ...envelopeOf(by, time),
    'detail-type': 'AWS API Call via CloudTrail',
    detail: {
      eventVersion: '1.08',
      userIdentity: { type: 'IAMUser', arn: by.arn, accountId: by.account },
      eventTime: time,
      eventSource: 'codepipeline.amazonaws.com',
      eventName: call,
      awsRegion: by.region,
      requestParameters,
      eventID: randomUUID(),
      readOnly: false,
      recipientAccountId: by.account,
    },
  };
}

/** That a release began in a stage, as CodePipeline itself says it. */
export function startedEvent(pipeline: EmbeddedPipeline, stage: string, executionId: string): AwsEvent {
  return {
    ...envelopeOf(pipeline, timeOf(Date.now(), Date.now())),
    'detail-type': 'CodePipeline Stage Execution State Change',
    resources: [`arn:aws:codepipeline:${pipeline.region}:${pipeline.account}:${pipeline.name}`],
    detail: { pipeline: pipeline.name, stage, 'execution-id': executionId, state: 'STARTED', version: 1 },
  };
}

function envelopeOf({ account, region }: { readonly account: string; readonly region: string }, time: string) {
  return { version: '0' as const, id: randomUUID(), source: 'aws.codepipeline', account, time, region, resources: [] };
}
