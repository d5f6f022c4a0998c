import { type Instant, msOf } from '../finding/instant.ts';
import type { ClockPort } from './ports.ts';

/** What was read longer ago is read before it is used again, in milliseconds: the process slept. */
const usedAtMost = 3_600_000;

type Known<T> = { readonly value: T; readonly at: Instant };

/**
 * A value of the ledger as one process remembers it: read the first time before it is answered, for all who ask meanwhile in
 * one call; later, once older than `usedFor` says (in milliseconds), beside the work of the caller, so that nobody waits. Throws
 * when the first reading does.
 */
export function remembered<T>(
  read: () => Promise<T>,
  clock: Pick<ClockPort, 'now'>,
  usedFor: (value: T) => number,
): () => Promise<T> {
  let known: Known<T> | null = null;
  let reading: Promise<T> | null = null;
  async function readNow(): Promise<T> {
    const at = clock.now();
    const value = await read();
    known = { value, at };
    return value;
  }
  function readOnce(): Promise<T> {
    reading ??= readNow().finally(() => {
      reading = null;
    });
    return reading;
  }
  return async () => {
    const age = known === null ? Number.POSITIVE_INFINITY : msOf(clock.now()) - msOf(known.at);
    if (known === null || age > usedAtMost) return await readOnce();
    // A reading that fails is tried again by the next call; the value of before is used meanwhile.
    if (age > usedFor(known.value)) readOnce().catch(() => null);
    return known.value;
  };
}
