import { expect, test } from 'vitest';
import { newSecrets, vaultOf } from '../../lib/aws/vault.ts';
import { openLink, voteByLink } from '../../lib/decision/decide.ts';
import { enroll, proveFactor } from '../../lib/decision/factor.ts';
import { readLink } from '../../lib/decision/link.ts';
import { shownHash } from '../../lib/decision/shown.ts';
import { verify } from '../../lib/decision/verify.ts';
import { votesOn } from '../../lib/decision/vote.ts';
import { aHold } from '../brief/build-hold.ts';
import { aBallot, aWorld, flawedDigest, recorded, stage } from '../builders.ts';
import { waitingHalt } from './halts.ts';

const approve = { action: 'remediation-approved' } as const;
const accept = { action: 'risk-accepted', until: '2026-12-20', scope: 'all' } as const;

test('a vote keeps under which policy, for which release and on which facts it was cast', async () => {
  const world = await aWorld();
  const holdId = await waitingHalt(world);
  const before = await world.hold(holdId);

  recorded(await world.vote('rui', approve));

  expect(await votesOn(world.table, holdId)).toMatchObject([
    { policyHash: 'f00d', execution: 'flawed-01', digest: flawedDigest, shown: shownHash(before, 'f00d') },
  ]);
});

test('what a page shows is another thing once severity, plan, release, way back or policy differ', () => {
  const hold = aHold();
  const [rating] = hold.ratings;
  const others = [
    aHold({ revision: 2 }),
    aHold({ plan: {} }),
    aHold({ release: null }),
    aHold({ ratings: rating === undefined ? [] : [rating] }),
    aHold({ wayBack: { from: 'x', to: null } }),
  ];

  const hashes = [shownHash(hold, 'f00d'), shownHash(hold, 'beef'), ...others.map((other) => shownHash(other, 'f00d'))];

  expect(new Set(hashes).size).toBe(hashes.length);
});

test('a vote that lets a release go is not taken from a page that showed another release; one that lets nothing go is', async () => {
  const world = await aWorld();
  const holdId = await waitingHalt(world);
  const [ola, rui] = [world.tokenOf('ola'), world.tokenOf('rui')];
  const stale = await aBallot(world, holdId, 'ola', ola, accept);
  const kept = await aBallot(world, holdId, 'rui', rui, { action: 'keep-halted' });
  world.pipeline.bring(stage, { executionId: 'later-002', digest: flawedDigest, commit: null, author: null });
  await verify(world.ports, holdId);

  expect(await voteByLink(world.ports, ola, stale)).toMatchObject({
    status: 'errors',
    errors: { action: expect.stringContaining('Something changed while you wrote') },
  });
  recorded(await voteByLink(world.ports, rui, kept));
});

test('a hash of a page that we never showed is refused', async () => {
  const world = await aWorld();
  const holdId = await waitingHalt(world);
  const token = world.tokenOf('rui');
  const ballot = await aBallot(world, holdId, 'rui', token, approve);
  const [keyId, mac] = ballot.nonce.split('.');

  const forged = { ...ballot, nonce: `${keyId}.${mac}.${'0'.repeat(64)}` };

  expect(await voteByLink(world.ports, token, forged)).toMatchObject({ errors: { nonce: expect.any(String) } });
});

test('roles are read again when the form comes back, and so is the policy', async () => {
  const world = await aWorld();
  const holdId = await waitingHalt(world);
  const token = world.tokenOf('rui');
  const ballot = await aBallot(world, holdId, 'rui', token, approve);
  const [service] = world.ports.policy.services;
  const services = service === undefined ? [] : [{ ...service, stakeholders: { security: ['ana'] } }];
  const without = { ...world.ports.policy, services, clock: { ...world.ports.policy.clock, escalate: [] } };

  expect(await voteByLink({ ...world.ports, policy: without }, token, ballot)).toMatchObject({
    status: 'dead',
    why: 'no-role',
  });
  const changed = { ...world.ports.policy, hash: 'changed' };
  expect(await voteByLink({ ...world.ports, policy: changed }, token, ballot)).toMatchObject({
    errors: { nonce: expect.any(String) },
  });
});

test('a link made with an earlier key works until that key is taken out', async () => {
  const world = await aWorld();
  await waitingHalt(world);
  const first = newSecrets();
  const rotated = { ...first, current: 'k2', k2: 'x'.repeat(43) };
  const retired = Object.fromEntries(Object.entries(rotated).filter(([id]) => id !== 'k1'));
  const token = await tokenUnder(vaultOf(async () => first));

  expect(
    await readLink(
      world.table,
      vaultOf(async () => rotated),
      token,
    ),
  ).not.toBeNull();
  expect(
    await readLink(
      world.table,
      vaultOf(async () => retired),
      token,
    ),
  ).toBeNull();

  async function tokenUnder(vault: ReturnType<typeof vaultOf>): Promise<string> {
    const { newLink } = await import('../../lib/decision/link.ts');
    const { token: made, write } = await newLink({ ...world.ports, vault }, aHold(), 'rui', 'decide');
    await world.table.transact([write]);
    return made;
  }
});

test('of a hundred codes guessed at once few are looked at, and the link is locked after five', async () => {
  const world = await aWorld();
  const holdId = await waitingHalt(world);
  const token = world.tokenOf('rui');
  const ballot = await aBallot(world, holdId, 'rui', token, { ...approve, totp: '000000' });

  const answers = await Promise.all(Array.from({ length: 100 }, () => voteByLink(world.ports, token, ballot)));

  const looked = answers.filter((voted) => voted.status === 'errors' && /not right/.test(voted.errors.totp ?? ''));
  expect(looked.length).toBeLessThanOrEqual(5);
  for (let n = 0; n < 5; n += 1) await voteByLink(world.ports, token, ballot);
  expect(await openLink(world.ports, token)).toMatchObject({ status: 'dead', why: 'locked' });
});

test('many wrong codes in a row pause a person for a while that ends by itself', async () => {
  const world = await aWorld();
  const [person] = world.ports.policy.people;
  if (person === undefined) throw new Error('the policy has people');
  await enroll(world.ports, person);
  const guess = async () => await proveFactor(world.ports, person.id, '000000', world.clock.now());
  for (let n = 0; n < 10; n += 1) expect(await guess()).toMatchObject({ ok: false, why: 'wrong' });

  expect(await guess()).toMatchObject({ ok: false, why: 'paused' });
  world.clock.advance(60_000);
  expect(await guess()).toMatchObject({ ok: false, why: 'wrong' });
  expect(await guess()).toMatchObject({ ok: false, why: 'paused' });
});
