import { zoneOf } from '../../brief/recipients.ts';
import { reachOf } from '../../brief/standing.ts';
import { moment } from '../../brief/time.ts';
import type { Seat } from '../../decision/decide.ts';
import { askedWhy } from '../../decision/explain.ts';
import type { Link } from '../../decision/link.ts';
import { fieldNames } from '../../decision/rules.ts';
import type { Instant } from '../../finding/instant.ts';
import type { Hold } from '../../hold/hold.ts';
import type { PolicyInForce } from '../../policy/policy.ts';
import type { Choice, DecisionView } from '../views.ts';
import { actionNames, labelOf, thenOf } from './action-words.ts';
import { type HoldRecord, holdViewOf } from './hold-view.ts';
import { listed } from './names.ts';
import { glanceOf } from './option-view.ts';
import { pageFacts } from './page-facts.ts';
import { stillMissing } from './vote-view.ts';

/** What was typed into the decision form, what is wrong with it, whether the whole timeline is asked for, and whether its person has just said why. */
export type Entered = Pick<DecisionView, 'typed' | 'errors'> & {
  readonly isWhole?: boolean;
  readonly hasSaidWhy?: boolean;
};

/** The newest events that a decision page shows: a hold can have thousands. */
const eventsShown = 6;

/** What a live link shows its person at `now`. */
export function decisionViewOf(
  opened: { readonly link: Link; readonly seat: Seat; readonly nonce: string },
  record: HoldRecord,
  policy: PolicyInForce,
  now: Instant,
  entered: Entered = { typed: {}, errors: {} },
): DecisionView {
  const { link, seat, nonce } = opened;
  const { hold, person } = seat;
  const whole = holdViewOf(record, policy, now);
  const shown = entered.isWhole ? whole.events : whole.events.slice(-eventsShown);
  const { typed, errors } = entered;
  return {
    kind: 'decision',
    person: { id: person.id, name: person.name },
    hold: { ...whole, events: shown },
    why: entered.hasSaidWhy ? { kind: 'said' } : whyOf(record, person.id, policy, now),
    eventsBefore: whole.events.length - shown.length,
    effect: reachOf(hold, 'plain').join(' '),
    choices: seat.choices.map((choice) => choiceView(choice, seat, record, policy, now)),
    viewOnly: link.mode === 'view',
    earlier: earlierOf(seat, policy, now),
    nonce,
    vectors: otherVectors(hold.assessment),
    suggested: suggestedFor(seat),
    typed,
    errors,
  };
}

/** What publishers say against the vector that counts: nothing, unless they disagree. */
function otherVectors({ disagreement, vectors, cvss }: Hold['assessment']): DecisionView['vectors'] {
  if (disagreement === null) return [];
  return vectors
    .filter(({ vector }) => vector !== cvss?.vector)
    .map(({ vector, source, score }) => ({ vector, source, score }));
}

function choiceView(
  { action, rule }: Seat['choices'][number],
  seat: Seat,
  record: HoldRecord,
  policy: PolicyInForce,
  now: Instant,
): Choice {
  const { hold, service, votes, person } = seat;
  const facts = pageFacts(policy, hold, now);
  const missing = stillMissing(action, hold, votes, service, policy, person.id);
  return {
    action,
    label: labelOf(action, hold),
    glance: glanceOf(action, facts),
    then: thenOf(action, hold, policy),
    fields: rule.fields,
    alsoNeeds: missing.length === 0 ? null : listed(missing),
    evidence: action === 'remediation-approved' ? evidenceFor(record) : null,
    level: rule.level,
  };
}

/** Which evidence applies, and how far it is, as the record has it. */
function evidenceFor({ hold, events }: HoldRecord): Choice['evidence'] {
  if (hold.closing !== null) return { text: `Evidence: ${hold.closing.because}.`, tone: 'green' };
  switch (hold.evidence) {
    case 'before-stage': {
      const last = events.findLast(({ kind }) => kind === 'not-yet');
      const missing =
        last === undefined ? 'none is recorded yet' : `at the last look ${last.data.missing ?? 'it was missing'}`;
      return { text: `Evidence: a scan of the release that waits, made after the halt; ${missing}.`, tone: 'amber' };
    }
    case 'behind-stage':
      return {
        text: 'Evidence: no scan can show the fix before it ships; you attest it for the release you name.',
        tone: 'amber',
      };
    case 'ordered':
      return {
        text: 'Evidence: a person reported this flaw and no scanner sees it; you attest the fix.',
        tone: 'amber',
      };
    default:
      return hold.evidence satisfies never;
  }
}

function whyOf(
  { hold, events }: HoldRecord,
  personId: string,
  policy: PolicyInForce,
  now: Instant,
): DecisionView['why'] {
  const call = askedWhy(events, personId);
  if (call === null) return null;
  const at = moment(call.time, zoneOf(policy.clock), now);
  return { kind: 'asked', what: `You called ${call.data.what} on the held stage ${hold.stage.stage} at ${at}.` };
}

function earlierOf({ votes, person, hold }: Seat, policy: PolicyInForce, now: Instant): string | null {
  const mine = votes.find((vote) => vote.personId === person.id && vote.revision === hold.revision);
  if (mine === undefined) return null;
  return `You chose “${actionNames[mine.action]}” at ${moment(mine.at, zoneOf(policy.clock), now)}: ${mine.reason}`;
}

/**
 * Only a flaw in what already runs lets us suppose that the release that waits may carry the fix; elsewhere the one that
 * waits may be the flawed one, and naming it has to be somebody's own act.
 */
function suggestedFor({ hold, votes, person }: Seat): DecisionView['suggested'] {
  const { release } = hold;
  const mayCarryFix = hold.evidence === 'behind-stage' && release !== null && release.position === 'waiting';
  // Whoever completes a decision sees what the others entered for it: the last vote's fields are those that count.
  const others = votes.filter(({ revision, personId }) => revision === hold.revision && personId !== person.id);
  const begun = others.toSorted((a, b) => (a.at < b.at ? -1 : 1)).at(-1);
  return {
    hours: '4',
    ...(mayCarryFix ? { release: release.commit ?? release.executionId } : {}),
    ...Object.fromEntries(
      fieldNames.flatMap((name) => (begun?.fields[name] === undefined ? [] : [[name, begun.fields[name]]])),
    ),
  };
}
