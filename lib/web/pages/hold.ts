import { html } from 'hono/html';
import { msOf } from '../../finding/instant.ts';
import { type Html, pageOf } from '../layout.ts';
import { lengthOf, momentOf, timeOf } from '../time.ts';
import type { Frame, HoldView, OptionView, ToldView } from '../views.ts';
import { abbreviationsIn } from './abbreviations.ts';
import { factsOf } from './facts.ts';
import { outcomeWords } from './outcome.ts';
import { disputeOf, ratingsOf, severityOf } from './rating.ts';
import { rolesInWords } from './roles.ts';
import { sheetOf } from './sheet.ts';
import { timelineOf } from './timeline.ts';
import { votesOf } from './votes.ts';

/** The hold for everybody; on paper it is the sheet for the meeting. */
export function holdPage(hold: HoldView, frame: Frame): Html {
  return pageOf({
    title: `${hold.service}: ${hold.title}`,
    place: 'board',
    live: hold.status !== 'closed',
    main: html`<p class="crumbs"><a href="/">Board</a> / ${hold.service} / hold ${hold.code}</p>
<h1>${hold.title}</h1>
${stateOf(hold, frame)}
<p class="lead">${hold.sentence} <b>${severityOf(hold)}.</b></p>
${glanceOf(hold, frame)}
${abbreviationsIn(JSON.stringify([hold.options, hold.assessment]))}
<section><h2>Ways forward</h2>${optionsOf(hold.options)}</section>
<section><h2>Votes</h2>${votesOf(hold, frame)}</section>
<section><h2>Assessment</h2>${factsOf(hold.assessment, frame)}<h3>Severities given</h3>${disputeOf(hold.dispute, frame)}${ratingsOf(hold.ratings, frame)}</section>
${hold.worst.length > 0 && findingsOf(hold)}
<section><h2>Who was told</h2>${toldOf(hold.told, frame)}</section>
<section><h2>Timeline</h2>${timelineOf(hold.events, frame)}</section>
${hold.predecessor && html`<p>This problem was held before: <a href="/holds/${encodeURIComponent(hold.predecessor)}">the earlier hold</a>.</p>`}
${hold.sheet && sheetOf(hold.sheet)}`,
  });
}

/** One line with the colour: halted, NOT HALTED, or over. */
export function stateOf(hold: HoldView, frame: Frame): Html {
  if (hold.status === 'closed') {
    const stood = hold.closedAt === null ? '' : ` It stood ${lengthOf(msOf(hold.closedAt) - msOf(hold.openedAt))}.`;
    return html`<p class="state green"><b>Over</b>: ${outcomeWords(hold.outcome)}${hold.closedAt && html` ${timeOf(hold.closedAt, frame)}`}.${stood} <a href="/reviews/${encodeURIComponent(hold.id)}">Review</a></p>`;
  }
  const next =
    hold.decision ??
    (hold.deciding
      ? html`<b>${hold.deciding.who}</b> decides by ${momentOf(hold.deciding.by, frame)}; if nobody does, it stays held.`
      : 'It stays held until somebody decides.');
  return hold.status === 'pending'
    ? html`<p class="state amber"><b>NOT HALTED</b>: ${hold.service} is not shown stopped before ${hold.stage} yet. stopship keeps trying. ${next}</p>`
    : html`<p class="state red"><b>HELD</b> before ${hold.stage} since ${timeOf(hold.inForceAt ?? hold.openedAt, frame)}. ${next}</p>`;
}

const positions = {
  waiting: 'waits at the stage',
  'in-stage': 'is already inside the stage: the halt does not stop it',
  none: 'is no longer on its way',
} as const;

function glanceOf(hold: HoldView, frame: Frame): Html {
  const release = hold.release;
  return html`<dl class="glance">
<div><dt>Release</dt><dd>${
    release === null
      ? 'none known; the next one will wait'
      : html`<code>${(release.commit ?? release.executionId).slice(0, 12)}</code> ${positions[release.position]}, ${release.author === null ? 'author unknown' : `by ${release.author}`}`
  }</dd></div>
${hold.origin && html`<div><dt>Origin</dt><dd>${hold.origin}</dd></div>`}
${hold.lowering && html`<div><dt>Effect</dt><dd><b>${hold.lowering}</b></dd></div>`}
<div><dt>Ends by</dt><dd>${hold.evidence}</dd></div>
${hold.plan.map(({ label, text }) => html`<div><dt>${label}</dt><dd>${text}</dd></div>`)}
<div><dt>Opened</dt><dd>${timeOf(hold.openedAt, frame)} · code <code>${hold.code}</code> · revision ${hold.revision} · ${hold.findings} ${hold.findings === 1 ? 'finding' : 'findings'}</dd></div>
</dl>`;
}

function optionsOf(options: readonly OptionView[]): Html {
  if (options.length === 0)
    return html`<p class="quiet">No way forward is known yet. The plan of the service fills this table.</p>`;
  return html`<table class="stack options"><thead><tr><th scope="col">Option</th><th scope="col">Work</th><th scope="col">Ready when</th><th scope="col">Risk meanwhile</th><th scope="col">Who is exposed</th><th scope="col">Dates</th><th scope="col">Who must agree</th></tr></thead>
<tbody>${options.map(
    (option) =>
      html`<tr><th scope="row">${option.name}</th><td data-label="Work">${option.work}</td><td data-label="Ready when">${option.readyWhen}</td><td data-label="Risk meanwhile">${option.riskMeanwhile}</td><td data-label="Who is exposed">${option.exposed}</td><td data-label="Dates">${option.dates}</td><td data-label="Who must agree">${option.agrees}</td></tr>`,
  )}</tbody></table>`;
}

function findingsOf(hold: HoldView): Html {
  return html`<section><h2>What was found</h2><ul class="rows">${hold.worst.map(
    (finding) =>
      html`<li><b>${finding.title}</b>${finding.vulnerabilityId && html` · ${finding.vulnerabilityId}`}${finding.package && html`<br>${finding.package}${finding.path && ` at ${finding.path}`}${finding.fixedIn === null ? ', no fixed version known' : `, fixed in ${finding.fixedIn}`}`}</li>`,
  )}</ul>${hold.findings > hold.worst.length && html`<p class="quiet">The worst ${hold.worst.length} of ${hold.findings}.</p>`}</section>`;
}

function toldOf(told: readonly ToldView[], frame: Frame): Html {
  if (told.length === 0)
    return html`<p class="quiet">Nobody yet. The first briefs leave within seconds of the halt.</p>`;
  return html`<ul class="rows told">${told.map(
    (person) =>
      html`<li><b>${person.person}</b> <small>${rolesInWords(person.roles)}</small><br>${
        person.reached
          ? html`${person.channels}${person.at && html` · ${timeOf(person.at, frame)}`}`
          : html`<b class="amber">Not reached</b>`
      }${person.remark && html` · ${person.remark}`}</li>`,
  )}</ul>`;
}
