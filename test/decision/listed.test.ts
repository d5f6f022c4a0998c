import { expect, test } from 'vitest';
import { lapse } from '../../lib/decision/lapse.ts';
import { sweep } from '../../lib/decision/sweep.ts';
import { refreshKnownExploited } from '../../lib/hold/kev-feed.ts';
import { openHolds } from '../../lib/hold/ledger.ts';
import { waivedFindings } from '../../lib/hold/waived.ts';
import { aFinding, aPolicy, aWorld, findingId, stage, type World } from '../builders.ts';
import { aCatalogue, anEntry } from '../risk/build-catalogue.ts';
import { aVector, calm } from '../risk/builders.ts';

const vulnerabilityId = 'CVE-2024-7777';

const rules = [
  { then: 'halt', because: 'critical', when: { scoreAtLeast: 9 } },
  { then: 'halt', because: 'known exploited', when: { knownExploited: true } },
  { then: 'watch', because: 'rated', when: { scoreAtLeast: 1 } },
];

test('a watched finding halts once CISA lists its vulnerability, though nobody reports it again', async () => {
  const world = await aWorld({ policy: aPolicy({ rules }) });
  expect(await world.take(watched())).toMatchObject([{ verdict: 'watch', holdId: null }]);
  expect((await sweep(world.ports)).unheld).toBe(0);

  await list(world, vulnerabilityId);
  const swept = await sweep(world.ports);
  await world.settle();

  expect(swept).toMatchObject({ unheld: 1, failures: [] });
  expect((await openHolds(world.table))[0]).toMatchObject({
    status: 'in-force',
    exploited: [vulnerabilityId],
    reasons: [{ because: 'known exploited' }],
  });
  expect((await world.pipeline.state(stage)).transition.enabled).toBe(false);
  expect(await sweep(world.ports)).toMatchObject({ unheld: 0, exploited: 0 });
});

test('a hold whose vulnerability is listed later tells its people once, on a new revision', async () => {
  const world = await aWorld({ policy: aPolicy({ rules }) });
  const holdId = await world.halt(aFinding({ vulnerabilityId, threat: unlisted }));
  await world.settle();
  await list(world, vulnerabilityId);

  const swept = await sweep(world.ports);
  await world.settle();

  expect(swept).toMatchObject({ exploited: 1, failures: [] });
  const hold = await world.hold(holdId);
  expect(hold).toMatchObject({
    revision: 2,
    exploited: [vulnerabilityId],
    assessment: { threat: { knownExploited: true } },
  });
  expect(hold.reasons.map(({ because }) => because)).toEqual(['critical', 'known exploited']);
  expect((await sweep(world.ports)).exploited).toBe(0);
  expect((await world.hold(holdId)).revision).toBe(2);
});

test('a listing halts nothing that a waiver lets pass, until the waiver ends', async () => {
  const waiver = {
    service: 'checkout',
    vulnerability: vulnerabilityId,
    kind: 'risk',
    because: 'not reachable',
    by: ['ola', 'rui'],
  };
  const world = await aWorld({ policy: aPolicy({ rules, waivers: [{ ...waiver, until: '2026-12-31' }] }) });
  await world.take(watched());
  await list(world, vulnerabilityId);

  expect((await sweep(world.ports)).unheld).toBe(0);
  const [waived] = await waivedFindings(world.table);
  const ended = { ...world.ports, policy: aPolicy({ rules }) };
  expect(waived && (await lapse(ended, waived))).toBe(true);

  expect((await openHolds(world.table))[0]?.reasons).toMatchObject([{ because: 'known exploited' }]);
});

test('a list of watched findings longer than a pass is judged over several', async () => {
  const world = await aWorld({ policy: aPolicy({ rules }) });
  const names = Array.from({ length: 130 }, (_, n) => `package-${n}`);
  for (const [n, name] of names.entries())
    await world.take(
      watched({ id: findingId(n), packages: [{ name, version: '1', fixedIn: null, path: null, ecosystem: null }] }),
    );
  await list(world, vulnerabilityId);

  const passes = [(await sweep(world.ports)).unheld, (await sweep(world.ports)).unheld];

  expect(passes).toEqual([100, 30]);
});

test('a waived finding that is reported mild later does not halt when its waiver ends', async () => {
  const waiver = {
    service: 'checkout',
    vulnerability: vulnerabilityId,
    kind: 'risk',
    because: 'not reachable',
    by: ['ola', 'rui'],
  };
  const strict = { rules: [{ then: 'halt', because: 'critical', when: { scoreAtLeast: 9 } }] };
  const world = await aWorld({ policy: aPolicy({ ...strict, waivers: [{ ...waiver, until: '2026-12-31' }] }) });
  await world.take(aFinding({ vulnerabilityId }));
  world.clock.advance(60_000);
  expect(await world.take(watched({ updatedAt: world.clock.now() }))).toMatchObject([{ verdict: 'pass' }]);

  const ended = { ...world.ports, policy: aPolicy(strict) };
  const [waived] = await waivedFindings(world.table);
  expect(waived && (await lapse(ended, waived))).toBe(true);

  expect(await openHolds(world.table)).toEqual([]);
});

const unlisted = { ...calm, knownExploited: null };

function watched(parts: Parameters<typeof aFinding>[0] = {}) {
  return aFinding({
    vulnerabilityId,
    severity: 'medium',
    vectors: [aVector('CVSS:3.1/AV:L/AC:H/PR:L/UI:R/S:U/C:L/I:L/A:N')],
    threat: unlisted,
    ...parts,
  });
}

/** CISA lists a vulnerability a day later. */
async function list(world: World, cveID: string): Promise<void> {
  world.clock.advance(24 * 3_600_000);
  const text = aCatalogue([anEntry({ cveID })]);
  const kevFeed = { read: async () => ({ status: 'catalogue', text, etag: null, copiedAt: null }) as const };
  await refreshKnownExploited({ ...world.ports, kevFeed });
}
