import { Aws, Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { metricNamespace, notHaltedMetric } from './names.ts';

export interface AlarmsProps {
  readonly key: Key;
  /** Who is written to. @default nobody: the topic is there to subscribe to */
  readonly address?: string | undefined;
}

/** What must not go unseen: a stage that is not halted though a hold is open, and anything that was dropped. */
export class Alarms extends Construct {
  readonly #topic: Topic;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#topic = new Topic(this, 'Topic', { displayName: 'stopship alarms', masterKey: props.key, enforceSSL: true });
    // A topic that says who may publish over TLS only has lost the default policy that lets CloudWatch in.
    this.#topic.addToResourcePolicy(byCloudWatch(['sns:Publish'], this.#topic.topicArn));
    props.key.addToResourcePolicy(byCloudWatch(['kms:Decrypt', 'kms:GenerateDataKey'], '*'));
    if (props.address !== undefined) this.#topic.addSubscription(new EmailSubscription(props.address));
    this.raise('NotHalted', {
      says: 'NOT HALTED: a hold is open and its transition does not read disabled. Disable it by hand, then look at the stage function.',
      metric: new Metric({
        namespace: metricNamespace,
        metricName: notHaltedMetric,
        statistic: 'Sum',
        period: Duration.minutes(1),
      }),
    });
  }

  /** Rings while `metric` is above zero, and again when it is not. */
  raise(id: string, alarm: { readonly says: string; readonly metric: IMetric }): void {
    this.#ring(id, {
      alarmDescription: alarm.says,
      metric: alarm.metric,
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  /** Rings when `metric` was not counted once in so many of its periods, also when nothing reports at all. */
  raiseUnlessCounted(
    id: string,
    alarm: { readonly says: string; readonly metric: IMetric; readonly periods: number },
  ): void {
    this.#ring(id, {
      alarmDescription: alarm.says,
      metric: alarm.metric,
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: alarm.periods,
      treatMissingData: TreatMissingData.BREACHING,
    });
  }

  #ring(id: string, props: AlarmProps): void {
    const action = new SnsAction(this.#topic);
    const raised = new Alarm(this, id, props);
    raised.addAlarmAction(action);
    raised.addOkAction(action);
  }
}

function byCloudWatch(actions: readonly string[], resource: string): PolicyStatement {
  return new PolicyStatement({
    principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
    actions: [...actions],
    resources: [resource],
    conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
  });
}
