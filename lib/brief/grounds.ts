import { wouldNotHaltIf } from '../policy/counterfactual.ts';
import { scorePathOf } from '../risk/score-path.ts';
import { type BriefFacts, whom } from './facts.ts';
import { quoted } from './plain.ts';
import { likelihoodOf, reportedBy } from './risk.ts';
import { placeOf } from './standing.ts';
import { moment } from './time.ts';

/** What the verdict rests on, a point each: the vector, how its score came about, exploitation, priority, the service, the rules. */
export function groundsOf(facts: BriefFacts): readonly string[] {
  const { hold, service } = facts;
  const { ssvc } = hold.assessment;
  return [
    vectorOf(facts),
    scorePath(facts),
    likelihoodOf(hold),
    `Priority by the SSVC tree (a public decision tree for patching): ${ssvc.decision}, with exploitation ${ssvc.exploitation}, exposure ${ssvc.exposure}, automatable ${ssvc.automatable}, harm to people ${ssvc.humanImpact}.`,
    `${service.name} by the policy: exposure ${service.exposure}, data ${service.dataClass}, criticality ${service.criticality}.`,
    ...datesOf(facts),
    rulesOf(facts),
    wouldNotHalt(facts),
  ].filter((each) => each !== null);
}

/**
 * That publishers do not agree, for the first lines: it is the first thing a dispute can use. Null when they do, and for a
 * flaw that a person reported, where what others believed stands in the history of its ratings.
 */
export function disagreementOf({ hold }: Pick<BriefFacts, 'hold'>): string | null {
  const { disagreement } = hold.assessment;
  return disagreement === null || hold.evidence === 'ordered'
    ? null
    : `Those who publish scores disagree: ${quoted(disagreement)}.`;
}

/** The rules of the policy that halted it: what answers "says who?". */
export function rulesOf(facts: BriefFacts): string {
  const rules = facts.hold.reasons.map(({ because }) => because);
  const named = rules.slice(0, 3).map((rule) => quoted(rule));
  const by =
    rules.length === 0
      ? 'an order of a person'
      : `the policy's ${named.length === 1 ? 'rule' : 'rules'} ${named.join(', ')}`;
  const halted =
    placeOf(facts.hold) === 'inside' || facts.hold.status === 'pending' ? 'The halt was asked for' : 'It was halted';
  const reported = facts.hold.evidence === 'ordered' ? `It was ${reportedBy(facts)}. ` : '';
  return `${reported}${halted} by ${by}.`;
}

/** The single facts under which it would not halt, with the score then: what an argument has to show. Null until worked out. */
export function wouldNotHalt({ hold }: Pick<BriefFacts, 'hold'>): string | null {
  if (hold.outlook === null) return null;
  const all = wouldNotHaltIf(hold.outlook.counterfactuals);
  const scoreNow = hold.ratings.at(-1)?.score ?? hold.assessment.score;
  // What goes without saying where the milder fact stands beside it.
  const facts = all.filter(({ if: clause }) => !/administrator|isolated/.test(clause));
  const clauses = facts
    .slice(0, clausesMax)
    .map(({ if: clause, score }) => `${clause}${score === null || score === scoreNow ? '' : ` (${score.toFixed(1)})`}`);
  const more = all.length > clauses.length ? `; ${all.length - clauses.length} more on the page` : '';
  return clauses.length === 0
    ? 'No single fact, were it otherwise, would let it pass.'
    : `It would not halt if one of these were so: ${clauses.join(', ')}${more}.`;
}

const clausesMax = 4;

/** Dates that standards may set; whether they apply is for a person to say. */
function datesOf({ hold, zone, now }: BriefFacts): readonly string[] {
  const dated = (hold.outlook?.obligations ?? []).slice(0, 2);
  return dated.map(
    ({ standard, what, due, appliesIf }) =>
      `${standard}: ${what}${due === null ? '' : ` by ${moment(due, zone, now)}`}, if ${appliesIf}.`,
  );
}

function vectorOf(facts: BriefFacts): string {
  const { hold } = facts;
  const rating = hold.ratings.at(-1);
  const vector = rating?.vector ?? hold.assessment.cvss?.vector ?? null;
  const source = rating === undefined ? '' : `, by ${whom(facts, publisherOf(facts, vector) ?? rating.author)}`;
  return vector === null
    ? 'No usable vector: the severity is the label that came with the report.'
    : `Vector (CVSS, the common scoring of flaws)${source}: ${vector}`;
}

/** Who published a vector that the scanner passed on; null for one that a person brought, or that no publisher is named for. */
function publisherOf({ hold }: BriefFacts, vector: string | null): string | null {
  const source = hold.assessment.vectors.find((each) => each.vector === vector)?.source ?? '';
  return hold.evidence === 'ordered' || source === '' ? null : source;
}

/** From the published score to the one that counts here; null where no vector was scored or only one is known. */
function scorePath({ hold }: BriefFacts): string | null {
  const [base, ...steps] = scorePathOf(hold.assessment);
  if (base === undefined || steps.length === 0) return null;
  const published = `Its score: ${base.score.toFixed(1)} as published`;
  if (steps.every(({ score }) => score === base.score))
    return `${published}; what is known of the service (${[...new Set(steps.map(({ because }) => because))].join(', ')}) does not change it.`;
  const all = steps.map(({ name, because, score }) => `${name} (${because}) ${score.toFixed(1)}`);
  return `${published}; then ${all.join(', ')}.`;
}
