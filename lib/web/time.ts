import { html } from 'hono/html';
import { moment } from '../brief/time.ts';
import { type Instant, msOf } from '../finding/instant.ts';
import type { Html } from './layout.ts';
import type { Frame } from './views.ts';

/** `14:05 CET, 2 h ago`, with the UTC in the title. Another day than today is named. */
export function timeOf(at: Instant, frame: Frame): Html {
  return html`<time datetime="${at}" title="${utcOf(at)}">${moment(at, frame.zone, frame.now)}, ${agoOf(at, frame.now)}</time>`;
}

/** `18:00 CET` alone, for deadlines in a sentence that says how long. */
export function momentOf(at: Instant, frame: Frame): Html {
  return html`<time datetime="${at}" title="${utcOf(at)}">${moment(at, frame.zone, frame.now)}</time>`;
}

/** A length of time in its two largest units: `2 h 10 min`, `3 d`, `40 s`. Negative counts as its opposite. */
export function lengthOf(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

function agoOf(at: Instant, now: Instant): string {
  const ms = msOf(now) - msOf(at);
  if (Math.abs(ms) < 60_000) return ms < 0 ? 'in less than a minute' : 'just now';
  return ms < 0 ? `in ${lengthOf(ms)}` : `${lengthOf(ms)} ago`;
}

function utcOf(at: Instant): string {
  return `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`;
}
