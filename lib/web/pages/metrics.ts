import { html } from 'hono/html';
import { type Html, pageOf } from '../layout.ts';
import { timeOf } from '../time.ts';
import type { Frame, MetricsView } from '../views.ts';

/** Few numbers, each with what it means, its table and its count of cases. */
export function metricsPage({ since, figures }: MetricsView, frame: Frame): Html {
  return pageOf({
    title: 'Metrics',
    place: 'metrics',
    live: true,
    main: html`<h1>Metrics</h1>
${
  since === null || figures.length === 0
    ? html`<section class="card empty"><h2>Nothing to count yet</h2><p>After the first hold has ended, this page says how long halting, deciding and fixing took. A number stands here only with its count of cases.</p></section>`
    : html`<p class="quiet">Since ${timeOf(since, frame)}</p><div class="figures">${figures.map(figureOf)}</div>`
}`,
  });
}

function figureOf({ name, value, cases, meaning, rows }: MetricsView['figures'][number]): Html {
  return html`<section class="card"><h2>${name}</h2><p class="big">${value}</p>
<p class="quiet">${meaning}${cases !== null && html` From ${cases.count} ${cases.count === 1 ? 'case' : 'cases'}${!cases.isEnough && ': too few to rely on'}.`}</p>
${rows.length > 0 && html`<table><tbody>${rows.map(({ label, value }) => html`<tr><th scope="row">${label}</th><td class="number">${value}</td></tr>`)}</tbody></table>`}</section>`;
}
