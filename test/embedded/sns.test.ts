import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConfirmSubscriptionCommand,
  CreateTopicCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  PublishBatchCommand,
  PublishCommand,
  SetSubscriptionAttributesCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { afterEach, expect, test } from 'vitest';
import { Mailbox } from '../../lib/embedded/mailbox.ts';
import { sns } from '../../lib/embedded/sns.ts';
import { openStore } from '../../lib/embedded/store.ts';
import { endpointOf } from './endpoint.ts';

const closings: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

async function running(dataDir: string | null = null) {
  const store = openStore(dataDir);
  const mailbox = new Mailbox(store);
  let url = '';
  const service = sns({
    store,
    mailbox,
    account: '123456789012',
    region: 'eu-west-1',
    confirmsAtOnce: (endpoint) => endpoint.endsWith('@example.com'),
    url: () => url,
  });
  const { wire, config, errors } = await endpointOf(service);
  url = wire.url;
  const client = new SNSClient(config);
  const { TopicArn = '' } = await client.send(new CreateTopicCommand({ Name: 'briefs' }));
  const close = async () => {
    await wire.close();
    store.close();
  };
  closings.push(close);
  return { client, mailbox, TopicArn, url, errors };
}

function subscribe(client: SNSClient, TopicArn: string, Endpoint: string, FilterPolicy?: unknown) {
  return client.send(
    new SubscribeCommand({
      TopicArn,
      Protocol: Endpoint.includes('@') ? 'email' : 'sms',
      Endpoint,
      ReturnSubscriptionArn: true,
      ...(FilterPolicy === undefined ? {} : { Attributes: { FilterPolicy: JSON.stringify(FilterPolicy) } }),
    }),
  );
}

function publish(client: SNSClient, TopicArn: string, person: string, more: Partial<PublishCommand['input']> = {}) {
  return client.send(
    new PublishCommand({
      TopicArn,
      Subject: 'HALTED: checkout',
      Message: `for ${person}`,
      MessageAttributes: { person: { DataType: 'String', StringValue: person } },
      ...more,
    }),
  );
}

test('each person receives only what their filter lets through', async () => {
  const { client, mailbox, TopicArn } = await running();
  await subscribe(client, TopicArn, 'ana@example.com', { person: ['ana'] });
  await subscribe(client, TopicArn, 'rui@example.com', { person: ['rui'] });
  await subscribe(client, TopicArn, '+351910000001', { person: ['ana'] });

  const { MessageId } = await publish(client, TopicArn, 'ana');

  expect(mailbox.deliveries()).toMatchObject([
    {
      messageId: MessageId,
      protocol: 'email',
      endpoint: 'ana@example.com',
      subject: 'HALTED: checkout',
      body: 'for ana',
      attributes: { person: 'ana' },
    },
    { messageId: MessageId, protocol: 'sms', endpoint: '+351910000001', subject: null, body: 'for ana' },
  ]);
});

test('an address that has not confirmed gets the question and nothing else, until its token comes back', async () => {
  const { client, mailbox, TopicArn } = await running();
  const { SubscriptionArn } = await subscribe(client, TopicArn, 'eve@elsewhere.test');
  await publish(client, TopicArn, 'eve');
  const [question, ...others] = mailbox.deliveries();
  const pending = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn }));

  const Token = new URL(question?.body.match(/http\S+/)?.[0] ?? '').searchParams.get('Token') ?? '';
  const confirmed = await client.send(
    new ConfirmSubscriptionCommand({ TopicArn, Token, AuthenticateOnUnsubscribe: 'true' }),
  );
  await publish(client, TopicArn, 'eve');

  expect(question).toMatchObject({ kind: 'confirmation', endpoint: 'eve@elsewhere.test' });
  expect(others).toEqual([]);
  expect(pending.Subscriptions?.[0]?.SubscriptionArn).toBe('PendingConfirmation');
  expect(confirmed.SubscriptionArn).toBe(SubscriptionArn);
  expect(mailbox.deliveries().map(({ kind }) => kind)).toEqual(['confirmation', 'notification']);
  const { Attributes } = await client.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }));
  expect(Attributes).toMatchObject({ PendingConfirmation: 'false', ConfirmationWasAuthenticated: 'true' });
});

test('the link of a confirmation mail confirms, and a wrong token does not', async () => {
  const { client, mailbox, TopicArn } = await running();
  await subscribe(client, TopicArn, 'eve@elsewhere.test');
  const link = mailbox.deliveries()[0]?.body.match(/http\S+/)?.[0] ?? '';

  const wrong = await fetch(link.replace(/Token=..../, 'Token=0000'));
  const right = await fetch(link);

  expect([wrong.status, right.status]).toEqual([400, 200]);
  expect(await wrong.text()).toContain('<Code>InvalidParameter</Code>');
  const { Attributes } = await client.send(new GetTopicAttributesCommand({ TopicArn }));
  expect(Attributes).toMatchObject({ SubscriptionsConfirmed: '1', SubscriptionsPending: '0' });
});

test('an unsubscribe link in a mail does not end a subscription that asked for its account', async () => {
  const { client, mailbox, TopicArn } = await running();
  await subscribe(client, TopicArn, 'eve@elsewhere.test');
  const Token = new URL(mailbox.deliveries()[0]?.body.match(/http\S+/)?.[0] ?? '').searchParams.get('Token') ?? '';
  const { SubscriptionArn } = await client.send(
    new ConfirmSubscriptionCommand({ TopicArn, Token, AuthenticateOnUnsubscribe: 'true' }),
  );
  await publish(client, TopicArn, 'eve');

  const pressed = await fetch(mailbox.deliveries()[1]?.unsubscribeUrl ?? '');
  await publish(client, TopicArn, 'eve');
  const before = mailbox.deliveries().length;
  await client.send(new UnsubscribeCommand({ SubscriptionArn }));
  await publish(client, TopicArn, 'eve');

  expect(pressed.status).toBe(403);
  expect([before, mailbox.deliveries().length]).toEqual([3, 3]);
});

test.each([
  ['exactly', { a: ['x'] }, { a: 'x' }, true],
  ['one of several', { a: ['y', 'x'] }, { a: 'x' }, true],
  ['not this one', { a: ['y'] }, { a: 'x' }, false],
  ['not when absent', { a: ['x'] }, { b: 'x' }, false],
  ['all attributes', { a: ['x'], b: ['y'] }, { a: 'x', b: 'z' }, false],
  ['anything but', { a: [{ 'anything-but': ['y'] }] }, { a: 'x' }, true],
  ['anything but this', { a: [{ 'anything-but': ['x'] }] }, { a: 'x' }, false],
  ['anything but, absent', { a: [{ 'anything-but': ['x'] }] }, { b: 'x' }, false],
  ['a prefix', { a: [{ prefix: 'xy' }] }, { a: 'xyz' }, true],
  ['another prefix', { a: [{ prefix: 'yz' }] }, { a: 'xyz' }, false],
  ['is there', { a: [{ exists: true }] }, { a: 'x' }, true],
  ['is not there', { a: [{ exists: false }] }, { a: 'x' }, false],
  ['is absent', { a: [{ exists: false }] }, { b: 'x' }, true],
  ['in a range', { n: [{ numeric: ['>=', 7, '<', 9] }] }, { n: 8.5 }, true],
  ['out of the range', { n: [{ numeric: ['>=', 7, '<', 9] }] }, { n: 9 }, false],
  ['a number as a number', { n: [8] }, { n: 8 }, true],
])('a filter policy lets through: %s', async (_, policy, attributes, delivered) => {
  const { client, mailbox, TopicArn } = await running();
  await subscribe(client, TopicArn, 'ana@example.com', policy);

  const MessageAttributes = Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      { DataType: typeof value === 'number' ? 'Number' : 'String', StringValue: String(value) },
    ]),
  );
  await client.send(new PublishCommand({ TopicArn, Message: 'm', MessageAttributes }));

  expect(mailbox.deliveries().length === 1).toBe(delivered);
});

test('a message of several structures gives each protocol its own body', async () => {
  const { client, mailbox, TopicArn } = await running();
  await subscribe(client, TopicArn, 'ana@example.com');
  await subscribe(client, TopicArn, '+351910000001');

  const Message = JSON.stringify({ default: 'any', email: 'a long text\nwith <b>&amp; lines', sms: 'short' });
  await publish(client, TopicArn, 'ana', { Message, MessageStructure: 'json' });

  expect(mailbox.deliveries().map(({ body }) => body)).toEqual(['a long text\nwith <b>&amp; lines', 'short']);
});

test.each([
  ['a subject with a line break', { Subject: 'a\nb' }, 'InvalidParameter', 'Invalid parameter: Subject'],
  ['a subject of 100 characters', { Subject: 'x'.repeat(100) }, 'InvalidParameter', 'Invalid parameter: Subject'],
  ['a subject that is not ASCII', { Subject: 'é' }, 'InvalidParameter', 'Invalid parameter: Subject'],
  ['an empty message', { Message: '' }, 'InvalidParameter', 'Invalid parameter: Empty message'],
  [
    'structures without a default',
    { Message: '{"email":"x"}', MessageStructure: 'json' },
    'InvalidParameter',
    'No default entry in JSON message body',
  ],
  ['structures that are not JSON', { Message: 'x', MessageStructure: 'json' }, 'InvalidParameter', 'failed to parse'],
  [
    'a topic that is not there',
    { TopicArn: 'arn:aws:sns:eu-west-1:123456789012:nope' },
    'NotFound',
    'Topic does not exist',
  ],
])('%s is refused and nothing is delivered', async (_, more, code, message) => {
  const { client, mailbox, TopicArn } = await running();
  await subscribe(client, TopicArn, 'ana@example.com');

  const refusal = publish(client, TopicArn, 'ana', more);

  await expect(refusal).rejects.toMatchObject({ Code: code, message: expect.stringContaining(message) });
  expect(mailbox.deliveries()).toEqual([]);
});

test('a filter policy is replaced, and a broken one is refused', async () => {
  const { client, mailbox, TopicArn } = await running();
  const { SubscriptionArn } = await subscribe(client, TopicArn, 'ana@example.com', { person: ['nobody'] });
  const set = (AttributeValue: string) =>
    client.send(
      new SetSubscriptionAttributesCommand({ SubscriptionArn, AttributeName: 'FilterPolicy', AttributeValue }),
    );

  await set('{"person":["ana"]}');
  await expect(set('{"person":"ana"}')).rejects.toMatchObject({ Code: 'InvalidParameter' });
  await publish(client, TopicArn, 'ana');

  expect(mailbox.deliveries()).toHaveLength(1);
});

test('the same address subscribes once, and not with other attributes', async () => {
  const { client, TopicArn } = await running();

  const first = await subscribe(client, TopicArn, 'ana@example.com', { person: ['ana'] });
  const second = await subscribe(client, TopicArn, 'ana@example.com', { person: ['ana'] });
  const third = subscribe(client, TopicArn, 'ana@example.com');

  expect(second.SubscriptionArn).toBe(first.SubscriptionArn);
  await expect(third).rejects.toMatchObject({
    Code: 'InvalidParameter',
    message: expect.stringContaining('different attributes'),
  });
});

test('a batch tells of each message whether it was sent', async () => {
  const { client, mailbox, TopicArn } = await running();
  await subscribe(client, TopicArn, 'ana@example.com');

  const answer = await client.send(
    new PublishBatchCommand({
      TopicArn,
      PublishBatchRequestEntries: [
        { Id: 'good', Message: 'm' },
        { Id: 'bad', Message: 'm', Subject: 'a\nb' },
      ],
    }),
  );

  expect(answer.Successful?.map(({ Id }) => Id)).toEqual(['good']);
  expect(answer.Failed?.map(({ Id, Code }) => [Id, Code])).toEqual([['bad', 'InvalidParameter']]);
  expect(mailbox.deliveries()).toHaveLength(1);
});

test('mails and subscriptions survive a restart', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'stopship-embedded-'));
  const first = await running(dataDir);
  await subscribe(first.client, first.TopicArn, 'ana@example.com', { person: ['ana'] });
  await publish(first.client, first.TopicArn, 'ana');
  await closings.pop()?.();

  const { client, mailbox, TopicArn } = await running(dataDir);
  await publish(client, TopicArn, 'ana');

  expect(mailbox.deliveries().map(({ endpoint }) => endpoint)).toEqual(['ana@example.com', 'ana@example.com']);
});

test('text that looks like markup arrives as it was sent', async () => {
  const { client, TopicArn } = await running();

  const refusal = client.send(new SubscribeCommand({ TopicArn, Protocol: '</Message><Code>x', Endpoint: 'e' }));

  await expect(refusal).rejects.toMatchObject({ message: expect.stringContaining('</Message><Code>x') });
});
