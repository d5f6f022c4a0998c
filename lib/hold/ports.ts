import type { Instant } from '../finding/instant.ts';

/** The time, and waiting. */
export interface ClockPort {
  now(): Instant;
  /** Ends early when `signal` is aborted: a wait that nobody needs any more would keep its process alive. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Randomness: ids, tokens, jitter. */
export interface Chance {
  /** `count` random bytes, fit for secrets. */
  bytes(count: number): Uint8Array;
  /** A number from 0 up to, not including, 1; for jitter only. */
  fraction(): number;
}
