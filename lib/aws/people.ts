import type { SNSClient } from '@aws-sdk/client-sns';
import type { Policy } from '../policy/policy.ts';
import { filterPolicyFor, personSubscriptions } from './sns-notifier.ts';

/** People of one topic: SNS allows 200 filter policies a topic, and a person has up to two subscriptions. */
export const peoplePerTopic = 90;

/**
 * Subscribes everybody of the policy who has no subscription yet, each with the filter of their own inside Subscribe.
 * E-mail waits for the person's confirmation. Answers what was subscribed.
 */
export async function syncPeople(
  sns: SNSClient,
  topicArns: readonly string[],
  policy: Policy,
): Promise<readonly string[]> {
  const { SubscribeCommand } = await import('@aws-sdk/client-sns');
  const known = await personSubscriptions(sns, topicArns);
  const subscribed: string[] = [];
  for (const [at, person] of policy.people.entries()) {
    const topic = topicArns[Math.floor(at / peoplePerTopic)];
    if (topic === undefined)
      throw new Error(
        `${policy.people.length} people need ${Math.ceil(policy.people.length / peoplePerTopic)} topics, there are ${topicArns.length}`,
      );
    for (const [channel, address] of [
      ['email', person.email],
      ['sms', person.sms],
    ] as const) {
      if (
        address === undefined ||
        known.some((one) => one.personId === person.id && one.channel === channel && one.endpoint === address)
      )
        continue;
      const Attributes = { FilterPolicy: filterPolicyFor(person.id, channel) };
      await sns.send(
        new SubscribeCommand({
          TopicArn: topic,
          Protocol: channel,
          Endpoint: address,
          Attributes,
          ReturnSubscriptionArn: true,
        }),
      );
      subscribed.push(`${person.id} by ${channel} at ${address}`);
    }
  }
  return subscribed;
}
