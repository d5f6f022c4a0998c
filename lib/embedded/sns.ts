import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { AwsError, page } from './aws-error.ts';
import { type Attributes, filterPolicyOf, passes } from './filter-policy.ts';
import type { Delivery, Mailbox } from './mailbox.ts';
import { Form, invalid, type Message, membersOf, messageOf } from './sns-message.ts';
import type { Documents, Store } from './store.ts';
import type { Caller, WireService } from './wire.ts';

/** What the embedded SNS needs. */
export type SnsOptions = {
  readonly store: Store;
  readonly mailbox: Mailbox;
  readonly account: string;
  /** Of topics made by a caller whose signature names none. */
  readonly region: string;
  /** Whether the owner of this address confirms at once, without a mail. @default nobody does */
  readonly confirmsAtOnce?: ((endpoint: string) => boolean) | undefined;
  /** Address of the wire endpoint, for the links in confirmation mails. */
  readonly url: () => string;
  readonly now?: (() => number) | undefined;
};

const Topic = z.object({ arn: z.string(), attributes: z.record(z.string(), z.string()) });
type Topic = z.infer<typeof Topic>;

const Subscription = z.object({
  arn: z.string(),
  topicArn: z.string(),
  protocol: z.string(),
  endpoint: z.string(),
  /** The token of the confirmation mail while the address has not answered. */
  token: z.string().nullable(),
  /** Whether the confirmation asked that only its account may end the subscription. */
  authenticated: z.boolean(),
  attributes: z.record(z.string(), z.string()),
});
type Subscription = z.infer<typeof Subscription>;

/** Protocols whose owner must answer before anything is delivered. */
const asked = ['email', 'email-json', 'http', 'https'];
const protocols = [...asked, 'sms', 'sqs', 'lambda', 'application', 'firehose'];
const subscriptionAttributes = [
  'FilterPolicy',
  'FilterPolicyScope',
  'RawMessageDelivery',
  'RedrivePolicy',
  'DeliveryPolicy',
  'SubscriptionRoleArn',
];
/** @see https://docs.aws.amazon.com/general/latest/gr/sns.html: filter policies per topic */
const filterPoliciesMax = 200;

/**
 * Amazon SNS: topics, subscriptions with filter policies, and messages, which reach the mailbox only through `Publish`,
 * the filters and a confirmed subscription.
 * @see https://docs.aws.amazon.com/sns/latest/api/
 */
export function sns(options: SnsOptions): WireService {
  const service = new Sns(options);
  const actions: Record<string, (form: Form, caller: Caller) => unknown> = {
    CreateTopic: (form, caller) => service.createTopic(form, caller),
    DeleteTopic: (form) => service.deleteTopic(form),
    ListTopics: (form) => service.listTopics(form),
    GetTopicAttributes: (form) => service.getTopicAttributes(form),
    SetTopicAttributes: (form) => service.setTopicAttributes(form),
    Subscribe: (form) => service.subscribe(form),
    ConfirmSubscription: (form) => service.confirm(form),
    Unsubscribe: (form, caller) => service.unsubscribe(form, caller),
    ListSubscriptions: (form) => service.listSubscriptions(form),
    ListSubscriptionsByTopic: (form) => service.listSubscriptionsByTopic(form),
    GetSubscriptionAttributes: (form) => service.getSubscriptionAttributes(form),
    SetSubscriptionAttributes: (form) => service.setSubscriptionAttributes(form),
    Publish: (form) => service.publish(form),
    PublishBatch: (form) => service.publishBatch(form),
  };
  const bound = Object.entries(actions).map(([name, action]) => [
    name,
    (input: unknown, caller: Caller) => action(Form.parse(input), caller),
  ]);
  return {
    protocol: 'query',
    apiVersion: '2010-03-31',
    namespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
    actions: Object.fromEntries(bound),
    // The links in mails carry no signature; the token and the subscription's ARN speak for their reader.
    unsigned: ['ConfirmSubscription', 'Unsubscribe'],
  };
}

class Sns {
  readonly #options: SnsOptions;
  readonly #topics: Documents<Topic>;
  readonly #subscriptions: Documents<Subscription>;
  readonly #now: () => number;

  constructor(options: SnsOptions) {
    this.#options = options;
    this.#topics = options.store.documents('topic', Topic);
    this.#subscriptions = options.store.documents('subscription', Subscription);
    this.#now = options.now ?? Date.now;
  }

  createTopic(form: Form, caller: Caller): unknown {
    const name = form.Name ?? '';
    if (!/^[A-Za-z0-9_-]{1,256}$/.test(name)) throw invalid('Topic Name');
    const arn = `arn:aws:sns:${caller.region || this.#options.region}:${this.#options.account}:${name}`;
    if (this.#topics.get(arn) === undefined) this.#topics.put(arn, { arn, attributes: attributesOf(form) });
    return { TopicArn: arn };
  }

  deleteTopic(form: Form): unknown {
    const arn = form.TopicArn ?? '';
    for (const { arn: gone } of this.#of(arn)) this.#subscriptions.delete(gone);
    this.#topics.delete(arn);
    return undefined;
  }

  listTopics(form: Form): unknown {
    const shown = page(this.#topics.all(), 100, form.NextToken, 'InvalidParameter');
    return { Topics: shown.items.map(({ arn }) => ({ TopicArn: arn })), NextToken: shown.nextToken };
  }

  getTopicAttributes(form: Form): unknown {
    const topic = this.#topic(form);
    const subscriptions = this.#of(topic.arn);
    const attributes = new Map([
      ['TopicArn', topic.arn],
      ['Owner', this.#options.account],
      ['DisplayName', ''],
      ['SubscriptionsConfirmed', String(subscriptions.filter(({ token }) => token === null).length)],
      ['SubscriptionsPending', String(subscriptions.filter(({ token }) => token !== null).length)],
      ['SubscriptionsDeleted', '0'],
      ...Object.entries(topic.attributes),
    ]);
    return { Attributes: attributes };
  }

  setTopicAttributes(form: Form): unknown {
    const topic = this.#topic(form);
    const attributes = { ...topic.attributes, [form.AttributeName ?? '']: form.AttributeValue ?? '' };
    this.#topics.put(topic.arn, { ...topic, attributes });
    return undefined;
  }

  subscribe(form: Form): unknown {
    const topic = this.#topic(form);
    const protocol = form.Protocol ?? '';
    const endpoint = form.Endpoint ?? '';
    if (!protocols.includes(protocol)) throw invalid(`Amazon SNS doesn't support protocol ${protocol}`);
    if (!isEndpoint(protocol, endpoint))
      throw invalid(`${endpointNames[protocol] ?? 'Endpoint'}: ${endpoint.slice(0, 200)}`);
    const attributes = attributesOf(form);
    this.#check(topic.arn, attributes, null);
    const existing = this.#of(topic.arn).find((one) => one.protocol === protocol && one.endpoint === endpoint);
    if (existing !== undefined && !isSame(existing.attributes, attributes))
      throw invalid('Attributes Reason: Subscription already exists with different attributes');
    const subscription = existing ?? this.#make(topic.arn, protocol, endpoint, attributes);
    if (subscription.token !== null) this.#ask(subscription, subscription.token);
    const shown =
      subscription.token === null || form.ReturnSubscriptionArn === 'true' ? subscription.arn : 'pending confirmation';
    return { SubscriptionArn: shown };
  }

  confirm(form: Form): unknown {
    const topic = this.#topic(form);
    const token = form.Token ?? '';
    const subscription = this.#of(topic.arn).find((one) => one.token !== null && one.token === token);
    if (subscription === undefined) throw invalid('Token');
    const authenticated = form.AuthenticateOnUnsubscribe === 'true';
    this.#subscriptions.put(subscription.arn, { ...subscription, token: null, authenticated });
    return { SubscriptionArn: subscription.arn };
  }

  unsubscribe(form: Form, caller: Caller): unknown {
    const subscription = this.#subscriptions.get(form.SubscriptionArn ?? '');
    if (subscription?.authenticated && caller.accessKeyId === 'anonymous')
      throw new AwsError('AuthorizationError', 'Unsubscribe requires authentication', 403);
    this.#subscriptions.delete(form.SubscriptionArn ?? '');
    return undefined;
  }

  listSubscriptions(form: Form): unknown {
    return this.#list(this.#subscriptions.all(), form);
  }

  listSubscriptionsByTopic(form: Form): unknown {
    return this.#list(this.#of(this.#topic(form).arn), form);
  }

  getSubscriptionAttributes(form: Form): unknown {
    const subscription = this.#subscription(form);
    const attributes = new Map([
      ['SubscriptionArn', subscription.arn],
      ['TopicArn', subscription.topicArn],
      ['Protocol', subscription.protocol],
      ['Endpoint', subscription.endpoint],
      ['Owner', this.#options.account],
      ['PendingConfirmation', String(subscription.token !== null)],
      ['ConfirmationWasAuthenticated', String(subscription.authenticated)],
      ['RawMessageDelivery', 'false'],
      ...Object.entries(subscription.attributes),
    ]);
    return { Attributes: attributes };
  }

  setSubscriptionAttributes(form: Form): unknown {
    const subscription = this.#subscription(form);
    const name = form.AttributeName ?? '';
    const attributes = { [name]: form.AttributeValue ?? '' };
    if (!subscriptionAttributes.includes(name)) throw invalid('AttributeName');
    this.#check(subscription.topicArn, attributes, subscription.arn);
    this.#subscriptions.put(subscription.arn, {
      ...subscription,
      attributes: { ...subscription.attributes, ...attributes },
    });
    return undefined;
  }

  publish(form: Form): unknown {
    const message = messageOf(form, '');
    if (form.PhoneNumber !== undefined) return { MessageId: this.#text(form.PhoneNumber, message) };
    return { MessageId: this.#send(this.#topic({ TopicArn: form.TopicArn ?? form.TargetArn ?? '' }).arn, message) };
  }

  publishBatch(form: Form): unknown {
    const topic = this.#topic(form);
    const entries = membersOf(form, 'PublishBatchRequestEntries.member.');
    if (entries.length === 0) throw new AwsError('EmptyBatchRequest', "The batch request doesn't contain any entries.");
    if (entries.length > 10)
      throw new AwsError('TooManyEntriesInBatchRequest', 'The batch request contains more entries than permissible.');
    const successful: unknown[] = [];
    const failed: unknown[] = [];
    for (const prefix of entries) {
      const Id = form[`${prefix}Id`] ?? '';
      try {
        successful.push({ Id, MessageId: this.#send(topic.arn, messageOf(form, prefix)) });
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        failed.push({ Id, Code: error.code, Message: error.message, SenderFault: true });
      }
    }
    return { Successful: successful, Failed: failed };
  }

  #send(topicArn: string, message: Message): string {
    const messageId = randomUUID();
    const receivers = this.#of(topicArn).filter((one) => one.token === null && isWanted(one, message));
    this.#options.store.transaction(() => {
      for (const subscription of receivers) this.#deliver(subscription, message, messageId);
    });
    return messageId;
  }

  #deliver(subscription: Subscription, message: Message, messageId: string): void {
    const isMail = subscription.protocol.startsWith('email');
    this.#options.mailbox.deliver({
      messageId,
      at: this.#now(),
      kind: 'notification',
      protocol: subscription.protocol,
      endpoint: subscription.endpoint,
      topicArn: subscription.topicArn,
      subscriptionArn: subscription.arn,
      subject: isMail ? (message.subject ?? 'AWS Notification Message') : null,
      body: message.bodyFor(subscription.protocol),
      attributes: message.shown,
      unsubscribeUrl: isMail ? this.#link('Unsubscribe', { SubscriptionArn: subscription.arn }) : null,
    });
  }

  #text(phoneNumber: string, message: Message): string {
    if (!isEndpoint('sms', phoneNumber)) throw invalid('PhoneNumber');
    const messageId = randomUUID();
    const delivery: Delivery = {
      messageId,
      at: this.#now(),
      kind: 'notification',
      protocol: 'sms',
      endpoint: phoneNumber,
      topicArn: null,
      subscriptionArn: null,
      subject: null,
      body: message.bodyFor('sms'),
      attributes: message.shown,
      unsubscribeUrl: null,
    };
    this.#options.mailbox.deliver(delivery);
    return messageId;
  }

  #make(topicArn: string, protocol: string, endpoint: string, attributes: Record<string, string>): Subscription {
    const mustAnswer = asked.includes(protocol) && !(this.#options.confirmsAtOnce?.(endpoint) ?? false);
    const subscription: Subscription = {
      arn: `${topicArn}:${randomUUID()}`,
      topicArn,
      protocol,
      endpoint,
      token: mustAnswer ? randomBytes(48).toString('hex') : null,
      // Who confirms without a mail got no link that could be pressed.
      authenticated: !mustAnswer,
      attributes,
    };
    this.#subscriptions.put(subscription.arn, subscription);
    return subscription;
  }

  // The one message that an unconfirmed address gets.
  #ask(subscription: Subscription, token: string): void {
    const link = this.#link('ConfirmSubscription', { TopicArn: subscription.topicArn, Token: token });
    this.#options.mailbox.deliver({
      messageId: randomUUID(),
      at: this.#now(),
      kind: 'confirmation',
      protocol: subscription.protocol,
      endpoint: subscription.endpoint,
      topicArn: subscription.topicArn,
      subscriptionArn: subscription.arn,
      subject: 'AWS Notification - Subscription Confirmation',
      body: [
        'You have chosen to subscribe to the topic:',
        subscription.topicArn,
        '',
        'To confirm this subscription, click or visit the link below (If this was in error no action is necessary):',
        link,
      ].join('\n'),
      attributes: {},
      unsubscribeUrl: null,
    });
  }

  #link(action: string, parameters: Readonly<Record<string, string>>): string {
    return `${this.#options.url()}/?${new URLSearchParams({ Action: action, Version: '2010-03-31', ...parameters })}`;
  }

  #check(topicArn: string, attributes: Readonly<Record<string, string>>, except: string | null): void {
    const stranger = Object.keys(attributes).find((name) => !subscriptionAttributes.includes(name));
    if (stranger !== undefined) throw invalid(`Attributes Reason: Unknown attribute ${stranger}`);
    const scope = attributes.FilterPolicyScope;
    if (scope !== undefined && scope !== 'MessageAttributes' && scope !== 'MessageBody')
      throw invalid('FilterPolicyScope');
    if (!attributes.FilterPolicy) return;
    filterPolicyOf(attributes.FilterPolicy);
    const others = this.#of(topicArn).filter((one) => one.arn !== except && one.attributes.FilterPolicy);
    if (others.length >= filterPoliciesMax)
      throw new AwsError('FilterPolicyLimitExceeded', 'Filter policy limit exceeded', 403);
  }

  #list(subscriptions: readonly Subscription[], form: Form): unknown {
    const shown = page(subscriptions, 100, form.NextToken, 'InvalidParameter');
    return {
      Subscriptions: shown.items.map((one) => ({
        SubscriptionArn: one.token === null ? one.arn : 'PendingConfirmation',
        Owner: this.#options.account,
        Protocol: one.protocol,
        Endpoint: one.endpoint,
        TopicArn: one.topicArn,
      })),
      NextToken: shown.nextToken,
    };
  }

  #of(topicArn: string): readonly Subscription[] {
    return this.#subscriptions.all().filter((one) => one.topicArn === topicArn);
  }

  #topic(form: Form): Topic {
    const arn = form.TopicArn ?? '';
    if (!/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$/.test(arn)) throw invalid('TopicArn');
    const topic = this.#topics.get(arn);
    if (topic === undefined) throw new AwsError('NotFound', 'Topic does not exist', 404);
    return topic;
  }

  #subscription(form: Form): Subscription {
    const arn = form.SubscriptionArn ?? '';
    if (!arn.startsWith('arn:')) throw invalid('SubscriptionArn');
    const subscription = this.#subscriptions.get(arn);
    if (subscription === undefined) throw new AwsError('NotFound', 'Subscription does not exist', 404);
    return subscription;
  }
}

function isWanted(subscription: Subscription, message: Message): boolean {
  const policy = subscription.attributes.FilterPolicy;
  if (!policy) return true;
  const attributes =
    subscription.attributes.FilterPolicyScope === 'MessageBody' ? bodyAttributes(message.text) : message.attributes;
  return passes(filterPolicyOf(policy), attributes);
}

// Top-level members only: nested policies over bodies are not needed here.
function bodyAttributes(text: string): Attributes {
  try {
    const members = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
    const Value = z.union([z.string(), z.number(), z.boolean(), z.null()]);
    const read = Object.entries(members).map(([name, value]) => {
      const values = z.array(Value).safeParse(Array.isArray(value) ? value : [value]);
      return [name, values.success ? values.data : []] as const;
    });
    return Object.fromEntries(read);
  } catch {
    return {};
  }
}

function attributesOf(form: Form): Record<string, string> {
  const entries = membersOf(form, 'Attributes.entry.').map((prefix) => [
    form[`${prefix}key`] ?? '',
    form[`${prefix}value`] ?? '',
  ]);
  return Object.fromEntries(entries);
}

function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => a[key] === b[key]);
}

const endpointNames: Readonly<Record<string, string>> = { email: 'Email address', sms: 'Invalid SMS endpoint' };

function isEndpoint(protocol: string, endpoint: string): boolean {
  if (protocol.startsWith('email')) return /^[^\s@]+@[^\s@]+$/.test(endpoint);
  if (protocol === 'sms') return /^\+?[1-9]\d{6,14}$/.test(endpoint);
  return endpoint !== '';
}
