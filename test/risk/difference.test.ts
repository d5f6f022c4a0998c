import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CvssVersion, cvssVersions } from '../../lib/risk/assessment.ts';
import { scoreVector } from '../../lib/risk/cvss.ts';
import { metricsIn, valuesOfMetrics } from '../../lib/risk/cvss-metrics.ts';
import { changesBetween, differenceOf, type Scored } from '../../lib/risk/difference.ts';

const golden = 'CVSS:4.0/AV:N/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N';

function scored(vector: string): Scored {
  const score = scoreVector(vector);
  if (!score.ok) throw new Error(`${vector} ${score.error}`);
  return { ...score.scored };
}

test('one metric that changed reads as in the room', () => {
  expect(differenceOf(scored(golden), scored(golden.replace('PR:L', 'PR:N')))).toBe(
    'needs no login: 7.7 High became 9.2 Critical',
  );
});

test.each([
  ['AV:N/AC:L/Au:S/C:P/I:P/A:P', 'AV:N/AC:L/Au:N/C:C/I:P/A:P', ['needs no login', 'reveals all data']],
  [
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    'CVSS:3.1/AV:L/AC:H/PR:N/UI:R/S:U/C:H/I:H/A:H',
    ['works on the machine itself only', 'needs somebody to click or open something', 'is hard to carry out'],
  ],
  [
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/MPR:L/E:U',
    ['needs a login here', 'has no known exploit'],
  ],
  ['CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N', ['stops nothing']],
  [`${golden}/E:A`, golden, ['says nothing of exploits']],
  [golden, `${golden}/MSI:S`, ['can harm people through other systems here']],
] as const)('%s against %s: %o', (before, after, words) => {
  expect(changesBetween(before, after)?.map((change) => change.after)).toEqual(words);
});

test('more than three changes are counted, not told', () => {
  const mild = 'CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:L/A:N';

  expect(differenceOf(scored('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'), scored(mild))).toMatch(
    /^needs administrator rights, works on the machine itself only, .* and differs in 4 more: 9\.8 Critical became/,
  );
});

test('vectors of two generations, and no vector at all, are said to be so', () => {
  const old = scored('AV:N/AC:L/Au:N/C:P/I:P/A:P');

  expect(changesBetween(old.vector, golden)).toBeNull();
  expect(differenceOf(old, scored(golden))).toBe('is scored by CVSS v4.0 instead of v2.0: 7.5 High became 7.7 High');
  expect(differenceOf({ vector: null, score: null, severity: 'critical' }, scored(golden))).toBe(
    'has a vector now: Critical became 7.7 High',
  );
  expect(differenceOf(old, { vector: 'nonsense', score: 5, severity: null })).toBe('7.5 High became 5.0');
});

test('every value of every metric of every version has words of its own', () => {
  for (const version of cvssVersions) {
    for (const [metric, values] of valuesOfMetrics(version)) {
      // A modified metric that is not defined says what its base says.
      const told = values.filter((value) => !(metric.startsWith('M') && value === 'X'));
      const said = told.map((value) => saidOf(version, metric, value));
      expect(new Set(said).size, `${version} ${metric}`).toBe(told.length);
      for (const words of said) expect(words).toMatch(/^[^:]+$/);
    }
  }
});

test('the same vector differs in nothing, and a difference told backwards names the same metrics', () => {
  const vector = fc.constantFrom(...cvssVersions).chain(anyVector);
  fc.assert(
    fc.property(vector, vector, (one, other) => {
      expect(changesBetween(one, one)).toEqual([]);
      const forth = changesBetween(one, other)?.map(({ metric, before, after }) => [metric, before, after]);
      const back = changesBetween(other, one)?.map(({ metric, before, after }) => [metric, after, before]);
      expect(forth).toEqual(back);
    }),
  );
});

/** What a vector says in which only this metric has this value, against one in which it has another. */
function saidOf(version: CvssVersion, metric: string, value: string): string {
  const [other = ''] = [...valuesOfMetrics(version)]
    .filter(([name]) => name === metric)
    .flatMap(([, values]) => values.filter((one) => one !== value).toReversed());
  const change = changesBetween(vectorWith(version, metric, other), vectorWith(version, metric, value));
  const [only] = change?.filter((one) => one.metric === metric) ?? [];
  return only?.after ?? '';
}

function vectorWith(version: CvssVersion, metric: string, value: string): string {
  const chosen = [...valuesOfMetrics(version)].flatMap(([name, values]) =>
    name === metric ? [[name, value] as const] : isBase(version, name) ? [[name, values[0] ?? ''] as const] : [],
  );
  return written(version, chosen);
}

function anyVector(version: CvssVersion): fc.Arbitrary<string> {
  const all = [...valuesOfMetrics(version)];
  return fc
    .tuple(...all.map(([name, values]) => fc.constantFrom(...values).map((value) => [name, value] as const)))
    .map((metrics) => written(version, metrics));
}

function isBase(version: CvssVersion, metric: string): boolean {
  const without = [...valuesOfMetrics(version)].flatMap(([name, values]) =>
    name === metric ? [] : [[name, values[0] ?? ''] as const],
  );
  return !metricsIn(written(version, without), 400).ok;
}

function written(version: CvssVersion, metrics: readonly (readonly [string, string])[]): string {
  const prefix = version === '2.0' ? '' : `CVSS:${version}/`;
  return prefix + metrics.map((metric) => metric.join(':')).join('/');
}
