import { z } from 'zod';
import { type Instant, instantOf } from '../finding/instant.ts';

/** A length of time as written in a policy (`30s 15m 4h 3d`), in milliseconds once parsed. */
export const Duration = z
  .string('must be a whole number with s, m, h or d, such as 15m or 4h')
  .regex(/^[1-9]\d{0,5}[smhd]$/, 'must be a whole number with s, m, h or d, such as 15m or 4h')
  .transform((text) => Number.parseInt(text, 10) * (units[text.slice(-1)] ?? Number.NaN));

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A moment as written in a policy: with a zone (`2026-12-01T09:00Z`, `2026-12-01T10:00+01:00`), or a day (`2026-12-31`), which
 * means the last moment of that day in UTC. An instant once parsed.
 */
export const Moment = z
  .string(momentMessage())
  .regex(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/, momentMessage())
  .transform((text, context): Instant => {
    const ms = Date.parse(text.length === 10 ? `${text}T23:59:59.999Z` : text);
    if (isDay(text.slice(0, 10)) && !Number.isNaN(ms)) return instantOf(ms);
    context.issues.push({ code: 'custom', message: 'is no day of the calendar, or no time of day', input: text });
    return z.NEVER;
  });

function momentMessage(): string {
  return 'must be a moment with a zone, such as "2026-12-01T09:00Z", or a day, such as "2026-12-31"';
}

// Date.parse takes the 31st of February for the 3rd of March.
function isDay(day: string): boolean {
  const ms = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}

/** A duration in words of a policy: the largest unit that says it exactly (`90m`, `4h`, `3d`). */
export function durationInWords(ms: number): string {
  const unit = (['d', 'h', 'm'] as const).find((name) => ms % (units[name] ?? 1) === 0) ?? 's';
  return `${ms / (units[unit] ?? 1)}${unit}`;
}
