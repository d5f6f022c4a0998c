import type { Hold } from '../../hold/hold.ts';
import type { Person } from '../../policy/policy.ts';
import { differenceOf } from '../../risk/difference.ts';
import type { AssessmentView, DisputeView, RatingView, ScoreStep } from '../views.ts';
import { nameOf } from './names.ts';

/** The assessment with the path of the score, from what was believed over the vector to what counts. */
export function assessmentView(hold: Hold, people: readonly Person[]): AssessmentView {
  const { assessment } = hold;
  return {
    steps: stepsOf(hold, people),
    reasons: hold.reasons.map(({ rule, because }) => (rule === '' ? because : `${because} (${rule})`)),
    factors: assessment.factors,
    unknowns: assessment.unknowns,
    wouldNotHaltIf: [],
    disagreement: assessment.disagreement,
  };
}

/** A rating with its author by name. */
export function ratingView(rating: Hold['ratings'][number], people: readonly Person[]): RatingView {
  const { confirmedBy, author } = rating;
  const confirmed = confirmedBy === undefined ? '' : `, confirmed by ${nameOf(people, confirmedBy)}`;
  return { ...rating, author: `${nameOf(people, author)}${confirmed}` };
}

/** The severity that waits for security, or that it refused; null when nobody brought one. */
export function disputeView({ dispute, ratings }: Hold, people: readonly Person[]): DisputeView | null {
  if (dispute === null) return null;
  const difference = differenceOf(ratings.at(-1) ?? dispute, dispute);
  return { ...ratingView(dispute, people), difference, state: dispute.state };
}

/** Steps that change nothing are left out, but for the first and the last. */
function stepsOf(hold: Hold, people: readonly Person[]): readonly ScoreStep[] {
  const { cvss, score, vectors } = hold.assessment;
  const believed = hold.ratings
    .slice(0, -1)
    .flatMap((rating) => step(`Rated by ${nameOf(people, rating.author)}`, rating.score, rating.reason));
  const base = step(
    'Base',
    cvss?.baseScore ?? null,
    `CVSS ${cvss?.version ?? ''} as published by ${sourceOf(vectors[0]?.source ?? '')}`,
  );
  const whole =
    cvss !== null && cvss.score !== cvss.baseScore
      ? step('With its threat and environment', cvss.score, 'metrics that the vector itself carries')
      : [];
  const assessed =
    score !== null && score !== (cvss?.score ?? null)
      ? step(
          'Assessed',
          score,
          cvss === null
            ? 'the scanner’s own number or label: no usable vector came'
            : 'the scanner’s label is worse than the number, and the worse counts',
        )
      : [];
  const last = hold.ratings.at(-1);
  const now = step(
    'Counts now',
    last?.score ?? null,
    `rated by ${nameOf(people, last?.author ?? 'a scanner')}${last === undefined || last.reason === '' ? '' : `: ${last.reason}`}`,
  );
  return [...believed, ...base, ...whole, ...assessed, ...now];
}

function step(label: string, score: number | null, why: string): readonly ScoreStep[] {
  return score === null ? [] : [{ label, score, why }];
}

function sourceOf(source: string): string {
  return source === '' ? 'the scanner' : source;
}
