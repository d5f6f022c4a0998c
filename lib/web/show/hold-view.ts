import type { Ports } from '../../aws/ports.ts';
import { type BriefFacts, nameOf, oneOf } from '../../brief/facts.ts';
import { flawInPlainWords } from '../../brief/flaw.ts';
import { meetingSheetOf } from '../../brief/meeting-sheet.ts';
import { endInWords, launchOf, planOf, workaroundOf } from '../../brief/options.ts';
import { loweringInWords, originInWords } from '../../brief/origin.ts';
import { capital } from '../../brief/plain.ts';
import { originOf } from '../../brief/standing.ts';
import { moment } from '../../brief/time.ts';
import { ruleOf } from '../../decision/rules.ts';
import { type Told, toldAbout } from '../../decision/told.ts';
import { pendingVerificationFor } from '../../decision/verify.ts';
import { type Vote, votesOn } from '../../decision/vote.ts';
import type { Instant } from '../../finding/instant.ts';
import type { Hold, HoldEvent } from '../../hold/hold.ts';
import { eventsOf, readHold } from '../../hold/ledger.ts';
import type { PolicyInForce } from '../../policy/policy.ts';
import { lengthOf } from '../time.ts';
import type { Deciding, HoldView } from '../views.ts';
import { actionNames } from './action-words.ts';
import { assessmentView, disputeView, ratingView } from './assessment-view.ts';
import { eventViews } from './event-view.ts';
import { seatInWords } from './names.ts';
import { optionViews } from './option-view.ts';
import { pageFacts } from './page-facts.ts';
import { toldViews } from './told-view.ts';
import { quorumViews, voteViews } from './vote-view.ts';

/** A hold with all that the ledger keeps beside it. */
export type HoldRecord = {
  readonly hold: Hold;
  readonly events: readonly HoldEvent[];
  readonly votes: readonly Vote[];
  readonly told: readonly Told[];
};

/** A hold as its page shows it; null when there is none of this id. Reads nothing but the hold's own partition. */
export async function holdView(
  ports: Pick<Ports, 'table' | 'policy' | 'clock'>,
  holdId: string,
): Promise<HoldView | null> {
  const hold = await readHold(ports.table, holdId);
  return hold === null ? null : holdViewOf(await recordOf(ports, hold), ports.policy, ports.clock.now());
}

/** Reads what the ledger keeps beside a hold. */
export async function recordOf({ table }: Pick<Ports, 'table'>, hold: Hold): Promise<HoldRecord> {
  const [events, votes, told] = await Promise.all([
    eventsOf(table, hold.id),
    votesOn(table, hold.id),
    toldAbout(table, hold.id),
  ]);
  return { hold, events, votes, told };
}

/** A hold's record as its page shows it at `now`. */
export function holdViewOf(record: HoldRecord, policy: PolicyInForce, now: Instant): HoldView {
  const { hold, events, votes, told } = record;
  const { people } = policy;
  const facts = pageFacts(policy, hold, now);
  const rating = hold.ratings.at(-1);
  return {
    id: hold.id,
    code: hold.code,
    service: hold.service,
    stage: hold.stage.stage,
    status: hold.status,
    title: hold.problem.title,
    sentence: facts === null ? 'The policy no longer has this service.' : `${capital(flawInPlainWords(facts))}.`,
    severity: rating?.severity ?? hold.assessment.severity,
    score: rating?.score ?? hold.assessment.score,
    revision: hold.revision,
    openedAt: hold.openedAt,
    inForceAt: hold.status === 'pending' ? null : hold.inForceAt,
    closedAt: hold.status === 'closed' ? hold.closedAt : null,
    outcome: hold.status === 'closed' ? hold.outcome : null,
    deciding: facts === null ? null : decidingOn(facts),
    decision: facts === null ? null : decisionInWords(facts),
    release: hold.release,
    origin: facts === null ? null : originInWords(originOf(hold), facts),
    lowering: loweringInWords(originOf(hold)),
    evidence: evidenceOf(hold, facts),
    plan: facts === null ? [] : planLines(facts),
    findings: hold.findings,
    worst: hold.worst.map(({ title, vulnerabilityId, package: name, fixedIn, path }) => ({
      title,
      vulnerabilityId,
      package: name,
      fixedIn,
      path,
    })),
    options: facts === null ? [] : optionViews(facts),
    assessment: assessmentView(hold, people),
    ratings: hold.ratings.map((each) => ratingView(each, people)),
    dispute: disputeView(hold, people),
    quorum: quorumViews(hold, votes, policy),
    votes: voteViews(hold, votes, events, policy),
    told: toldViews(hold, told, policy, { events, votes }),
    events: eventViews(events, hold, people),
    sheet: facts === null ? null : meetingSheetOf(facts),
    predecessor: hold.predecessor,
  };
}

/** Who decides next, and by when; null when nobody is named to, or nothing is left to decide. */
export function decidingOn(facts: BriefFacts): Deciding | null {
  const { hold, service } = facts;
  const ids = service.stakeholders['release-manager'] ?? service.stakeholders.security ?? [];
  if (hold.status === 'closed' || hold.closing !== null || ids.length === 0) return null;
  return { who: oneOf(facts, ids), by: hold.deadline };
}

/** A decision that is being carried out, in words; null when there is none. */
export function decisionInWords({ hold, people, zone, now }: BriefFacts): string | null {
  if (hold.status === 'closed') return null;
  if (hold.closing !== null) return `Verified: ${hold.closing.because}. The way is about to be opened.`;
  const { decision } = hold;
  if (decision === null) return null;
  const by = decision.by.map((id) => nameOf(people, id)).join(' and ');
  const waits = {
    verifying: 'It is being verified.',
    'awaiting-evidence': 'The evidence is not there yet.',
    'carried-out': 'It is done; it stays stopped until there is evidence that the flaw is gone.',
  }[decision.state];
  return `Decided: ${actionNames[decision.action]}, by ${by} at ${moment(decision.at, zone, now)}. ${waits}`;
}

function evidenceOf(hold: Hold, facts: BriefFacts | null): string {
  const seats = ruleOf('remediation-approved', hold).seats;
  const who =
    facts === null
      ? 'those entitled'
      : seats.map((seat) => seatInWords(facts.service, facts.people, seat)).join(', and ');
  switch (hold.evidence) {
    case 'before-stage':
      return 'a scan of the release that waits, made after the halt, that does not show the flaw';
    case 'behind-stage':
      return `the word of ${who} for one named release; a scan has to show the fix within ${lengthOf(pendingVerificationFor)}`;
    case 'ordered':
      return `the word of ${who}, who did not write the fix: no scanner sees this flaw`;
    default:
      return hold.evidence satisfies never;
  }
}

function planLines(facts: BriefFacts): HoldView['plan'] {
  if (facts.hold.status === 'closed') return [];
  const workaround = workaroundOf(facts);
  const launch = launchOf(facts);
  return [
    { label: 'Plan', text: planOf(facts) },
    { label: 'Over when', text: endInWords(facts) },
    ...(workaround === null ? [] : [{ label: 'Workaround', text: workaround }]),
    ...(launch === null ? [] : [{ label: 'Launch', text: launch }]),
  ];
}
