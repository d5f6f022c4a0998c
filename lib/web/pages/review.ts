import { html } from 'hono/html';
import { msOf } from '../../finding/instant.ts';
import { type Html, pageOf } from '../layout.ts';
import { lengthOf, momentOf, timeOf } from '../time.ts';
import type { Frame, ReviewView } from '../views.ts';
import { durationBar } from './duration-bar.ts';
import { outcomeWords } from './outcome.ts';
import { ratingsOf, severityOf } from './rating.ts';
import { timelineOf } from './timeline.ts';

/** What is kept of one hold for ever, and what was learned. */
export function reviewPage(review: ReviewView, frame: Frame): Html {
  return pageOf({
    title: `Review of ${review.service}: ${review.title}`,
    place: 'reviews',
    main: html`<p class="crumbs"><a href="/reviews">Reviews</a> / ${review.service} / hold ${review.code}</p>
<h1>${review.title}</h1>
${
  review.closedAt === null
    ? html`<p class="state amber"><b>Draft</b>: the hold is open since ${timeOf(review.openedAt, frame)}. <a href="/holds/${encodeURIComponent(review.id)}">Hold</a></p>`
    : html`<p class="state green"><b>${outcomeWords(review.outcome)}</b> ${timeOf(review.closedAt, frame)}. ${review.stage} stood ${lengthOf(msOf(review.closedAt) - msOf(review.openedAt))}.</p>`
}
<p class="lead">${changeOf(review)}</p>
<section><h2>How long each part took</h2>${durationBar(review.durations)}</section>
<section><h2>What is to be done</h2>${actionsOf(review, frame)}</section>
<section><h2>Four questions</h2>${review.questions.map(questionOf)}</section>
<section><h2>Decisions</h2>${decisionsOf(review, frame)}</section>
<section><h2>Severities</h2>${ratingsOf(review.ratings, frame)}</section>
<section><h2>Timeline</h2>${timelineOf(review.events, frame)}</section>`,
  });
}

function changeOf({ initial, final }: ReviewView): string {
  if (final === null) return 'No severity was given.';
  if (initial === null || initial.score === final.score) return `Rated ${severityOf(final)} by ${final.author}.`;
  return `First rated ${severityOf(initial)} by ${initial.author}, in the end ${severityOf(final)} by ${final.author}: ${final.reason}`;
}

const questions = {
  'root-cause': 'What was the root cause?',
  development: 'How did the way we develop let it through?',
  'security-testing': 'Which security test should have caught it, and why did it not?',
  communication: 'Did everybody know in time what they needed?',
} as const;

function questionOf({ id, facts, answer, assignee }: ReviewView['questions'][number]): Html {
  return html`<article class="question"><h3>${questions[id]}</h3>
<p>${answer ?? html`<b class="amber">Not answered yet</b>${assignee === null ? ', nobody is asked.' : `: ${assignee} is asked.`}`}${answer !== null && assignee !== null && html` <small>(${assignee})</small>`}</p>
${facts.length > 0 && html`<ul class="quiet">${facts.map((fact) => html`<li>${fact}</li>`)}</ul>`}</article>`;
}

function actionsOf({ actions }: ReviewView, frame: Frame): Html {
  if (actions.length === 0)
    return html`<p class="quiet">No action item yet. They come from the answers below, each with an owner and a date.</p>`;
  return html`<ul class="rows">${actions.map(
    ({ text, owner, due, done }) =>
      html`<li><b class="${done ? 'green' : 'amber'}">${done ? 'Done' : 'Open'}</b> ${text}<br>${owner}${due && html`, due ${momentOf(due, frame)}`}</li>`,
  )}</ul>`;
}

function decisionsOf({ decisions }: ReviewView, frame: Frame): Html {
  if (decisions.length === 0) return html`<p class="quiet">No decision was recorded.</p>`;
  return html`<ul class="rows">${decisions.map(
    ({ action, by, at, reason }) => html`<li><b>${action}</b> by ${by} · ${timeOf(at, frame)}<br>${reason}</li>`,
  )}</ul>`;
}
