import { html } from 'hono/html';
import { type Html, pageOf } from '../layout.ts';

/** A page for what went wrong with a request: what happened and what to do. `where` decides about the navigation. */
export function problemPage(where: 'board' | 'decision', title: string, text: string): Html {
  return pageOf({
    title,
    place: where,
    main: html`<h1>${title}</h1><p class="lead">${text}</p>${where === 'board' && html`<p><a href="/">To the board</a></p>`}`,
  });
}
