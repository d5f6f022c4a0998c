import { CreateTopicCommand, ListSubscriptionsByTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { afterEach, expect, test } from 'vitest';
import { peoplePerTopic, syncPeople } from '../../lib/aws/people.ts';
import { snsNotifier } from '../../lib/aws/sns-notifier.ts';
import { subscriptionsOf } from '../../lib/aws/subscriptions.ts';
import { faultInWords, faultsOf } from '../../lib/brief/subscription.ts';
import { Mailbox } from '../../lib/embedded/mailbox.ts';
import { sns } from '../../lib/embedded/sns.ts';
import { openStore } from '../../lib/embedded/store.ts';
import { aPolicy } from '../brief/build-hold.ts';
import { endpointOf } from '../embedded/endpoint.ts';

const closings: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

/** Topics of an SNS at which addresses of `example.com` confirm at once, by the account. */
async function topics(count: number) {
  const store = openStore(null);
  const mailbox = new Mailbox(store);
  const { wire, config } = await endpointOf(
    sns({
      store,
      mailbox,
      account: '123456789012',
      region: 'eu-west-1',
      confirmsAtOnce: (endpoint) => endpoint.endsWith('@example.com'),
      url: () => 'http://127.0.0.1',
    }),
  );
  closings.push(
    () => store.close(),
    () => wire.close(),
  );
  const client = new SNSClient(config);
  const made = Array.from({ length: count }, (_, n) => client.send(new CreateTopicCommand({ Name: `people-${n}` })));
  const arns = (await Promise.all(made)).map(({ TopicArn = '' }) => TopicArn);
  const sizeOf = async (arn: string) => (await subscriptionsOf(client, [arn])).length;
  return { client, mailbox, arns, sizeOf };
}

function people(...ids: readonly string[]) {
  return aPolicy({
    people: ids.map((id) => ({ id, name: id, email: `${id}@example.com`, sms: `+35191${hashed(id)}` })),
    security: [],
    services: [],
    clock: {},
  });
}

/** Seven digits that differ by id. */
function hashed(id: string): string {
  const sum = [...id].reduce((all, character) => (all * 31 + character.charCodeAt(0)) % 9_000_000, 7);
  return String(1_000_000 + sum);
}

const message = (personId: string) => ({
  personId,
  holdId: 'h',
  kind: 'opened',
  subject: 's',
  email: `for ${personId}`,
  sms: `for ${personId}`,
});

test('a policy and subscriptions that agree have no fault, and a second sync changes nothing', async () => {
  const { client, arns } = await topics(1);
  const policy = people('ana', 'rui');

  expect((await syncPeople(client, arns, policy)).subscribed).toHaveLength(4);

  expect(faultsOf(await subscriptionsOf(client, arns), policy)).toEqual([]);
  expect(await syncPeople(client, arns, policy)).toEqual({ subscribed: [], removed: [] });
});

test('a former address gets nothing more: sync ends its subscription, and until then it is a leak', async () => {
  const { client, arns, mailbox } = await topics(1);
  await syncPeople(client, arns, people('ana'));
  const moved = aPolicy({
    people: [{ id: 'ana', name: 'Ana', email: 'ana.lima@example.com' }],
    security: [],
    services: [],
    clock: {},
  });

  const before = faultsOf(await subscriptionsOf(client, arns), moved);
  const { removed } = await syncPeople(client, arns, moved);
  await snsNotifier(
    async () => client,
    arns,
    () => 0,
  ).send(message('ana'));

  expect(before.map(({ kind }) => kind)).toEqual(['leaks', 'leaks', 'missing']);
  expect(removed).toContain('ana@example.com');
  expect(mailbox.deliveries().map(({ endpoint }) => endpoint)).toEqual(['ana.lima@example.com']);
});

test('a subscription without a filter would get the links of everybody: it is a leak, and sync ends it', async () => {
  const { client, arns } = await topics(1);
  const policy = people('ana');
  await syncPeople(client, arns, policy);
  await client.send(new SubscribeCommand({ TopicArn: arns[0], Protocol: 'email', Endpoint: 'all@example.com' }));

  const [fault] = faultsOf(await subscriptionsOf(client, arns), policy);
  expect(fault).toMatchObject({ kind: 'leaks', personId: null, endpoint: 'all@example.com' });
  expect(fault && faultInWords(fault)).toContain('gets the links of everybody');
  expect((await syncPeople(client, arns, policy)).removed).toEqual(['all@example.com']);
  expect(faultsOf(await subscriptionsOf(client, arns), policy)).toEqual([]);
});

test('an address that has not confirmed is said, and a confirmation by click is said to be fragile', async () => {
  const { client, arns, mailbox } = await topics(1);
  const policy = aPolicy({
    people: [{ id: 'eve', name: 'Eve', email: 'eve@elsewhere.test' }],
    security: [],
    services: [],
    clock: {},
  });
  await syncPeople(client, arns, policy);
  const kinds = async () => faultsOf(await subscriptionsOf(client, arns), policy).map(({ kind }) => kind);

  expect(await kinds()).toEqual(['unconfirmed']);
  const link = mailbox.deliveries()[0]?.body.match(/http\S+/)?.[0] ?? '';
  const { wire, path } = { wire: await client.config.endpoint?.(), path: new URL(link).search };
  await fetch(`http://${wire?.hostname}:${wire?.port}/${path}`);

  expect(await kinds()).toEqual(['fragile']);
});

test('however people come and go, no topic takes more than ninety of them', async () => {
  const { client, arns, sizeOf } = await topics(2);
  const first = Array.from({ length: peoplePerTopic + 10 }, (_, n) => `person-${n}`);
  await syncPeople(client, arns, people(...first));
  const newcomers = Array.from({ length: 20 }, (_, n) => `new-${n}`);

  await syncPeople(client, arns, people(...newcomers, ...first));

  const sizes = await Promise.all(arns.map(sizeOf));
  expect(Math.max(...sizes)).toBeLessThanOrEqual(2 * peoplePerTopic);
  expect(sizes.reduce((a, b) => a + b)).toBe(2 * (first.length + newcomers.length));
  const listed = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn: arns[0] }));
  expect(listed.Subscriptions?.length).toBeGreaterThan(0);
});
