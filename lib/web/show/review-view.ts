import type { Ports } from '../../aws/ports.ts';
import { nameOf } from '../../brief/facts.ts';
import type { Instant } from '../../finding/instant.ts';
import { msOf } from '../../finding/instant.ts';
import type { EventKind, HoldEvent } from '../../hold/hold.ts';
import { readHold } from '../../hold/ledger.ts';
import type { Person } from '../../policy/policy.ts';
import { filedReviews, readReview } from '../../review/file.ts';
import type { ReviewRecord } from '../../review/review.ts';
import type { Phase, ReviewRow, ReviewsView, ReviewView } from '../views.ts';
import { actionNamed, actionNames } from './action-words.ts';
import { ratingView } from './assessment-view.ts';
import { eventViews } from './event-view.ts';

type ReviewPorts = Pick<Ports, 'table' | 'policy'>;

/** Every filed review, newest first. */
export async function reviewsView({ table, policy }: ReviewPorts): Promise<ReviewsView> {
  return { reviews: (await filedReviews(table)).map((review) => reviewRow(review, policy.people)) };
}

/** One review, of an open hold the draft; null when there is no such hold. */
export async function reviewView(ports: ReviewPorts, holdId: string): Promise<ReviewView | null> {
  const [review, hold] = await Promise.all([readReview(ports, holdId), readHold(ports.table, holdId)]);
  if (review === null || hold === null) return null;
  const { people } = ports.policy;
  return {
    ...reviewRow(review, people),
    code: hold.code,
    stage: hold.stage.stage,
    durations: phasesOf(review.timeline, review),
    ratings: hold.ratings.map((rating) => ratingView(rating, people)),
    events: eventViews(review.timeline, hold, people),
    decisions: review.decisions.map(({ personId, action, reason, at }) => {
      const known = actionNamed(action);
      return { action: known === null ? action : actionNames[known], by: nameOf(people, personId), at, reason };
    }),
    questions: review.questions.map(({ id, facts, answer, assignee }) => ({
      id,
      facts,
      answer,
      assignee: assignee === null ? null : nameOf(people, assignee),
    })),
    actions: review.actions.map(({ what, owner, due, state }) => ({
      text: what,
      owner: owner === null ? 'nobody yet' : nameOf(people, owner),
      due,
      done: state === 'done',
    })),
  };
}

/** A review as a line of a list. */
export function reviewRow(review: ReviewRecord, people: readonly Person[]): ReviewRow {
  const { id, service, title, openedAt, closedAt, outcome, initial, final } = review;
  return {
    id,
    service,
    title,
    openedAt,
    closedAt,
    outcome,
    initial: ratingView(initial, people),
    final: ratingView(final, people),
  };
}

/**
 * The hold as parts that follow each other, so that together they are as long as it took. A part begins where the one
 * before it ended; waiting for the fix is what lies between a look that missed it and the look that found it.
 */
export function phasesOf(
  events: readonly HoldEvent[],
  { openedAt, initial }: Pick<ReviewRecord, 'openedAt' | 'initial'>,
): ReviewView['durations'] {
  const verified = timeOf(events, 'verified');
  const missed = timeOf(events, 'not-yet', verified);
  const marks: readonly (readonly [Phase, Instant | null])[] = [
    ['detect', openedAt],
    ['halt', timeOf(events, 'in-force')],
    ['tell', timeOf(events, 'told')],
    ['decide', timeOf(events, 'decided', missed ?? verified)],
    ...(missed === null
      ? ([['verify', verified]] as const)
      : ([
          ['verify', missed],
          ['fix', verified],
        ] as const)),
    ['resume', timeOf(events, 'resumed') ?? timeOf(events, 'closed')],
  ];
  const parts: { phase: Phase; ms: number }[] = [];
  let from = initial.at < openedAt ? initial.at : openedAt;
  for (const [phase, until] of marks) {
    if (until === null || until <= from) continue;
    parts.push({ phase, ms: msOf(until) - msOf(from) });
    from = until;
  }
  return parts;
}

/** When an event of this kind first happened; with `before` the last one that is not later than that. */
function timeOf(events: readonly HoldEvent[], kind: EventKind, before: Instant | null = null): Instant | null {
  const found =
    before === null
      ? events.find((event) => event.kind === kind)
      : events.findLast((event) => event.kind === kind && event.time <= before);
  return found?.time ?? null;
}
