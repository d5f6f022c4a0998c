import { z } from 'zod';

/** A moment as ISO 8601 text in UTC with milliseconds, so that text order is time order. */
export type Instant = z.infer<typeof Instant>;
export const Instant = z.iso.datetime({ precision: 3 }).brand<'Instant'>();

/** The instant of `ms` milliseconds since 1970-01-01 UTC. Throws a RangeError outside the years that `Date` knows. */
export function instantOf(ms: number): Instant {
  return Instant.parse(new Date(ms).toISOString());
}

/** Milliseconds since 1970-01-01 UTC. */
export function msOf(instant: Instant): number {
  return Date.parse(instant);
}

/** The instant `ms` milliseconds after `instant` (before it, when negative). */
export function later(instant: Instant, ms: number): Instant {
  return instantOf(msOf(instant) + ms);
}
