import { html } from 'hono/html';
import type { Block } from '../../brief/email.ts';
import type { MeetingSheet } from '../../brief/meeting-sheet.ts';
import type { Html } from '../layout.ts';

/**
 * The sheet for the meeting. On paper it is all of the page; on the screen, where the rest stands above it, the objections
 * with their answers.
 */
export function sheetOf({ title, sections, objections }: MeetingSheet): Html {
  return html`<section class="sheet${objections.length === 0 ? ' on-paper' : ''}"><h2 class="noprint">For the meeting</h2>
<div class="on-paper"><h2>${title}</h2>
${sections.map(({ heading, blocks }) => html`<h3>${heading}</h3>${blocks.map(blockOf)}`)}</div>
${objections.length > 0 && html`<dl class="objections">${objections.map(({ who, says, answer }) => html`<div><dt>${who}: “${says}”</dt><dd>${answer}</dd></div>`)}</dl>`}
<p class="quiet noprint">Print this page: it is the sheet for the room, with the assessment and the ways forward.</p></section>`;
}

function blockOf(block: Block): Html | string {
  switch (block.kind) {
    case 'text':
      return block.text === '' ? '' : html`<p>${block.text}</p>`;
    case 'options':
      return html`<p>${block.intro}</p><ol>${block.items.map((item) => html`<li>${item}</li>`)}</ol>`;
    case 'points':
      return html`<p>${block.intro}</p><ul>${block.items.map((item) => html`<li>${item}</li>`)}</ul>`;
    case 'link':
      // Paper goes from hand to hand.
      return '';
    default:
      return block satisfies never;
  }
}
