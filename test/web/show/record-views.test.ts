import { describe, expect, test } from 'vitest';
import { later } from '../../../lib/finding/instant.ts';
import { keepRejected } from '../../../lib/hold/rejected.ts';
import { readReview } from '../../../lib/review/file.ts';
import { type MessageLike, mailboxView } from '../../../lib/web/show/mailbox-view.ts';
import { metricsView } from '../../../lib/web/show/metrics-view.ts';
import { rejectedView } from '../../../lib/web/show/rejected-view.ts';
import { phasesOf, reviewsView, reviewView } from '../../../lib/web/show/review-view.ts';
import { aPolicy, aWorld, bringFix, NOON, recorded, type World } from '../../builders.ts';
import { heldBefore } from './held-world.ts';

/** A hold that was decided first and fixed half an hour later; its id. */
async function remediated(world: World): Promise<string> {
  const id = await heldBefore(world);
  world.clock.advance(600_000);
  recorded(await world.vote('rui', { action: 'remediation-approved', reason: 'patched' }));
  await world.settle();
  world.clock.advance(1_800_000);
  await bringFix(world);
  return id;
}

describe('a review', () => {
  test('there is none for an id that no hold has', async () => {
    const world = await aWorld();
    expect(await reviewView(world.ports, 'nothing')).toBeNull();
  });

  test('of an open hold is a draft, and not in the list', async () => {
    const world = await aWorld();
    const id = await heldBefore(world);
    expect(await reviewView(world.ports, id)).toMatchObject({ closedAt: null, outcome: null, stage: 'Production' });
    expect(await reviewsView(world.ports)).toEqual({ reviews: [] });
  });

  test('names people, decisions and questions, and its phases add up to how long the line stood', async () => {
    const world = await aWorld();
    const id = await heldBefore(world);
    await bringFix(world);
    world.clock.advance(600_000);
    recorded(await world.vote('rui', { action: 'remediation-approved', reason: 'patched' }));
    await world.settle();
    const view = await reviewView(world.ports, id);
    expect(view).toMatchObject({
      service: 'checkout',
      outcome: 'remediated',
      code: (await world.hold(id)).code,
      decisions: [{ action: 'The fix is in', by: 'Rui Costa', reason: 'patched' }],
    });
    expect(view?.questions.map(({ id: question }) => question)).toEqual([
      'root-cause',
      'development',
      'security-testing',
      'communication',
    ]);
    expect(view?.questions[0]?.assignee).toBe('Dee Okafor');
    expect(view?.actions[0]).toMatchObject({ owner: 'Dee Okafor', done: false });
    const record = await readReview(world.ports, id);
    const total = view?.durations.reduce((sum, { ms }) => sum + ms, 0);
    expect(total).toBe(record?.durations.stood);
    expect((await reviewsView(world.ports)).reviews).toMatchObject([{ id, outcome: 'remediated' }]);
  });

  test('tells the wait for the fix from the look that found it', async () => {
    const world = await aWorld();
    const id = await remediated(world);
    const record = await readReview(world.ports, id);
    if (record === null) throw new Error('there is no record');
    const verified = { ...record.timeline[0], kind: 'verified', time: world.clock.now() } as const;
    const [first] = record.timeline;
    if (first === undefined) throw new Error('nothing happened');
    const phases = phasesOf([...record.timeline, { ...first, ...verified }], record);
    expect(phases).toContainEqual({ phase: 'decide', ms: 600_000 });
    expect(phases).toContainEqual({ phase: 'fix', ms: 1_860_000 });
  });
});

test('records that could not be read are listed newest first', async () => {
  const world = await aWorld();
  await keepRejected(world.table, { message: 'no severity', path: '/a' }, 'r1', NOON);
  world.clock.advance(1000);
  await keepRejected(world.table, { message: 'no title', path: '/b' }, 'r2', world.clock.now());
  const { records } = await rejectedView(world.ports);
  expect(records.map(({ message, path }) => [message, path])).toEqual([
    ['no title', '/b'],
    ['no severity', '/a'],
  ]);
});

describe('the metrics', () => {
  test('count nothing before the first hold', async () => {
    expect(await metricsView((await aWorld()).ports)).toEqual({ since: null, figures: [] });
  });

  test('give the age of what is open, and no middle value from too few cases', async () => {
    const world = await aWorld();
    await heldBefore(world);
    world.clock.advance(7_200_000);
    const { since, figures } = await metricsView(world.ports);
    expect(since).toBe(NOON);
    expect(figures.find(({ name }) => name === 'Open now')).toMatchObject({
      value: '1',
      cases: null,
      rows: [{ label: 'checkout', value: '2 h' }],
    });
    expect(figures.find(({ name }) => name === 'How long the line stood')).toMatchObject({
      value: 'too few cases',
      cases: { count: 0, isEnough: false },
    });
  });
});

describe('the mailbox', () => {
  const messages: readonly MessageLike[] = [
    { id: '1', at: NOON, channel: 'email', to: 'rui@example.com', subject: 'first', body: '', personId: 'rui' },
    { id: '2', at: later(NOON, 3_600_000), channel: 'sms', to: '+351', subject: '', body: 'second', personId: 'rui' },
    { id: '3', at: NOON, channel: 'email', to: 'x@example.com', subject: '', body: '', personId: null },
  ];

  test('counts the messages of each person and shows the chosen one, newest first', () => {
    const view = mailboxView(aPolicy(), messages, 'rui', null);
    expect(view.person).toMatchObject({ name: 'Rui Costa', totp: null, messages: [{ id: '2' }, { id: '1' }] });
    expect(mailboxView(aPolicy(), messages, null, null).people.find(({ id }) => id === 'rui')).toMatchObject({
      roles: ['release-manager'],
      unread: 2,
    });
  });

  test('an unknown person has none', () => {
    expect(mailboxView(aPolicy(), messages, 'nobody', null).person).toBeNull();
  });
});
