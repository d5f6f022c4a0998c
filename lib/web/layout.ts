import { html, raw } from 'hono/html';

/** Markup whose variable parts are escaped. */
export type Html = ReturnType<typeof html>;

/** Where pages find the style sheet and the board its script. */
export const stylePath = '/assets/stopship.css';
export const livePath = '/assets/live.js';

/** A whole page. `live` pages swap their main part by themselves; decision pages never do. */
export type Page = {
  readonly title: string;
  readonly main: Html;
  /** The console has navigation; a decision page has none, since on AWS nothing else exists. */
  readonly place: Place | 'decision';
  readonly live?: boolean;
};

export type Place = (typeof places)[number]['place'];

const places = [
  { place: 'board', path: '/', name: 'Board' },
  { place: 'mailbox', path: '/mailbox', name: 'Mailbox' },
  { place: 'reviews', path: '/reviews', name: 'Reviews' },
  { place: 'rejected', path: '/rejected', name: 'Rejected' },
  { place: 'metrics', path: '/metrics', name: 'Metrics' },
  { place: 'words', path: '/words', name: 'Words' },
] as const;

/** The document around a page's main part. */
export function pageOf({ title, main, place, live = false }: Page): Html {
  return html`${raw('<!doctype html>')}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · stopship</title>
<link rel="stylesheet" href="${stylePath}">
${live ? html`<script src="${livePath}" defer></script><noscript><meta http-equiv="refresh" content="10"></noscript>` : ''}
</head>
<body class="${place === 'decision' ? 'narrow' : 'wide'}">
<a class="skip" href="#main">Skip to the content</a>
<header>
${place === 'decision' ? html`<p class="brand">stopship</p>` : navigation(place)}
${live && html`<p id="stale" class="note amber" hidden>The page is not up to date: stopship does not answer. Trying again.</p>`}
</header>
<main id="main" tabindex="-1">
${main}
</main>
</body>
</html>`;
}

function navigation(here: Place): Html {
  return html`<a class="brand" href="/">stopship</a>
<nav aria-label="Pages"><ul>${places.map(
    ({ place, path, name }) =>
      html`<li><a href="${path}"${place === here ? html` aria-current="page"` : ''}>${name}</a></li>`,
  )}</ul></nav>`;
}
