import { attackInShort } from './attack.ts';
import type { BriefFacts } from './facts.ts';
import { gsmOf, septetsOf, smsSeptets } from './gsm.ts';
import { deadlineOf } from './options.ts';
import { capital, cut } from './plain.ts';
import { placeOf } from './standing.ts';
import { duration, timeOfDay } from './time.ts';

/**
 * A text message of one part: what is broken, what to do, by when, and a link that only shows. The link stays whole; the
 * longer it is, the shorter the words. Whoever decides finds their own link in the mail.
 */
export function smsOf(facts: BriefFacts): string {
  const link = facts.viewLink === null ? '' : ` ${facts.viewLink}`;
  const room = smsSeptets - (septetsOf(link) ?? smsSeptets);
  // A link that leaves no room for the words is left out: what is broken, and where to look, comes first.
  if (room < wordsMin) return wordsOf(facts, smsSeptets);
  return `${wordsOf(facts, room)}${link}`;
}

/** Fewer characters say nothing. */
const wordsMin = 28;

/** The fullest wording that the room takes. */
function wordsOf(facts: BriefFacts, room: number): string {
  const [where, brief, task, due] = [gsmOf(headOf(facts)), gsmOf(shortHead(facts)), gsmOf(tailOf(facts)), dueOf(facts)];
  const score = scored(facts);
  const flaw = gsmOf(flawOf(facts));
  const left = room - where.length - task.length - 4;
  const full = flaw.length <= left || left >= flawMin ? `${where}: ${sentenceOf(cut(flaw, left))}${task}` : null;
  const wordings = [
    full,
    `${where}${score}. ${task}`,
    `${where}${score}: ${due}`,
    `${brief}${score}: ${due}`,
    `${brief}: ${due}`,
    `${brief}, ${dueInShort(facts)}`,
    brief,
  ];
  return wordings.find((each) => each !== null && each.length <= room) ?? cut(brief, room);
}

/** Characters of the flaw that are worth printing. */
const flawMin = 40;

function scored({ hold, occasion }: BriefFacts): string {
  const score = hold.ratings.at(-1)?.score ?? hold.assessment.score;
  return occasion.kind === 'resumed' || score === null ? '' : ` (${score.toFixed(1)} of 10)`;
}

function sentenceOf(text: string): string {
  return text.endsWith('...') ? `${text} ` : `${text}. `;
}

function headOf({ hold, occasion, now, zone }: BriefFacts): string {
  const service = capital(cut(hold.service, 20));
  const stage = stageOf(hold.stage.stage);
  if (occasion.kind === 'resumed')
    return `${service}: ${stage} is open again since ${timeOfDay(hold.status === 'closed' ? hold.closedAt : now, zone)}`;
  if (hold.status === 'pending')
    return `NOT HALTED: ${service} release ${placeOf(hold) === 'inside' ? 'already inside' : 'can still enter'} ${stage}`;
  return `${service} ${{ waiting: 'release held before', inside: 'release already inside', next: 'closed: next release waits before' }[placeOf(hold)]} ${stage}`;
}

function shortHead({ hold, occasion }: BriefFacts): string {
  const service = capital(cut(hold.service, 14));
  if (occasion.kind === 'resumed') return `${service} is open again`;
  if (hold.status === 'pending') return `NOT HALTED: ${service}`;
  return `${service} ${placeOf(hold) === 'inside' ? 'flawed inside' : 'held'}`;
}

function stageOf(stage: string): string {
  return stage === 'Production' ? 'Prod' : cut(stage, 16);
}

function flawOf({ hold, service, occasion }: BriefFacts): string {
  if (occasion.kind === 'resumed') return `it stood ${duration(occasion.stoodMs)}`;
  const what = attackInShort(hold, service) ?? hold.problem.title;
  const score = hold.ratings.at(-1)?.score ?? hold.assessment.score;
  return score === null ? what : `${score.toFixed(1)} of 10, ${what}`;
}

function tailOf(facts: BriefFacts): string {
  const { hold, role, occasion } = facts;
  if (occasion.kind === 'resumed') return `See your mail. ${hold.code}`;
  return `${capital(taskOf(role))} ${byOf(facts)}, see your mail. ${hold.code}`;
}

function taskOf(role: BriefFacts['role']): string {
  return role === 'release-manager' ? 'decide' : 'decision due';
}

function dueOf(facts: BriefFacts): string {
  return facts.occasion.kind === 'resumed' ? 'see your mail' : gsmOf(`${taskOf(facts.role)} ${byOf(facts)}`);
}

function dueInShort(facts: BriefFacts): string {
  if (facts.occasion.kind === 'resumed') return 'see your mail';
  return facts.hold.deadline > facts.now ? gsmOf(`due ${deadlineOf(facts)}`) : 'due now';
}

function byOf(facts: BriefFacts): string {
  return facts.hold.deadline > facts.now ? `by ${deadlineOf(facts)}` : 'now';
}
