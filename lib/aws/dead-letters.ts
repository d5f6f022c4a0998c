import type { Message, SQSClient } from '@aws-sdk/client-sqs';

/** An event that was not taken after its tries. */
export type DeadLetter = {
  readonly id: string;
  /** When it was sent, in milliseconds since 1970; null when the queue does not say. */
  readonly sentAt: number | null;
  /** How often it was received, by stopship and by who looked at it since. */
  readonly tries: number;
  readonly body: string;
  /** Why, where that is known: SQS itself keeps no reason. */
  readonly error: string | null;
  readonly receipt: string;
};

/** How long a message that was looked at is hidden from the next look, in seconds: as long as a look at all of them takes. */
const hiddenFor = 20;

/**
 * Everything that lies in a dead-letter queue, at most `most`. The queue hides what it gave out for some seconds, so two who look at once see parts.
 */
export async function deadLetters(client: SQSClient, queueUrl: string, most: number): Promise<readonly DeadLetter[]> {
  const { ReceiveMessageCommand } = await import('@aws-sdk/client-sqs');
  const found = new Map<string, DeadLetter>();
  while (found.size < most) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: hiddenFor,
        MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
        MessageAttributeNames: ['Error'],
      }),
    );
    const before = found.size;
    for (const message of Messages) found.set(message.MessageId ?? '', letterOf(message));
    if (found.size === before) break;
  }
  return [...found.values()].slice(0, most);
}

/** Lets others see again at once what was only looked at. */
export async function putDown(client: SQSClient, queueUrl: string, letters: readonly DeadLetter[]): Promise<void> {
  const { ChangeMessageVisibilityCommand } = await import('@aws-sdk/client-sqs');
  for (const { receipt } of letters) {
    const shown = { QueueUrl: queueUrl, ReceiptHandle: receipt, VisibilityTimeout: 0 };
    await client.send(new ChangeMessageVisibilityCommand(shown));
  }
}

/** The queue from which a dead-letter queue was fed; null when none names it, or several do. */
export async function sourceOf(client: SQSClient, queueUrl: string): Promise<string | null> {
  const { ListDeadLetterSourceQueuesCommand } = await import('@aws-sdk/client-sqs');
  const { queueUrls = [] } = await client.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: queueUrl }));
  const [only] = queueUrls;
  return queueUrls.length === 1 && only !== undefined ? only : null;
}

/** Sends a letter on its way again. Taken off the dead-letter queue only after it was accepted: twice is harmless, never is not. */
export async function redrive(client: SQSClient, queueUrl: string, to: string, letter: DeadLetter): Promise<void> {
  const { DeleteMessageCommand, SendMessageCommand } = await import('@aws-sdk/client-sqs');
  await client.send(new SendMessageCommand({ QueueUrl: to, MessageBody: letter.body }));
  await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: letter.receipt }));
}

function letterOf({ MessageId, ReceiptHandle, Body, Attributes, MessageAttributes }: Message): DeadLetter {
  const sentAt = Number(Attributes?.SentTimestamp);
  return {
    id: MessageId ?? '',
    sentAt: Number.isFinite(sentAt) ? sentAt : null,
    tries: Number(Attributes?.ApproximateReceiveCount ?? 0),
    body: Body ?? '',
    error: MessageAttributes?.Error?.StringValue ?? null,
    receipt: ReceiptHandle ?? '',
  };
}
