import { type Instant, later } from '../finding/instant.ts';
import type { Occasion } from './facts.ts';
import type { News } from './news.ts';
import { quietUntil } from './quiet.ts';

/** What one person was sent about one stage lately: enough to know when the next message may go out. */
export type Sendings = {
  /** When first briefs were sent each as a message of its own, oldest first. */
  readonly firsts: readonly Instant[];
  /** The last message of any kind. */
  readonly lastAt: Instant | null;
  /** The last message that was no first brief. */
  readonly updateAt: Instant | null;
};

/** What goes out now, a message for each group; what is held back, and until when. */
export type Paced = {
  readonly now: readonly (readonly News[])[];
  readonly later: readonly News[];
  /** Null when nothing is held back. */
  readonly at: Instant | null;
};

/** At most one update per person and stage in this time, in milliseconds. */
export const updateEvery = 10 * 60_000;
/** First briefs that a person gets each by itself in that time; those beyond come as one message. */
export const firstsAlone = 3;
/** Holds that one message speaks of; those beyond come with the next. */
export const holdsPerMessage = 12;

/**
 * When what is news to a person goes out. A first brief goes at once, also in quiet hours; so does the alarm NOT HALTED
 * and its end, because a flawed release can enter until then. That a hold is over goes at once outside of quiet hours.
 * Everything else waits for its turn and goes as one message.
 */
export function pacedOf(news: readonly News[], sent: Sendings, quiet: string | undefined, now: Instant): Paced {
  const firsts = news.filter(({ isFirst }) => isFirst);
  const recent = sent.firsts.filter((at) => at > later(now, -updateEvery));
  const alone = recent.length + firsts.length <= firstsAlone ? firsts : [];
  const rest = worstFirst(news.filter((each) => !alone.includes(each)));
  const single = alone.map((each) => [each]);
  if (rest.length === 0) return { now: single, later: [], at: null };
  const at = turnOf(rest, alone.length > 0 ? { ...sent, lastAt: now } : sent, quiet, now);
  if (at > now) return { now: single, later: rest, at };
  const beyond = rest.slice(holdsPerMessage);
  return {
    now: [...single, rest.slice(0, holdsPerMessage)],
    later: beyond,
    at: beyond.length === 0 ? null : afterQuiet(quiet, later(now, updateEvery)),
  };
}

/** What may be sent when at the earliest. */
function turnOf(news: readonly News[], sent: Sendings, quiet: string | undefined, now: Instant): Instant {
  const occasions = news.flatMap(({ main, also }) => [main, ...also]);
  if (occasions.some(({ kind }) => pace[kind] === 'alarm')) return now;
  const paces = occasions.map(({ kind }) => pace[kind]);
  const last = paces.includes('prompt') ? sent.updateAt : sent.lastAt;
  const turn = paces.includes('end') || last === null ? now : later(last, updateEvery);
  const due = turn > now ? turn : now;
  return news.some(({ isFirst }) => isFirst) ? due : afterQuiet(quiet, due);
}

function afterQuiet(quiet: string | undefined, at: Instant): Instant {
  return quietUntil(quiet, at) ?? at;
}

/**
 * `alarm`: at once, always. `end`: at once outside of quiet hours. `prompt`: what a person did, or the clock, which waits
 * for the last update only. `slow`: waits for the last message of any kind, so that what a burst of findings brings is one update.
 */
const pace: Readonly<Record<Occasion['kind'], 'alarm' | 'end' | 'prompt' | 'slow'>> = {
  opened: 'slow',
  changed: 'slow',
  reminder: 'slow',
  escalated: 'prompt',
  'more-time': 'prompt',
  'kept-halted': 'prompt',
  'not-yet': 'prompt',
  refuted: 'prompt',
  resumed: 'end',
  'not-halted': 'alarm',
  'halted-after-alarm': 'alarm',
  'plan-changed': 'prompt',
  rated: 'prompt',
  'worked-around': 'alarm',
  disputed: 'prompt',
  'dispute-refused': 'prompt',
  'rolled-back': 'prompt',
  'new-link': 'alarm',
};

/** Those heard of for the first time before the others, and the gravest first. */
function worstFirst(news: readonly News[]): readonly News[] {
  const score = ({ hold }: News) => hold.ratings.at(-1)?.score ?? hold.assessment.score ?? 10;
  return news.toSorted((a, b) => Number(b.isFirst) - Number(a.isFirst) || score(b) - score(a));
}
