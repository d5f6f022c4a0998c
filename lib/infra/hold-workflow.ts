import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { workflow } from '../workflow/workflow.ts';
import { mayInvoke } from './rights.ts';
import type { Steps } from './stopship.ts';

export interface HoldWorkflowProps {
  readonly name: string;
  readonly steps: Steps;
}

/** The state machine of a hold. Its log has no data of the executions: they carry task tokens. */
export class HoldWorkflow extends Construct {
  readonly #machine: StateMachine;

  constructor(scope: Construct, id: string, { name, steps }: HoldWorkflowProps) {
    super(scope, id);
    const { stage, notify, await: awaiting, verify, review } = steps;
    const definition = workflow({
      stage: stage.function.functionArn,
      notify: notify.function.functionArn,
      await: awaiting.function.functionArn,
      verify: verify.function.functionArn,
      review: review.function.functionArn,
    });
    this.#machine = new StateMachine(this, 'Machine', {
      stateMachineName: name,
      definitionBody: DefinitionBody.fromString(JSON.stringify(definition)),
      tracingEnabled: true,
      logs: {
        level: LogLevel.ALL,
        includeExecutionData: false,
        destination: new LogGroup(this, 'Log', {
          // CloudWatch keeps the resource policy for log delivery short by this prefix.
          logGroupName: `/aws/vendedlogs/states/${name}`,
          retention: RetentionDays.THREE_MONTHS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
    mayInvoke(this.#machine, [stage, notify, awaiting, verify, review]);
  }

  /** Executions that failed; those that rested, or ran out of time, are no failure. */
  failed(period: Duration): IMetric {
    return this.#machine.metricFailed({ period });
  }
}
