import type { Policy } from '../policy/policy.ts';

/** A subscription of a topic through which people are told. */
export type Subscription = {
  readonly channel: 'email' | 'sms' | 'other';
  /** The address or number. */
  readonly endpoint: string;
  /** Whose messages its filter lets through; null when it has no filter of ours. */
  readonly personId: string | null;
  readonly isConfirmed: boolean;
  /** Whether only the account can end it. */
  readonly isLasting: boolean;
};

/**
 * What is wrong with a subscription. `leaks`: somebody else's links go to this address. `missing` and `unconfirmed`: a
 * person is not reached there. `fragile`: whoever opens the unsubscribe link of a mail ends it, and mail scanners do.
 */
export type SubscriptionFault = {
  readonly kind: 'leaks' | 'missing' | 'unconfirmed' | 'fragile';
  /** The person concerned; null when it is everybody. */
  readonly personId: string | null;
  readonly channel: Subscription['channel'];
  readonly endpoint: string;
};

/** Compares what is subscribed with what the policy says, the gravest first. */
export function faultsOf(
  subscriptions: readonly Subscription[],
  policy: Pick<Policy, 'people'>,
): readonly SubscriptionFault[] {
  const wanted = addressesOf(policy);
  return [
    ...subscriptions.filter((one) => leaks(one, wanted)).map((one) => faultOf('leaks', one)),
    ...wanted.flatMap((address) => lackOf(address, subscriptions)),
  ];
}

/** Whether a subscription gets messages that are not for its address. One that is not confirmed gets none yet. */
export function leaks(one: Subscription, wanted: readonly Address[]): boolean {
  if (!one.isConfirmed) return false;
  return !wanted.some((address) => isFor(one, address));
}

/** Where a person is to be told. */
export type Address = { readonly personId: string; readonly channel: 'email' | 'sms'; readonly endpoint: string };

/** Every address of the policy, in its order: e-mail before SMS. */
export function addressesOf(policy: Pick<Policy, 'people'>): readonly Address[] {
  return policy.people.flatMap(({ id, email, sms }): readonly Address[] => [
    ...(email === undefined ? [] : [{ personId: id, channel: 'email' as const, endpoint: email }]),
    ...(sms === undefined ? [] : [{ personId: id, channel: 'sms' as const, endpoint: sms }]),
  ]);
}

/** A fault in a sentence: whose it is, what it means, what mends it. */
export function faultInWords({ kind, personId, channel, endpoint }: SubscriptionFault): string {
  const by = channel === 'sms' ? 'SMS' : channel === 'email' ? 'e-mail' : 'another way';
  switch (kind) {
    case 'leaks':
      return `${endpoint} gets the links of ${personId ?? 'everybody'} and is no address of theirs: people sync removes it`;
    case 'missing':
      return `${personId} is not reached by ${by}: nothing is subscribed at ${endpoint}; people sync does it`;
    case 'unconfirmed':
      return `${personId} is not reached by ${by}: ${endpoint} is not confirmed; people confirm LINK does it`;
    case 'fragile':
      return `${personId} confirmed ${endpoint} by a click, so that a mail scanner can end it: unsubscribe it, then people sync and people confirm LINK`;
    default:
      return kind satisfies never;
  }
}

function lackOf(address: Address, subscriptions: readonly Subscription[]): readonly SubscriptionFault[] {
  const there = subscriptions.filter((one) => one.channel === address.channel && one.endpoint === address.endpoint);
  const confirmed = there.find((one) => isFor(one, address));
  if (confirmed !== undefined) return confirmed.isLasting ? [] : [{ kind: 'fragile', ...address }];
  return [{ kind: there.some(({ isConfirmed }) => !isConfirmed) ? 'unconfirmed' : 'missing', ...address }];
}

function isFor(one: Subscription, address: Address): boolean {
  return (
    one.isConfirmed &&
    one.personId === address.personId &&
    one.channel === address.channel &&
    one.endpoint === address.endpoint
  );
}

function faultOf(kind: SubscriptionFault['kind'], { personId, channel, endpoint }: Subscription): SubscriptionFault {
  return { kind, personId, channel, endpoint };
}
