import { expect, test } from 'vitest';
import { loweringInWords, originInWords } from '../../lib/brief/origin.ts';
import { learnOrigin } from '../../lib/decision/origin.ts';
import { sweep } from '../../lib/decision/sweep.ts';
import type { Finding } from '../../lib/finding/finding.ts';
import { later } from '../../lib/finding/instant.ts';
import { learnRelease } from '../../lib/hold/halt-stage.ts';
import { aFinding, aWorld, findingId, flawedDigest, NOON, stage, type World } from '../builders.ts';
import { aVector, v31 } from '../risk/builders.ts';

const productionDigest = `sha256:${'c'.repeat(64)}`;
const frame = { zone: 'Europe/Lisbon', now: NOON };

test('a flaw that only the waiting image shows is introduced by it, as of the scan of production', async () => {
  const world = await twoReleases();
  const finding = aFinding();
  world.source.onImage.set(flawedDigest, [finding]);
  const holdId = await held(world, finding);

  const { origin } = await learnOrigin(world.ports, holdId);

  expect(origin).toMatchObject({ introduced: true, release: 'new-0002', production: 'old-0001', scannedAt: NOON });
  expect(originInWords(origin, frame)).toBe(
    'This release introduces it: production, scanned 12:00 WET, does not show it.',
  );
});

test('a flaw that both images show is already in production, since the scanner first saw it there', async () => {
  const world = await twoReleases();
  const before = aFinding({
    ...on(productionDigest),
    id: findingId(2),
    firstObservedAt: later(NOON, -20 * 86_400_000),
  });
  world.source.onImage.set(productionDigest, [before]);
  const holdId = await held(world);

  const { origin } = await learnOrigin(world.ports, holdId);

  expect(origin).toMatchObject({ introduced: false, comparison: { since: '2026-11-11T12:00:00.000Z', brings: [] } });
  expect(originInWords(origin, frame)).toBe(
    'This release does not introduce it: it is already in production since 11 Nov.',
  );
});

test('of a problem with several vulnerabilities each is told apart', async () => {
  const world = await twoReleases();
  const old = aFinding({ ...on(productionDigest), id: findingId(3), vulnerabilityId: 'CVE-2024-0002' });
  world.source.onImage.set(productionDigest, [old]);
  const holdId = await held(world, aFinding(), aFinding({ id: findingId(2), vulnerabilityId: 'CVE-2024-0002' }));

  const { origin } = await learnOrigin(world.ports, holdId);

  expect(originInWords(origin, frame)).toBe(
    'This release introduces CVE-2024-0001 (9.8), which production, scanned 12:00 WET, does not show; ' +
      'CVE-2024-0002 (9.8) is already in production.',
  );
});

test('a release that takes a worse flaw out of production and adds none as bad lowers the risk, and stays halted', async () => {
  const world = await twoReleases();
  const package2 = [{ name: 'log4j', version: '2.14', fixedIn: null, path: null, ecosystem: 'jar' }];
  const worse = aFinding({
    ...on(productionDigest),
    id: findingId(9),
    vulnerabilityId: 'CVE-2021-44228',
    packages: package2,
    threat: { epss: null, knownExploited: true, exploitAvailable: null, fix: null },
  });
  world.source.onImage.set(productionDigest, [worse]);
  const holdId = await held(world);

  const { origin, status } = await learnOrigin(world.ports, holdId);

  expect(loweringInWords(origin)).toBe(
    'This release lowers the risk: it takes CVE-2021-44228 (9.8) out of production, and the worst that it adds is ' +
      "CVE-2024-0001 (9.8). Whether it may pass is a person's decision all the same.",
  );
  expect(status).toBe('in-force');
});

test.each([
  ['an image that was not scanned', productionDigest, 'not-scanned'],
  ['the waiting image, not scanned', flawedDigest, 'not-scanned'],
  ['an image that is gone', productionDigest, 'gone'],
] as const)('nothing is said to be gone from %s', async (_, digest, status) => {
  const world = await twoReleases();
  const worse = aFinding({ ...on(productionDigest), id: findingId(9), vulnerabilityId: 'CVE-2021-44228' });
  world.source.onImage.set(productionDigest, [worse]);
  world.source.covered.set(digest, status === 'gone' ? { status } : { status, why: 'inactive' });
  const holdId = await held(world);

  const { origin } = await learnOrigin(world.ports, holdId);

  expect(loweringInWords(origin)).toBeNull();
  if (digest === productionDigest) expect(origin).toMatchObject({ introduced: null, mayChange: true });
});

test.each([
  [
    'nothing passed the stage before',
    (world: World) => bringWaiting(world),
    'no release is known that passed the stage',
  ],
  [
    'the image in production is not known',
    (world: World) => {
      pass(world, null);
      bringWaiting(world);
    },
    'which image is in production is not known',
  ],
  [
    'the image that waits is not known',
    (world: World) => {
      pass(world, productionDigest);
      bringWaiting(world, null);
    },
    'which image the release would deploy is not known',
  ],
])('where %s it is unknown, and said so', async (_, arrange, because) => {
  const world = await aWorld();
  arrange(world);
  const holdId = await held(world);

  const { origin } = await learnOrigin(world.ports, holdId);

  expect(origin).toMatchObject({ introduced: null, because: expect.stringContaining(because) });
  expect(originInWords(origin, frame)).toContain('is not known: ');
});

test('a flaw of what runs, and one that a person reported, cannot be compared', async () => {
  const world = await twoReleases();
  const resource = 'arn:aws:ecr:eu-west-1:123456789012:repository/checkout';
  const holdId = await held(
    world,
    aFinding({ resources: [{ type: 'AwsEcsService', id: resource, original: resource, digest: null }] }),
  );

  const { origin } = await learnOrigin(world.ports, holdId);

  expect(originInWords(origin, frame)).toBe(
    'Whether this release introduces it is not known: it is reported on what runs, and only images can be compared.',
  );
});

test('a scanner that does not answer is unknown for now, and asked again by a later sweep', async () => {
  const world = await twoReleases();
  const findings = { ...world.source, openOnImage: () => Promise.reject(new Error('slow down')) };
  const holdId = await held(world);
  bringWaiting(world, flawedDigest, 'new-0003');
  await learnRelease(world.ports, holdId);

  const before = await learnOrigin({ ...world.ports, findings }, holdId);
  world.clock.advance(11 * 60_000);
  await sweep(world.ports);

  expect(before.origin).toMatchObject({ introduced: null, because: 'the scanner did not answer', mayChange: true });
  expect((await world.hold(holdId)).origin).toMatchObject({ introduced: true });
});

test('what was compared is not compared again before release or revision change', async () => {
  const world = await twoReleases();
  const holdId = await held(world);
  const { origin } = await learnOrigin(world.ports, holdId);
  world.clock.advance(3_600_000);

  const again = await learnOrigin(world.ports, holdId);
  bringWaiting(world, flawedDigest, 'new-0003');
  await learnRelease(world.ports, holdId);
  const after = await learnOrigin(world.ports, holdId);

  expect(again.origin).toEqual(origin);
  expect(after.origin).toMatchObject({ release: 'new-0003', at: later(NOON, 3_600_000) });
});

/** One release passed the stage, another waits with the flawed image, and both images were scanned at noon. */
async function twoReleases(): Promise<World> {
  const world = await aWorld();
  pass(world, productionDigest);
  bringWaiting(world);
  for (const digest of [flawedDigest, productionDigest]) world.source.scanned(digest, NOON);
  return world;
}

function pass(world: World, digest: string | null): void {
  world.pipeline.bring(stage, { executionId: 'old-0001', digest, commit: 'c1', author: null });
  world.pipeline.pass(stage);
}

function bringWaiting(world: World, digest: string | null = flawedDigest, executionId = 'new-0002'): void {
  world.pipeline.switchBy(stage, 'arn:aws:sts::123456789012:assumed-role/admin/rui', false);
  world.pipeline.bring(stage, { executionId, digest, commit: 'c2', author: null });
}

/** The findings halt the stage; the hold's id. */
async function held(world: World, ...findings: readonly Finding[]): Promise<string> {
  const [answer] = await world.take(...(findings.length === 0 ? [aFinding()] : findings));
  if (answer?.status !== 'assessed' || answer.holdId === null) throw new Error('the finding opened no hold');
  await world.settle();
  return answer.holdId;
}

function on(digest: string) {
  const arn = `arn:aws:ecr:eu-west-1:123456789012:repository/checkout/${digest}`;
  return {
    resources: [{ type: 'AWS_ECR_CONTAINER_IMAGE', id: arn, original: arn, digest }],
    vectors: [aVector(v31.critical98)],
  };
}
