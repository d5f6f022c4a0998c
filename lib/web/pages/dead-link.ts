import { html } from 'hono/html';
import { type Html, pageOf } from '../layout.ts';
import { timeOf } from '../time.ts';
import type { DeadLinkView, Frame } from '../views.ts';

const words = {
  unknown: {
    title: 'This link is not known',
    text: 'It may be cut off or mistyped. Open it from the newest mail again, or copy the whole address.',
  },
  used: {
    title: 'This link was used',
    text: 'A link records one decision. Yours was recorded; using it again changes nothing.',
  },
  expired: {
    title: 'This link has expired',
    text: 'A link ends at the next deadline of its hold. Nothing was decided by that.',
  },
  superseded: {
    title: 'The facts have changed',
    text: 'This link belongs to an earlier revision. A newer mail, sent at most ten minutes after the change, has the link to the present one.',
  },
  decided: {
    title: 'This is already decided',
    text: 'The hold this link belongs to needs no decision from you any more.',
  },
  locked: {
    title: 'This link is locked',
    text: 'Too many wrong codes were entered. Nothing was recorded, and you are not locked out: ask for a new link.',
  },
  'not-entitled': {
    title: 'You no longer decide on this',
    text: 'Your role in the policy has changed since the link was sent. Nothing was recorded.',
  },
} as const satisfies Record<DeadLinkView['why'], { title: string; text: string }>;

/** Why the link leads nowhere, what holds now, and how to get a new one. `renewAddress` is on our own host. */
export function deadLinkPage(view: DeadLinkView, renewAddress: string, frame: Frame): Html {
  const { title, text } = words[view.why];
  return pageOf({
    title,
    place: 'decision',
    main: html`<h1>${title}</h1>
<p class="lead">${text}${view.at && html` It happened ${timeOf(view.at, frame)}.`}</p>
${view.now && html`<p class="state plain"><b>Now:</b> ${view.now}</p>`}
${
  view.renewable
    ? html`<form method="post" action="${renewAddress}"><button type="submit">Send me a new link</button></form>
<p class="quiet">It goes only to the address on record for you, never to this page.</p>`
    : html`<p class="quiet">Someone of security can send you a new link.</p>`
}`,
  });
}

/** The answer to everybody who asks for a new link: it tells nothing about the old one. */
export function renewedPage(): Html {
  return pageOf({
    title: 'Look at your mail',
    place: 'decision',
    main: html`<h1>Look at your mail</h1>
<p class="lead">If the old link was yours and its hold still needs you, a new link is on its way to the address on record.</p>
<p>Nothing has come after ten minutes? Ask someone of security. Until somebody decides, it stays stopped.</p>`,
  });
}
