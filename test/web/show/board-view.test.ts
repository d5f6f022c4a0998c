import { expect, test } from 'vitest';
import { later } from '../../../lib/finding/instant.ts';
import { untrusted } from '../../../lib/finding/untrusted.ts';
import { stageKeyOf } from '../../../lib/hold/hold.ts';
import { boardPage } from '../../../lib/web/pages/board.ts';
import { boardView } from '../../../lib/web/show/board-view.ts';
import type { PipelineRow, ReleaseOnBoard } from '../../../lib/web/show/pipeline-row.ts';
import { aFinding, aPolicy, aWorld, flawedDigest, NOON, recorded, stage, type World } from '../../builders.ts';
import { frame } from '../builders.ts';
import { heldBefore } from './held-world.ts';

const counts = { messages: 3, canRelease: true };

const bad: ReleaseOnBoard = {
  executionId: 'bad-0001',
  commit: '3f9c1ab77e',
  author: 'dee@example.com',
  digest: flawedDigest,
  since: Date.parse(NOON),
};

/** The pipeline of `checkout` as the world's pipeline is now, with a release waiting before Production. */
function rowsOf(world: World): readonly PipelineRow[] {
  const { stage: name, ...pipeline } = stage;
  const free = { transition: 'enabled', reason: null, waiting: null, inside: null, passed: null } as const;
  const isEnabled = world.pipeline.isEnabled(stage);
  return [
    {
      ...pipeline,
      stages: [
        { ...free, name: 'Source', key: stageKeyOf({ ...stage, stage: 'Source' }), passed: bad },
        {
          ...free,
          name,
          key: stageKeyOf(stage),
          transition: isEnabled ? 'enabled' : 'disabled',
          reason: isEnabled ? null : 'stopship',
          waiting: isEnabled ? null : bad,
          inside: isEnabled ? bad : null,
        },
      ],
    },
  ];
}

async function productionOf(world: World) {
  const view = await boardView(world.ports, rowsOf(world), counts);
  return view.pipelines[0]?.stages[1];
}

test('a board of nothing held shows releases where they are, and the first stage without a way in', async () => {
  const world = await aWorld();
  const view = await boardView(world.ports, rowsOf(world), counts);
  expect(view.pipelines).toMatchObject([
    {
      service: 'checkout',
      stages: [
        { name: 'Source', transition: 'none', inside: { state: 'passed' } },
        { name: 'Production', transition: 'open', inside: { state: 'running', since: NOON } },
      ],
      holds: [],
    },
  ]);
  expect(view).toMatchObject({ rejected: 0, messages: 3, knownExploited: 'no KEV list', canRelease: true });
  expect(view.notes).toMatchObject([{ tone: 'amber', text: expect.stringMatching(/^No KEV list: /) }]);
});

test.each([
  [6, 'KEV list 6 h old', []],
  [
    100,
    'KEV list 4 days 4 h old',
    ['KEV list 4 days 4 h old: a vulnerability that it lacks may have been listed since.'],
  ],
])('a list read %i hours ago is said with its age, and is an alarm once stale', async (hours, age, alarms) => {
  const world = await aWorld();
  const kev = { readAt: later(NOON, -hours * 3_600_000), listings: new Map() };
  const ports = { ...world.ports, intelligence: async () => ({ now: NOON, kev }) };

  const view = await boardView(ports, rowsOf(world), counts);

  expect(view.knownExploited).toBe(age);
  expect(view.notes.map(({ text }) => text)).toEqual(alarms);
});

test('a stage is held when the pipeline shows it and the hold is in force', async () => {
  const world = await aWorld();
  world.mail.unconfirmed.add('eva');
  const id = await heldBefore(world);
  const view = await boardView(world.ports, rowsOf(world), counts);
  expect(view.pipelines[0]?.stages[1]).toMatchObject({ transition: 'held', waiting: { state: 'waiting' } });
  expect(view.pipelines[0]?.holds).toMatchObject([
    {
      id,
      stage: 'Production',
      status: 'in-force',
      deciding: { who: 'Rui' },
      releaseInside: false,
      notReached: ['Eva Brandt'],
    },
  ]);
});

test('a hold in force on a transition that reads enabled again is NOT HALTED', async () => {
  const world = await aWorld();
  await heldBefore(world);
  world.pipeline.switchBy(stage, 'arn:aws:iam::123456789012:user/rui', true);
  expect(await productionOf(world)).toMatchObject({ transition: 'not-halted' });
});

test('a pending hold is NOT HALTED, and its alarm says why', async () => {
  const world = await aWorld();
  await world.halt();
  expect(await productionOf(world)).toMatchObject({ transition: 'not-halted' });
  world.pipeline.forget();
  await world.ports.reconcile(stage);
  const { notes } = await boardView(world.ports, rowsOf(world), counts);
  expect(notes[0]).toMatchObject({
    tone: 'red',
    text: expect.stringMatching(/^NOT HALTED: checkout before Production\. .*does not exist.*keeps trying\.$/),
  });
});

test('a transition that a person disabled is shut, not held', async () => {
  const world = await aWorld();
  world.pipeline.switchBy(stage, 'arn:aws:iam::123456789012:user/rui', false);
  expect(await productionOf(world)).toMatchObject({ transition: 'shut', reason: 'stopship' });
});

test('services that share a stage each have their own line with their own holds', async () => {
  const [service] = aPolicy().services;
  const second = { ...service, name: 'coupons', resources: ['arn:aws:lambda:eu-west-1:123456789012:function:coupons'] };
  const world = await aWorld({
    policy: aPolicy({ services: aPolicy().services.map(withoutPlan).concat(withoutPlan(second)) }),
  });
  await heldBefore(world);
  const view = await boardView(world.ports, rowsOf(world), counts);
  expect(view.pipelines.map(({ service: name, holds }) => [name, holds.length])).toEqual([
    ['checkout', 1],
    ['coupons', 0],
  ]);
  expect(view.pipelines.map(({ stages }) => stages[1]?.transition)).toEqual(['held', 'held']);
});

function withoutPlan(service: object): object {
  return { ...service, plan: undefined };
}

test('a service whose pipeline nobody shows is said to be beyond halting', async () => {
  const world = await aWorld();
  const view = await boardView(world.ports, [], counts);
  expect(view.notes).toContainEqual({
    tone: 'amber',
    text: 'checkout: there is no pipeline checkout. It cannot be halted.',
  });
  expect(view.pipelines).toMatchObject([{ service: 'checkout', stages: [] }]);
});

test('a hold does not vanish with its service', async () => {
  const world = await aWorld();
  const id = await heldBefore(world);
  const { code } = await world.hold(id);
  const policy = { ...aPolicy(), services: [] };
  const { notes } = await boardView({ ...world.ports, policy }, rowsOf(world), counts);
  expect(notes[0]).toMatchObject({ tone: 'red', text: expect.stringContaining(`Hold ${code} on checkout`) });
});

test('what no service claims and what was decided is said, and hostile text stays text', async () => {
  const world = await aWorld();
  await heldBefore(world);
  await world.take(
    aFinding({
      id: 'arn:nobody',
      title: untrusted('<script>alert(1)</script>'),
      resources: [{ type: 'AWS_EC2_INSTANCE', id: '<i>1</i>', original: 'i', digest: null }],
    }),
  );
  recorded(await world.vote('rui', { action: 'remediation-approved' }));
  const view = await boardView(world.ports, rowsOf(world), counts);
  expect(view.pipelines[0]?.holds[0]?.decision).toMatch(/^Decided: The fix is in, by Rui Costa at 12:00 UTC/);
  expect(view.notes.map(({ text }) => text)).toContainEqual(
    expect.stringContaining('no service of the policy claims it'),
  );
  const page = String(await boardPage(view, frame));
  expect(page).not.toMatch(/<script>alert|<i>1/);
});
