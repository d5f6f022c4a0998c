import type { PublishedVector } from '../finding/finding.ts';
import { type Assessment, cvssVersions, type ScoredVector } from './assessment.ts';
import { bandOf, generationOf, scoreVector } from './cvss.ts';
import { placedIn, type Surroundings } from './environment.ts';
import type { Setting } from './setting.ts';

/** A usable vector with its publisher. */
export type RatedVector = Assessment['vectors'][number];

/** What a finding's vectors say together. */
export type Weighed = {
  /** The one that counts first, then the rest of its generation, then the older ones. */
  readonly vectors: readonly RatedVector[];
  /** Those that could not be scored, with what is wrong with each. */
  readonly unusable: readonly { readonly published: PublishedVector; readonly error: string }[];
  /** Publishers whose bands differ within the generation that counts, in words. */
  readonly disagreement: string | null;
};

/**
 * Weighs the vectors of a finding against each other, each as it scores in its surroundings: the newest CVSS generation present
 * (4 before 3 before 2) counts, and within it the worst, or (`source`) the scanner's own adjustment, else the first. All are kept.
 */
export function weigh(published: readonly PublishedVector[], surroundings: Surroundings): Weighed {
  const rated: RatedVector[] = [];
  const unusable: { published: PublishedVector; error: string }[] = [];
  for (const one of published) {
    const score = scoreVector(one.vector);
    if (score.ok) rated.push(ratedVector(one, score.scored, surroundings));
    else unusable.push({ published: one, error: score.error });
  }
  const newest = Math.max(0, ...rated.map((vector) => generationOf(vector.version)));
  const order = orders[surroundings.setting?.onConflict ?? 'worst'];
  const counting = rated.filter((vector) => generationOf(vector.version) === newest).sort(order);
  const older = rated.filter((vector) => generationOf(vector.version) !== newest).sort(newestThenWorst);
  return { vectors: [...counting, ...older], unusable, disagreement: disagreementIn(counting) };
}

function ratedVector(
  { source, adjusted }: PublishedVector,
  scored: ScoredVector,
  surroundings: Surroundings,
): RatedVector {
  const placed = scoreVector(placedIn(scored.vector, surroundings).vector);
  const { score, severity } = placed.ok ? placed.scored : scored;
  return { ...scored, score, severity, source, adjusted };
}

/** A publisher as words: `NVD`, or `NVD (adjusted)` for the scanner's own adjustment. */
export function publisherOf(vector: Pick<RatedVector, 'source' | 'adjusted'>): string {
  const name = vector.source === '' ? 'an unnamed source' : vector.source;
  return vector.adjusted ? `${name} (adjusted)` : name;
}

// Sorting is stable: of vectors that are alike in the order, the first published stays first.
const orders = {
  worst: (one: RatedVector, other: RatedVector) => other.score - one.score || newestThenWorst(one, other),
  source: (one: RatedVector, other: RatedVector) => Number(other.adjusted) - Number(one.adjusted),
} as const satisfies Record<Setting['onConflict'], (one: RatedVector, other: RatedVector) => number>;

function newestThenWorst(one: RatedVector, other: RatedVector): number {
  return cvssVersions.indexOf(other.version) - cvssVersions.indexOf(one.version) || other.score - one.score;
}

// Publishers disagree about the flaw, not about the service it is in: their base scores are compared.
function disagreementIn(counting: readonly RatedVector[]): string | null {
  if (new Set(counting.map((vector) => bandOf(vector.baseScore))).size < 2) return null;
  const worstFirst = counting.filter(saysMore).toSorted((one, other) => other.baseScore - one.baseScore);
  const said = worstFirst.map(
    (vector) => `${publisherOf(vector)} ${vector.baseScore.toFixed(1)} ${bandOf(vector.baseScore)}`,
  );
  return [...new Set(said)].join(', ');
}

// An adjustment that changes nothing only repeats its publisher.
function saysMore(vector: RatedVector, _: number, all: readonly RatedVector[]): boolean {
  return (
    !vector.adjusted ||
    !all.some((one) => !one.adjusted && one.source === vector.source && one.baseScore === vector.baseScore)
  );
}
