import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bands } from '../../lib/risk/assessment.ts';
import { bandOf, scoreVector, vectorLengthMax } from '../../lib/risk/cvss.ts';
import { golden, v31 } from './builders.ts';

test.each(['v2', 'v30', 'v31'])('published %s vectors get their published base and overall score', (version) => {
  const rows = rowsOf(`test/fixtures/cvss/${version}.tsv`);

  const differing = rows.filter(({ vector, base, temporal, environmental }) => {
    const score = scoreVector(vector);
    const overall = environmental || temporal || base;
    return !score.ok || score.scored.baseScore !== Number(base) || score.scored.score !== Number(overall);
  });

  expect(rows).toHaveLength(300);
  expect(differing).toEqual([]);
});

test('published v4.0 vectors get their published score', () => {
  const rows = rowsOf('test/fixtures/cvss/v40.tsv');

  const differing = rows.filter(({ vector, score: expected }) => {
    const score = scoreVector(vector);
    return !score.ok || score.scored.score !== Number(expected);
  });

  expect(rows).toHaveLength(300);
  expect(differing).toEqual([]);
});

test('one metric makes the golden example critical', () => {
  expect(scoreVector(golden)).toMatchObject({ ok: true, scored: { version: '4.0', score: 9.2, severity: 'critical' } });
  expect(scoreVector(golden.replace('PR:N', 'PR:L'))).toMatchObject({
    ok: true,
    scored: { score: 7.7, severity: 'high' },
  });
});

test('base score and score differ where the vector carries threat metrics', () => {
  expect(scoreVector(`${golden}/E:U`)).toMatchObject({ scored: { baseScore: 9.2, score: 7.2, severity: 'high' } });
  expect(scoreVector(`${v31.critical98}/E:U`)).toMatchObject({ scored: { baseScore: 9.8, score: 9 } });
});

test('a vector without any impact scores a true zero', () => {
  const harmless = v31.critical98.replaceAll(/([CIA]):H/g, '$1:N');

  expect(scoreVector(harmless)).toMatchObject({ ok: true, scored: { score: 0, severity: 'none' } });
});

test('metrics may stand in any order', () => {
  const reordered = 'CVSS:4.0/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/AV:N/AC:L/AT:P/PR:N/UI:N';

  expect(scoreVector(reordered)).toMatchObject({ ok: true, scored: { score: 9.2 } });
});

test.each([
  ['', 'is empty'],
  ['   ', 'is empty'],
  ['foo', 'is no CVSS vector'],
  ['Attack Vector', 'contains a blank'],
  ['CVSS:3.1/AV:N/AC:L/PR:N', 'is incomplete: add UI, S, C, I, A'],
  ['CVSS:4.0/AV:N/AC:L/AT:N', 'is incomplete: add PR, UI, VC, VI, VA, SC, SI, SA'],
  ['AV:N/AC:L/Au:N/C:C/I:C', 'is incomplete: add A'],
  ['CVSS:3.1/AV:N/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 'repeats AV: give it once'],
  [`${golden}/E:A/E:U`, 'repeats E: give it once'],
  ['CVSS:9.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 'begins with "CVSS:9.1": known are'],
  ['AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 'put CVSS:3.1/ or CVSS:3.0/ in front'],
  [golden.slice('CVSS:4.0/'.length), 'put CVSS:4.0/ in front'],
  ['CVSS:2.0/AV:N/AC:L/Au:N/C:C/I:C/A:C', 'which v2 has not'],
  ['(AV:N/AC:L/Au:N/C:C/I:C/A:C)', 'stands in brackets: leave them out'],
  ['cvss:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 'begins in lower case'],
  [v31.critical98.replace('AV:N', 'AV:Q'), 'gives AV the value "Q": known are N, A, L, P'],
  [v31.critical98.replace('AV:N', 'av:n'), 'has the metric "av"'],
  [v31.critical98.replace('S:U', '__proto__:U'), 'has the metric "__proto__"'],
  [`${v31.critical98}/`, 'has an empty metric'],
  [`${v31.critical98}/VC:H`, 'has the metric "VC", which CVSS v3.1 does not know'],
  [`${v31.critical98}${'/'.repeat(vectorLengthMax)}`, `is longer than ${vectorLengthMax} characters`],
])('%j is refused with words that mend it', (vector, words) => {
  const score = scoreVector(vector);

  expect(score).toMatchObject({ ok: false, error: expect.stringContaining(words) });
});

test('any text gets a score from 0 to 10 or an error, and the same one twice', () => {
  const metric = fc.constantFrom(
    'AV:N',
    'AC:L',
    'PR:N',
    'UI:N',
    'S:C',
    'C:H',
    'I:H',
    'A:N',
    'Au:N',
    'AT:N',
    'VC:H',
    'E:X',
  );
  const vectorLike = fc
    .tuple(fc.constantFrom('', 'CVSS:3.1/', 'CVSS:4.0/', 'CVSS:3.0/', '('), fc.array(metric, { maxLength: 12 }))
    .map(([prefix, metrics]) => prefix + metrics.join('/'));

  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), vectorLike), (vector) => {
      const score = scoreVector(vector);

      expect(score.ok ? score.scored.score >= 0 && score.scored.score <= 10 : score.error.length > 0).toBe(true);
      expect(scoreVector(vector)).toEqual(score);
    }),
  );
});

test.each([
  [0, 'none'],
  [0.1, 'low'],
  [3.9, 'low'],
  [4, 'medium'],
  [6.9, 'medium'],
  [7, 'high'],
  [8.9, 'high'],
  [9, 'critical'],
  [10, 'critical'],
])('a score of %d is %s', (score, band) => {
  expect(bandOf(score)).toBe(band);
});

test('a higher score never has a milder band', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 10, noNaN: true }),
      fc.double({ min: 0, max: 10, noNaN: true }),
      (one, other) => {
        const [low, high] = one < other ? [one, other] : [other, one];

        expect(bands.indexOf(bandOf(high))).toBeGreaterThanOrEqual(bands.indexOf(bandOf(low)));
      },
    ),
  );
});

function rowsOf(
  file: string,
): readonly { vector: string; base: string; temporal: string; environmental: string; score: string }[] {
  const [head = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  const names = head.split('\t');
  return lines.map((line) => {
    const cells = line.split('\t');
    const cell = (name: string) => cells[names.indexOf(name)] ?? '';
    return {
      vector: cell('vector'),
      base: cell('base'),
      temporal: cell('temporal'),
      environmental: cell('environmental'),
      score: cell('score'),
    };
  });
}
