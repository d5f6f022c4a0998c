import { type Instant, later, msOf } from '../finding/instant.ts';
import type { Hold } from '../hold/hold.ts';
import { type BriefFacts, oneOf, releaseName } from './facts.ts';
import { cut } from './plain.ts';
import { isUntouched, placeOf } from './standing.ts';
import { duration, moment } from './time.ts';

/** The plan in hours and its owner: `4 h fix, 2 h test; Dee owns it`; says so when there is none. */
export function planOf(facts: BriefFacts): string {
  const { fix, test, owner } = facts.hold.plan;
  if (fix === undefined && test === undefined)
    return `no hours planned yet${owner === undefined ? '' : `; ${oneOf(facts, [owner])} ${owns(facts, owner)} it`}`;
  const hours = [
    fix === undefined ? 'fix not planned' : `${duration(fix)} fix`,
    test === undefined ? 'test not planned' : `${duration(test)} test`,
  ];
  return `${hours.join(', ')}${owner === undefined ? '; nobody owns it yet' : `; ${oneOf(facts, [owner])} ${owns(facts, owner)} it`}`;
}

/** When the fix is ready by the plan, counted from the opening of the hold; null without hours for both parts. */
export function readyAt(facts: BriefFacts): Instant | null {
  const { fix, test } = facts.hold.plan;
  return fix === undefined || test === undefined ? null : later(facts.hold.openedAt, fix + test);
}

/** When it is over, in words that fit after "the release is". */
export function endInWords(facts: BriefFacts): string {
  const ready = readyAt(facts);
  if (ready === null) return 'the end is not known, as the fix has no hours planned yet';
  const when = moment(ready, facts.zone, facts.now);
  return ready > facts.now ? `the fix is expected about ${when}` : `the fix was expected at ${when} and is late`;
}

/** What happens when nobody answers: it stays as it is, and who is told when. */
export function silenceOf(facts: BriefFacts): string {
  const { hold, clock, person, zone, now } = facts;
  const stays = staysOf(hold);
  for (let level = hold.level; level < clock.escalate.length; level += 1) {
    // Whoever decides is asked anyhow.
    const others = (clock.escalate[level] ?? []).filter((id) => id !== person.id && !deciders(facts).includes(id));
    const at = later(hold.deadline, (level - hold.level) * clock.every);
    if (others.length > 0)
      return `If nobody decides, ${stays}, and it goes up to ${oneOf(facts, others, 'and')} ${at > now ? `at ${moment(at, zone, now)}` : 'next'}.`;
  }
  return `If nobody decides, ${stays}; no further person is named to be told.`;
}

/** The hold's deadline. */
export function deadlineOf(facts: BriefFacts): string {
  return moment(facts.hold.deadline, facts.zone, facts.now);
}

/** By when somebody decides: `by 18:00 CET`, or that it is due. */
export function byWhen(facts: BriefFacts): string {
  const at = deadlineOf(facts);
  return facts.hold.deadline > facts.now ? `by ${at}` : `now (it was due by ${at})`;
}

/** What was decided so far and is still open, with the names; null when nothing was. */
export function decidedSoFar(facts: BriefFacts): string | null {
  const { decision } = facts.hold;
  if (decision === null) return null;
  const waits = {
    verifying: 'It is being verified.',
    'awaiting-evidence': 'It waits for the evidence.',
    'carried-out': 'It is done.',
  }[decision.state];
  return `Decided so far: ${decision.action.replaceAll('-', ' ')}, by ${oneOf(facts, decision.by, 'and')} at ${moment(decision.at, facts.zone, facts.now)}. ${waits}`;
}

/** The launch and how far away it is; null when none is named or it has passed. */
export function launchOf(facts: BriefFacts): string | null {
  const { launch } = facts.service;
  if (launch === undefined) return null;
  const at = later(facts.now, Date.parse(launch) - msOf(facts.now));
  if (at <= facts.now) return null;
  const days = Math.floor((msOf(at) - msOf(facts.now)) / 86_400_000);
  return `The launch is on ${moment(at, facts.zone, facts.now)}, ${days < 1 ? `in ${duration(msOf(at) - msOf(facts.now))}` : days === 1 ? 'one day from now' : `${days} days from now`}.`;
}

/** What can ship meanwhile, in words; null without a workaround. */
export function workaroundOf(facts: BriefFacts, max = 200): string | null {
  const text = facts.hold.plan.workaround;
  return text === undefined ? null : cut(text, max);
}

/** What taking the change out means for where the release is. */
export function rollBackOf(facts: BriefFacts): string {
  const { hold } = facts;
  const { stage } = hold.stage;
  if (hold.evidence === 'behind-stage' || placeOf(hold) === 'inside')
    return `Roll ${stage} back to ${wayBackOf(hold)} What came since is lost. Keep logs and memory first.`;
  const release =
    hold.release === null || placeOf(hold) === 'next'
      ? 'the change, once it is known which'
      : releaseName(hold.release);
  const safe = isUntouched(hold) ? ` ${stage} never had it, so nothing that runs changes.` : '';
  return `Take the change out: revert ${release}.${safe} Its work waits until the fix.`;
}

/** Where the stage can go back to, and what that brings back, as the end of a sentence. */
function wayBackOf({ wayBack }: Hold): string {
  const to = wayBack?.to ?? null;
  if (to === null)
    return 'the last release that succeeded there, whose own flaws come back; this one may be among them.';
  const name = to.commit?.slice(0, 7) ?? to.executionId.slice(0, 8);
  if (to.brings === null) return `release ${name}, whose own flaws come back; nobody has looked for them yet.`;
  if (to.brings.length === 0) return `release ${name}, on which the scanner knows of no open finding.`;
  const more = to.brings.length > 3 ? ` and ${to.brings.length - 3} more` : '';
  return `release ${name}, which brings back ${to.brings.slice(0, 3).join(', ')}${more}.`;
}

/** Whether something can be taken out: it is known which release has the flaw, or it is in what runs. */
export function canBeTakenOut({ hold }: BriefFacts): boolean {
  return placeOf(hold) !== 'next' || hold.evidence === 'behind-stage';
}

function owns(facts: BriefFacts, owner: string): string {
  return owner === facts.person.id ? 'own' : 'owns';
}

/** Those who decide what is next, as a phrase. */
export function decidersOf(facts: BriefFacts): string {
  const ids = deciders(facts);
  return ids.length === 0 ? 'nobody is named to decide' : oneOf(facts, ids);
}

function deciders({ service }: BriefFacts): readonly string[] {
  return service.stakeholders['release-manager'] ?? service.stakeholders.security ?? [];
}

function staysOf(hold: Hold): string {
  if (hold.status === 'pending') return 'we go on trying to halt it';
  switch (placeOf(hold)) {
    case 'inside':
      return 'the stage stays closed to later releases';
    case 'next':
      return 'the stage stays closed';
    default:
      return 'it stays stopped';
  }
}
