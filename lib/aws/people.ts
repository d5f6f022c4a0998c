import type { SNSClient } from '@aws-sdk/client-sns';
import { type Address, addressesOf, leaks } from '../brief/subscription.ts';
import type { Policy } from '../policy/policy.ts';
import { filterPolicyFor, subscriptionsOf, type TopicSubscription } from './subscriptions.ts';

/** People of one topic: SNS allows 200 filter policies a topic, and a person has up to two subscriptions. */
export const peoplePerTopic = 90;
const filtersPerTopic = 2 * peoplePerTopic;

/** What changed: addresses that were subscribed, and subscriptions that were ended. */
export type Synced = { readonly subscribed: readonly string[]; readonly removed: readonly string[] };

/**
 * Makes the subscriptions agree with the policy. Whoever has none yet is subscribed, with the filter of their own inside
 * Subscribe; e-mail waits for the person's confirmation. A subscription through which somebody's links go to an address
 * that is not theirs (a former address, one without a filter) is ended.
 */
export async function syncPeople(sns: SNSClient, topicArns: readonly string[], policy: Policy): Promise<Synced> {
  const wanted = addressesOf(policy);
  const known = await subscriptionsOf(sns, topicArns);
  const leaking = known.filter((one) => leaks(one, wanted));
  for (const { arn } of leaking) if (arn !== null) await unsubscribe(sns, arn);
  const kept = known.filter((one) => !leaking.includes(one));
  const lacking = wanted.filter((address) => !kept.some((one) => one.isConfirmed && isAt(one, address)));
  const topics = topicsFor(lacking, kept, topicArns);
  for (const [at, address] of lacking.entries()) await subscribe(sns, topics[at] ?? '', address);
  return { subscribed: lacking.map(inWords), removed: leaking.map(({ endpoint }) => endpoint) };
}

/**
 * A topic for each address: where it waits for its confirmation, else where the person is told already, so that one
 * message reaches all their channels, else the first with room. Throws when the topics are too few.
 */
function topicsFor(
  lacking: readonly Address[],
  kept: readonly TopicSubscription[],
  topicArns: readonly string[],
): readonly string[] {
  const used = new Map(topicArns.map((arn) => [arn, kept.filter(({ topicArn }) => topicArn === arn).length]));
  const homes = new Map(kept.flatMap(({ personId, topicArn }) => (personId === null ? [] : [[personId, topicArn]])));
  return lacking.map((address) => {
    const pending = kept.find((one) => isAt(one, address))?.topicArn;
    if (pending !== undefined) return homeOf(homes, address.personId, pending);
    const home = homes.get(address.personId);
    const hasRoom = (arn: string) => (used.get(arn) ?? 0) + 2 <= filtersPerTopic;
    const topic = home ?? topicArns.find(hasRoom);
    if (topic === undefined)
      throw new Error(
        `the ${topicArns.length} topics have no room for ${address.personId}: deploy the policy first, which makes more`,
      );
    // A person's second address comes to the same topic, so room for both is taken with the first.
    if (home === undefined) used.set(topic, (used.get(topic) ?? 0) + 2);
    return homeOf(homes, address.personId, topic);
  });
}

function homeOf(homes: Map<string, string>, personId: string, topic: string): string {
  homes.set(personId, topic);
  return topic;
}

function isAt(one: TopicSubscription, address: Address): boolean {
  return one.channel === address.channel && one.endpoint === address.endpoint;
}

async function subscribe(sns: SNSClient, TopicArn: string, { personId, channel, endpoint }: Address): Promise<void> {
  const { SubscribeCommand } = await import('@aws-sdk/client-sns');
  const Attributes = { FilterPolicy: filterPolicyFor(personId, channel) };
  await sns.send(
    new SubscribeCommand({ TopicArn, Protocol: channel, Endpoint: endpoint, Attributes, ReturnSubscriptionArn: true }),
  );
}

async function unsubscribe(sns: SNSClient, SubscriptionArn: string): Promise<void> {
  const { UnsubscribeCommand } = await import('@aws-sdk/client-sns');
  await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
}

function inWords({ personId, channel, endpoint }: Address): string {
  return `${personId} by ${channel} at ${endpoint}`;
}
