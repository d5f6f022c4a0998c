import { untrusted } from '../finding/untrusted.ts';
import { type BriefFacts, isViewOnly } from './facts.ts';
import { deadlineOf } from './options.ts';
import { asciiOf, capital, cut, harmless } from './plain.ts';
import { placeOf } from './standing.ts';
import { timeOfDay } from './time.ts';
import { workedAroundShort } from './worked-around.ts';

/**
 * The subject of an e-mail: one line of fewer than 100 printable ASCII characters.
 * @see Amazon SNS, Publish: it refuses other subjects.
 */
export function subjectOf(facts: BriefFacts): string {
  return cut(
    asciiOf(harmless(untrusted(wordsOf(facts))))
      .replace(/\s+/g, ' ')
      .trim(),
    99,
  );
}

function wordsOf(facts: BriefFacts): string {
  const { hold, occasion, zone, now } = facts;
  const service = capital(cut(hold.service, 24));
  const stage = cut(hold.stage.stage, 20);
  if (occasion.kind === 'resumed')
    return `${service} released ${timeOfDay(hold.status === 'closed' ? hold.closedAt : now, zone)} - ${stage} is open again`;
  if (hold.status === 'pending')
    return `NOT HALTED: ${service} release ${placeOf(hold) === 'inside' ? `already inside ${stage}` : `can still enter ${stage}`}`;
  const what = {
    waiting: 'release held before',
    inside: 'release already inside',
    next: 'closed: next release waits before',
  }[placeOf(hold)];
  return `${service} ${what} ${stage} - ${toDo(facts)}`;
}

function toDo(facts: BriefFacts): string {
  const { occasion, role } = facts;
  const by = facts.hold.deadline > facts.now ? deadlineOf(facts) : 'now';
  switch (occasion.kind) {
    case 'reminder':
      return isViewOnly(role) ? `no decision yet, due ${by}` : `still to decide by ${by}`;
    case 'escalated':
      return 'nobody decided in time';
    case 'more-time':
      return `more time, now ${by}`;
    case 'kept-halted':
      return 'kept halted';
    case 'not-yet':
      return 'decided, evidence missing';
    case 'refuted':
      return 'the decision did not hold up';
    case 'changed':
      return `facts changed, due ${by}`;
    case 'rated':
      return `rated anew, due ${by}`;
    case 'disputed':
      return `score disputed, due ${by}`;
    case 'dispute-refused':
      return 'the score stays';
    case 'rolled-back':
      return 'the roll-back is done';
    case 'plan-changed':
      return `new plan, due ${by}`;
    case 'halted-after-alarm':
      return 'the halt is in force now';
    case 'not-halted':
      return 'the halt is not confirmed';
    case 'worked-around':
      return workedAroundShort(occasion);
    case 'resumed':
      return 'open again';
    case 'new-link':
      return `your new link, due ${by}`;
    case 'opened':
      return firstTask(facts, by);
    default:
      return occasion satisfies never;
  }
}

function firstTask({ role }: BriefFacts, by: string): string {
  switch (role) {
    case 'release-manager':
      return by === 'now' ? 'decide now' : `decide by ${by}`;
    case 'security':
      return `check the facts, due ${by}`;
    case 'developer':
      return `confirm the plan by ${by}`;
    case 'risk-owner':
      return `your vote may be needed by ${by}`;
    case 'product':
    case 'executive':
      return `decision due ${by}`;
    default:
      return role satisfies never;
  }
}
