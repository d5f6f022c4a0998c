import type { SNSClient, Subscription as SnsSubscription } from '@aws-sdk/client-sns';
import { z } from 'zod';
import type { Subscription } from '../brief/subscription.ts';

/** A subscription as SNS has it: with its topic, and its ARN once it is confirmed. */
export type TopicSubscription = Subscription & { readonly topicArn: string; readonly arn: string | null };

const FilterPolicy = z.strictObject({ person: z.tuple([z.string()]), channel: z.tuple([z.enum(['email', 'sms'])]) });

/** The filter policy of a person's subscription on one channel: without it they would get everybody's links. */
export function filterPolicyFor(personId: string, channel: 'email' | 'sms'): string {
  return JSON.stringify({ person: [personId], channel: [channel] } satisfies z.infer<typeof FilterPolicy>);
}

/** Every subscription of these topics, those too that are not confirmed, are of somebody else, or have no filter. */
export async function subscriptionsOf(
  sns: SNSClient,
  topicArns: readonly string[],
): Promise<readonly TopicSubscription[]> {
  const { paginateListSubscriptionsByTopic } = await import('@aws-sdk/client-sns');
  const found: TopicSubscription[] = [];
  for (const topicArn of topicArns) {
    for await (const page of paginateListSubscriptionsByTopic({ client: sns }, { TopicArn: topicArn })) {
      for (const listed of page.Subscriptions ?? []) found.push(await subscriptionOf(sns, topicArn, listed));
    }
  }
  return found;
}

async function subscriptionOf(sns: SNSClient, topicArn: string, listed: SnsSubscription): Promise<TopicSubscription> {
  const { GetSubscriptionAttributesCommand } = await import('@aws-sdk/client-sns');
  const channel = listed.Protocol === 'email' || listed.Protocol === 'sms' ? listed.Protocol : 'other';
  const known = { topicArn, channel, endpoint: listed.Endpoint ?? '' } as const;
  const arn = listed.SubscriptionArn?.startsWith('arn:') ? listed.SubscriptionArn : null;
  if (arn === null) return { ...known, arn, personId: null, isConfirmed: false, isLasting: false };
  const { Attributes } = await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: arn }));
  const filter = FilterPolicy.safeParse(parsed(Attributes?.FilterPolicy));
  // A filter for the other channel would let nothing through that is meant for this one.
  const personId = filter.success && filter.data.channel[0] === channel ? filter.data.person[0] : null;
  const isLasting = channel === 'sms' || Attributes?.ConfirmationWasAuthenticated === 'true';
  return { ...known, arn, personId, isConfirmed: Attributes?.PendingConfirmation !== 'true', isLasting };
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
