import fc from 'fast-check';
import { expect, test } from 'vitest';
import { severities } from '../../lib/finding/finding.ts';
import { aFinding, aSetting, assessed, aVector, calm, golden, v31 } from './builders.ts';

const v2critical = 'AV:N/AC:L/Au:N/C:C/I:C/A:C';

test('the newest generation counts, the worst within it, and all are kept', () => {
  const finding = aFinding({
    vectors: [aVector(v2critical), aVector(v31.high71, 'UBUNTU'), aVector(v31.critical98, 'NVD')],
  });

  const assessment = assessed(finding, aSetting({ dataClass: 'internal' }));

  expect(assessment.cvss).toEqual({
    version: '3.1',
    vector: v31.critical98,
    baseScore: 9.8,
    score: 9.8,
    severity: 'critical',
  });
  expect(assessment.vectors.map(({ source, score }) => `${source} ${score}`)).toEqual([
    'NVD 9.8',
    'UBUNTU 7.1',
    'NVD 10',
  ]);
  expect(assessment).toMatchObject({ score: 9.8, severity: 'critical' });
});

test('a v4.0 vector counts before a worse one of v3.1', () => {
  const finding = aFinding({ vectors: [aVector(v31.critical98), aVector(golden, 'GitHub')] });

  expect(assessed(finding, aSetting()).cvss).toMatchObject({ version: '4.0', score: 9.2 });
});

test('by source, the scanner’s own adjustment counts, else the first', () => {
  const setting = aSetting({ onConflict: 'source', dataClass: 'internal' });
  const published = [aVector(v31.high71, 'UBUNTU'), aVector(v31.critical98, 'NVD')];

  expect(assessed(aFinding({ vectors: published }), setting).score).toBe(7.1);
  const adjusted = aVector(v31.medium53, 'Inspector', true);
  expect(assessed(aFinding({ vectors: [...published, adjusted] }), setting).score).toBe(5.3);
});

test('a disagreement across bands is said in words, worst first', () => {
  const vectors = [aVector(v31.high71, 'UBUNTU'), aVector(v31.critical98, 'NVD')];

  expect(assessed(aFinding({ vectors }), null).disagreement).toBe('NVD 9.8 critical, UBUNTU 7.1 high');
});

test('an adjustment is said in a disagreement only where it changes the score', () => {
  const published = [aVector(v31.critical98, 'NVD'), aVector(v31.high71, 'UBUNTU')];
  const same = aVector(v31.high71, 'UBUNTU', true);
  const other = aVector(v31.medium53, 'UBUNTU', true);

  expect(assessed(aFinding({ vectors: [...published, same] }), null).disagreement).toBe(
    'NVD 9.8 critical, UBUNTU 7.1 high',
  );
  expect(assessed(aFinding({ vectors: [...published, other] }), null).disagreement).toBe(
    'NVD 9.8 critical, UBUNTU 7.1 high, UBUNTU (adjusted) 5.3 medium',
  );
});

test('publishers within one band, or of different generations, do not disagree', () => {
  const sameBand = [aVector(v31.high71, 'UBUNTU'), aVector(v31.high75, 'NVD')];
  const otherGeneration = [aVector(v2critical, 'NVD'), aVector(v31.medium53, 'NVD')];

  expect(assessed(aFinding({ vectors: sameBand }), null).disagreement).toBeNull();
  expect(assessed(aFinding({ vectors: otherGeneration }), null).disagreement).toBeNull();
});

test('without a usable vector the scanner’s number counts, and the vector is named as unknown', () => {
  const assessment = assessed(aFinding({ score: 8.1, severity: 'high' }), aSetting());

  expect(assessment).toMatchObject({ cvss: null, score: 8.1, severity: 'high' });
  expect(datumsOf(assessment)).toContain('vector');
});

test.each([
  ['critical', 9, 'critical'],
  ['high', 7, 'high'],
  ['medium', 4, 'medium'],
  ['low', 0.1, 'low'],
  ['informational', 0, 'none'],
] as const)('the label %s alone counts as %d', (severity, score, band) => {
  const assessment = assessed(aFinding({ severity, kind: 'code' }), aSetting());

  expect(assessment).toMatchObject({ score, severity: band, cvss: null });
});

test('nothing at all is a score unknown, never a zero', () => {
  const assessment = assessed(aFinding(), aSetting());

  expect(assessment).toMatchObject({ score: null, severity: null });
  expect(datumsOf(assessment)).toEqual(
    expect.arrayContaining(['score', 'severity', 'vector', 'epss', 'knownExploited', 'fix']),
  );
});

test('a zero without a label is a scanner that has not made up its mind', () => {
  expect(assessed(aFinding({ score: 0 }), null).score).toBeNull();
  expect(assessed(aFinding({ score: 0, severity: 'informational' }), null).score).toBe(0);
});

test('a vector that cannot be scored is an unknown and its published number still counts', () => {
  const broken = { ...aVector('CVSS:9.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 'GHSA'), score: 9.1 };
  const assessment = assessed(aFinding({ vectors: [broken], severity: 'high', score: 7 }), aSetting());

  expect(assessment).toMatchObject({ cvss: null, score: 9.1, severity: 'critical' });
  expect(assessment.unknowns).toContainEqual({
    datum: 'vector',
    couldChange: expect.stringMatching(
      /^GHSA: CVSS:9\.1.* begins with "CVSS:9\.1": known are .*; published with 9\.1$/,
    ),
  });
});

test('a score published without its vector is named as such', () => {
  const bare = { ...aVector('', 'NVD'), score: 7.1 };

  expect(assessed(aFinding({ vectors: [bare] }), null)).toMatchObject({
    score: 7.1,
    unknowns: expect.arrayContaining([
      { datum: 'vector', couldChange: 'NVD: only the score 7.1, no vector to check it by' },
    ]),
  });
});

test('an unusable vector is named even beside a usable one', () => {
  const vectors = [aVector(v31.medium53), aVector('CVSS:4.0/AV:N', 'GHSA')];

  expect(datumsOf(assessed(aFinding({ vectors, threat: calm, severity: 'medium' }), aSetting()))).toEqual(['vector']);
});

test.each([
  [{ severity: 'critical', score: 8.9 }, 9, 'critical', true],
  [{ severity: 'medium', score: 7.5 }, 7.5, 'high', false],
  [{ severity: 'high', score: 7.5 }, 7.5, 'high', false],
] as const)('of label and number %o the worse counts', (parts, score, severity, lifted) => {
  const assessment = assessed(aFinding(parts), aSetting());

  expect(assessment).toMatchObject({ score, severity });
  expect(assessment.factors.some((factor) => factor.name === 'label against number')).toBe(lifted);
  expect(assessment.factors).toContainEqual({
    name: 'scanner label',
    value: parts.severity,
    source: 'inspector2',
    asOf: null,
  });
  expect(assessment.factors).toContainEqual({
    name: 'scanner score',
    value: parts.score.toFixed(1),
    source: 'inspector2',
    asOf: null,
  });
});

test('a printed score that its vector does not have is shown beside the computed one', () => {
  const finding = aFinding({ vectors: [{ ...aVector(v31.medium53), score: 1 }] });

  const [cvss] = assessed(finding, null).factors;

  expect(cvss).toEqual({
    name: 'CVSS',
    value: `5.3, ${v31.medium53}, although published as 1`,
    source: 'NVD',
    asOf: null,
  });
});

test.each(['posture', 'threat'] as const)('a %s finding goes by its label alone', (kind) => {
  const finding = aFinding({ kind, severity: 'medium', score: 9.9, vectors: [aVector(v31.critical98)] });

  expect(assessed(finding, aSetting())).toMatchObject({ score: 4, severity: 'medium', cvss: null });
});

test('SSVC takes known exploitation before a public exploit, and says what it derived', () => {
  const exploited = assessed(
    aFinding({ vectors: [aVector(v31.critical98)], threat: { ...calm, knownExploited: true } }),
    aSetting({ criticality: 'essential' }),
  );
  const proven = assessed(aFinding({ threat: { ...calm, exploitAvailable: true } }), aSetting());

  expect(exploited.ssvc).toEqual({
    exploitation: 'active',
    exposure: 'open',
    automatable: 'yes',
    humanImpact: 'very high',
    decision: 'immediate',
  });
  expect(exploited.factors).toContainEqual({
    name: 'automatable',
    value: 'yes',
    source: `derived from ${v31.critical98}`,
    asOf: null,
  });
  expect(proven.ssvc.exploitation).toBe('public poc');
});

test.each([
  [v31.critical98, 'yes'],
  [golden, 'yes'],
  [v2critical, 'yes'],
  [v31.high71, 'no'],
  [v31.critical98.replace('AV:N', 'AV:L'), 'no'],
  [v31.critical98.replace('AC:L', 'AC:H'), 'no'],
  [v31.critical98.replace('UI:N', 'UI:R'), 'no'],
  [golden.replace('PR:N', 'PR:L'), 'no'],
])('%s is automatable: %s', (vector, automatable) => {
  expect(assessed(aFinding({ vectors: [aVector(vector)] }), aSetting()).ssvc.automatable).toBe(automatable);
});

test('a finding that no service claims is taken as open, and that is named', () => {
  const assessment = assessed(aFinding({ threat: calm }), null);

  expect(assessment.ssvc).toMatchObject({ exposure: 'open', humanImpact: 'very high' });
  expect(datumsOf(assessment)).toContain('service');
});

test('a complete finding leaves nothing unknown', () => {
  const finding = aFinding({ vectors: [aVector(v31.high75)], severity: 'high', score: 7.5, threat: calm });

  expect(assessed(finding, aSetting()).unknowns).toEqual([]);
});

test('taking a datum away never lowers the SSVC decision or the band without an unknown that says so', () => {
  const full = fc.record({
    severity: fc.constantFrom(...severities),
    score: fc.double({ min: 0, max: 10, noNaN: true }),
    epss: fc.double({ min: 0, max: 1, noNaN: true }),
    knownExploited: fc.boolean(),
    exploitAvailable: fc.boolean(),
    vector: fc.constantFrom(...Object.values(v31), golden, v2critical),
    gone: fc.constantFrom('severity', 'score', 'vector', 'knownExploited', 'exploitAvailable'),
  });

  fc.assert(
    fc.property(full, ({ gone, ...parts }) => {
      const before = assessed(findingOf(parts), aSetting());
      const after = assessed(findingOf({ ...parts, [gone]: null }), aSetting());
      const isNamed = datumsOf(after).length > datumsOf(before).length;

      // The scanner's number counts only where no vector does, so that losing it beside a vector changes nothing.
      if (!isNamed) expect(after).toMatchObject({ score: before.score, severity: before.severity, ssvc: before.ssvc });
    }),
  );
});

type Parts = {
  severity: (typeof severities)[number] | null;
  score: number | null;
  epss: number;
  knownExploited: boolean | null;
  exploitAvailable: boolean | null;
  vector: string | null;
};

function findingOf({ severity, score, vector, ...threat }: Parts) {
  const vectors = vector === null ? [] : [aVector(vector)];
  return aFinding({ severity, score, vectors, threat: { ...threat, fix: 'available' } });
}

function datumsOf({ unknowns }: { readonly unknowns: readonly { readonly datum: string }[] }): readonly string[] {
  return unknowns.map((unknown) => unknown.datum);
}
