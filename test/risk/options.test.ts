import fc from 'fast-check';
import { expect, test } from 'vitest';
import { later } from '../../lib/finding/instant.ts';
import { likelihoodWithin, type OptionFacts, optionsOf, patchLaterFor } from '../../lib/risk/options.ts';
import { NOON } from './builders.ts';

const hour = 3_600_000;
const day = 24 * hour;

function someFacts(parts: Partial<OptionFacts> = {}): OptionFacts {
  return {
    now: NOON,
    openedAt: NOON,
    whereabouts: 'waits',
    fix: 4 * hour,
    test: 2 * hour,
    workaround: 'switch off one-click pay',
    threat: { epss: 0.94, knownExploited: false },
    obligations: [],
    launch: later(NOON, 10 * hour),
    bringsBack: null,
    ...parts,
  };
}

function option(kind: ReturnType<typeof optionsOf>[number]['kind'], parts: Partial<OptionFacts> = {}) {
  const found = optionsOf(someFacts(parts)).find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`there is no ${kind}`);
  return found;
}

test('the chance in three days of a flaw with an EPSS of 0.94 is a quarter', () => {
  const likelihood = likelihoodWithin(3 * day, { epss: 0.94, knownExploited: null });

  expect(likelihood.kind === 'estimate' && likelihood.probability).toBeCloseTo(1 - 0.06 ** 0.1, 12);
  expect(likelihood.kind === 'estimate' && likelihood.probability.toFixed(2)).toBe('0.25');
});

test('over its thirty days the estimate is EPSS itself, and two windows in a row are as likely as one of their length', () => {
  const chanceIn = (days: number, epss: number) => {
    const likelihood = likelihoodWithin(days * day, { epss, knownExploited: false });
    return likelihood.kind === 'estimate' ? likelihood.probability : Number.NaN;
  };

  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.99, noNaN: true }), fc.integer({ min: 1, max: 15 }), (epss, days) => {
      expect(chanceIn(30, epss)).toBeCloseTo(epss, 10);
      expect(1 - (1 - chanceIn(days, epss)) ** 2).toBeCloseTo(chanceIn(2 * days, epss), 10);
    }),
  );
});

test('what is known to be exploited is under way whatever EPSS says, and nothing is in a window of no length', () => {
  expect(likelihoodWithin(30 * day, { epss: 0.001, knownExploited: true })).toEqual({
    kind: 'under-way',
    atLeast: expect.closeTo(0.001, 12),
  });
  expect(likelihoodWithin(hour, { epss: null, knownExploited: true })).toEqual({ kind: 'under-way', atLeast: null });
  expect(likelihoodWithin(0, { epss: 0.9, knownExploited: true })).toEqual({ kind: 'none' });
  expect(likelihoodWithin(hour, { epss: null, knownExploited: null })).toEqual({ kind: 'unknown' });
});

test('fixing what waits exposes nobody and is ready after fix and test', () => {
  expect(option('fix-now')).toMatchObject({
    readyAt: later(NOON, 6 * hour),
    delay: 6 * hour,
    window: 0,
    exposed: 'nobody',
    likelihood: { kind: 'none' },
    beforeLaunch: 4 * hour,
  });
});

test('fixing what runs already leaves it open until the fix is in', () => {
  expect(option('fix-now', { whereabouts: 'runs' })).toMatchObject({ window: 6 * hour, exposed: 'users' });
});

test('without a plan nothing is ready at any time', () => {
  const none = { fix: null, test: null };

  expect(option('fix-now', none)).toMatchObject({ readyAt: null, delay: null, beforeLaunch: null });
  expect(option('fix-now', { ...none, whereabouts: 'runs' })).toMatchObject({
    window: null,
    likelihood: { kind: 'unknown' },
  });
});

test('a fix that takes beyond the launch says by how much', () => {
  expect(option('fix-now', { fix: 20 * hour }).beforeLaunch).toBe(-12 * hour);
});

test('patching later lies open for three days, or as long as the fix takes when that is longer', () => {
  expect(option('ship-and-patch-later').window).toBe(patchLaterFor);
  expect(option('ship-and-patch-later', { fix: 5 * day }).window).toBe(5 * day + 2 * hour);
});

test('rolling back what entered brings back what is open on the release before; what waits brings back nothing', () => {
  const entered = { whereabouts: 'entered', bringsBack: ['CVE-2023-0001'] } as const;

  expect(option('roll-back', entered)).toMatchObject({ bringsBack: ['CVE-2023-0001'], window: hour });
  expect(option('roll-back', { ...entered, bringsBack: null }).bringsBack).toBeNull();
  expect(option('roll-back')).toMatchObject({ bringsBack: [], window: 0 });
});

test('an obligation is kept by the options that have the flaw gone by its date', () => {
  const due = later(NOON, 2 * day);
  const obligation = { standard: 'S', what: 'fixed', start: NOON, due, basis: '', appliesIf: '' };
  const kept = optionsOf(someFacts({ obligations: [obligation] })).map(({ kind, obligations: [effect] }) => [
    kind,
    effect?.isKept,
  ]);

  expect(kept).toEqual([
    ['fix-now', true],
    ['switch-off', true],
    ['roll-back', true],
    ['ship-and-patch-later', false],
  ]);
});

test('there is no switching off without a workaround', () => {
  expect(optionsOf(someFacts({ workaround: null })).map(({ kind }) => kind)).not.toContain('switch-off');
});

test('where nobody knows what runs, nobody knows who is exposed', () => {
  expect(option('fix-now', { whereabouts: 'unknown' })).toMatchObject({
    window: null,
    exposed: 'unknown',
    likelihood: { kind: 'unknown' },
  });
});
