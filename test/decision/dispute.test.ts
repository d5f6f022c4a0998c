import { expect, test } from 'vitest';
import { Ballot } from '../../lib/decision/ballot.ts';
import { openLink, voteSignedIn } from '../../lib/decision/decide.ts';
import { sweep } from '../../lib/decision/sweep.ts';
import { findingOfOrder, Order } from '../../lib/finding/ordered.ts';
import { firstBroken } from '../../lib/hold/events.ts';
import { rowsOf } from '../../lib/hold/finding-row.ts';
import { eventsOf } from '../../lib/hold/ledger.ts';
import { aFinding, aPolicy, aWorld, bringFix, findingId, recorded, stage, type World } from '../builders.ts';
import { aVector, v31 } from '../risk/builders.ts';
import { waitingHalt } from './halts.ts';

const hour = 3_600_000;
/** After an update people hear of the next one, with their fresh links, ten minutes later. */
async function tenMinutes(world: World, holdId: string): Promise<void> {
  world.clock.advance(11 * 60_000);
  await world.timeOut(holdId);
}

/** The vector in force with a login in front of it: 8.8, below the line of the test's policy. */
const milder = v31.critical98.replace('PR:N', 'PR:L');
/** Milder than 9.8 and still above the line. */
const stillCritical = v31.critical98.replace('I:H/A:H', 'I:N/A:N');

async function disputed(world: World, vector = milder): Promise<string> {
  const holdId = await waitingHalt(world);
  recorded(await world.vote('dee', { action: 'dispute', vector, reason: 'only after a login', totp: '' }));
  await world.settle();
  return holdId;
}

test('a dispute changes nothing until security answers, and everybody hears what it says', async () => {
  const world = await aWorld();
  const holdId = await disputed(world);

  const hold = await world.hold(holdId);
  expect(hold).toMatchObject({
    status: 'in-force',
    revision: 2,
    assessment: { score: 9.8 },
    dispute: {
      state: 'open',
      origin: 'developer',
      author: 'dee',
      vector: milder,
      score: 8.8,
      reason: 'only after a login',
    },
  });
  expect(hold.ratings).toHaveLength(1);
  expect(world.pipeline.isEnabled(stage)).toBe(false);
  const event = (await eventsOf(world.table, holdId)).find(({ kind }) => kind === 'disputed');
  expect(event?.data.difference).toBe('needs a login: 9.8 Critical became 8.8 High');
});

test('confirmed, a dispute under which the policy no longer halts ends the hold as not affected', async () => {
  const world = await aWorld();
  const holdId = await disputed(world);

  recorded(await world.vote('ana', { action: 'dispute-confirmed' }));
  await world.settle();

  const hold = await world.hold(holdId);
  expect(hold).toMatchObject({ status: 'closed', outcome: 'not-affected', decision: { by: ['ana'] } });
  expect(hold.ratings).toMatchObject([
    { score: 9.8, author: 'Amazon Inspector' },
    { score: 8.8, author: 'dee', vector: milder, reason: 'only after a login', confirmedBy: 'ana' },
  ]);
  expect(hold.closing?.because).toContain('needs a login: 9.8 Critical became 8.8 High');
  expect(world.pipeline.entered).toEqual(['flawed-01']);
  // It is not gone: the scanner still reports it.
  expect(await rowsOf(world.table, hold.problem.hash)).toMatchObject([{ state: 'open' }]);
  expect(firstBroken(await eventsOf(world.table, holdId))).toBeNull();
});

test('confirmed, a dispute that still halts only changes the severity, and voids earlier votes', async () => {
  const world = await aWorld();
  const holdId = await disputed(world, stillCritical);

  recorded(await world.vote('ana', { action: 'dispute-confirmed' }));
  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({
    status: 'in-force',
    decision: null,
    dispute: null,
    assessment: { score: 9.3 },
    ratings: [{ score: 9.8 }, { score: 9.3, author: 'dee', confirmedBy: 'ana' }],
  });
  expect(world.pipeline.isEnabled(stage)).toBe(false);
});

test('another finding of the problem that halts keeps the hold, whatever was confirmed for the first', async () => {
  const world = await aWorld();
  const holdId = await waitingHalt(world);
  await world.take(aFinding({ id: findingId(2), vulnerabilityId: 'CVE-2024-0002', vectors: [aVector(stillCritical)] }));
  await tenMinutes(world, holdId);
  recorded(await world.vote('dee', { action: 'dispute', vector: milder, totp: '' }));
  await tenMinutes(world, holdId);

  recorded(await world.vote('ana', { action: 'dispute-confirmed' }));
  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({
    status: 'in-force',
    assessment: { score: 9.3 },
    ratings: [{ score: 9.8 }, { score: 8.8, author: 'dee' }, { score: 9.3, author: 'Amazon Inspector' }],
  });
});

test.each(['suppressed', 'closed'] as const)('a finding that was %s meanwhile is not taken for gone', async (state) => {
  const world = await aWorld();
  const holdId = await waitingHalt(world);
  const other = { id: findingId(2), vulnerabilityId: 'CVE-2024-0002' } as const;
  await world.take(aFinding({ ...other, vectors: [aVector(stillCritical)] }));
  await tenMinutes(world, holdId);
  await world.take(aFinding({ ...other, vectors: [aVector(stillCritical)], state, updatedAt: world.clock.now() }));
  recorded(await world.vote('dee', { action: 'dispute', vector: milder, totp: '' }));
  await tenMinutes(world, holdId);

  recorded(await world.vote('ana', { action: 'dispute-confirmed' }));
  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force' });
  expect(world.pipeline.isEnabled(stage)).toBe(false);
});

test('refused, a dispute stays on the record beside the severity that counts', async () => {
  const world = await aWorld();
  const holdId = await disputed(world);

  recorded(await world.vote('ana', { action: 'dispute-refused', reason: 'the login form itself is the way in' }));
  await tenMinutes(world, holdId);

  expect(await world.hold(holdId)).toMatchObject({
    status: 'in-force',
    assessment: { score: 9.8 },
    dispute: { state: 'refused', score: 8.8 },
  });
  const opened = await openLink(world.ports, world.tokenOf('ana'));
  const offered = opened.status === 'live' ? opened.seat.choices.map(({ action }) => action) : [];
  expect(offered).not.toContain('dispute-confirmed');
  expect(world.mail.sent.map(({ kind }) => kind)).toContain('dispute-refused');
});

test('an unanswered dispute goes up a level at the deadline, and never resumes', async () => {
  const world = await aWorld();
  const holdId = await disputed(world);
  world.clock.advance(9 * hour);

  await world.timeOut(holdId);

  const events = await eventsOf(world.table, holdId);
  expect(events.find(({ kind }) => kind === 'escalated')?.data).toMatchObject({ level: 1, unanswered: 'dee' });
  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force', dispute: { state: 'open' } });
});

test('only a developer disputes, only security answers, and nobody confirms their own', async () => {
  const stakeholders = { security: ['ana', 'zoe'], developer: ['dee', 'ana'], 'release-manager': ['rui'] };
  const world = await aWorld({ policy: withStakeholders(stakeholders) });
  await waitingHalt(world);
  expect(await offeredTo(world, 'rui')).not.toContain('dispute');
  recorded(await world.vote('ana', { action: 'dispute', vector: milder, totp: '' }));
  await world.settle();

  expect(await offeredTo(world, 'dee')).not.toContain('dispute-confirmed');
  expect(await offeredTo(world, 'ana')).not.toContain('dispute-confirmed');
  expect(await offeredTo(world, 'ana')).toContain('dispute-refused');
  expect(await offeredTo(world, 'zoe')).toContain('dispute-confirmed');
});

test('the author of the release does not confirm the dispute that would let it go', async () => {
  const world = await aWorld();
  await waitingHalt(world, aFinding(), 'ana@example.com');
  recorded(await world.vote('dee', { action: 'dispute', vector: milder, totp: '' }));
  await world.settle();

  expect(await offeredTo(world, 'ana')).not.toContain('dispute-confirmed');
});

test.each([
  ['', 'The vector is empty: give a vector'],
  ['CVSS:3.1/AV:N', 'The vector is incomplete: add AC'],
  ['nonsense', 'is no CVSS vector'],
  [v31.critical98, 'the vector that counts now'],
] as const)('the vector %j is answered with a sentence, and nothing is recorded', async (vector, sentence) => {
  const world = await aWorld();
  const holdId = await waitingHalt(world);

  const voted = await world.vote('dee', { action: 'dispute', vector, totp: '' });

  expect(voted).toMatchObject({ status: 'errors', errors: { vector: expect.stringContaining(sentence) } });
  expect(await world.hold(holdId)).toMatchObject({ revision: 1, dispute: null });
});

test('the same report after a confirmed dispute halts no more, and halts again once it is exploited', async () => {
  const world = await aWorld({ policy: withExploited() });
  await disputed(world);
  recorded(await world.vote('ana', { action: 'dispute-confirmed' }));
  await world.settle();
  world.pipeline.pass(stage);
  world.clock.advance(hour);

  const [again] = await world.take(aFinding({ updatedAt: world.clock.now() }));
  await world.settle();
  expect(again).toMatchObject({ verdict: 'watch', holdId: null });

  world.clock.advance(hour);
  const threat = { epss: null, knownExploited: true, exploitAvailable: null, fix: null };
  const holdId = await world.halt(aFinding({ updatedAt: world.clock.now(), threat }));
  await world.settle();
  expect(await world.hold(holdId)).toMatchObject({
    status: 'in-force',
    ratings: [{ score: 9.8, author: 'Amazon Inspector' }, { author: 'dee' }],
  });
});

test('security raises a severity alone, at once, with its reason', async () => {
  const world = await aWorld();
  const holdId = await waitingHalt(world, aFinding({ vectors: [aVector(stillCritical)] }));

  recorded(await world.vote('ana', { action: 'reassess', vector: v31.critical98, reason: 'reads everything too' }));
  await tenMinutes(world, holdId);

  expect(await world.hold(holdId)).toMatchObject({
    status: 'in-force',
    assessment: { score: 9.8 },
    ratings: [{ score: 9.3 }, { score: 9.8, author: 'ana', reason: 'reads everything too' }],
  });
  const rated = (await eventsOf(world.table, holdId)).find(({ kind }) => kind === 'rated');
  expect(rated?.data.difference).toBe('changes any data and stops the service: 9.3 Critical became 9.8 Critical');
  expect(world.mail.sent.map(({ kind }) => kind)).toContain('rated');
});

test('security lowers a severity only together: it waits for somebody else', async () => {
  const world = await aWorld({ policy: withStakeholders({ security: ['ana', 'zoe'], 'release-manager': ['rui'] }) });
  const holdId = await waitingHalt(world);

  recorded(await world.vote('ana', { action: 'reassess', vector: milder }));
  await world.settle();
  expect(await world.hold(holdId)).toMatchObject({
    status: 'in-force',
    assessment: { score: 9.8 },
    dispute: { origin: 'security', author: 'ana', state: 'open' },
  });

  recorded(await world.vote('zoe', { action: 'dispute-confirmed' }));
  await world.settle();
  expect(await world.hold(holdId)).toMatchObject({ status: 'closed', outcome: 'not-affected' });
});

test('a severity that falls by itself is no resume: security confirms it, or the scanner takes it back', async () => {
  const world = await aWorld();
  const holdId = await waitingHalt(world);
  const fallen = { vectors: [aVector(v31.medium53)], severity: 'medium' } as const;
  world.clock.advance(hour);
  await world.take(aFinding({ ...fallen, updatedAt: world.clock.now() }));
  await world.settle();
  await sweep(world.ports);
  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({
    status: 'in-force',
    dispute: { origin: 'scanner', author: 'Amazon Inspector', score: 5.3, state: 'open' },
  });
  expect(world.pipeline.isEnabled(stage)).toBe(false);

  recorded(await world.vote('ana', { action: 'dispute-confirmed' }));
  await world.settle();
  expect(await world.hold(holdId)).toMatchObject({ status: 'closed', outcome: 'not-affected' });
});

test('refused, the same fall is not brought again; back above the line it is forgotten', async () => {
  const world = await aWorld();
  const holdId = await waitingHalt(world);
  const fallen = { vectors: [aVector(v31.medium53)], severity: 'medium' } as const;
  world.clock.advance(hour);
  await world.take(aFinding({ ...fallen, updatedAt: world.clock.now() }));
  await world.settle();
  recorded(await world.vote('ana', { action: 'dispute-refused' }));
  await world.settle();
  const { revision } = await world.hold(holdId);

  world.clock.advance(hour / 2);
  await world.take(aFinding({ ...fallen, updatedAt: world.clock.now() }));
  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({ revision, dispute: { state: 'refused' } });
});

test('a flaw that a person reported is judged by the rules once security confirms another vector for it', async () => {
  const world = await aWorld();
  const order = Order.parse({
    ...{ id: '1', service: 'checkout', title: 'SQL injection', vector: v31.critical98, reason: 'no login needed' },
    ...{ cve: null, by: 'ana', at: world.clock.now() },
  });
  const holdId = await waitingHalt(world, findingOfOrder(order));
  expect(await world.hold(holdId)).toMatchObject({ evidence: 'ordered' });
  recorded(await world.vote('dee', { action: 'dispute', vector: milder, totp: '' }));
  await world.settle();

  recorded(await world.vote('ana', { action: 'dispute-confirmed' }));
  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({ status: 'closed', outcome: 'not-affected' });
});

test('a dispute confirmed signed in counts as well, and a confirmation is void once another dispute came', async () => {
  const world = await aWorld();
  const holdId = await disputed(world);
  const token = world.tokenOf('ana');
  recorded(await world.vote('dee', { action: 'dispute', vector: stillCritical, totp: '' }));

  expect(await openLink(world.ports, token)).toMatchObject({ status: 'dead', why: 'superseded' });
  const ballot = Ballot.parse({ action: 'dispute-confirmed', reason: 'seen' });
  recorded(await voteSignedIn(world.ports, holdId, 'ana', ballot));
  await world.settle();
  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force', assessment: { score: 9.3 } });
});

test('evidence found while a dispute is open ends the hold as evidence', async () => {
  const world = await aWorld();
  const holdId = await disputed(world);
  await bringFix(world);

  await sweep(world.ports);
  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({ status: 'closed', outcome: 'evidence' });
});

async function offeredTo(world: World, personId: string): Promise<readonly string[]> {
  const opened = await openLink(world.ports, world.tokenOf(personId));
  return opened.status === 'live' ? opened.seat.choices.map(({ action }) => action) : [];
}

function withStakeholders(stakeholders: Readonly<Record<string, readonly string[]>>) {
  const policy = aPolicy();
  const [service] = policy.services;
  const zoe = { id: 'zoe', name: 'Zoe Reis', email: 'zoe@example.com', aws: [], git: [] };
  return {
    ...policy,
    services: service === undefined ? [] : [{ ...service, stakeholders }],
    people: [...policy.people, zoe],
  };
}

function withExploited() {
  return aPolicy({
    rules: [
      { then: 'halt', because: 'known exploited', when: { knownExploited: true } },
      { then: 'halt', because: 'critical', when: { scoreAtLeast: 9 } },
    ],
  });
}
