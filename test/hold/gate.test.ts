import { expect, test } from 'vitest';
import { gate, gateOf } from '../../lib/hold/gate.ts';
import { freeStage } from '../../lib/hold/stage.ts';
import { aWorld, stage } from '../builders.ts';

test.each([
  ['free', {}, 'r1', true],
  ['free', {}, null, true],
  ['an open hold', { open: ['h1'] }, 'r1', false],
  ['an open hold, and the release allowed by name', { open: ['h1'], allow: ['r1'] }, 'r1', true],
  ['an open hold, and another release allowed', { open: ['h1'], allow: ['r2'] }, 'r1', false],
  ['an open hold, and a release unknown', { open: ['h1'], allow: ['r1'] }, null, false],
  ['a waiver for this release', { only: ['h1'], allow: ['r1'] }, 'r1', true],
  ['a waiver for another release', { only: ['h1'], allow: ['r2'] }, 'r1', false],
  ['a waiver, and a release unknown', { only: ['h1'], allow: ['r1'] }, null, false],
  ['a hold closed for this release', { cleared: { h1: new Set(['r1']) } }, 'r1', true],
  ['a hold closed for this release and another', { cleared: { h1: new Set(['r1', 'r2']) } }, 'r2', true],
  ['a hold closed for another release', { cleared: { h1: new Set(['r1']) } }, 'r2', false],
  ['a hold closed for any release', { cleared: { h1: new Set(['*']) } }, 'r2', true],
  [
    'a hold closed for a release, and one unknown',
    { cleared: { h1: new Set(['r1']), h2: new Set(['*']) } },
    null,
    false,
  ],
] as const)('the gate of a stage with %s: %o lets %s pass: %s', (_, over, release, allowed) => {
  const { open, allow, only, cleared } = { open: [], allow: [], only: [], cleared: {}, ...over };
  const sets = { open: new Set<string>(open), allow: new Set<string>(allow), only: new Set<string>(only) };
  const state = { ...freeStage(stage), ...sets, cleared };

  expect(gateOf(state, release)).toMatchObject({ allowed });
});

test('the gate throws when the ledger does not answer, so that its caller refuses', async () => {
  const world = await aWorld();
  const table = { ...world.table, get: async () => Promise.reject(new Error('no answer')) };

  await expect(gate(table, stage, 'r1')).rejects.toThrow('no answer');
});
