import type { Assessment } from './assessment.ts';
import { scoreVector } from './cvss.ts';
import { isBaseMetric, metricsIn, vectorOf } from './cvss-metrics.ts';

/** One step from the base score to the score that counts: what was set or held against it, why, and the score after it. */
export type ScoreStep = {
  /** `base`, a metric as in `MPR:L`, or `label`. */
  readonly name: string;
  readonly because: string;
  readonly score: number;
};

/**
 * How the score that counts came about, step by step; the last step has it. Empty where no vector was scored and nothing but
 * a number or a label counts.
 */
export function scorePathOf({ cvss, adjustments, score }: Assessment): readonly ScoreStep[] {
  if (cvss === null) return [];
  const read = metricsIn(cvss.vector, cvss.vector.length);
  if (!read.ok) return [];
  const { version } = read;
  const metrics = new Map([...read.metrics].filter(([metric]) => isBaseMetric(version, metric)));
  const steps: ScoreStep[] = [{ name: 'base', because: 'the vector as published', score: cvss.baseScore }];
  for (const { metric, value, because } of adjustments) {
    metrics.set(metric, value);
    const scored = scoreVector(vectorOf(version, metrics));
    if (scored.ok) steps.push({ name: `${metric}:${value}`, because, score: scored.scored.score });
  }
  if (score !== null && score !== cvss.score)
    steps.push({ name: 'label', because: 'the scanner calls it worse than its number', score });
  return steps;
}
