import { type Block, text } from './email.ts';
import { type BriefFacts, called, isViewOnly, type Occasion, oneOf, whoIs, whom } from './facts.ts';
import { causeInPlainWords } from './flaw.ts';
import { deadlineOf, decidedSoFar, endInWords } from './options.ts';
import { capital, cut, quoted, sentence } from './plain.ts';
import { causeOf, haltReachOf, problemOf, reachOf, standingOf } from './standing.ts';
import { duration, moment, timeOfDay } from './time.ts';
import { workedAround } from './worked-around.ts';

/**
 * The first lines of every brief: what is broken, what to do (`task`, a sentence for the role), by when; then what is
 * new and what the halt covers. A release inside the stage, and a halt that is not confirmed, are said before all else.
 */
export function openingOf(facts: BriefFacts, task: string): readonly Block[] {
  const { hold, person } = facts;
  const isPlain = isViewOnly(facts.role);
  const cause = isPlain ? causeInPlainWords(facts) : `${causeOf(hold)} ${problemOf(hold)}`;
  return [
    text(
      `${called(facts, person.id)}, ${standingOf(hold)}, ${cause}.`,
      // Who only looks reads further down what it means for customers.
      ...(isPlain ? haltReachOf(hold, 'plain') : reachOf(hold, 'technical')),
      task,
    ),
    text(...allNews(facts), byHand(facts), decidedSoFar(facts)),
  ];
}

/** Everything that makes this message news, a sentence each. */
export function allNews(facts: BriefFacts): readonly (string | null)[] {
  // Who only looks reads what weighs most, and the last besides.
  const others = isViewOnly(facts.role) ? facts.alsoNew.slice(-1) : facts.alsoNew;
  return [facts.occasion, ...others].map((occasion) => newsOf(facts, occasion));
}

/** What makes a message news, as a sentence; null for a first brief. */
export function newsOf(facts: BriefFacts, occasion: Occasion): string | null {
  const most = isViewOnly(facts.role) ? 80 : 200;
  const by = (id: string | undefined) => capital(id === undefined ? 'somebody' : whom(facts, id));
  switch (occasion.kind) {
    case 'opened':
      return null;
    case 'changed':
      return `What has changed: ${sentence(occasion.why, most)} Links sent before no longer decide.`;
    case 'reminder':
      return `A reminder: nobody has decided yet, and the time runs to ${deadlineOf(facts)}.`;
    case 'escalated':
      return escalation(facts, occasion.unreached);
    case 'more-time':
      return `${by(occasion.by)} gave it ${occasion.hours} h more: the new time is ${deadlineOf(facts)}.`;
    case 'kept-halted':
      return `${by(occasion.by)} decided to keep the stage halted: ${quoted(occasion.reason, most)}. It goes to the next level.`;
    case 'not-yet':
      return `What was decided holds, but cannot be carried out yet. Missing: ${sentence(occasion.missing, most)}`;
    case 'refuted':
      return `What was decided did not hold up when it was verified: ${sentence(occasion.why, most)} It needs a new decision.`;
    case 'resumed':
      return `It stood ${duration(occasion.stoodMs)}.`;
    case 'not-halted':
      return `The stage does not show the halt that we asked for.${occasion.why === undefined ? '' : ` ${sentence(occasion.why)}`}`;
    case 'halted-after-alarm':
      return 'The alarm of before is over: the stage now shows the halt.';
    case 'worked-around':
      return workedAround(facts, occasion);
    case 'plan-changed':
      return `${by(occasion.by)} changed the plan: ${endInWords(facts)}.`;
    case 'new-link':
      return 'Here is the new link that you asked for; those before it no longer decide.';
    case 'rated':
      return `${by(occasion.by)} rated it anew${occasion.difference === undefined ? '' : `: it ${cut(occasion.difference, most)}`}.`;
    case 'disputed':
      return `${by(occasion.by)} says that it ${cut(occasion.difference, most)}. The reason: ${quoted(occasion.reason, most)}. ${confirmationOf(facts, occasion.by)}`;
    case 'dispute-refused':
      return `${by(occasion.by)} refused the changed score: ${quoted(occasion.reason, most)}. The score stays as it was.`;
    case 'rolled-back':
      return `The roll-back is done: ${sentence(occasion.how, 2 * most)} It stays stopped until there is evidence that the flaw is gone.`;
    default:
      return occasion satisfies never;
  }
}

/** Who answers a severity that somebody brought: nobody confirms their own. */
function confirmationOf(facts: BriefFacts, author: string): string {
  const security = facts.service.stakeholders.security ?? [];
  const others = security.filter((id) => id !== author);
  if (others.length > 0) return `Nothing changes until ${oneOf(facts, others)} confirms or refuses it.`;
  if (security.length === 0) return `Nothing changes until ${whoIs(facts, 'security')} confirms or refuses it.`;
  return 'Nothing changes: nobody confirms their own score, and nobody else is named for security.';
}

/** Why it went up a level, and to whom: nobody decided in time, or somebody who decides could not be told. */
function escalation(facts: BriefFacts, unreached: string | undefined): string {
  const level = facts.clock.escalate[facts.hold.level - 1] ?? [];
  const to = level.length === 0 ? 'up' : `to ${oneOf(facts, level, 'and')}`;
  if (unreached === undefined) return `Nobody decided in time, so this now goes ${to}.`;
  const ids = unreached.split(', ').filter((id) => id !== facts.person.id);
  if (ids.length === 0) return `An earlier message did not reach you, so this now goes ${to}.`;
  return `${capital(oneOf(facts, ids, 'and'))} ${ids.length === 1 ? 'was' : 'were'} not reached, so this now goes ${to}.`;
}

/** The whole brief when it is over: when, why, how long it stood, and what is still to do. Null while it is not. */
export function endingOf(facts: BriefFacts): readonly Block[] | null {
  const { hold, occasion, zone, now } = facts;
  if (occasion.kind !== 'resumed') return null;
  const at = timeOfDay(hold.status === 'closed' ? hold.closedAt : now, zone);
  const name = shortName(occasion.release ?? '');
  const release = name === '' || occasion.how.includes(name) ? null : `It was opened for release ${name}.`;
  return [
    text(
      `${called(facts, facts.person.id)}, the way into ${hold.stage.stage} is open again for ${hold.service} since ${at}.${mayRetry(facts, occasion) ? '' : ' You need to do nothing now.'}`,
    ),
    text(`Why: ${sentence(occasion.how)}`, release, leaveOf(facts), `It stood ${duration(occasion.stoodMs)}.`),
    ...refusedAtTheGate(facts, occasion),
    text('The review of this halt is drafted; its open questions come to those who are named in it.'),
    ...linkTo(facts, 'Review', 'view only'),
  ];
}

type Ending = Extract<BriefFacts['occasion'], { kind: 'resumed' }>;

/** What the gate refused has failed, and waits for nobody: who may start it again reads how. */
function refusedAtTheGate(facts: BriefFacts, ending: Ending): readonly Block[] {
  const { refused } = ending;
  if (refused === undefined || isViewOnly(facts.role)) return [];
  const { name, stage } = facts.hold.stage;
  return [
    text(
      `Release ${shortName(refused)} asked to enter while the stage was held; the gate refused it, so it failed and does not try again by itself.`,
      mayRetry(facts, ending)
        ? `To let it in, retry ${stage} for it: RetryStageExecution on pipeline ${name}, execution ${refused}.`
        : 'It is not the release that was cleared: do not retry it.',
    ),
  ];
}

function mayRetry(facts: BriefFacts, { refused, mayRetry: may }: Ending): boolean {
  return refused !== undefined && may === 'yes' && !isViewOnly(facts.role);
}

/** The person's link with its note; nothing when there is none. */
export function linkTo(facts: BriefFacts, label: string, note: string): readonly Block[] {
  return facts.link === null ? [] : [{ kind: 'link', label, address: facts.link, note }];
}

/** The note beside a link that decides. */
export function onlyYou(facts: BriefFacts): string {
  return `only you can use this link; code ${facts.hold.code}`;
}

/** What a person can do while the halt is not confirmed; nothing for those who only look. */
function byHand({ hold, role }: BriefFacts): string | null {
  if (hold.status !== 'pending' || isViewOnly(role)) return null;
  return `If you can, disable the transition into ${hold.stage.stage} by hand in CodePipeline; what is closed by hand is also opened by hand.`;
}

/** Who let it pass though the flaw is there, until when; null when the flaw is gone. */
function leaveOf(facts: BriefFacts): string | null {
  const waiver = facts.hold.closing?.waiver ?? null;
  if (waiver === null) return null;
  const until = moment(waiver.until, facts.zone, facts.now);
  return `${capital(oneOf(facts, waiver.by, 'and'))} let it pass until ${until}: ${quoted(waiver.reason, 120)}. Unfixed then, the stage halts again.`;
}

/** Seven characters of a commit, eight of an execution id. */
function shortName(release: string): string {
  return release.slice(0, /^[0-9a-f]{8}-/.test(release) ? 8 : 7);
}
