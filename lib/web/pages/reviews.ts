import { html } from 'hono/html';
import { msOf } from '../../finding/instant.ts';
import { type Html, pageOf } from '../layout.ts';
import { lengthOf, timeOf } from '../time.ts';
import type { Frame, ReviewRow, ReviewsView } from '../views.ts';
import { outcomeWords } from './outcome.ts';
import { severityOf } from './rating.ts';

/** Every hold that was, newest first. */
export function reviewsPage({ reviews }: ReviewsView, frame: Frame): Html {
  return pageOf({
    title: 'Reviews',
    place: 'reviews',
    live: true,
    main: html`<h1>Reviews</h1>
${
  reviews.length === 0
    ? html`<section class="card empty"><h2>No review yet</h2><p>Every hold leaves one: the timeline as it happened, who decided what, how long the line stood. It is drafted while the hold is open and filed when it ends.</p></section>`
    : html`<ul class="rows">${reviews.map((review) => html`<li>${reviewLine(review, frame)}</li>`)}</ul>`
}`,
  });
}

/** One review in two lines, with its link. */
export function reviewLine(review: ReviewRow, frame: Frame): Html {
  const stood =
    review.closedAt === null
      ? 'a draft, the hold is open'
      : `${outcomeWords(review.outcome)} after ${lengthOf(msOf(review.closedAt) - msOf(review.openedAt))}`;
  return html`<a href="/reviews/${encodeURIComponent(review.id)}">${review.service}: ${review.title}</a><br>
<span>${stood}${review.final && ` · ${severityOf(review.final)}`} · ${timeOf(review.closedAt ?? review.openedAt, frame)}</span>`;
}
