import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { watchedCalls } from '../hold/foreign-call.ts';
import type { Policy } from '../policy/policy.ts';
import type { StepFunction } from './step-function.ts';

export interface OverrideWatchProps {
  readonly policy: Policy;
  readonly watcher: StepFunction;
  /** Where an event goes that the bus could not deliver. */
  readonly failures: IQueue;
}

/**
 * Brings what others do in CodePipeline to the override watch. The calls come by CloudTrail: they need a trail in the account
 * that records management events; without one only the stages that began are seen, and what the sweep finds changed.
 */
export class OverrideWatch extends Construct {
  constructor(scope: Construct, id: string, { policy, watcher, failures }: OverrideWatchProps) {
    super(scope, id);
    const target = () => new LambdaFunction(watcher.function, { deadLetterQueue: failures, retryAttempts: 5 });
    const pipelines = policy.services.map(({ pipeline }) => pipeline);
    if (pipelines.length === 0) return;
    new Rule(this, 'Calls', {
      description: 'Calls to CodePipeline that work around a halt',
      eventPattern: {
        source: ['aws.codepipeline'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: { eventSource: ['codepipeline.amazonaws.com'], eventName: [...watchedCalls] },
      },
      targets: [target()],
    });
    new Rule(this, 'Starts', {
      description: 'Releases that begin in a protected stage',
      eventPattern: {
        source: ['aws.codepipeline'],
        detailType: ['CodePipeline Stage Execution State Change'],
        detail: {
          pipeline: [...new Set(pipelines.map(({ name }) => name))],
          stage: [...new Set(pipelines.map(({ stage }) => stage))],
          state: ['STARTED'],
        },
      },
      targets: [target()],
    });
  }
}
