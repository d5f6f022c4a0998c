import { expect, test } from 'vitest';
import { openLink, voteByLink, voteSignedIn } from '../../lib/decision/decide.ts';
import { readLink } from '../../lib/decision/link.ts';
import { askForLink, notifyStakeholders, remind } from '../../lib/decision/notify.ts';
import { resumeStage } from '../../lib/decision/resume.ts';
import { sweep } from '../../lib/decision/sweep.ts';
import { toldAbout } from '../../lib/decision/told.ts';
import { verify } from '../../lib/decision/verify.ts';
import { runningWaivers } from '../../lib/decision/waiver.ts';
import { later } from '../../lib/finding/instant.ts';
import { awaitDecision } from '../../lib/hold/await.ts';
import { dispatch } from '../../lib/hold/dispatch.ts';
import { gate } from '../../lib/hold/gate.ts';
import { learnRelease } from '../../lib/hold/halt-stage.ts';
import { changeHold, eventsOf } from '../../lib/hold/ledger.ts';
import { readStage } from '../../lib/hold/stage.ts';
import type { Table } from '../../lib/hold/table.ts';
import { filedReviews } from '../../lib/review/file.ts';
import {
  aBallot,
  aFinding,
  aWorld,
  bringFix,
  findingId,
  flawedDigest,
  mendedDigest,
  recorded,
  stage,
  type World,
} from '../builders.ts';
import { aVector, v31 } from '../risk/builders.ts';
import { bare } from './bare.ts';

const approve = { action: 'remediation-approved' } as const;
const hour = 3_600_000;

/** The flawed release waits, its hold is in force, people were told. */
async function aHalt(world: World): Promise<string> {
  world.pipeline.switchBy(
    stage,
    'arn:aws:sts::123456789012:assumed-role/stopship-stage/run',
    false,
    'stopship hold K7QX',
  );
  world.pipeline.bring(stage, {
    executionId: 'flawed-01',
    digest: flawedDigest,
    commit: '3f9c1ab77e',
    author: 'dee@example.com',
  });
  const holdId = await world.halt();
  await world.settle();
  return holdId;
}

/** The flaw is in a function that runs: no scan can show the fix before it ships. */
async function aRunningHalt(world: World): Promise<string> {
  world.pipeline.bring(stage, { executionId: 'other-001', digest: null, commit: '1111111', author: 'dee@example.com' });
  world.pipeline.pass(stage);
  const arn = 'arn:aws:ecr:eu-west-1:123456789012:repository/checkout-fn';
  const holdId = await world.halt(aFinding({ resources: [{ type: 'fn', id: arn, original: arn, digest: null }] }));
  await world.settle();
  return holdId;
}

test('approved and scanned clean, the mended release alone enters, everybody hears, and the review is filed', async () => {
  const world = await aWorld();
  const holdId = await aHalt(world);
  await bringFix(world);

  recorded(await world.vote('rui', approve));
  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({ status: 'closed', outcome: 'remediated' });
  expect(world.pipeline.entered).toEqual(['fix-0001']);
  expect(world.mail.sent.filter(({ kind }) => kind === 'resumed')).toHaveLength(6);
  expect(await filedReviews(world.table)).toMatchObject([{ id: holdId, outcome: 'remediated' }]);
});

test('evidence resumes without a vote when the sweep finds it', async () => {
  const world = await aWorld();
  const holdId = await aHalt(world);
  await bringFix(world);

  expect(await sweep(world.ports)).toMatchObject({ evident: 1, failures: [] });
  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({ status: 'closed', outcome: 'evidence' });
});

test.each([
  ['the image was never scanned', (world: World) => world.source.covered.delete(mendedDigest)],
  ['the image is gone', (world: World) => world.source.covered.set(mendedDigest, { status: 'gone' })],
  [
    'the scan cannot be read',
    (world: World) => world.source.covered.set(mendedDigest, { status: 'unreadable', why: 'denied' }),
  ],
  [
    'the scan is from before the halt',
    (world: World) => world.source.scanned(mendedDigest, later(world.clock.now(), -hour)),
  ],
  ['the image shows the flaw too', (world: World) => world.source.onImage.set(mendedDigest, [aFinding()])],
] as const)('an approval waits for evidence while %s', async (_, spoil) => {
  const world = await aWorld();
  const holdId = await aHalt(world);
  await bringFix(world);
  spoil(world);

  recorded(await world.vote('rui', approve));
  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force', decision: { state: 'awaiting-evidence' } });
  expect(world.mail.sent.map(({ kind }) => kind)).toContain('not-yet');
  expect(world.pipeline.entered).toEqual([]);
});

test.each(['open', 'suppressed', 'not-found', 'unreadable'] as const)(
  'a finding that reads %s at its source is no evidence',
  async (state) => {
    const world = await aWorld();
    const holdId = await aRunningHalt(world);
    world.source.states.set(findingId(1), state);
    world.source.scanned('arn:aws:ecr:eu-west-1:123456789012:repository/checkout-fn', later(world.clock.now(), hour));

    await sweep(world.ports);
    await world.settle();

    expect(await world.hold(holdId)).toMatchObject({ status: 'in-force' });
  },
);

test('a finding whose severity fell below the line still has to close at its source', async () => {
  const world = await aWorld();
  const arn = 'arn:aws:ecr:eu-west-1:123456789012:repository/checkout-fn';
  const holdId = await aRunningHalt(world);
  const resources = [{ type: 'fn', id: arn, original: arn, digest: null }];
  await world.take(aFinding({ id: findingId(2), resources }));
  await world.settle();
  world.clock.advance(hour);
  const fallen = { severity: 'medium', vectors: [aVector(v31.medium53)], updatedAt: world.clock.now() } as const;
  await world.take(aFinding({ id: findingId(2), resources, ...fallen }));
  world.source.states.set(findingId(1), 'closed');
  world.source.scanned(arn, world.clock.now());

  await sweep(world.ports);
  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force' });
});

test('a finding that joins after the vote voids it', async () => {
  const world = await aWorld();
  const holdId = await aHalt(world);
  await bringFix(world);
  recorded(await world.vote('rui', approve));
  await world.take(aFinding({ id: findingId(2), updatedAt: world.clock.now() }));

  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force', decision: null });
  expect((await eventsOf(world.table, holdId)).map(({ kind }) => kind)).toContain('refuted');
});

test('a finding that joins between verification and closing keeps the hold open', async () => {
  const world = await aWorld();
  const holdId = await aHalt(world);
  await bringFix(world);
  recorded(await world.vote('rui', approve));
  expect(await verify(world.ports, holdId)).toMatchObject({ result: 'holds' });
  await world.take(aFinding({ id: findingId(2), updatedAt: world.clock.now() }));

  await expect(resumeStage(world.ports, holdId)).rejects.toThrow('nothing verified');

  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force', closing: null });
  expect(world.pipeline.isEnabled(stage)).toBe(false);
});

test('of two waivers on a stage the first to end does not open it for other releases', async () => {
  const world = await aWorld();
  const holdId = await aRunningHalt(world);
  const arn = 'arn:aws:ecr:eu-west-1:123456789012:repository/checkout-fn';
  const curl = [{ name: 'curl', version: '8', fixedIn: null, path: null, ecosystem: null }];
  const other = await world.halt(
    aFinding({ id: findingId(2), packages: curl, resources: [{ type: 'fn', id: arn, original: arn, digest: null }] }),
  );
  await bringFix(world);
  for (const [id, hours] of [
    [holdId, 1],
    [other, 30],
  ] as const) {
    const until = later(world.clock.now(), hours * hour);
    const waiver = { kind: 'workaround', reason: 'off', by: ['rui'], until } as const;
    const closing = { outcome: 'workaround', release: 'fix-0001', because: 'off', waiver } as const;
    await changeHold(world.ports.table, id, world.clock.now, () => ({ set: { closing } }));
    await resumeStage(world.ports, id);
  }
  world.source.states.set(findingId(1), 'closed');
  world.clock.advance(2 * hour);
  world.source.scanned(arn, world.clock.now());

  expect(await sweep(world.ports)).toMatchObject({ waivers: 1 });

  expect(await gate(world.ports.table, stage, 'later-002')).toMatchObject({ allowed: false });
});

test('votes are counted again: who lost their part in the service counts no more', async () => {
  const world = await aWorld();
  const holdId = await aHalt(world);
  await bringFix(world);
  recorded(await world.vote('rui', approve));
  const [service] = world.ports.policy.services;
  const services = service === undefined ? [] : [{ ...service, stakeholders: { security: ['ana'] } }];

  const verified = await verify({ ...world.ports, policy: { ...world.ports.policy, services } }, holdId);

  expect(verified).toMatchObject({ result: 'refuted' });
});

test('nobody resumes their own release, also when it came up after their vote', async () => {
  const world = await aWorld();
  const holdId = await aHalt(world);
  recorded(await world.vote('rui', approve));
  await bringFix(world, 'fix-0001', 'rui@example.com');

  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force', decision: null });
  expect(world.pipeline.entered).toEqual([]);
});

test('an attestation waits for the release it names, which alone enters; unfixed at the end, the stage halts again', async () => {
  const world = await aWorld();
  const holdId = await aRunningHalt(world);
  const voted = { ...approve, release: 'fix-0001', reference: 'PR 12' };
  recorded(await world.vote('rui', voted));
  recorded(await world.vote('ana', voted));
  await world.settle();
  expect(await world.hold(holdId)).toMatchObject({ decision: { state: 'awaiting-evidence' } });

  await bringFix(world);
  await sweep(world.ports);
  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({ status: 'closed' });
  expect(world.pipeline.entered.at(-1)).toBe('fix-0001');
  expect(await gate(world.table, stage, 'fix-0001')).toMatchObject({ allowed: true });
  expect(await gate(world.table, stage, 'later-002')).toMatchObject({ allowed: false });
  world.clock.advance(25 * hour);
  expect(await sweep(world.ports)).toMatchObject({ waivers: 1, failures: [] });
  await world.settle();
  const [successor] = (await readStage(world.table, stage)).open;
  expect(await world.hold(successor ?? '')).toMatchObject({ status: 'in-force', predecessor: holdId });
  expect(await runningWaivers(world.table)).toEqual([]);
});

test.each(['ana@example.com', null])(
  'the author of an attested release counts, also when it came up while that was verified (%s)',
  async (author) => {
    const world = await aWorld();
    const holdId = await aRunningHalt(world);
    world.pipeline.bring(stage, { executionId: 'other-002', digest: null, commit: '22', author: 'dee@example.com' });
    await sweep(world.ports);
    recorded(await world.vote('ana', { ...approve, release: 'fix-0001', reference: 'PR 12' }));
    await world.settle();
    expect(await world.hold(holdId)).toMatchObject({ decision: { state: 'awaiting-evidence' } });
    const old = [await world.pipeline.state(stage)];
    world.pipeline.bring(stage, { executionId: 'fix-0001', digest: null, commit: '33', author });
    const state: typeof world.pipeline.state = async (address) => old.pop() ?? (await world.pipeline.state(address));

    const verified = await verify({ ...world.ports, pipeline: { ...world.ports.pipeline, state } }, holdId);

    expect(old).toEqual([]);
    expect(verified.result).toBe('refuted');
    expect(await world.hold(holdId)).toMatchObject({ closing: null, decision: null });
  },
);

test('verified gone at the end of a waiver, the stage is free for every release', async () => {
  const world = await aWorld();
  await aRunningHalt(world);
  await bringFix(world);
  const voted = { ...approve, release: 'fix-0001', reference: 'PR 12' };
  recorded(await world.vote('rui', voted));
  const second = await world.vote('ana', voted);
  expect(['recorded', 'dead']).toContain(second.status);
  await world.settle();
  world.source.states.set(findingId(1), 'closed');
  world.clock.advance(25 * hour);
  world.source.scanned('arn:aws:ecr:eu-west-1:123456789012:repository/checkout-fn', world.clock.now());

  await sweep(world.ports);
  await world.settle();

  expect(await readStage(world.table, stage)).toMatchObject({ phase: 'FREE', only: new Set(), open: new Set() });
  expect(await gate(world.table, stage, 'later-002')).toMatchObject({ allowed: true });
});

test('a flaw that comes back after its waiver ended on evidence is judged by what is reported then', async () => {
  const world = await aWorld();
  await aHalt(world);
  const accept = { action: 'risk-accepted', until: '2026-12-20', scope: 'all' } as const;
  recorded(await world.vote('ola', accept));
  recorded(await world.vote('rui', accept));
  await world.settle();
  expect(await runningWaivers(world.table)).toHaveLength(1);
  world.clock.advance(40 * 24 * hour);
  await bringFix(world);
  await sweep(world.ports);
  await world.settle();
  expect(await readStage(world.table, stage)).toMatchObject({ phase: 'FREE', only: new Set(), open: new Set() });

  const updatedAt = world.clock.now();
  const holdId = await world.halt(aFinding({ id: findingId(2), updatedAt }));
  await world.halt(aFinding({ id: findingId(3), updatedAt }));
  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({ findings: 2, worst: [{ id: findingId(2) }, { id: findingId(3) }] });
});

test('another release than the one a waiver lets through halts the stage again', async () => {
  const world = await aWorld();
  await aRunningHalt(world);
  await bringFix(world);
  const voted = { ...approve, release: 'fix-0001', reference: 'PR 12' };
  await world.vote('rui', voted);
  await world.vote('ana', voted);
  await world.settle();
  world.pipeline.pass(stage);
  world.pipeline.bring(stage, { executionId: 'later-002', digest: null, commit: null, author: null });

  await sweep(world.ports);
  await world.settle();

  expect((await readStage(world.table, stage)).open.size).toBe(1);
  expect(world.pipeline.isEnabled(stage)).toBe(false);
});

test('a risk accepted for one release does not let another one pass that came up before it was verified', async () => {
  const world = await aWorld();
  const holdId = await aHalt(world);
  const accept = { action: 'risk-accepted', until: '2026-12-20', scope: 'all' } as const;
  recorded(await world.vote('ola', accept));
  recorded(await world.vote('rui', accept));
  world.pipeline.bring(stage, {
    executionId: 'later-002',
    digest: flawedDigest,
    commit: null,
    author: 'dee@example.com',
  });

  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force' });
  expect(world.pipeline.entered).toEqual([]);
});

test('a killed process loses no decision: the sweep starts the next attempt, which verifies and files', async () => {
  const world = await aWorld();
  const holdId = await aHalt(world);
  await bringFix(world);
  recorded(await world.vote('rui', approve));
  await verify(world.ports, holdId);
  world.engine.kill();

  expect(await sweep(world.ports)).toMatchObject({ restarted: 1 });
  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({ status: 'closed', attempt: 2 });
});

test('a verification that outlived its workflow wakes the one that waits since, by the sweep', async () => {
  const world = await aWorld();
  const holdId = await aHalt(world);
  await bringFix(world);
  const closing = { outcome: 'evidence', release: 'fix-0001', because: 'scanned', waiver: null } as const;
  await changeHold(world.table, holdId, world.clock.now, () => ({ set: { closing } }));
  await world.settle();
  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force' });

  expect(await sweep(world.ports)).toMatchObject({ restarted: 0, failures: [] });
  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({ status: 'closed', outcome: 'evidence' });
  expect(world.pipeline.entered).toEqual(['fix-0001']);
});

test('a process killed between closing and review leaves neither the stage halted nor the review unfiled', async () => {
  const world = await aWorld();
  const holdId = await aHalt(world);
  await bringFix(world);
  recorded(await world.vote('rui', approve));
  await verify(world.ports, holdId);
  await resumeStage(world.ports, holdId);
  world.engine.kill();

  await sweep(world.ports);
  await world.settle();

  expect(await filedReviews(world.table)).toMatchObject([{ id: holdId }]);
  expect(await world.table.listed('UNFILED')).toEqual([]);
});

test('each person is told once, with a link of their own, and those not reached are on the record', async () => {
  const world = await aWorld();
  world.mail.unconfirmed.add('dee');
  const holdId = await aHalt(world);
  await notifyStakeholders(world.ports, holdId);

  expect(world.mail.sent.map(({ personId }) => personId).sort()).toEqual(['ana', 'dee', 'eva', 'ola', 'pia', 'rui']);
  expect(new Set(['ana', 'dee', 'eva'].map((id) => world.tokenOf(id))).size).toBe(3);
  const told = (await eventsOf(world.table, holdId)).filter(({ kind }) => kind === 'told');
  expect(told).toMatchObject([{ data: { unreached: 'dee' } }]);
});

test('an address that cannot be sent to keeps nobody else from hearing, and is tried again', async () => {
  const world = await aWorld();
  const holdId = await world.halt();
  world.mail.failing.add('rui');
  await expect(notifyStakeholders(world.ports, holdId)).rejects.toThrow('rui');
  expect(world.mail.sent).toHaveLength(5);

  world.mail.failing.clear();
  await notifyStakeholders(world.ports, holdId);

  expect(world.mail.sent.map(({ personId }) => personId).filter((id) => id === 'rui')).toHaveLength(1);
  expect(world.mail.sent).toHaveLength(6);
});

test('silence reminds, then escalates, and never resumes; an escalation that failed half-way is not lost', async () => {
  const world = await aWorld();
  const holdId = await aHalt(world);
  world.clock.advance(hour);
  await world.timeOut(holdId);
  expect(world.mail.sent.map(({ kind }) => kind)).toContain('reminder');

  world.clock.advance(4 * hour);
  world.mail.failing.add('ana');
  await expect(remind(world.ports, holdId)).rejects.toThrow('ana');
  world.mail.failing.clear();
  await remind(world.ports, holdId);

  expect(world.mail.sent.filter(({ kind }) => kind === 'escalated').map(({ personId }) => personId)).toContain('ana');
  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force', level: 1, revision: 2 });
  expect(world.pipeline.isEnabled(stage)).toBe(false);
});

test('a person whose link is dead gets another, and nobody else does', async () => {
  const world = await aWorld();
  const holdId = await aHalt(world);
  const before = world.mail.sent.length;

  await askForLink(world.ports, holdId, 'rui');
  await world.settle();

  expect(world.mail.sent.slice(before).map(({ personId }) => personId)).toEqual(['rui']);
  expect(await toldAbout(world.table, holdId)).toHaveLength(before + 1);
});

test('nobody is told that the line runs while another hold keeps it halted', async () => {
  const world = await aWorld();
  await aHalt(world);
  const curl = [{ name: 'curl', version: '8', fixedIn: null, path: null, ecosystem: null }];
  await bringFix(world);
  recorded(await world.vote('rui', approve));
  await world.halt(aFinding({ id: findingId(2), packages: curl }));
  world.source.onImage.set(mendedDigest, [aFinding({ id: findingId(2), packages: curl })]);

  await world.settle();

  expect(world.mail.sent.map(({ kind }) => kind)).not.toContain('resumed');
  expect(world.pipeline.isEnabled(stage)).toBe(false);
});

test('at rest the ledger has no token, and a wrong verifier is answered like an unknown link', async () => {
  const world = await aWorld();
  await aHalt(world);
  const token = world.tokenOf('rui');
  const [, selector = '', verifier = ''] = token.split('.');

  expect(token).toMatch(/^ss1\.[\w-]{22}\.[\w-]{43}$/);
  expect(bare(world.table.dump())).not.toContain(verifier);
  expect(await readLink(world.table, world.ports.vault, token)).toMatchObject({ personId: 'rui', mode: 'decide' });
  const wrong = `ss1.${selector}.${'A'.repeat(43)}`;
  const unknown = `ss1.${'A'.repeat(22)}.${verifier}`;
  for (const bad of [wrong, unknown, 'x', '']) expect(await openLink(world.ports, bad)).toEqual({ status: 'wrong' });
});

test.each(['pia', 'eva'])('the link of %s only shows', async (person) => {
  const world = await aWorld();
  await aHalt(world);

  expect(await openLink(world.ports, world.tokenOf(person))).toMatchObject({
    link: { mode: 'view' },
    seat: { choices: [] },
  });
});

test('a used link decides no more, and five wrong codes lock one', async () => {
  const world = await aWorld();
  await aHalt(world);
  const keep = { action: 'keep-halted' } as const;
  for (let n = 0; n < 5; n += 1) {
    expect(await world.vote('ana', { ...keep, confirmation: 'XXXX' })).toMatchObject({
      errors: { confirmation: expect.any(String) },
    });
  }
  expect(await world.vote('ana', keep)).toMatchObject({ status: 'dead', why: 'locked' });

  const token = world.tokenOf('rui');
  recorded(await world.vote('rui', keep));
  expect(await openLink(world.ports, token)).toMatchObject({ status: 'dead', why: 'used' });
});

test('a link ends at its deadline, and when the hold changes', async () => {
  const world = await aWorld();
  await aHalt(world);
  const [ana, rui] = [world.tokenOf('ana'), world.tokenOf('rui')];
  recorded(await world.vote('rui', { action: 'more-time', hours: '3' }));
  expect(await openLink(world.ports, ana)).toMatchObject({ status: 'dead', why: 'superseded' });
  expect(rui).not.toBe(ana);

  await world.settle();
  world.clock.advance(100 * hour);
  expect(await openLink(world.ports, world.tokenOf('ana'))).toMatchObject({ status: 'dead', why: 'ended' });
});

test('of two votes through one link at once exactly one is recorded', async () => {
  const world = await aWorld();
  const holdId = await aHalt(world);
  const token = world.tokenOf('rui');
  const ballot = await aBallot(world, holdId, 'rui', token, approve);

  const voted = await Promise.all([voteByLink(world.ports, token, ballot), voteByLink(world.ports, token, ballot)]);

  expect(voted.filter(({ status }) => status === 'recorded')).toHaveLength(1);
  expect((await eventsOf(world.table, holdId)).filter(({ kind }) => kind === 'voted')).toHaveLength(1);
});

test('a vote counts though the workflow began to wait anew while it was cast', async () => {
  const world = await aWorld();
  const holdId = await aHalt(world);
  const token = world.tokenOf('rui');
  const ballot = await aBallot(world, holdId, 'rui', token, approve);
  let waited = 0;
  const table: Table = {
    ...world.table,
    async transact(writes) {
      const isVote = writes.some((write) => 'put' in write && write.put.sk.startsWith('VOTE#'));
      if (isVote && waited < 2) {
        waited += 1;
        await awaitDecision(world.ports, { holdId, token: `round-${waited}` });
      }
      return await world.table.transact(writes);
    },
  };

  recorded(await voteByLink({ ...world.ports, table }, token, ballot));
  expect(waited).toBe(2);
});

test('a vote needs the nonce of its page, the second factor of its person, and a code is used once', async () => {
  const world = await aWorld();
  const holdId = await aHalt(world);

  expect(await world.vote('rui', { ...approve, nonce: 'k1.x' })).toMatchObject({
    errors: { nonce: expect.any(String) },
  });
  expect(await world.vote('rui', { ...approve, totp: '' })).toMatchObject({ errors: { totp: expect.any(String) } });
  expect(await world.vote('rui', { ...approve, reason: '' })).toMatchObject({ errors: { reason: expect.any(String) } });
  recorded(await world.vote('rui', approve));
  await askForLink(world.ports, holdId, 'rui');
  await world.settle();
  expect(await world.vote('rui', approve)).toMatchObject({ errors: { totp: expect.stringContaining('used') } });
});

test('level 1 needs no second factor, and the author has no choice that resumes', async () => {
  const world = await aWorld();
  const holdId = await aHalt(world);
  await bringFix(world, 'fix-0001', 'rui@example.com');
  await learnRelease(world.ports, holdId);

  const opened = await openLink(world.ports, world.tokenOf('rui'));
  const offered = opened.status === 'live' ? opened.seat.choices.map(({ action }) => action) : [];

  expect(offered).toEqual(['roll-back', 'more-time', 'keep-halted']);
  expect(
    await voteSignedIn(world.ports, holdId, 'rui', {
      ...(await aBallot(world, holdId, 'rui', world.tokenOf('rui'), approve)),
    }),
  ).toMatchObject({ status: 'errors' });
  recorded(await world.vote('rui', { action: 'keep-halted', totp: '' }));
});

test('a failing part of the sweep does not keep the others from being done', async () => {
  const world = await aWorld();
  const holdId = await aHalt(world);
  await world.table.transact([
    {
      put: {
        pk: 'HOLD#none',
        sk: 'OUTBOX#notify#1',
        errand: { kind: 'notify', holdId: 'none' },
        n: '1',
        since: world.clock.now(),
        list: 'OUTBOX',
        at: '0',
      },
    },
  ]);
  world.clock.advance(hour);
  world.engine.kill();

  const swept = await sweep(world.ports);

  expect(swept.failures).toEqual(['errands: the ledger has no hold none']);
  expect(swept.restarted).toBe(1);
  expect(await world.hold(holdId)).toMatchObject({ attempt: 2 });
});

test('an errand delivered twice does its work once', async () => {
  const world = await aWorld();
  const holdId = await world.halt();
  const item = {
    pk: `HOLD#${holdId}`,
    sk: 'OUTBOX#start-workflow#1',
    n: '1',
    since: world.clock.now(),
    errand: { kind: 'start-workflow', holdId },
  } as const;

  await dispatch(world.ports, item);
  await dispatch(world.ports, item);

  expect([...world.engine.runs.keys()]).toEqual([`${holdId}-a1`]);
});
