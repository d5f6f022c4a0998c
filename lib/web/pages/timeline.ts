import { html } from 'hono/html';
import type { Html } from '../layout.ts';
import { timeOf } from '../time.ts';
import type { EventView, Frame } from '../views.ts';

/** What happened, oldest first. */
export function timelineOf(events: readonly EventView[], frame: Frame): Html {
  if (events.length === 0)
    return html`<p class="quiet">Nothing happened yet. Each step appears here as it is taken.</p>`;
  return html`<ol class="timeline">${events.map(
    (event) =>
      html`<li class="${event.tone}">${timeOf(event.at, frame)}<span><b>${event.actor}</b> ${event.text}</span></li>`,
  )}</ol>`;
}
