import { expect, test } from 'vitest';
import { sweep } from '../../lib/decision/sweep.ts';
import { readStage } from '../../lib/hold/stage.ts';
import { waivedFindings } from '../../lib/hold/waived.ts';
import { aService } from '../brief/build-hold.ts';
import { aFinding, aPolicy, aWorld, findingId, stage, type World } from '../builders.ts';

const day = 86_400_000;
const waiver = {
  service: 'checkout',
  vulnerability: aFinding().vulnerabilityId,
  kind: 'risk',
  because: 'not reachable',
  by: ['ola', 'rui'],
  until: '2026-12-03',
};
const waiving = aPolicy({ waivers: [waiver] });

test('a waiver of the policy that ends while its finding is open halts the stage, without another report', async () => {
  const world = await aWorld({ policy: waiving });
  expect(await world.take(aFinding())).toMatchObject([{ verdict: 'watch', holdId: null }]);

  world.clock.advance(1 * day);
  expect(await sweep(world.ports)).toMatchObject({ waivers: 0 });
  expect((await readStage(world.table, stage)).open.size).toBe(0);
  world.clock.advance(2 * day);
  expect(await sweep(world.ports)).toMatchObject({ waivers: 1, failures: [] });
  await world.settle();

  const [holdId = ''] = (await readStage(world.table, stage)).open;
  expect(await world.hold(holdId)).toMatchObject({
    status: 'in-force',
    reasons: [{ because: 'critical' }],
    problem: { vulnerabilities: [waiver.vulnerability] },
  });
  expect(await waivedFindings(world.table)).toEqual([]);
  expect(await sweep(world.ports)).toMatchObject({ waivers: 0 });
});

test('several findings that a waiver let pass are one hold when it ends', async () => {
  const world = await aWorld({ policy: waiving });
  await world.take(aFinding({ id: findingId(1) }), aFinding({ id: findingId(2) }));

  world.clock.advance(3 * day);
  expect(await sweep(world.ports)).toMatchObject({ waivers: 2, failures: [] });

  expect((await readStage(world.table, stage)).open.size).toBe(1);
});

test.each([
  ['closed', { state: 'closed' }],
  ['suppressed', { state: 'suppressed' }],
  ['found to be watched only', { vectors: [], severity: 'high', score: 7.5 }],
] as const)('a finding that was %s meanwhile does not halt when its waiver ends', async (_, parts) => {
  const world = await aWorld({ policy: waiving });
  await world.take(aFinding());
  world.clock.advance(day);
  await world.take(aFinding({ ...parts, updatedAt: world.clock.now() }));

  world.clock.advance(3 * day);
  await sweep(world.ports);

  expect(await openOn(world)).toBe(0);
});

test.each([
  ['was prolonged', { waivers: [{ ...waiver, until: '2027-01-31' }] }, 0],
  ['was taken out before its end', { waivers: [] }, 1],
  ['ended, but the policy only audits now', { mode: 'audit', waivers: [] }, 0],
])('the policy of now decides when a waiver %s', async (_, parts, holds) => {
  const world = await aWorld({ policy: waiving });
  await world.take(aFinding());

  world.clock.advance(parts.waivers.length > 0 ? 10 * day : 60_000);
  await sweep({ ...world.ports, policy: aPolicy(parts) });

  expect(await openOn(world)).toBe(holds);
});

test('what would not halt anyway, or only be recorded, is not kept as waived', async () => {
  const mild = await aWorld({ policy: waiving });
  await mild.take(aFinding({ vectors: [], severity: 'high', score: 7.5 }));
  const audit = await aWorld({ policy: aPolicy({ mode: 'audit', waivers: [waiver] }) });
  await audit.take(aFinding());

  expect(await waivedFindings(mild.table)).toEqual([]);
  expect(await waivedFindings(audit.table)).toEqual([]);
});

async function openOn(world: World): Promise<number> {
  return (await readStage(world.table, aService().pipeline)).open.size;
}
