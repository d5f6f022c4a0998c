import { expect, test } from 'vitest';
import { agreedFields, countedVotes, voidOf } from '../../lib/decision/agreement.ts';
import { verify } from '../../lib/decision/verify.ts';
import type { Vote } from '../../lib/decision/vote.ts';
import { runningWaivers } from '../../lib/decision/waiver.ts';
import { aHold, aService } from '../brief/build-hold.ts';
import { aWorld, bringFix, flawedDigest, NOON, recorded, stage } from '../builders.ts';
import { runningHalt, waitingHalt } from './halts.ts';

const hold = aHold();
const matter = { hold, service: aService(), policyHash: 'f00d' };
const seen = { execution: hold.release?.executionId ?? null, digest: hold.release?.digest ?? null };

function aVote(over: Partial<Vote> = {}): Vote {
  return {
    ...{ personId: 'rui', action: 'workaround-accepted', revision: 1, reason: 'because', fields: {}, factor: 'totp' },
    ...{ at: NOON, policyHash: 'f00d', ...seen, shown: 'abc' },
    ...over,
  };
}

test.each([
  [{}, null],
  [{ revision: 2 }, 'revision'],
  [{ policyHash: 'beef' }, 'policy'],
  [{ execution: 'another' }, 'release'],
  [{ digest: null }, 'release'],
  [{ personId: 'nobody' }, 'no-role'],
  [{ action: 'keep-halted', execution: 'another' }, null],
  [{ action: 'remediation-approved', execution: 'another' }, null],
] as const)('a vote with %o is void for: %s', (over, why) => {
  expect(voidOf(aVote(over), matter)).toBe(why);
});

test('of two ends the earlier counts, and of two wordings both stay, under their names', () => {
  const votes = [
    aVote({ fields: { until: '2026-12-20', condition: 'one-click pay is off' } }),
    aVote({ personId: 'ana', fields: { until: '2026-12-03', condition: 'the endpoint is blocked' } }),
  ];

  expect(agreedFields(votes)).toEqual({
    until: '2026-12-03',
    condition: 'rui: one-click pay is off; ana: the endpoint is blocked',
  });
  expect(
    agreedFields([aVote({ fields: { condition: 'off' } }), aVote({ personId: 'ana', fields: { condition: 'off' } })]),
  ).toEqual({
    condition: 'off',
  });
});

test('attestations of different releases do not count together; a shorter name of the same one does', () => {
  const attest = { action: 'remediation-approved' } as const;
  const mine = aVote({ ...attest, fields: { release: '8d01c77aa' } });
  const same = aVote({ ...attest, personId: 'ana', fields: { release: '8D01C77' } });
  const other = aVote({ ...attest, personId: 'ana', fields: { release: '3f9c1ab' } });

  expect(countedVotes([mine, same], 'remediation-approved', matter, mine).voters).toHaveLength(2);
  expect(countedVotes([mine, other], 'remediation-approved', matter, mine).voters).toHaveLength(1);
});

test('a workaround of two voters ends at the earlier of their days, and says both conditions', async () => {
  const world = await aWorld();
  const holdId = await waitingHalt(world);
  recorded(await world.vote('rui', { action: 'workaround-accepted', until: '2026-12-20', condition: 'pay is off' }));
  world.clock.advance(1000);
  recorded(
    await world.vote('ana', { action: 'workaround-accepted', until: '2026-12-04', condition: 'rule 7 blocks it' }),
  );

  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({ status: 'closed', outcome: 'workaround' });
  const [waiver] = await runningWaivers(world.table);
  expect(waiver).toMatchObject({ kind: 'workaround', until: '2026-12-04T23:59:59.999Z', release: 'flawed-01' });
  expect(waiver?.reason).toContain('rui: pay is off; ana: rule 7 blocks it');
});

test('a release that came up between two votes leaves the first one void', async () => {
  const world = await aWorld();
  const holdId = await waitingHalt(world);
  const accept = { action: 'risk-accepted', until: '2026-12-20', scope: 'all' } as const;
  recorded(await world.vote('ola', accept));
  world.pipeline.bring(stage, {
    executionId: 'later-002',
    digest: flawedDigest,
    commit: null,
    author: 'dee@example.com',
  });
  await verify(world.ports, holdId);

  const second = recorded(await world.vote('rui', accept));

  expect(second.isDecided).toBe(false);
});

test('a changed policy voids the votes of before, and the decision that rests on them', async () => {
  const world = await aWorld();
  const holdId = await waitingHalt(world);
  await bringFix(world);
  recorded(await world.vote('rui', { action: 'remediation-approved' }));

  const changed = { ...world.ports, policy: { ...world.ports.policy, hash: 'changed' } };

  expect(await verify(changed, holdId)).toMatchObject({ result: 'refuted' });
  expect(await world.hold(holdId)).toMatchObject({
    decision: null,
    notice: { occasion: { why: 'the policy changed after the votes' } },
  });
});

test('two attestations of different releases let neither go', async () => {
  const world = await aWorld();
  const holdId = await runningHalt(world, ['flawed-01']);
  await bringFix(world);
  const attest = { action: 'remediation-approved', reference: 'PR 12' } as const;

  recorded(await world.vote('rui', { ...attest, release: 'fix-0001' }));
  const second = recorded(await world.vote('ana', { ...attest, release: 'another-1' }));

  expect(second.isDecided).toBe(false);
  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force', decision: null });
});
