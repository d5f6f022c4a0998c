import { html } from 'hono/html';
import { type Html, pageOf } from '../layout.ts';
import { timeOf } from '../time.ts';
import type { Frame, RejectedView } from '../views.ts';

/** What came in and could not be read, with the reason and where. */
export function rejectedPage({ records }: RejectedView, frame: Frame): Html {
  return pageOf({
    title: 'Rejected',
    place: 'rejected',
    live: true,
    main: html`<h1>Rejected</h1>
<p>Records that stopship could not read. They are kept: mend them and send them again, or it may miss what they report.</p>
${
  records.length === 0
    ? html`<section class="card empty"><h2>Everything was read</h2><p>A record without what a finding needs appears here with the reason and the place. Try it with <code>echo '{}' | stopship send -</code>.</p></section>`
    : records.map(
        (record, at) => html`<article class="card"><p><b>${record.message}</b></p>
<p class="quiet">${record.path === '' ? 'The whole record' : html`At <code>${record.path}</code>`} · ${timeOf(record.at, frame)}</p>
<details id="record-${at}"><summary>The record as it came</summary><pre tabindex="0">${record.excerpt}</pre></details></article>`,
      )
}`,
  });
}
