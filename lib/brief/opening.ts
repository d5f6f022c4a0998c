import { type Block, text } from './email.ts';
import { type BriefFacts, called } from './facts.ts';
import { deadlineOf, decidedSoFar, endInWords } from './options.ts';
import { capital, quoted } from './plain.ts';
import { problemOf, reachOf, standingOf } from './standing.ts';
import { duration, timeOfDay } from './time.ts';

/**
 * The first lines of every brief: what is broken, what to do (`task`, a sentence for the role), by when; then what is
 * new and what the halt covers. A release inside the stage, and a halt that is not confirmed, are said before all else.
 */
export function openingOf(facts: BriefFacts, task: string): readonly Block[] {
  return [
    text(`${called(facts, facts.person.id)}, ${standingOf(facts.hold)}, because of ${problemOf(facts.hold)}.`, task),
    text(newsOf(facts), ...reachOf(facts.hold), decidedSoFar(facts)),
  ];
}

/** What makes this message news, as a sentence; null for a first brief. */
export function newsOf(facts: BriefFacts): string | null {
  const { occasion } = facts;
  const by = (id: string | undefined) =>
    id === undefined ? 'somebody' : id === facts.person.id ? 'you' : called(facts, id);
  switch (occasion.kind) {
    case 'opened':
      return null;
    case 'changed':
      return `What has changed: ${quoted(occasion.why, 240)}. Links sent before no longer decide.`;
    case 'reminder':
      return `A reminder: nobody has decided yet, and the time runs to ${deadlineOf(facts)}.`;
    case 'escalated':
      return 'Nobody decided in time, so this now goes to more people.';
    case 'more-time':
      return `${capital(by(occasion.by))} gave it ${occasion.hours} h more: the new time is ${deadlineOf(facts)}.`;
    case 'kept-halted':
      return `${capital(by(occasion.by))} decided to keep the stage halted: ${quoted(occasion.reason, 160)}. It goes to the next level.`;
    case 'not-yet':
      return `What was decided holds, but cannot be carried out yet. Missing: ${quoted(occasion.missing, 160)}.`;
    case 'refuted':
      return `What was decided did not hold up when it was verified: ${quoted(occasion.why, 160)}. It needs a new decision.`;
    case 'resumed':
      return `It stood ${duration(occasion.stoodMs)}.`;
    case 'not-halted':
      return `The stage does not show the halt that we asked for${occasion.why === undefined ? '' : `: ${quoted(occasion.why, 160)}`}.`;
    case 'halted-after-alarm':
      return 'The alarm of before is over: the stage now shows the halt.';
    case 'plan-changed':
      return `${capital(by(occasion.by))} changed the plan: ${endInWords(facts)}.`;
    case 'rated':
      return `${capital(by(occasion.by))} rated it anew.`;
    default:
      return occasion satisfies never;
  }
}

/** The whole brief when it is over: when, why, how long it stood, and what is still to do. Null while it is not. */
export function endingOf(facts: BriefFacts): readonly Block[] | null {
  const { hold, occasion, zone, now } = facts;
  if (occasion.kind !== 'resumed') return null;
  const at = timeOfDay(hold.status === 'closed' ? hold.closedAt : now, zone);
  const release = occasion.release === undefined ? null : `It was opened for release ${occasion.release.slice(0, 8)}.`;
  return [
    text(
      `${called(facts, facts.person.id)}, the way into ${hold.stage.stage} is open again for ${hold.service} since ${at}. You need to do nothing now.`,
    ),
    text(`Why: ${quoted(occasion.how, 240)}.`, release, `It stood ${duration(occasion.stoodMs)}.`),
    text('The review of this halt is drafted; its open questions come to those who are named in it.'),
    ...linkTo(facts, 'Review', 'view only'),
  ];
}

/** The person's link with its note; nothing when there is none. */
export function linkTo(facts: BriefFacts, label: string, note: string): readonly Block[] {
  return facts.link === null ? [] : [{ kind: 'link', label, address: facts.link, note }];
}

/** The note beside a link that decides. */
export function onlyYou(facts: BriefFacts): string {
  return `only you can use this link; code ${facts.hold.code}`;
}
