import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { severities } from '../../lib/finding/finding.ts';
import { builtInPolicy } from '../../lib/policy/default.ts';
import { verdicts, When } from '../../lib/policy/policy.ts';
import { aFinding, aVector, calm, golden, v31 } from '../risk/builders.ts';
import { aPolicy, aServiceEntry, verdictOn } from './builders.ts';

const known = { vectors: [aVector(v31.high75)], severity: 'high', score: 7.5, threat: calm } as const;

test.each([
  ['a critical score', { ...known, vectors: [aVector(v31.critical98)] }, 'halt', ['critical']],
  ['known exploitation', { ...known, threat: { ...calm, knownExploited: true } }, 'halt', ['known exploited']],
  ['the golden example', { ...known, vectors: [aVector(golden)] }, 'halt', ['critical']],
  ['a critical label without any number', { severity: 'critical', kind: 'code', vectors: [] }, 'halt', ['critical']],
  ['a critical label on 8.9', { ...known, score: 8.9, vectors: [], severity: 'critical' }, 'halt', ['critical']],
  ['a high score', known, 'watch', ['high']],
  ['a medium score', { ...known, vectors: [aVector(v31.medium53)], severity: 'medium' }, 'pass', []],
] as const)('%s is judged by the built-in rules', (_, parts, verdict, because) => {
  const judged = verdictOn(aFinding(parts), builtInPolicy);

  expect(judged.verdict).toBe(verdict);
  expect(judged.reasons.map((reason) => reason.because)).toEqual(because);
});

test('a reason has the rule in words and its name', () => {
  const { reasons } = verdictOn(aFinding({ ...known, vectors: [aVector(v31.critical98)] }), aPolicy());

  expect(reasons).toEqual([{ rule: 'halt when the score is at least 9', because: 'critical' }]);
});

test('a score that nobody gave, not even as a label, counts as matching, and is named', () => {
  const verdict = verdictOn(aFinding(), builtInPolicy);

  expect(verdict).toMatchObject({ verdict: 'halt', reasons: [{ because: 'critical' }] });
  expect(verdict.unknowns).toContainEqual({
    datum: 'score',
    couldChange: 'counts as matching "critical" (halt) until it is known',
  });
});

test('an unknown condition does not match and says what it could lift', () => {
  const finding = aFinding({ ...known, threat: { ...calm, knownExploited: null } });

  const verdict = verdictOn(finding, aPolicy());

  expect(verdict).toMatchObject({ verdict: 'watch' });
  expect(verdict.unknowns).toContainEqual({
    datum: 'knownExploited',
    couldChange: 'could lift watch to halt ("known exploited")',
  });
});

test('an unknown condition matches where its rule says that unknown counts', () => {
  const rules = [{ then: 'halt', because: 'likely', when: { epssAtLeast: 0.5, scoreAtLeast: 7 }, unknownCounts: true }];
  const policy = aPolicy({ rules });
  const unknown = { ...calm, epss: null };

  expect(verdictOn(aFinding({ ...known, threat: unknown }), policy)).toMatchObject({
    verdict: 'halt',
    unknowns: [{ datum: 'epss', couldChange: 'counts as matching "likely" (halt) until it is known' }],
  });
  expect(verdictOn(aFinding({ ...known, threat: calm }), policy).verdict).toBe('pass');
  const mild = { ...known, threat: unknown, severity: 'medium', vectors: [aVector(v31.medium53)] } as const;
  expect(verdictOn(aFinding(mild), policy).verdict).toBe('pass');
});

const old = '2026-11-01T12:00:00.000Z';

test.each([
  [{ scoreAtLeast: 7.5 }, true],
  [{ scoreAtLeast: 7.6 }, false],
  [{ severityAtLeast: 'high' }, true],
  [{ severityAtLeast: 'critical' }, false],
  [{ epssAtLeast: 0.01 }, true],
  [{ epssAtLeast: 0.02 }, false],
  [{ knownExploited: false }, true],
  [{ knownExploited: true }, false],
  [{ exploitAvailable: false }, true],
  [{ exploitAvailable: true }, false],
  [{ fix: 'available' }, true],
  [{ fix: 'none' }, false],
  [{ ssvc: 'scheduled' }, true],
  [{ ssvc: 'out-of-cycle' }, true],
  [{ ssvc: 'immediate' }, false],
  [{ exposure: 'internet' }, true],
  [{ exposure: 'internal' }, false],
  [{ dataClass: 'restricted' }, true],
  [{ dataClass: 'public' }, false],
  [{ criticality: 'essential' }, true],
  [{ criticality: 'low' }, false],
  [{ kind: 'package' }, true],
  [{ kind: 'code' }, false],
  [{ ecosystem: 'OS' }, true],
  [{ ecosystem: 'pip' }, false],
  [{ ageDaysAtLeast: 30 }, true],
  [{ ageDaysAtLeast: 31 }, false],
  [{ introduced: true }, false],
  [{ service: 'checkout' }, true],
  [{ scoreAtLeast: 7, fix: 'none' }, false],
  [{ scoreAtLeast: 7, fix: 'available' }, true],
  [{}, true],
] as const)('the conditions %o match: %s', (when, matches) => {
  const policy = aPolicy({ rules: [{ then: 'halt', because: 'it', when }] });

  const { verdict } = verdictOn(aFinding({ ...known, firstObservedAt: old }), policy);

  expect(verdict).toBe(matches ? 'halt' : 'pass');
});

test.each([
  [{ epssAtLeast: 0.1 }, 'epss'],
  [{ knownExploited: false }, 'knownExploited'],
  [{ exploitAvailable: false }, 'exploitAvailable'],
  [{ fix: 'none' }, 'fix'],
  [{ exposure: 'internet' }, 'exposure'],
  [{ dataClass: 'public' }, 'dataClass'],
  [{ criticality: 'low' }, 'criticality'],
  [{ ecosystem: 'pip' }, 'ecosystem'],
  [{ ageDaysAtLeast: 1 }, 'age'],
  [{ introduced: true }, 'introduced'],
  [{ kind: 'network' }, 'kind'],
] as const)('the condition %o on an unknown datum does not match and names it', (when, datum) => {
  const policy = aPolicy({ rules: [{ then: 'halt', because: 'it', when }] });

  const verdict = verdictOn(aFinding({ severity: 'high', packages: [], isKindSaid: false }), policy, null);

  expect(verdict.verdict).toBe('pass');
  expect(verdict.unknowns).toContainEqual({ datum, couldChange: 'could lift pass to halt ("it")' });
});

test.each([{ scoreAtLeast: 0.1 }, { severityAtLeast: 'low' }] as const)(
  'the condition %o on a rating that nobody gave holds and names it',
  (when) => {
    const policy = aPolicy({ rules: [{ then: 'halt', because: 'it', when }] });

    const verdict = verdictOn(aFinding(), policy);

    expect(verdict.verdict).toBe('halt');
    expect(verdict.unknowns).toContainEqual({
      datum: 'score',
      couldChange: 'counts as matching "it" (halt) until it is known',
    });
  },
);

test('every condition that a policy knows is tried here, known and unknown', () => {
  const tried = readFileSync(new URL(import.meta.url), 'utf8');

  for (const name of Object.keys(When.shape)) expect(tried).toContain(`[{ ${name}: `);
});

test('an SSVC decision that unknown exploitation could raise is an unknown condition', () => {
  const policy = aPolicy({ rules: [{ then: 'halt', because: 'urgent', when: { ssvc: 'immediate' } }] });

  const verdict = verdictOn(aFinding({ ...known, threat: { ...calm, knownExploited: null } }), policy);

  expect(verdict.unknowns).toContainEqual({
    datum: 'knownExploited',
    couldChange: 'could lift pass to halt ("urgent")',
  });
});

test.each(['posture', 'threat'] as const)('rules act on a %s finding only when they name its kind', (kind) => {
  const finding = aFinding({ kind, severity: 'critical' });
  const rules = [{ then: 'halt', because: 'bad', when: { kind, severityAtLeast: 'critical' } }];

  expect(verdictOn(finding, builtInPolicy)).toMatchObject({ verdict: 'pass', reasons: [] });
  expect(verdictOn(finding, aPolicy({ rules })).verdict).toBe('halt');
});

test.each([
  ['enforce', undefined, 'halt', false],
  ['audit', undefined, 'watch', true],
  ['enforce', 'audit', 'watch', true],
  ['audit', 'enforce', 'halt', false],
])('policy in %s and service in %s: the verdict on a critical finding is %s', (mode, own, verdict, wouldHalt) => {
  const policy = aPolicy({ mode, services: [aServiceEntry(own === undefined ? {} : { mode: own })] });

  const judged = verdictOn(aFinding({ severity: 'critical' }), policy);

  expect(judged).toMatchObject({ verdict, wouldHalt, reasons: [{ because: 'critical' }] });
});

test('a waiver that has not ended turns a halt into a watch and is named', () => {
  const judged = verdictOn(aFinding({ severity: 'critical' }), aPolicy({ waivers: [aWaiver('2026-12-01')] }));

  expect(judged).toMatchObject({ verdict: 'watch', wouldHalt: false });
  expect(judged.reasons).toEqual([
    {
      rule: 'waiver (risk) for CVE-2024-0001 in checkout by rui until 2026-12-01T23:59:59.999Z',
      because: 'not reachable',
    },
    { rule: 'halt when the score is at least 9', because: 'critical' },
  ]);
});

test('a waiver that has ended, or is for another vulnerability, or for another service, waives nothing', () => {
  const other = { ...aWaiver('2026-12-31'), vulnerability: 'CVE-2024-0002' };
  const policy = aPolicy({ waivers: [aWaiver('2026-11-30'), other] });
  const valid = aPolicy({ waivers: [aWaiver('2026-12-31')] });

  expect(verdictOn(aFinding({ severity: 'critical' }), policy).verdict).toBe('halt');
  expect(verdictOn(aFinding({ severity: 'critical' }), valid, null).verdict).toBe('halt');
});

test('what a person ordered halts whatever the rules and waivers say', () => {
  const finding = aFinding({
    ...known,
    dialect: 'ordered',
    vectors: [aVector(v31.medium53)],
    severity: null,
  });

  const judged = verdictOn(finding, aPolicy({ waivers: [aWaiver('2026-12-31')] }));

  expect(judged).toMatchObject({ verdict: 'halt', reasons: [{ because: 'ordered by a person' }] });
});

test('a worse score or label never has a milder verdict', () => {
  const when = fc.record(
    {
      scoreAtLeast: fc.integer({ min: 0, max: 10 }),
      severityAtLeast: fc.constantFrom('none', 'low', 'medium', 'high', 'critical'),
      epssAtLeast: fc.constantFrom(0, 0.5),
      knownExploited: fc.boolean(),
    },
    { requiredKeys: [] },
  );
  const rule = fc.record({
    then: fc.constantFrom(...verdicts),
    because: fc.constant('it'),
    when,
    unknownCounts: fc.boolean(),
  });
  const score = fc.integer({ min: 0, max: 100 }).map((tenths) => tenths / 10);

  fc.assert(
    fc.property(
      fc.array(rule, { minLength: 1, maxLength: 4 }),
      fc.tuple(score, score),
      fc.tuple(fc.constantFrom(...severities), fc.constantFrom(...severities)),
      (rules, scores, labels) => {
        const policy = aPolicy({ rules });
        const [milder, worse] = scores.toSorted((one, other) => one - other);
        const [low, high] = labels.toSorted((one, other) => severities.indexOf(one) - severities.indexOf(other));
        const mild = verdictOn(aFinding({ score: milder, severity: low, threat: calm }), policy);
        const bad = verdictOn(aFinding({ score: worse, severity: high, threat: calm }), policy);

        expect(verdicts.indexOf(bad.verdict)).toBeGreaterThanOrEqual(verdicts.indexOf(mild.verdict));
      },
    ),
  );
});

test('taking a datum away never turns a halt into less without naming it', () => {
  const parts = fc.record({
    severity: fc.constantFrom(...severities),
    score: fc.constantFrom(3, 5, 8, 9.5),
    vector: fc.constantFrom(v31.critical98, v31.medium53, golden),
    epss: fc.constantFrom(0, 0.9),
    knownExploited: fc.boolean(),
    exploitAvailable: fc.boolean(),
  });
  const gone = fc.constantFrom('severity', 'score', 'vector', 'epss', 'knownExploited', 'exploitAvailable');
  const rules = [
    { then: 'halt', because: 'known exploited', when: { knownExploited: true } },
    { then: 'halt', because: 'critical', when: { scoreAtLeast: 9 } },
    { then: 'halt', because: 'likely', when: { epssAtLeast: 0.5 } },
    { then: 'halt', because: 'urgent', when: { ssvc: 'immediate' } },
  ];
  const policy = aPolicy({ rules });

  fc.assert(
    fc.property(parts, gone, (whole, datum) => {
      const before = verdictOn(findingOf(whole), policy);
      const after = verdictOn(findingOf({ ...whole, [datum]: null }), policy);

      if (before.verdict === 'halt' && after.verdict !== 'halt') {
        expect(after.unknowns.map((unknown) => unknown.datum)).toContain(datum);
      }
    }),
  );
});

type Parts = {
  severity: (typeof severities)[number] | null;
  score: number | null;
  vector: string | null;
  epss: number | null;
  knownExploited: boolean | null;
  exploitAvailable: boolean | null;
};

function findingOf({ severity, score, vector, ...threat }: Parts) {
  return aFinding({
    severity,
    score,
    vectors: vector === null ? [] : [aVector(vector)],
    threat: { ...calm, ...threat },
  });
}

function aWaiver(until: string) {
  return {
    service: 'checkout',
    vulnerability: 'CVE-2024-0001',
    kind: 'risk',
    because: 'not reachable',
    by: ['rui'],
    until,
  };
}
