import { html } from 'hono/html';
import { msOf } from '../../finding/instant.ts';
import { type Html, pageOf } from '../layout.ts';
import { lengthOf, momentOf, timeOf } from '../time.ts';
import type { BoardView, Frame, HeldView, PipelineView, ReleaseView, StageOfPipeline } from '../views.ts';
import { severityOf } from './rating.ts';
import { reviewLine } from './reviews.ts';

/** The board: every pipeline as a row of stages, what is held, who decides by when. */
export function boardPage(view: BoardView, frame: Frame): Html {
  const held = view.pipelines.flatMap((pipeline) => pipeline.holds);
  const title = titleOf(held);
  return pageOf({
    title,
    place: 'board',
    live: true,
    main: html`<div class="top"><h1 class="${held.length === 0 ? 'green' : 'red'}">${title}</h1>
<p class="quiet">${summaryOf(view, held)}</p></div>
${view.notes.map(({ tone, text }) => html`<p class="note ${tone}">${text}</p>`)}
${view.pipelines.length === 0 ? noPipelines() : view.pipelines.map((pipeline) => pipelineRow(pipeline, view, frame))}
<h2>Last reviews</h2>
${
  view.reviews.length === 0
    ? html`<p class="quiet">When a hold ends, its review appears here: what happened, who decided, how long it stood.</p>`
    : html`<ul class="rows">${view.reviews.slice(0, 5).map((review) => html`<li>${reviewLine(review, frame)}</li>`)}</ul>
<p><a href="/reviews">All reviews</a></p>`
}`,
  });
}

/** More stages than this stand below each other on every screen. */
const stagesAbreast = 5;

function titleOf(held: readonly HeldView[]): string {
  const pending = held.filter((hold) => hold.status === 'pending').length;
  const parts = [
    held.length > pending && `${held.length - pending} held`,
    pending > 0 && `${pending} NOT HALTED`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? 'Nothing is held' : parts.join(', ');
}

function summaryOf(view: BoardView, held: readonly HeldView[]): Html {
  const waiting = held.filter((hold) => hold.decision === null).length;
  return html`${waiting > 0 && html`${waiting} ${waiting === 1 ? 'waits' : 'wait'} for a decision · `}<a href="/words#KEV">${view.knownExploited}</a>${view.rejected > 0 && html` · <a href="/rejected">${view.rejected} rejected</a>`}${
    view.messages !== null && view.messages > 0 && html` · <a href="/mailbox">${view.messages} messages</a>`
  }`;
}

function noPipelines(): Html {
  return html`<section class="card empty"><h2>No pipeline yet</h2>
<p>Each service of the policy appears here with the stages of its pipeline. Name one under <code>services:</code> in the policy file and start again with <code>stopship serve --policy FILE</code>, or see it work with <code>npm start</code>.</p></section>`;
}

function pipelineRow(pipeline: PipelineView, { canRelease }: BoardView, frame: Frame): Html {
  return html`<section class="card pipeline" aria-labelledby="p-${pipeline.service}">
<div class="head"><h2 id="p-${pipeline.service}">${pipeline.service}</h2>
${
  canRelease &&
  html`<div class="buttons">${
    canBeScanned(pipeline) &&
    html`<form method="post" action="/scans"><input type="hidden" name="service" value="${pipeline.service}"><button class="small secondary" id="s-${pipeline.service}">Scan what waits<span class="unseen"> of ${pipeline.service}</span></button></form>`
  }${
    canBeRetried(pipeline) &&
    html`<form method="post" action="/retries"><input type="hidden" name="service" value="${pipeline.service}"><button class="small secondary" id="t-${pipeline.service}">Try again what the gate refused<span class="unseen"> of ${pipeline.service}</span></button></form>`
  }<form method="post" action="/releases"><input type="hidden" name="service" value="${pipeline.service}"><button class="small" id="r-${pipeline.service}">New release<span class="unseen"> of ${pipeline.service}</span></button></form></div>`
}</div>
<ol class="${pipeline.stages.length > stagesAbreast ? 'line many' : 'line'}">${pipeline.stages.map((stage) => stageOf(stage, frame))}</ol>
${
  pipeline.holds.length === 0
    ? html`<p class="quiet">${quietWords(pipeline)}</p>`
    : pipeline.holds.map((hold) => heldOf(hold, frame))
}
</section>`;
}

/** On one machine people play the scanner: there is something to look at when a hold waits for evidence. */
function canBeScanned({ stages, holds }: PipelineView): boolean {
  return holds.length > 0 && stages.some(({ waiting, inside }) => waiting !== null || inside?.state === 'failed');
}

/** What the gate refused has failed; once nothing is held it may be tried again. */
function canBeRetried({ stages }: Pick<PipelineView, 'stages'>): boolean {
  return stages.some(({ transition, inside }) => transition === 'open' && inside?.state === 'failed');
}

function quietWords({ stages }: PipelineView): string {
  if (stages.some((stage) => stage.transition === 'shut'))
    return 'No hold of stopship. Somebody stopped this pipeline by hand: only a person starts it again.';
  if (stages.every((stage) => stage.inside === null && stage.waiting === null))
    return 'No release yet. One appears here as soon as the pipeline runs.';
  if (canBeRetried({ stages }))
    return 'Nothing is held. The release that the gate refused has failed: it does not try again by itself.';
  return 'Flowing. Nothing is held.';
}

const gates = {
  none: null,
  open: null,
  held: { word: 'HELD', tone: 'red' },
  'not-halted': { word: 'NOT HALTED', tone: 'amber' },
  shut: { word: 'STOPPED', tone: 'amber' },
} as const satisfies Record<StageOfPipeline['transition'], { word: string; tone: string } | null>;

function stageOf(stage: StageOfPipeline, frame: Frame): Html {
  const gate = gates[stage.transition];
  return html`<li class="stage ${stage.inside?.state ?? 'empty'}">
${
  stage.transition !== 'none' &&
  html`<span class="way ${gate?.tone ?? 'open'}">${gate && html`<b class="gate ${gate.tone}">${gate.word}</b>`}</span>
<span class="under">${stage.waiting && chipOf(stage.waiting, frame)}</span>`
}
<span class="node"><span class="dot"></span></span>
<span class="name">${stage.name} ${stage.inside && chipOf(stage.inside, frame)}</span></li>`;
}

const releaseWords = { running: 'in', waiting: 'waits', passed: 'passed', failed: 'failed' } as const;

function chipOf(release: ReleaseView, { now }: Frame): Html {
  const since = release.since === null ? '' : ` ${lengthOf(msOf(now) - msOf(release.since))}`;
  const author = release.author === null ? 'author unknown' : `by ${release.author}`;
  const passed = release.state === 'passed' && since !== '' ? ' ago' : '';
  return html`<span class="chip ${release.state}" title="${author}, execution ${release.executionId}"><code>${shortOf(release)}</code> <span class="doing">${releaseWords[release.state]}${since}${passed}</span></span>`;
}

function shortOf(release: ReleaseView): string {
  return (release.commit ?? release.executionId).slice(0, 7);
}

function heldOf(hold: HeldView, frame: Frame): Html {
  return html`<article class="held ${hold.status === 'pending' ? 'amber' : 'red'}">
<div><p class="what"><a href="/holds/${encodeURIComponent(hold.id)}" id="h-${hold.id}">${hold.title}</a> <span class="score">${severityOf(hold)}</span></p>
<p>${
    hold.status === 'pending'
      ? html`<b class="amber">NOT HALTED</b>: ${hold.stage} is not shown stopped yet, stopship keeps trying.`
      : html`Held before ${hold.stage} for ${lengthOf(msOf(frame.now) - msOf(hold.openedAt))}.`
  } ${hold.releaseInside && html`<b>The release is already inside ${hold.stage}</b>: the halt does not stop it.`}
${hold.decision ?? (hold.deciding ? html`<b>${hold.deciding.who}</b> decides by ${momentOf(hold.deciding.by, frame)}.` : 'Nobody is named to decide: it stays held.')}</p>
${hold.notReached.length > 0 && html`<p class="amber">Not reached: ${hold.notReached.join(', ')}.</p>`}
<p class="quiet">Opened ${timeOf(hold.openedAt, frame)} · code ${hold.code}</p></div>
<a class="button" href="/holds/${encodeURIComponent(hold.id)}">Open<span class="unseen"> hold ${hold.code}</span></a>
</article>`;
}
