import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { eventPatterns } from '../policy/pattern.ts';
import type { Policy } from '../policy/policy.ts';

export interface EventPathProps {
  readonly policy: Policy;
  /** Time-out of the function that reads the queue, in seconds. */
  readonly readerTimeoutSeconds: number;
  /** Where an event goes that the bus could not deliver. */
  readonly failures: IQueue;
}

/** The way of a finding from the event bus to intake: rules made from the policy, a queue, and a queue for what failed. */
export class EventPath extends Construct {
  readonly queue: Queue;
  /** What intake could not take, after five tries; kept for fourteen days. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: EventPathProps) {
    super(scope, id);
    this.deadLetters = aQueue(this, 'DeadLetters', {});
    this.queue = aQueue(this, 'Queue', {
      // Lambda asks for six times the time-out of the reader, so that throttled tries do not count as failed ones.
      visibilityTimeout: Duration.seconds(6 * props.readerTimeoutSeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 5 },
    });
    for (const [at, pattern] of eventPatterns(props.policy).entries()) {
      new Rule(this, `Findings${at + 1}`, {
        description: 'Findings that the policy of stopship acts on',
        eventPattern: { source: [...pattern.source], detailType: [...pattern['detail-type']] },
        targets: [new SqsQueue(this.queue, { deadLetterQueue: props.failures })],
      });
    }
  }
}

/** A queue as all of ours: encrypted, only over TLS, kept for fourteen days. */
export function aQueue(
  scope: Construct,
  id: string,
  props: Pick<ConstructorParameters<typeof Queue>[2] & object, 'visibilityTimeout' | 'deadLetterQueue'>,
): Queue {
  return new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
    ...props,
  });
}
