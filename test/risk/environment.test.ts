import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instantOf } from '../../lib/finding/instant.ts';
import { scorePathOf } from '../../lib/risk/score-path.ts';
import { authentications, dataClasses, exposures } from '../../lib/risk/setting.ts';
import { aFinding, aSetting, assessed, aVector, calm, golden, NOON, v31 } from './builders.ts';

const nothing = { epss: null, knownExploited: null, exploitAvailable: null, fix: null };

/** The score of one published vector in a service. */
function scoreIn(
  vector: string,
  setting: Parameters<typeof aSetting>[0],
  threat: typeof calm | typeof nothing = nothing,
) {
  return assessed(aFinding({ vectors: [aVector(vector)], threat }), aSetting(setting)).score;
}

// Each score is that of the vector with the metrics named, by the calculator of FIRST.
test.each([
  [golden, {}, 9.2],
  [golden, { authentication: 'user' }, 7.7],
  [golden, { authentication: 'administrator' }, 7.5],
  [golden, { exposure: 'internal' }, 7.7],
  [golden, { exposure: 'isolated' }, 7.5],
  [golden, { dataClass: 'public' }, 9.1],
  [golden, { dataClass: 'confidential' }, 9.2],
  [v31.critical98, { exposure: 'internal', dataClass: 'internal' }, 8.8],
  [v31.critical98, { exposure: 'isolated', dataClass: 'internal' }, 8.4],
  [v31.critical98, { authentication: 'user', dataClass: 'internal' }, 8.8],
  [v31.critical98, { authentication: 'administrator', dataClass: 'internal' }, 7.2],
  [v31.critical98, { dataClass: 'public' }, 9.5],
  [v31.high75, { dataClass: 'restricted' }, 7.5],
] as const)('%s in a service with %o scores %d', (vector, setting, score) => {
  expect(scoreIn(vector, setting)).toBe(score);
});

test('data that matters more lifts a flaw that reveals it', () => {
  const reveals = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N';

  expect(dataClasses.map((dataClass) => scoreIn(reveals, { dataClass }))).toEqual([5.7, 7.5, 9.3, 9.3]);
});

test('an environment never makes an attack easier than the vector says', () => {
  const local = 'CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H';
  const scores = exposures.flatMap((exposure) =>
    authentications.map((authentication) => scoreIn(local, { exposure, authentication, dataClass: 'internal' })),
  );

  expect(new Set(scores)).toEqual(new Set([6.7]));
});

test('what a publisher says of an environment is another’s and does not count', () => {
  const mild = `${v31.critical98}/MAV:P/MPR:H/CR:L/IR:L/AR:L`;

  expect(scoreIn(mild, { dataClass: 'internal' })).toBe(9.8);
  expect(assessed(aFinding({ vectors: [aVector(mild)] }), null).score).toBe(9.8);
});

test('what a person states of the environment stands, and the policy fills in the rest', () => {
  const stated = aFinding({ dialect: 'ordered', orderedBy: 'ana', vectors: [aVector(`${golden}/MAV:L`, 'ana')] });

  const assessment = assessed(stated, aSetting({ authentication: 'user' }));

  expect(assessment.adjustments.map(({ metric, value }) => `${metric}:${value}`)).toEqual([
    'MAV:L',
    'CR:H',
    'IR:H',
    'MPR:L',
  ]);
});

test('no score falls for want of news about exploits', () => {
  const threats = [nothing, calm, { ...calm, exploitAvailable: true }, { ...calm, knownExploited: true }];
  const vectors = [golden, `${golden}/E:U`, v31.critical98, `${v31.critical98}/E:U`];

  for (const vector of vectors) {
    const scores = threats.map(
      (threat) => assessed(aFinding({ vectors: [aVector(vector)], threat }), aSetting({ dataClass: 'internal' })).score,
    );
    expect(new Set(scores)).toEqual(new Set([vector.startsWith('CVSS:4.0') ? 9.2 : 9.8]));
  }
});

test.each([
  ['known exploited', { ...calm, knownExploited: true }, 'E:A', 9.2, 'E:H', 9.8],
  ['a public exploit that nobody is known to use', { ...calm, exploitAvailable: true }, 'E:P', 8.2, 'E:P', 9.3],
  ['no exploit reported', calm, 'E:U', 7.2, 'E:U', 9],
  ['a list that was not read', { ...calm, knownExploited: null }, null, 9.2, null, 9.8],
  ['nothing known', nothing, null, 9.2, null, 9.8],
] as const)('scored as reported, %s is the exploit maturity of either generation', (_, threat, v4, s4, v3, s3) => {
  const setting = aSetting({ exploitMaturity: 'reported', dataClass: 'internal' });
  const said = [golden, v31.critical98].map((vector) => {
    const { score, adjustments } = assessed(aFinding({ vectors: [aVector(vector)], threat }), setting);
    const maturity = adjustments.find(({ metric }) => metric === 'E');
    return [maturity === undefined ? null : `E:${maturity.value}`, score];
  });

  expect(said).toEqual([
    [v4, s4],
    [v3, s3],
  ]);
});

test('a published exploit maturity is lifted by what is known since', () => {
  const setting = aSetting({ exploitMaturity: 'reported' });
  const published = aFinding({
    vectors: [aVector(`${v31.critical98}/E:U/RL:O`)],
    threat: { ...calm, exploitAvailable: true },
  });

  const { adjustments } = assessed(published, setting);

  expect(adjustments).toContainEqual({ metric: 'E', value: 'P', because: 'an exploit is public' });
  expect(adjustments).toContainEqual({ metric: 'RL', value: 'O', because: 'as published' });
});

test('the path of a score begins at the base and ends at the score that counts', () => {
  const setting = aSetting({ authentication: 'user', exposure: 'internal' });

  const path = scorePathOf(assessed(aFinding({ vectors: [aVector(golden)] }), setting));

  expect(path.map(({ name, score }) => `${name} ${score}`)).toEqual([
    'base 9.2',
    'CR:H 9.2',
    'IR:H 9.2',
    'MAV:A 7.7',
    'MPR:L 7.5',
  ]);
});

test('a label that says worse is the last step of the path', () => {
  const finding = aFinding({ vectors: [aVector(v31.high75)], severity: 'critical' });

  expect(scorePathOf(assessed(finding, aSetting())).at(-1)).toMatchObject({ name: 'label', score: 9 });
});

test('the path of any score ends at that score', () => {
  const any = fc.record({
    vector: fc.constantFrom(
      golden,
      ...Object.values(v31),
      'AV:N/AC:L/Au:N/C:C/I:C/A:C',
      `${v31.high71}/E:P/RL:O/MAV:L`,
    ),
    severity: fc.constantFrom(null, 'low', 'medium', 'high', 'critical'),
    exposure: fc.constantFrom(...exposures),
    authentication: fc.constantFrom(...authentications),
    dataClass: fc.constantFrom(...dataClasses),
    exploitMaturity: fc.constantFrom('worst', 'reported'),
    exploitAvailable: fc.constantFrom(true, false, null),
    knownExploited: fc.constantFrom(true, false, null),
    orderedBy: fc.constantFrom(null, 'ana'),
  });

  fc.assert(
    fc.property(any, ({ vector, severity, orderedBy, knownExploited, exploitAvailable, ...setting }) => {
      const threat = { ...nothing, knownExploited, exploitAvailable };
      const finding = aFinding({ vectors: [aVector(vector)], severity, orderedBy, threat });
      const assessment = assessed(finding, aSetting(setting));

      expect(scorePathOf(assessment).at(-1)?.score).toBe(assessment.score);
      expect(scorePathOf(assessment)[0]?.score).toBe(assessment.cvss?.baseScore);
    }),
  );
});

test('a listed flaw is known to be exploited whatever its finding says, also by an old list', () => {
  const listing = { dateAdded: NOON, dueDate: null, ransomware: null };
  const old = { readAt: instantOf(Date.UTC(2025, 0, 1)), listings: new Map([['CVE-2024-0001', listing]]) };

  expect(assessed(aFinding({ threat: calm }), null, old).threat.knownExploited).toBe(true);
});

test('only a fresh list says that a flaw is not listed, and only of a CVE', () => {
  const fresh = { readAt: NOON, listings: new Map() };
  const old = { readAt: instantOf(Date.UTC(2025, 0, 1)), listings: new Map() };

  expect(assessed(aFinding(), null, fresh).threat.knownExploited).toBe(false);
  expect(assessed(aFinding(), null, old).threat.knownExploited).toBeNull();
  expect(assessed(aFinding({ vulnerabilityId: 'GHSA-aaaa-bbbb-cccc' }), null, fresh).threat.knownExploited).toBeNull();
});

test('threat data that nobody looked at for a month is named as stale', () => {
  const finding = aFinding({
    vectors: [aVector(v31.high75)],
    severity: 'high',
    threat: calm,
    updatedAt: instantOf(Date.UTC(2026, 9, 1)),
  });

  expect(assessed(finding, aSetting()).unknowns).toEqual([
    { datum: 'epss', couldChange: 'last reported by Amazon Inspector 61 days ago: it may be worse by now' },
    { datum: 'exploitAvailable', couldChange: 'last reported by Amazon Inspector 61 days ago: it may be worse by now' },
  ]);
});
