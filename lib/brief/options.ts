import { type Instant, later, msOf } from '../finding/instant.ts';
import type { Hold } from '../hold/hold.ts';
import { authorOf, type BriefFacts, oneOf, releaseName, whoIs } from './facts.ts';
import { cut } from './plain.ts';
import { chanceWithin, patchLaterDays } from './risk.ts';
import { isUntouched, placeOf } from './standing.ts';
import { duration, moment } from './time.ts';

/** The ways forward, each with what it costs, what it leaves open and whom it needs. */
export function optionsOf(facts: BriefFacts): readonly string[] {
  return [fixNow(facts), workaround(facts), asItIs(facts), rollBack(facts)].filter((option) => option !== null);
}

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
    const others = (clock.escalate[level] ?? []).filter((id) => id !== person.id);
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
  if (hold.evidence === 'behind-stage')
    return `Roll back: ${stage} goes back to the last release that succeeded there, which may have the flaw too and loses what came since. Keep logs and memory first.`;
  if (placeOf(hold) === 'inside')
    return `Roll back ${stage} to the last release that succeeded there: that brings back what that release had, its own flaws too. Keep logs and memory first.`;
  const release =
    hold.release === null || placeOf(hold) === 'next'
      ? 'the change, once it is known which'
      : releaseName(hold.release);
  const safe = isUntouched(hold) ? ` ${stage} never had it, so nothing that runs changes.` : '';
  return `Take the change out: revert ${release}.${safe} Its work waits until the fix.`;
}

function fixNow(facts: BriefFacts): string {
  const ready = readyAt(facts);
  const when =
    ready === null
      ? ''
      : ready > facts.now
        ? ` ready about ${moment(ready, facts.zone, facts.now)}`
        : ` was due ${moment(ready, facts.zone, facts.now)}`;
  return `Fix now:${when === '' ? ` ${planOf(facts)}` : `${when} (${planOf(facts)})`}. ${evidenceNeeded(facts)}`;
}

function evidenceNeeded(facts: BriefFacts): string {
  switch (facts.hold.evidence) {
    case 'before-stage':
      return 'The stage opens when a scan of the release that waits shows that the flaw is gone.';
    case 'behind-stage':
      return 'No scan can show the fix before it ships: you name the one release that carries it, and the stage halts again if it does not.';
    case 'ordered':
      return 'No scanner can tell when it is gone: someone of security who did not write the fix confirms it.';
    default:
      return facts.hold.evidence satisfies never;
  }
}

function workaround(facts: BriefFacts): string | null {
  const text = workaroundOf(facts);
  if (text === null) return null;
  return `${placeOf(facts.hold) === 'inside' ? 'Keep it' : 'Ship'} with this workaround: ${text}. Needs ${whoIs(facts, 'security')} (security) and ${whoIs(facts, 'release-manager')} (release manager), and a date by which it is fixed.`;
}

function asItIs(facts: BriefFacts): string {
  const { hold, service } = facts;
  const inside = placeOf(hold) === 'inside';
  const data = service.holds ?? `the ${service.dataClass} data of ${service.name}`;
  const chance = chanceWithin(patchLaterDays, hold);
  const odds =
    chance === null
      ? 'how likely exploitation is in that time, nobody can say'
      : `the chance of exploitation is ${chance} in ${patchLaterDays} days (estimate, from the published one for 30 days)`;
  const extra = authorOf(facts) === null ? ' and, as the author of the change is not known, one more of security' : '';
  return `${inside ? 'Leave it in' : 'Ship as it is'} and patch later: ${data} at risk for as long as that takes; ${odds}. Needs ${whoIs(facts, 'risk-owner')} (risk owner) and a second person who did not write it${extra}.`;
}

function rollBack(facts: BriefFacts): string | null {
  return placeOf(facts.hold) === 'next' && facts.hold.evidence !== 'behind-stage' ? null : rollBackOf(facts);
}

function owns(facts: BriefFacts, owner: string): string {
  return owner === facts.person.id ? 'own' : 'owns';
}

/** Those who decide what is next, as a phrase. */
export function decidersOf(facts: BriefFacts): string {
  const ids = facts.service.stakeholders['release-manager'] ?? facts.service.stakeholders.security ?? [];
  return ids.length === 0 ? 'nobody is named to decide' : oneOf(facts, ids);
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
