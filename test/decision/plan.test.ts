import { expect, test } from 'vitest';
import { openLink } from '../../lib/decision/decide.ts';
import { planMistakes, planOf } from '../../lib/decision/plan.ts';
import { eventsOf } from '../../lib/hold/ledger.ts';
import { aWorld, recorded } from '../builders.ts';
import { waitingHalt } from './halts.ts';

const hour = 3_600_000;

test('the development lead changes the plan: what is left out stays, everybody hears, and earlier votes are void', async () => {
  const world = await aWorld();
  const holdId = await waitingHalt(world);
  const before = await world.hold(holdId);
  recorded(await world.vote('ola', { action: 'risk-accepted', until: '2026-12-20', scope: 'all' }));

  recorded(
    await world.vote('dee', { action: 'change-plan', fix: '6h', workaround: 'switch off one-click pay', totp: '' }),
  );
  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({
    revision: 2,
    plan: { ...before.plan, fix: 6 * hour, workaround: 'switch off one-click pay' },
  });
  const events = await eventsOf(world.table, holdId);
  expect(events.find(({ kind }) => kind === 'plan-changed')).toMatchObject({ actor: 'dee', data: { fix: 6 * hour } });
  expect(world.mail.sent.map(({ kind }) => kind)).toContain('plan-changed');
  expect(
    recorded(await world.vote('rui', { action: 'risk-accepted', until: '2026-12-20', scope: 'all' })).isDecided,
  ).toBe(false);
});

test.each([
  ['dee', true],
  ['ana', true],
  ['rui', false],
  ['pia', false],
] as const)('%s may change the plan: %s', async (person, may) => {
  const world = await aWorld();
  await waitingHalt(world);

  const opened = await openLink(world.ports, world.tokenOf(person));

  const offered = opened.status === 'live' ? opened.seat.choices.map(({ action }) => action) : [];
  expect(offered.includes('change-plan')).toBe(may);
});

test.each([
  [{}, { fix: expect.stringContaining('Enter what changes') }],
  [{ fix: 'soon' }, { fix: expect.stringContaining('such as 4h') }],
  [{ test: '91d' }, { test: expect.stringContaining('at most 90 days') }],
  [{ owner: 'bob' }, { owner: expect.stringContaining('dee') }],
  [{ fix: '4h', owner: 'dee' }, {}],
  [{ workaround: 'off' }, {}],
] as const)('a plan of %o is answered with %o', (entered, mistakes) => {
  expect(planMistakes(entered, [{ id: 'dee' }])).toEqual(mistakes);
});

test('blanks are no plan, and a workaround is cut', () => {
  expect(planOf({ fix: hour }, { fix: ' ', test: ' 2h ', workaround: 'x'.repeat(300) })).toEqual({
    fix: hour,
    test: 2 * hour,
    workaround: expect.stringMatching(/^x{199}…$/),
  });
});
