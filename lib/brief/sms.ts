import { attackInShort } from './attack.ts';
import type { BriefFacts } from './facts.ts';
import { deadlineOf } from './options.ts';
import { asciiOf, capital, cut, harmless } from './plain.ts';
import { placeOf } from './standing.ts';
import { duration, timeOfDay } from './time.ts';

/** One SMS part in the GSM 7-bit alphabet. @see 3GPP TS 23.038 */
export const smsMax = 160;

/** A text message of one part. It carries no link: the mail does. */
export function smsOf(facts: BriefFacts): string {
  const [head, tail] = [gsmOf(headOf(facts)), gsmOf(tailOf(facts))];
  const flaw = cut(gsmOf(flawOf(facts)), smsMax - head.length - tail.length - 4);
  return cut(flaw === '' ? `${head}. ${tail}` : `${head}: ${flaw}${flaw.endsWith('...') ? ' ' : '. '}${tail}`, smsMax);
}

/** Text in the part of the GSM alphabet whose characters count once; the others become their likeness. */
export function gsmOf(text: string): string {
  return asciiOf(harmless(text)).replace(/[[\]{}\\|^~`]/g, (character) => likeness[character] ?? '');
}

const likeness: Readonly<Record<string, string>> = {
  '[': '(',
  ']': ')',
  '{': '(',
  '}': ')',
  '\\': '/',
  '|': '/',
  '^': '',
  '~': '-',
  '`': "'",
};

function headOf({ hold, occasion, now, zone }: BriefFacts): string {
  const service = capital(cut(hold.service, 20));
  const stage = hold.stage.stage === 'Production' ? 'Prod' : cut(hold.stage.stage, 16);
  if (occasion.kind === 'resumed')
    return `${service}: ${stage} is open again since ${timeOfDay(hold.status === 'closed' ? hold.closedAt : now, zone)}`;
  if (hold.status === 'pending')
    return `NOT HALTED: ${service} release ${placeOf(hold) === 'inside' ? 'already inside' : 'can still enter'} ${stage}`;
  return `${service} ${{ waiting: 'release held before', inside: 'release already inside', next: 'closed: next release waits before' }[placeOf(hold)]} ${stage}`;
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
  return `${role === 'release-manager' ? 'Decide' : 'Decision due'} ${hold.deadline > facts.now ? `by ${deadlineOf(facts)}` : 'now'}, see your mail. ${hold.code}`;
}
