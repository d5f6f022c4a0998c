import { expect, test } from 'vitest';
import { stageKeyOf } from '../../../lib/hold/hold.ts';
import { learnOutlook } from '../../../lib/hold/outlook.ts';
import { holdJson, holdsJson, pipelinesJson, reviewJson, reviewsJson } from '../../../lib/web/show/api.ts';
import { aWorld, bringFix, recorded, stage } from '../../builders.ts';
import { v31 } from '../../risk/builders.ts';
import { heldBefore } from './held-world.ts';

const holdKeys = [
  'closedAt',
  'code',
  'decision',
  'id',
  'inForceAt',
  'openedAt',
  'outcome',
  'problem',
  'release',
  'revision',
  'score',
  'service',
  'severity',
  'stageKey',
  'status',
];

test('a hold has the keys of the contract and no other, with null for what is not', async () => {
  const world = await aWorld();
  const id = await heldBefore(world);
  const [hold] = await holdsJson(world.ports);
  expect(Object.keys(hold ?? {}).toSorted()).toEqual(holdKeys);
  expect(hold).toMatchObject({
    id,
    stageKey: '123456789012/eu-west-1/checkout/Production',
    problem: { title: 'CVE-2024-0001 - openssl', vulnerabilities: ['CVE-2024-0001'] },
    status: 'in-force',
    decision: null,
    outcome: null,
    closedAt: null,
    severity: 'critical',
    score: 9.8,
    release: { executionId: 'bad-0001', commit: '3f9c1ab77e', author: 'dee@example.com', position: 'waiting' },
  });
});

test('one hold adds what people argue about, events and votes, and never the task token', async () => {
  const world = await aWorld();
  const id = await heldBefore(world);
  recorded(await world.vote('rui', { action: 'remediation-approved' }));
  const hold = await holdJson(world.ports, id);
  expect(Object.keys(hold ?? {}).toSorted()).toEqual(
    [
      ...holdKeys,
      'assessment',
      'dispute',
      'events',
      'options',
      'origin',
      'outlook',
      'plan',
      'ratings',
      'votes',
      'wayBack',
    ].toSorted(),
  );
  expect(hold).toMatchObject({ decision: 'remediation-approved', votes: [{ personId: 'rui' }] });
  expect(hold?.options.length).toBeGreaterThan(1);
  const { token } = await world.hold(id);
  expect(token).not.toBeNull();
  expect(JSON.stringify(hold)).not.toContain(String(token));
  expect(await holdJson(world.ports, 'nothing')).toBeNull();
});

test('one hold says what would change its verdict, what is not known, which dates follow, and which severity waits', async () => {
  const world = await aWorld();
  const id = await heldBefore(world);
  await learnOutlook(world.ports, id);
  recorded(await world.vote('dee', { action: 'dispute', vector: v31.high75, reason: 'only a crash' }));
  await world.settle();

  const hold = await holdJson(world.ports, id);

  expect(hold).toMatchObject({
    ratings: [{ score: 9.8 }],
    dispute: { score: expect.any(Number), author: 'dee', reason: 'only a crash', state: 'open' },
    outlook: {
      counterfactuals: expect.arrayContaining([expect.objectContaining({ if: 'the fix is in', verdict: 'pass' })]),
      unknowns: expect.any(Array),
      obligations: expect.any(Array),
    },
    plan: {},
  });
});

test('a closed hold stays in the list and has its review', async () => {
  const world = await aWorld();
  const id = await heldBefore(world);
  expect(await reviewsJson(world.ports)).toEqual([]);
  await bringFix(world);
  recorded(await world.vote('rui', { action: 'remediation-approved' }));
  await world.settle();
  expect(await holdsJson(world.ports)).toMatchObject([{ id, status: 'closed', outcome: 'remediated' }]);
  const review = await reviewJson(world.ports, id);
  expect(review).toMatchObject({ id, service: 'checkout', outcome: 'remediated', initial: { score: 9.8 } });
  expect(Object.keys(review ?? {})).toEqual(
    expect.arrayContaining(['timeline', 'durations', 'questions', 'actions', 'final']),
  );
  expect(await reviewsJson(world.ports)).toEqual([review]);
});

test('a pipeline names the open holds of each stage and its release with where that is', async () => {
  const world = await aWorld();
  const id = await heldBefore(world);
  const { stage: name, ...pipeline } = stage;
  const waiting = { executionId: 'bad-0001', commit: '3f9', author: null, digest: null, since: 0 };
  const free = { transition: 'enabled', reason: null, waiting: null, inside: null, passed: null } as const;
  const rows = [
    {
      ...pipeline,
      stages: [
        { ...free, name: 'Source', key: stageKeyOf({ ...stage, stage: 'Source' }), inside: waiting },
        { ...free, name, key: stageKeyOf(stage), transition: 'disabled', reason: 'stopship', waiting } as const,
      ],
    },
  ];
  expect(await pipelinesJson(world.ports, rows)).toEqual([
    {
      name: 'checkout',
      stages: [
        {
          name: 'Source',
          key: '123456789012/eu-west-1/checkout/Source',
          transition: 'enabled',
          reason: null,
          release: { executionId: 'bad-0001', commit: '3f9', author: null, digest: null, position: 'in-stage' },
          holds: [],
        },
        {
          name: 'Production',
          key: '123456789012/eu-west-1/checkout/Production',
          transition: 'disabled',
          reason: 'stopship',
          release: { executionId: 'bad-0001', commit: '3f9', author: null, digest: null, position: 'waiting' },
          holds: [id],
        },
      ],
    },
  ]);
});
