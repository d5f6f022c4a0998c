import { html } from 'hono/html';
import { type Html, pageOf } from '../layout.ts';
import { momentOf, timeOf } from '../time.ts';
import type { Frame, ReceiptView } from '../views.ts';

/** What was recorded, for whom, what is still missing, what happens next. */
export function receiptPage(view: ReceiptView, frame: Frame): Html {
  const standing = view.missing.length === 0;
  return pageOf({
    title: 'Recorded',
    place: 'decision',
    main: html`<h1>Recorded: ${view.action}</h1>
<p class="state ${standing ? 'green' : 'amber'}">${
      standing
        ? html`<b>The decision stands.</b> Nobody else is needed.`
        : html`<b>Not complete yet.</b> Still needs ${view.missing.join(' and ')}. Until then it stays stopped.`
    }</p>
<dl class="glance">
<div><dt>By</dt><dd>${view.person}, ${timeOf(view.at, frame)}</dd></div>
<div><dt>For</dt><dd>${view.hold.service} before ${view.hold.stage}: ${view.hold.title} (hold ${view.hold.code})</dd></div>
<div><dt>Reason</dt><dd>${view.reason}</dd></div>
<div><dt>Next</dt><dd>${view.next}${view.by && html` By ${momentOf(view.by, frame)}.`}</dd></div>
</dl>
<p class="quiet">Your link is used up. If facts change, you get a new one. You can close this page.</p>`,
  });
}
