import ae from 'ae-cvss-calculator';
import type { Band, CvssVersion, ScoredVector } from './assessment.ts';
import { generations, metricsIn } from './cvss-metrics.ts';
import { memo } from './memo.ts';

/** What became of a vector: a score that we computed, or what is wrong with it and how to mend it. */
export type VectorScore =
  | { readonly ok: true; readonly scored: ScoredVector }
  | { readonly ok: false; readonly error: string };

/** Vectors remembered with their score; a v4.0 vector with every metric costs about a millisecond to score. */
export const rememberedMax = 5000;

/** Characters of the longest text looked at; a v4.0 vector with every metric has about 220. */
export const vectorLengthMax = 400;

/**
 * Scores a CVSS vector: v3.0, v3.1 and v4.0 with their prefix, v2 without one. Metrics may stand in any order, since their
 * meaning does not depend on it. Everything else is strict: no brackets, blanks or lower case, no metric twice, every base
 * metric present. Never throws, and never answers a failure with a zero. The same text always gets the same answer.
 * @see https://www.first.org/cvss/
 */
export function scoreVector(vector: string): VectorScore {
  return vector.length <= vectorLengthMax ? remembered(vector, () => scoreAfresh(vector)) : scoreAfresh(vector);
}

/** The band of a score from 0 to 10, alike in v3.1 and v4.0; v2 has no bands of its own for critical and gets the same ones. */
export function bandOf(score: number): Band {
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'none';
}

const remembered = memo<VectorScore>(rememberedMax);

function scoreAfresh(vector: string): VectorScore {
  const read = metricsIn(vector, vectorLengthMax);
  if (!read.ok) return read;
  const scores = calculate(read.version, vector);
  // The guards above leave the library nothing to stumble on; if it does, that is an unknown and not a zero.
  if (!scores || !isScore(scores.base) || !isScore(scores.overall)) {
    return { ok: false, error: 'cannot be scored: check its metrics against the specification' };
  }
  return {
    ok: true,
    scored: {
      version: read.version,
      vector,
      baseScore: scores.base,
      score: scores.overall,
      severity: bandOf(scores.overall),
    },
  };
}

type Scores = { readonly base: number | undefined; readonly overall: number };

function calculate(version: CvssVersion, vector: string): Scores | null {
  try {
    if (version === '4.0') {
      const parsed = new ae.Cvss4P0(vector);
      const { baseMetricsOnly, overall } = parsed.calculateScores();
      return parsed.isBaseFullyDefined() ? { base: baseMetricsOnly, overall } : null;
    }
    const parsed = new calculators[version](vector);
    return parsed.isBaseFullyDefined() ? parsed.calculateScores() : null;
  } catch (error) {
    // The library's constructors throw plain errors at text that they cannot read.
    if (error instanceof Error) return null;
    throw error;
  }
}

const calculators = { '2.0': ae.Cvss2, '3.0': ae.Cvss3P0, '3.1': ae.Cvss3P1 } as const;

function isScore(score: number | undefined): score is number {
  return score !== undefined && Number.isFinite(score) && score >= 0 && score <= 10;
}

/** The generation of a version: 4 for v4.0, 3 for v3.0 and v3.1, 2 for v2. Scores compare within one generation only. */
export function generationOf(version: CvssVersion): number {
  return generations[version];
}
