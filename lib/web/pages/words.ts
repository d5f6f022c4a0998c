import { html } from 'hono/html';
import { glossary } from '../glossary.ts';
import { type Html, pageOf } from '../layout.ts';

/** What every word of stopship means. */
export function wordsPage(): Html {
  return pageOf({
    title: 'Words',
    place: 'words',
    main: html`<h1>Words</h1><p>One word for one thing, in mails, pages and commands.</p>
<dl class="words">${glossary.map(({ word, meaning }) => html`<div id="${word.replaceAll(/[^a-z]+/gi, '-')}"><dt>${word}</dt><dd>${meaning}</dd></div>`)}</dl>`,
  });
}
