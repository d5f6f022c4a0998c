import { html } from 'hono/html';
import { glossary } from '../glossary.ts';
import type { Html } from '../layout.ts';

/** What the abbreviations in a text mean, in the order of the words: before it, so that none stands unexplained. */
export function abbreviationsIn(text: string): Html | string {
  const used = abbreviations.filter(({ word }) => new RegExp(`\\b${word}\\b`).test(text));
  if (used.length === 0) return '';
  return html`<details class="abbreviations" id="abbreviations"><summary>What ${used.map(({ word }) => word).join(', ')} mean${used.length === 1 ? 's' : ''}</summary>
<dl>${used.map(({ word, meaning }) => html`<div><dt>${word}</dt><dd>${meaning}</dd></div>`)}</dl></details>`;
}

const abbreviations = glossary.filter(({ word }) => word === word.toUpperCase());
