import { html } from 'hono/html';
import type { Band } from '../../risk/assessment.ts';
import type { Html } from '../layout.ts';
import { timeOf } from '../time.ts';
import type { DisputeView, Frame, RatingView } from '../views.ts';

/** `9.2 of 10, Critical`; says so when one of the two, or both, are unknown. */
export function severityOf({
  score,
  severity,
}: {
  readonly score: number | null;
  readonly severity: Band | null;
}): string {
  const word = severity === null ? null : `${severity.charAt(0).toUpperCase()}${severity.slice(1)}`;
  if (score === null) return word ?? 'severity unknown';
  return word === null ? `${score.toFixed(1)} of 10` : `${score.toFixed(1)} of 10, ${word}`;
}

/** The severities that were given, in order of time: the first is the initial one, the last the one that counts. */
export function ratingsOf(ratings: readonly RatingView[], frame: Frame): Html {
  return html`<table class="stack">
<thead><tr><th scope="col">Severity</th><th scope="col">Given by</th><th scope="col">Reason</th><th scope="col">When</th></tr></thead>
<tbody>${ratings.map(
    (rating, at) => html`<tr><th scope="row">${severityOf(rating)}
${ratings.length > 1 && html`<small>${placeOf(at, ratings.length)}</small>`}</th>
<td data-label="Given by">${rating.author}</td><td data-label="Reason">${rating.reason}${rating.vector && html`<br><code>${rating.vector}</code>`}</td>
<td data-label="When">${timeOf(rating.at, frame)}</td></tr>`,
  )}</tbody></table>`;
}

/** The severity that somebody brought: what it rests on, and that it does not count. */
export function disputeOf(dispute: DisputeView | null, frame: Frame): Html | string {
  if (dispute === null) return '';
  const { author, at, reason, difference, vector, state } = dispute;
  const stands =
    state === 'open'
      ? html`<b>Security has not answered yet;</b> until it confirms, nothing changes.`
      : html`Security refused it: the score stays.`;
  return html`<p class="note plain"><b>${author}</b> says, ${timeOf(at, frame)}: it ${difference}. Reason: ${reason}
${vector && html`<br><code>${vector}</code>`}<br>${stands}</p>`;
}

function placeOf(at: number, count: number): string {
  if (at === 0) return 'initial';
  return at === count - 1 ? 'counts now' : 'replaced';
}
