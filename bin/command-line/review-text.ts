import { html } from 'hono/html';
import { nameOf } from '../../lib/brief/facts.ts';
import type { Person } from '../../lib/policy/policy.ts';
import type { ReviewRecord } from '../../lib/review/review.ts';
import { eventFacts } from './event-facts.ts';

/** A review record as Markdown, people by name. Text from outside cannot become markup. */
export function reviewAsMarkdown(record: ReviewRecord, people: readonly Person[]): string {
  return [
    `# ${md(headingOf(record))}`,
    '',
    ...factsOf(record, people).map(([name, value]) => `- **${name}:** ${md(value)}`),
    '',
    '## What happened',
    '',
    '| time | what | by | facts |',
    '| --- | --- | --- | --- |',
    ...record.timeline.map(
      (event) => `| ${[event.time, event.kind, nameOf(people, event.actor), eventFacts(event)].map(md).join(' | ')} |`,
    ),
    '',
    '## Decisions',
    '',
    ...orNone(
      record.decisions.map(
        ({ personId, action, reason, at }) => `- ${md(`${at} ${nameOf(people, personId)}, ${action}: ${reason}`)}`,
      ),
    ),
    '',
    '## Questions',
    '',
    ...record.questions.flatMap(({ question, facts, answer, assignee }) => [
      `### ${md(question)}`,
      '',
      ...facts.map((fact) => `- ${md(fact)}`),
      `- ${answer === null ? `Not answered yet${assignee === null ? '' : ` (${md(nameOf(people, assignee))})`}.` : md(answer)}`,
      '',
    ]),
    '## To do',
    '',
    ...orNone(
      record.actions.map(
        ({ what, owner, due, state }) =>
          `- [${state === 'done' ? 'x' : ' '}] ${md(`${what} (${owner === null ? 'nobody' : nameOf(people, owner)}, by ${due.slice(0, 10)})`)}`,
      ),
    ),
  ].join('\n');
}

/** A review record as one HTML page without script. */
export function reviewAsHtml(record: ReviewRecord, people: readonly Person[]): string {
  const page = html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${headingOf(record)}</title>
<h1>${headingOf(record)}</h1>
<dl>${factsOf(record, people).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
<h2>What happened</h2>
<table>
<thead><tr><th>time</th><th>what</th><th>by</th><th>facts</th></tr></thead>
<tbody>${record.timeline.map((event) => html`<tr><td>${event.time}</td><td>${event.kind}</td><td>${nameOf(people, event.actor)}</td><td>${eventFacts(event)}</td></tr>`)}</tbody>
</table>
<h2>Decisions</h2>
<ul>${record.decisions.map(({ personId, action, reason, at }) => html`<li>${at} ${nameOf(people, personId)}, ${action}: ${reason}</li>`)}</ul>
<h2>Questions</h2>
${record.questions.map(({ question, facts, answer }) => html`<h3>${question}</h3><ul>${facts.map((fact) => html`<li>${fact}</li>`)}<li>${answer ?? 'Not answered yet.'}</li></ul>`)}
</html>`;
  return String(page);
}

/**
 * The timeline of a review record as CSV (RFC 4180). A cell that a spreadsheet would take for a formula begins with a quote;
 * some skip blanks before it, and read the wide forms of its signs too.
 * @see OWASP, CSV Injection
 */
export function reviewAsCsv(record: ReviewRecord): string {
  const rows = record.timeline.map(({ n, time, kind, actor, hash, ...event }) => [
    String(n),
    time,
    kind,
    actor,
    eventFacts(event),
    hash,
  ]);
  return [['n', 'time', 'kind', 'actor', 'facts', 'hash'], ...rows].map((row) => row.map(cell).join(',')).join('\r\n');
}

function headingOf({ service, title }: ReviewRecord): string {
  return `Review of ${service}: ${title}`;
}

function factsOf(record: ReviewRecord, people: readonly Person[]): readonly (readonly [string, string])[] {
  const { initial, final, durations } = record;
  const lengths = Object.entries(durations).flatMap(([name, ms]) => (ms === null ? [] : [`${name} ${lengthOf(ms)}`]));
  return [
    ['Hold', record.id],
    ['Stage', record.stageKey],
    ['Vulnerabilities', record.vulnerabilities.join(', ') || 'no public id'],
    ['Opened', record.openedAt],
    ['Closed', record.closedAt ?? 'not yet: this is a draft'],
    ['Outcome', record.outcome ?? 'none yet'],
    ['First rating', ratingOf(initial, people)],
    ['Last rating', ratingOf(final, people)],
    ['How long', lengths.join(', ') || 'not known yet'],
  ];
}

function ratingOf({ score, severity, author, vector }: ReviewRecord['initial'], people: readonly Person[]): string {
  return `${score?.toFixed(1) ?? 'no score'} ${severity ?? 'unknown'} by ${nameOf(people, author)}${vector === null ? '' : `, ${vector}`}`;
}

function lengthOf(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

function orNone(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? ['None.'] : lines;
}

/** Text within a line of Markdown: all that could be markup is escaped, also where HTML is let through. */
function md(text: string): string {
  return (
    text
      // A line of its own begins no block: four blanks would begin one of code.
      .replace(/[\p{Cc}\s]+/gu, ' ')
      .trim()
      .replace(/[\\`*_{}[\]()#+!|~]/g, '\\$&')
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      // Even escaped, an address would become a link.
      .replaceAll('://', '&#58;//')
      .replace(/www\./gi, (www) => `${www.slice(0, 3)}&#46;`)
      .replaceAll('@', '&#64;')
      .replace(/^[-=]/, '\\$&')
      .replace(/^\d+(?=[.)](\s|$))/, '$&\\')
  );
}

function cell(text: string): string {
  const safe = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
