import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Instant } from '../finding/instant.ts';
import type { EventKind, HoldEvent } from './hold.ts';

/** What happened, before it has its place in the chain. */
export type Happening = { readonly kind: EventKind; readonly actor: string; readonly data: HoldEvent['data'] };

/** The end of a hold's chain of events. */
export type Head = { readonly n: number; readonly hash: string };

/** The head of a chain without events. */
export const emptyHead: Head = { n: 0, hash: '' };

/** Chains happenings onto a head, in order, all at `time`. */
export function chained(head: Head, time: Instant, happenings: readonly Happening[]): readonly HoldEvent[] {
  const events: HoldEvent[] = [];
  let last = head;
  for (const happening of happenings) {
    const body = { n: last.n + 1, time, ...happening, previous: last.hash };
    const event = { ...body, hash: hashOf(body) };
    events.push(event);
    last = event;
  }
  return events;
}

/** Number of the first event that does not fit the chain before it; null when all fit. */
export function firstBroken(events: readonly HoldEvent[]): number | null {
  let last = emptyHead;
  for (const event of events) {
    if (event.n !== last.n + 1 || event.previous !== last.hash || event.hash !== hashOf(event)) return event.n;
    last = event;
  }
  return null;
}

function hashOf(event: Omit<HoldEvent, 'hash'>): string {
  const data = Object.entries(event.data).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([event.n, event.time, event.kind, event.actor, data, event.previous]);
  return bytesToHex(sha256(utf8ToBytes(text)));
}
