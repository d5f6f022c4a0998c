import { expect, test } from 'vitest';
import { type Swept, sweep } from '../../lib/decision/sweep.ts';
import type { Finding } from '../../lib/finding/finding.ts';
import { intake } from '../../lib/hold/intake.ts';
import { openHolds } from '../../lib/hold/ledger.ts';
import { learnProduction, productionFrom } from '../../lib/hold/production.ts';
import { aFinding, aPolicy, aWorld, findingId, flawedDigest, stage, type World } from '../builders.ts';

const productionDigest = `sha256:${'c'.repeat(64)}`;
const minute = 60_000;

test('a flaw on the image in production is not introduced: a rule for what a release introduces lets it pass', async () => {
  const world = await withProduction({ introduced: true }, true);

  expect(await verdictsOf(world, onImage(1, productionDigest), onImage(2, flawedDigest))).toEqual(['pass', 'halt']);
});

test('that a flaw is on another image does not say that production lacks it: unknown, unless unknown counts', async () => {
  const world = await withProduction({ introduced: true }, false);

  expect(await verdictsOf(world, onImage(1, productionDigest), onImage(2, flawedDigest))).toEqual(['pass', 'pass']);
});

test('a flaw on the image that waits is introduced when production was scanned and lacks it, and not when it has it too', async () => {
  const world = await withProduction({ introduced: true }, false);
  await bringFlawed(world, [onImage(3, productionDigest, 'CVE-2024-9999')]);

  expect(
    await verdictsOf(
      world,
      onImage(1, flawedDigest),
      onImage(2, flawedDigest, 'CVE-2024-9999'),
      onImage(4, `sha256:${'d'.repeat(64)}`),
    ),
  ).toEqual(['halt', 'pass', 'pass']);
});

test('a watched flaw halts once the release that brings it waits, though nobody reports it again', async () => {
  const rules = [
    { then: 'halt', because: 'new', when: { introduced: true } },
    { then: 'watch', because: 'rated', when: { scoreAtLeast: 1 } },
  ];
  const world = await withProduction({ introduced: true }, false, rules);
  expect(await verdictsOf(world, onImage(1, flawedDigest))).toEqual(['watch']);

  const swept = await bringFlawed(world, []);

  expect(swept).toMatchObject({ unheld: 1, failures: [] });
  expect((await openHolds(world.table))[0]?.reasons).toMatchObject([{ because: 'new' }]);
});

test('a rule for what production has already matches only what is known to be there', async () => {
  const world = await withProduction({ introduced: false }, false);

  expect(await verdictsOf(world, onImage(1, productionDigest), onImage(2, flawedDigest))).toEqual(['halt', 'pass']);
});

test('a warm process makes no call to know it, and another policy none at all', async () => {
  const asking = await withProduction({ introduced: true }, true);
  const other = await aWorld();
  await asking.take(onImage(1, flawedDigest));
  await other.take(onImage(1, flawedDigest));
  const before = { asking: asking.calls.reads, other: other.calls.reads };

  await asking.take(onImage(2, flawedDigest));
  await other.take(onImage(2, flawedDigest));

  expect({ asking: asking.calls.reads, other: other.calls.reads }).toEqual(before);
  expect(await other.table.query(`STAGE#123456789012/eu-west-1/checkout/Production`, 'PRODUCTION')).toEqual([]);
});

test('what was seen longer than an hour ago is not believed: another release may have passed', async () => {
  const world = await withProduction({ introduced: true }, true);
  world.clock.advance(61 * minute);

  expect(await verdictsOf(world, onImage(1, productionDigest))).toEqual(['halt']);
});

test('the sweep looks every ten minutes at what is in production, and asks for an image once a release', async () => {
  const world = await withProduction({ introduced: true }, true);
  const asked = () => world.pipeline.calls.filter((call) => call === 'release').length;
  const before = asked();

  const early = await sweep(world.ports);
  world.clock.advance(11 * minute);
  const same = await sweep(world.ports);
  world.pipeline.bring(stage, { executionId: 'new-0002', digest: flawedDigest, commit: 'c2', author: null });
  world.pipeline.pass(stage);
  world.clock.advance(11 * minute);
  const next = await sweep(world.ports);

  expect([early, same, next].map(({ productions }) => productions)).toEqual([0, 1, 1]);
  expect(asked() - before).toBe(1);
  expect(await verdictsOf(world, onImage(1, flawedDigest), onImage(2, productionDigest))).toEqual(['pass', 'halt']);
});

/** A world whose only rule halts by `introduced`, with a release in production that the ledger knows. */
async function withProduction(
  when: { readonly introduced: boolean },
  unknownCounts: boolean,
  rules: readonly unknown[] = [{ then: 'halt', because: 'it', when, unknownCounts }],
): Promise<World> {
  const world = await aWorld({ policy: aPolicy({ rules }) });
  world.pipeline.bring(stage, { executionId: 'old-0001', digest: productionDigest, commit: 'c1', author: null });
  world.pipeline.pass(stage);
  const [service] = world.ports.policy.services;
  if (service !== undefined) await learnProduction(world.ports, service);
  return world;
}

/** The flawed image waits, and production was scanned; the sweep saw both. */
async function bringFlawed(world: World, onProduction: readonly Finding[]): Promise<Swept> {
  world.pipeline.bring(stage, { executionId: 'new-0002', digest: flawedDigest, commit: 'c2', author: null });
  world.source.scanned(productionDigest, world.clock.now());
  world.source.onImage.set(productionDigest, onProduction);
  world.clock.advance(11 * minute);
  return await sweep(world.ports);
}

/** What a process that knows nothing yet says of findings. */
async function verdictsOf(world: World, ...findings: readonly Finding[]) {
  const answers = await intake(
    { ...world.ports, production: productionFrom(world.ports.table, world.clock) },
    findings.map((finding) => ({ status: 'finding', finding })),
  );
  return answers.flat().map((answer) => (answer.status === 'assessed' ? answer.verdict : answer.status));
}

function onImage(n: number, digest: string, vulnerabilityId = 'CVE-2024-0001'): Finding {
  const arn = `arn:aws:ecr:eu-west-1:123456789012:repository/checkout/${digest}`;
  const resources = [{ type: 'AWS_ECR_CONTAINER_IMAGE', id: arn, original: arn, digest }];
  return aFinding({ id: findingId(n), resources, vulnerabilityId });
}
