import type { Finding, Severity } from '../finding/finding.ts';
import { type Band, bands } from './assessment.ts';
import { bandOf } from './cvss.ts';
import type { Weighed } from './vectors.ts';

/** The number and band that the rules see, and how they came about. */
export type Rated = {
  readonly score: number | null;
  readonly severity: Band | null;
  /** Where the number came from, before the label was held against it. */
  readonly basis: 'vector' | 'number' | 'label' | 'none';
  /** The number before the label lifted it; null when nothing was lifted. */
  readonly liftedFrom: number | null;
};

/**
 * The number that counts: of the vector as it is in the service, else the worst number that came without a usable vector, else
 * the lower bound of the label. A label worse than the number that it stands beside lifts it to the label's lower bound: two that
 * contradict each other fail closed. Scanners label the flaw and not the service, so the label is held against the base score.
 * `posture` and `threat` findings go by their label alone, and by a number only when they have none.
 */
export function rate(finding: Finding, weighed: Weighed): Rated {
  const label = finding.severity;
  const byLabelAlone = isByLabelAlone(finding) && label !== null;
  const vector = byLabelAlone ? undefined : weighed.vectors[0];
  const number = byLabelAlone ? null : (vector?.score ?? worstNumber(finding));
  if (number === null) {
    if (label === null) return { score: null, severity: null, basis: 'none', liftedFrom: null };
    return { score: lowerBounds[label], severity: bandOfLabel(label), basis: 'label', liftedFrom: null };
  }
  const basis = vector ? 'vector' : 'number';
  if (label === null || !isWorse(bandOfLabel(label), bandOf(vector?.baseScore ?? number))) {
    return { score: number, severity: bandOf(number), basis, liftedFrom: null };
  }
  const score = Math.max(number, lowerBounds[label]);
  return { score, severity: bandOf(score), basis, liftedFrom: score > number ? number : null };
}

/** Whether findings of this kind are assessed by their label alone: CVSS does not describe them. */
export function isByLabelAlone(finding: Pick<Finding, 'kind'>): boolean {
  return finding.kind === 'posture' || finding.kind === 'threat';
}

/** Whether one band is worse than another. */
export function isWorse(one: Band, other: Band): boolean {
  return bands.indexOf(one) > bands.indexOf(other);
}

/** The band of a scanner's label: informational is none. */
export function bandOfLabel(label: Severity): Band {
  return label === 'informational' ? 'none' : label;
}

/** The label of a band: none is informational. */
export function labelOf(band: Band): Severity {
  return band === 'none' ? 'informational' : band;
}

/** The least score of each label's band. */
const lowerBounds = { critical: 9, high: 7, medium: 4, low: 0.1, informational: 0 } as const satisfies Record<
  Severity,
  number
>;

// A number beside a vector that cannot be scored is still a number that somebody published. Zero without any label is what
// scanners send before they have made up their mind, so it counts as no number.
function worstNumber(finding: Finding): number | null {
  const published = finding.vectors.map((vector) => vector.score);
  const numbers = [finding.score, ...published].filter((score) => score !== null && score >= 0 && score <= 10);
  if (numbers.length === 0) return null;
  const worst = Math.max(...numbers.map(Number));
  return worst === 0 && finding.severity === null ? null : worst;
}
