import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping, FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { Errand, type ErrandKind } from '../hold/outbox.ts';
import type { Ledger } from './ledger.ts';
import type { StepFunction } from './step-function.ts';
import { mayUnscoped } from './unscoped.ts';

export interface OutboxStreamProps {
  readonly ledger: Ledger;
  readonly reader: StepFunction;
  /** The errands that go to this reader. */
  readonly kinds: readonly ErrandKind[];
  /** Where a note goes about errands that failed for good; the sweep finds them in the outbox. */
  readonly failures: IQueue;
}

/** Brings errands from the ledger's outbox to a function, as they are written. */
export class OutboxStream extends Construct {
  constructor(scope: Construct, id: string, props: OutboxStreamProps) {
    super(scope, id);
    props.ledger.grantFollow(props.reader);
    mayUnscoped(props.reader, 'streams');
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: props.reader.function,
      eventSourceArn: props.ledger.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 10,
      // Beside each other as long as they are about different items: a stage that does not settle holds up few others.
      parallelizationFactor: 10,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      // One stuck errand must not hold up the others of its shard for long: the sweep delivers it again.
      retryAttempts: 5,
      maxRecordAge: Duration.minutes(15),
      onFailure: new SqsDlq(props.failures),
      filters: [
        FilterCriteria.filter({
          eventName: FilterRule.or('INSERT', 'MODIFY'),
          dynamodb: { Keys: { sk: { S: props.kinds.map((kind) => ({ prefix: `OUTBOX#${kind}#` })) } } },
        }),
      ],
    });
    // The reader is allowed to follow the stream before the mapping is made.
    mapping.node.addDependency(props.reader.grantPrincipal);
  }
}

/** Every kind of errand, from its type: a new one reaches a reader without a change here. */
export const errandKinds: readonly ErrandKind[] = Errand.options.map((option) => option.shape.kind.value);
