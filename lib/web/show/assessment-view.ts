import { nameOf } from '../../brief/facts.ts';
import { capital } from '../../brief/plain.ts';
import { datumInWords } from '../../brief/risk.ts';
import type { Hold } from '../../hold/hold.ts';
import { type Counterfactual, wouldNotHaltIf } from '../../policy/counterfactual.ts';
import type { Person } from '../../policy/policy.ts';
import { differenceOf } from '../../risk/difference.ts';
import { scorePathOf } from '../../risk/score-path.ts';
import type { AssessmentView, DisputeView, RatingView, ScoreStep } from '../views.ts';
import { factorViews, metricClause } from './factor-view.ts';

/** The assessment with the path of the score, from what was believed over the vector to what counts. */
export function assessmentView(hold: Hold, people: readonly Person[]): AssessmentView {
  const { assessment } = hold;
  return {
    steps: stepsOf(hold, people),
    reasons: hold.reasons.map(({ rule, because }) => (rule === '' ? because : `${because} (${rule})`)),
    factors: factorViews(assessment),
    unknowns: (hold.outlook?.unknowns ?? assessment.unknowns).map(({ datum, couldChange }) => ({
      datum: datumInWords(datum),
      couldChange,
    })),
    wouldNotHaltIf: wouldNotHaltIf(hold.outlook?.counterfactuals ?? []).map(clauseOf),
    obligations: hold.outlook?.obligations ?? [],
    disagreement: named(assessment.disagreement, hold, people),
  };
}

/** Of a flaw that people report, publishers are people: called by their names. */
function named(disagreement: string | null, { reportedBy }: Hold, people: readonly Person[]): string | null {
  if (disagreement === null || reportedBy === null) return disagreement;
  const said = disagreement.split(', ').map((part) => {
    const [id = '', ...rest] = part.split(' ');
    return [nameOf(people, id), ...rest].join(' ');
  });
  return said.join(', ');
}

/** `it needs a login (7.7)`. */
function clauseOf({ if: clause, score }: Counterfactual): string {
  return score === null ? clause : `${clause} (${score.toFixed(1)})`;
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

/** What others believed before, then the score's way from the base to what counts, each step with its reason. */
function stepsOf(hold: Hold, people: readonly Person[]): readonly ScoreStep[] {
  const { assessment } = hold;
  const believed = hold.ratings
    .slice(0, -1)
    .flatMap((rating) => step(`Rated by ${nameOf(people, rating.author)}`, rating.score, rating.reason));
  const path = scorePathOf(assessment).map(({ name, because, score }) => ({
    label: labels[name] ?? setTo(name, assessment.cvss),
    score,
    why: name === 'base' ? `as published by ${sourceOf(nameOf(people, assessment.vectors[0]?.source ?? ''))}` : because,
  }));
  const unscored =
    path.length > 0 ? [] : step('Assessed', assessment.score, 'by a number or a label alone: no usable vector came');
  return [...believed, ...path, ...unscored, ...countsNow(hold, people)];
}

/** A metric that the service sets, as in `CR:H`. */
function setTo(name: string, cvss: Hold['assessment']['cvss']): string {
  const [metric = '', value = ''] = name.split(':');
  return capital(metricClause(metric, value, cvss));
}

const labels: Readonly<Record<string, string>> = { base: 'Base', label: 'Label' };

function countsNow({ ratings }: Hold, people: readonly Person[]): readonly ScoreStep[] {
  const last = ratings.at(-1);
  if (last === undefined) return [];
  const reason = last.reason === '' ? '' : `: ${last.reason}`;
  return step('Counts now', last.score, `rated by ${nameOf(people, last.author)}${reason}`);
}

function step(label: string, score: number | null, why: string): readonly ScoreStep[] {
  return score === null ? [] : [{ label, score, why }];
}

function sourceOf(source: string): string {
  return source === '' ? 'the scanner' : source;
}
