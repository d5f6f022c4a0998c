import { html } from 'hono/html';
import type { Html } from '../layout.ts';
import { timeOf } from '../time.ts';
import type { Frame, QuorumView, VoteView } from '../views.ts';

/** Who has voted what, and whom each begun decision still needs. */
export function votesOf(
  hold: { readonly quorum: readonly QuorumView[]; readonly votes: readonly VoteView[] },
  frame: Frame,
): Html {
  if (hold.votes.length === 0 && hold.quorum.length === 0)
    return html`<p class="quiet">Nobody has decided yet. Votes appear here with their reasons.</p>`;
  return html`${hold.quorum.map(
    ({ action, has, needs }) =>
      html`<p><b>${action}</b>: ${has.length === 0 ? 'nobody yet' : has.join(', ')}${
        needs.length === 0 ? ' · complete' : ` · still needs ${needs.join(' and ')}`
      }</p>`,
  )}
<ul class="rows">${hold.votes.map(
    (
      vote,
    ) => html`<li${vote.void === null ? '' : html` class="void"`}><b>${vote.person}</b> ${vote.action} · ${timeOf(vote.at, frame)} · revision ${vote.revision}
<br>${vote.reason}${vote.void && html`<br><small>Does not count any more: ${vote.void}</small>`}</li>`,
  )}</ul>`;
}
