import { html } from 'hono/html';
import type { Html } from '../layout.ts';
import { lengthOf } from '../time.ts';
import type { Phase, ReviewView } from '../views.ts';

const words = {
  detect: 'Detect',
  halt: 'Halt',
  tell: 'Tell',
  decide: 'Decide',
  fix: 'Fix',
  verify: 'Verify',
  resume: 'Resume',
} as const satisfies Record<Phase, string>;

/** Width of the picture in its own units, and what a part takes at least, so that a short one can be seen. */
const width = 1000;
const least = 6;

/** The parts of a hold as one bar, and the same as a list in words. */
export function durationBar(durations: ReviewView['durations']): Html {
  const total = durations.reduce((sum, { ms }) => sum + Math.max(0, ms), 0);
  if (total === 0)
    return html`<p class="quiet">Nothing to measure yet. The parts appear as they end: detect, halt, tell, decide, fix, verify, resume.</p>`;
  const widths = durations.map(({ ms }) => least + (Math.max(0, ms) / total) * (width - least * durations.length));
  return html`<svg class="durations" viewBox="0 0 ${width} 40" preserveAspectRatio="none" aria-hidden="true" focusable="false">${durations.map(
    ({ phase }, at) =>
      html`<rect class="phase-${phase}" x="${startOf(widths, at)}" width="${widths[at]?.toFixed(1)}" height="40"/>`,
  )}</svg>
<ul class="legend">${durations.map(
    ({ phase, ms }) =>
      html`<li><svg viewBox="0 0 10 10" aria-hidden="true" focusable="false"><rect class="phase-${phase}" width="10" height="10"/></svg>${words[phase]} <b>${lengthOf(ms)}</b></li>`,
  )}</ul>`;
}

function startOf(widths: readonly number[], at: number): string {
  return widths
    .slice(0, at)
    .reduce((sum, one) => sum + one, 0)
    .toFixed(1);
}
