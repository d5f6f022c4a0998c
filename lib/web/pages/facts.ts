import { html } from 'hono/html';
import { capital } from '../../brief/plain.ts';
import type { Html } from '../layout.ts';
import { timeOf } from '../time.ts';
import type { AssessmentView, FactorView, Frame, ScoreStep } from '../views.ts';

/** The assessment: why it halts, the score's way, every factor with its source, what is not known. */
export function factsOf(assessment: AssessmentView, frame: Frame): Html {
  return html`
${assessment.reasons.length > 0 && html`<p>Halted because: ${assessment.reasons.join('; ')}.</p>`}
${assessment.steps.length > 0 && scorePath(assessment.steps)}
${assessment.disagreement && html`<p class="note amber">Publishers disagree: ${assessment.disagreement}</p>`}
${
  assessment.wouldNotHaltIf.length > 0 &&
  html`<h3>It would not halt if</h3><ul class="clauses">${assessment.wouldNotHaltIf.map((text) => html`<li>${text}</li>`)}</ul>`
}
<h3>Not known</h3>
${
  assessment.unknowns.length === 0
    ? html`<p>Nothing that the assessment asks for is missing.</p>`
    : html`<ul>${assessment.unknowns.map(({ datum, couldChange }) => html`<li><b>${capital(datum)}</b>: ${couldChange}</li>`)}</ul>`
}
${assessment.obligations.length > 0 && obligationsOf(assessment, frame)}
${assessment.factors.length > 0 && factorTables(assessment, frame)}`;
}

/** Dates that standards set if they apply, which a person has to say. */
function obligationsOf({ obligations }: AssessmentView, frame: Frame): Html {
  return html`<h3>Dates that may bind you</h3><ul class="rows">${obligations.map(
    ({
      standard,
      what,
      due,
      basis,
      appliesIf,
    }) => html`<li><b>${standard}</b>: ${what}${due && html`, by ${timeOf(due, frame)}`}.
<b>Does it apply?</b> Only if ${appliesIf}.<br><small>${basis}</small></li>`,
  )}</ul><p class="quiet">Nothing here is legal advice.</p>`;
}

function factorTables({ factors }: AssessmentView, frame: Frame): Html {
  const decisive = factors.filter(({ isDecisive }) => isDecisive);
  const others = factors.filter(({ isDecisive }) => !isDecisive);
  return html`<h3>Factors</h3>${decisive.length > 0 && factorTable(decisive, frame)}
${others.length > 0 && html`<details class="folded"><summary>More factors, to look up (${others.length})</summary>${factorTable(others, frame)}</details>`}`;
}

function factorTable(factors: readonly FactorView[], frame: Frame): Html {
  return html`<table class="stack">
<thead><tr><th scope="col">Factor</th><th scope="col">Value</th><th scope="col">Source</th></tr></thead>
<tbody>${factors.map(
    ({ name, value, source, asOf }) =>
      html`<tr><th scope="row">${name}</th><td data-label="Value">${value}</td><td data-label="Source">${source}${asOf && html`, ${timeOf(asOf, frame)}`}</td></tr>`,
  )}</tbody></table>`;
}

/** Bars on a scale of 0 to 10, one a step; the words beside them say the same. */
function scorePath(steps: readonly ScoreStep[]): Html {
  return html`<ol class="path" aria-label="How the score came about">${steps.map(
    ({ label, score, why }) => html`<li><span class="figure">${score.toFixed(1)}</span>
<svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect class="rail" width="100" height="8"/><rect class="bar" width="${Math.min(100, Math.max(0, score * 10))}" height="8"/></svg>
<span><b>${label}</b> ${why}</span></li>`,
  )}</ol>`;
}
