import type { SNSClient } from '@aws-sdk/client-sns';
import type { Message, Notifier, Reached } from '../brief/notifier.ts';
import { subscriptionsOf } from './subscriptions.ts';

/** What of one message reaches confirmed subscriptions of its person, by channel. */
type Channels = { readonly email: boolean; readonly sms: boolean };

/** How long a process believes who has confirmed, in milliseconds. */
const confirmedFor = 60_000;

/**
 * Sends through SNS: one message per person, which only that person's subscriptions let through by their filter
 * policies. A person counts as reached when a confirmed subscription was there and SNS accepted the message.
 */
export function snsNotifier(
  client: () => Promise<SNSClient>,
  topicArns: readonly string[],
  now: () => number,
): Notifier {
  let known: {
    readonly at: number;
    readonly people: ReadonlyMap<string, Channels & { readonly topicArn: string }>;
  } | null = null;
  async function confirmed(personId: string): Promise<(Channels & { readonly topicArn: string }) | null> {
    // Someone not reached a moment ago may have confirmed since.
    if (known === null || now() - known.at > confirmedFor || !known.people.has(personId)) {
      known = { at: now(), people: await confirmedPeople(await client(), topicArns) };
    }
    return known.people.get(personId) ?? null;
  }
  return {
    async send(message: Message): Promise<Reached> {
      const person = await confirmed(message.personId);
      if (person === null) return { email: false, sms: false };
      const channels = { email: person.email, sms: person.sms && message.sms !== null };
      if (channels.email || channels.sms) await publish(await client(), person.topicArn, message, channels);
      return channels;
    },
  };
}

async function publish(sns: SNSClient, topicArn: string, message: Message, channels: Channels): Promise<void> {
  const { PublishCommand } = await import('@aws-sdk/client-sns');
  const names = Object.entries(channels).flatMap(([name, isReached]) => (isReached ? [name] : []));
  await sns.send(
    new PublishCommand({
      TopicArn: topicArn,
      Subject: message.subject,
      MessageStructure: 'json',
      Message: JSON.stringify({
        default: message.email,
        email: message.email,
        ...(message.sms === null ? {} : { sms: message.sms }),
      }),
      MessageAttributes: {
        person: { DataType: 'String', StringValue: message.personId },
        channel: { DataType: 'String.Array', StringValue: JSON.stringify(names) },
        kind: { DataType: 'String', StringValue: message.kind },
        hold: { DataType: 'String', StringValue: message.holdId ?? 'none' },
      },
    }),
  );
}

async function confirmedPeople(sns: SNSClient, topicArns: readonly string[]) {
  const people = new Map<string, Channels & { readonly topicArn: string }>();
  for (const { personId, channel, topicArn, isConfirmed } of await subscriptionsOf(sns, topicArns)) {
    if (!isConfirmed || personId === null) continue;
    const before = people.get(personId) ?? { email: false, sms: false, topicArn };
    people.set(personId, { ...before, [channel]: true });
  }
  return people;
}
