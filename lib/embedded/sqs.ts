import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { AwsError, parseInput } from './aws-error.ts';
import { AwsEvent, type EventQueue } from './event-queue.ts';
import type { Action, WireService } from './wire.ts';

/** The queues of one machine: events on their way to stopship, and those that it could not take after their tries. */
export const queueNames = { events: 'stopship-events', deadLetters: 'stopship-dead-letters' } as const;

/**
 * Amazon SQS, as far as somebody needs it to look into the dead-letter queue and to send what lies there on its way again.
 * Messages that stopship is about to take are not received by others.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
 */
export function sqs(options: {
  readonly queue: EventQueue;
  readonly account: string;
  readonly region: string;
  readonly url: () => string;
}): WireService {
  const { queue, account, region, url } = options;
  /** Until when a received message is hidden, in milliseconds, by its id. */
  const hidden = new Map<string, number>();
  const urlOf = (name: string) => `${url()}/${account}/${name}`;
  const arnOf = (name: string) => `arn:aws:sqs:${region}:${account}:${name}`;

  function nameIn(input: { readonly QueueUrl: string }): string {
    const name = input.QueueUrl.split('/').at(-1) ?? '';
    if (Object.values<string>(queueNames).includes(name)) return name;
    throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
  }

  const actions: Record<string, Action> = {
    ListQueues: () => ({ QueueUrls: Object.values(queueNames).map(urlOf) }),

    GetQueueUrl(input) {
      const { QueueName } = parseInput(z.object({ QueueName: z.string() }), input);
      return { QueueUrl: urlOf(nameIn({ QueueUrl: QueueName })) };
    },

    GetQueueAttributes(input) {
      const name = nameIn(parseInput(OfQueue, input));
      const isDead = name === queueNames.deadLetters;
      const redrive = { deadLetterTargetArn: arnOf(queueNames.deadLetters), maxReceiveCount: 5 };
      return {
        Attributes: {
          QueueArn: arnOf(name),
          ApproximateNumberOfMessages: String(isDead ? queue.givenUp().length : queue.waiting()),
          ...(isDead ? {} : { RedrivePolicy: JSON.stringify(redrive) }),
        },
      };
    },

    ListDeadLetterSourceQueues: (input) => ({
      queueUrls: nameIn(parseInput(OfQueue, input)) === queueNames.deadLetters ? [urlOf(queueNames.events)] : [],
    }),

    ReceiveMessage(input) {
      const call = parseInput(Receive, input);
      if (nameIn(call) !== queueNames.deadLetters) return { Messages: [] };
      const now = Date.now();
      const shown = queue.givenUp().filter(({ event }) => (hidden.get(event.id) ?? 0) <= now);
      return {
        Messages: shown.slice(0, call.MaxNumberOfMessages ?? 1).map(({ event, error, tries }) => {
          hidden.set(event.id, now + (call.VisibilityTimeout ?? 30) * 1000);
          const Body = JSON.stringify(event);
          return {
            MessageId: event.id,
            ReceiptHandle: event.id,
            Body,
            MD5OfBody: md5(Body),
            Attributes: { SentTimestamp: String(Date.parse(event.time)), ApproximateReceiveCount: String(tries) },
            MessageAttributes: { Error: { DataType: 'String', StringValue: error === '' ? 'unknown' : error } },
          };
        }),
      };
    },

    ChangeMessageVisibility(input) {
      const call = parseInput(OfMessage.extend({ VisibilityTimeout: z.number().min(0).max(43_200) }), input);
      nameIn(call);
      hidden.set(call.ReceiptHandle, Date.now() + call.VisibilityTimeout * 1000);
      return {};
    },

    DeleteMessage(input) {
      const call = parseInput(OfMessage, input);
      if (nameIn(call) === queueNames.deadLetters) queue.forget(call.ReceiptHandle);
      return {};
    },

    async SendMessage(input) {
      const call = parseInput(OfQueue.extend({ MessageBody: z.string().min(1) }), input);
      if (nameIn(call) !== queueNames.events)
        throw new AwsError('InvalidParameterValue', 'Only the queue of events takes messages here.');
      await queue.accept([eventIn(call.MessageBody)]);
      return { MessageId: randomUUID(), MD5OfMessageBody: md5(call.MessageBody) };
    },
  };
  return { protocol: 'json', target: 'AmazonSQS', version: '1.0', actions };
}

const OfQueue = z.object({ QueueUrl: z.string() });
const OfMessage = OfQueue.extend({ ReceiptHandle: z.string() });
const Receive = OfQueue.extend({
  MaxNumberOfMessages: z.number().int().min(1).max(10).nullish(),
  VisibilityTimeout: z.number().min(0).max(43_200).nullish(),
});

function eventIn(text: string): AwsEvent {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const event = AwsEvent.safeParse(value);
  if (event.success) return event.data;
  throw new AwsError('InvalidMessageContents', 'The message is no event of EventBridge.');
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
