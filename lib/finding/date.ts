import type { Instant } from './instant.ts';

/**
 * The instant that a scanner meant, or null when it cannot be told; never throws. Scanners write ISO 8601 with and without
 * zone, EventBridge's `Wed Sep 04 16:59:44.356 UTC 2024` and `Dec 3, 2021, 6:02:30 PM`, epoch seconds to nanoseconds as a
 * number or as text, and dates of Python as objects. A time without a zone is read as UTC.
 */
export function instantFrom(value: unknown): Instant | null {
  if (typeof value === 'string' && usual.test(value)) {
    const text = value.length === 24 ? value : `${value.slice(0, 19)}.000Z`;
    if (isInstant(text)) return text;
  }
  const ms = msFrom(value);
  if (ms === null || ms < yearOne || ms >= yearTenThousand) return null;
  const text = new Date(ms).toISOString();
  return isInstant(text) ? text : null;
}

/** The first of the values that is a moment. */
export function firstInstant(...values: readonly unknown[]): Instant | null {
  for (const value of values) {
    const instant = value === undefined || value === null ? null : instantFrom(value);
    if (instant !== null) return instant;
  }
  return null;
}

/** `Date` writes every year from 1 to 9999 in the form of an instant, so its schema has nothing to add. */
function isInstant(text: string): text is Instant {
  return text.length === 24;
}

// What most dates look like; the last days of a month need a look at the calendar.
const usual = /^[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z$/;

// What four digits of a year can say.
const yearOne = Date.parse('0001-01-01T00:00:00.000Z');
const yearTenThousand = Date.UTC(10_000, 0, 1);

function msFrom(value: unknown): number | null {
  if (typeof value === 'number') return msOfEpoch(value);
  if (typeof value === 'string') return msOfText(value);
  if (typeof value === 'object' && value !== null) return msOfObject(new Map(Object.entries(value)));
  return null;
}

/** Tells seconds, milliseconds, microseconds and nanoseconds apart by size: no finding is older than 1973. */
function msOfEpoch(epoch: number): number | null {
  if (!(epoch >= 1e8) || epoch >= 1e20) return null;
  if (epoch < 1e11) return Math.trunc(epoch * 1000);
  if (epoch < 1e14) return Math.trunc(epoch);
  return Math.trunc(epoch < 1e17 ? epoch / 1e3 : epoch / 1e6);
}

function msOfText(text: string): number | null {
  if (text.length > 64) return null;
  const trimmed = text.trim().replace(/\s+/gu, ' ');
  return (
    msOfIso(trimmed) ??
    msOfJava(trimmed) ??
    msOfUs(trimmed) ??
    (isNumber.test(trimmed) ? msOfEpoch(Number(trimmed)) : null)
  );
}

const isNumber = /^\d+(?:\.\d*)?(?:e\+?\d+)?$/i;

const iso =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)? ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/i;

function msOfIso(text: string): number | null {
  const [, year, month, day, hour, minute, second, fraction, zone] = iso.exec(text) ?? [];
  const local = msOfParts({ year, month, day, hour, minute, second, fraction });
  return local === null ? null : local - msOfZone(zone);
}

const java =
  /^[a-z]{3} ([a-z]{3}) (\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? (?:(Z|UTC|GMT|[+-]\d\d:?\d\d) )?(\d{4})$/i;

function msOfJava(text: string): number | null {
  const [, month, day, hour, minute, second, fraction, zone, year] = java.exec(text) ?? [];
  const local = msOfParts({ year, month: monthOf(month), day, hour, minute, second, fraction });
  return local === null ? null : local - msOfZone(zone);
}

const us = /^([a-z]{3,9}) (\d{1,2}), (\d{4}),? (\d{1,2}):(\d\d)(?::(\d\d))? ?(AM|PM)?$/i;

function msOfUs(text: string): number | null {
  const [, month, day, year, hour, minute, second, half] = us.exec(text) ?? [];
  const shift = half === undefined ? 0 : (half.toUpperCase() === 'PM' ? 12 : 0) - (hour === '12' ? 12 : 0);
  return msOfParts({
    year,
    month: monthOf(month),
    day,
    hour: hour === undefined ? hour : String(Number(hour) + shift),
    minute,
    second,
  });
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

function monthOf(name: string | undefined): string {
  return String(months.indexOf((name ?? '').slice(0, 3).toLowerCase()) + 1);
}

type Parts = {
  readonly [part in 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'fraction']?: string | undefined;
};

/** Null unless the calendar has such a moment: `Date.UTC` would turn 30 February into March, and year 24 into 1924. */
function msOfParts(parts: Parts): number | null {
  if (parts.year === undefined) return null;
  const [month, day] = [Number(parts.month), Number(parts.day)];
  const [hour, minute, second] = [Number(parts.hour ?? 0), Number(parts.minute ?? 0), Number(parts.second ?? 0)];
  if (hour > 23 || minute > 59 || second > 60) return null;
  const milliseconds = parts.fraction === undefined ? 0 : Number(parts.fraction.slice(0, 3).padEnd(3, '0'));
  const year = Number(parts.year);
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month) || year < 100) return null;
  return Date.UTC(year, month - 1, day, hour, minute, second, milliseconds);
}

function daysOf(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
}

function msOfZone(zone: string | undefined): number {
  if (zone === undefined || !/^[+-]/.test(zone)) return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', ''));
  return (zone.startsWith('-') ? -1 : 1) * minutes * 60_000;
}

/** `{"__class__":"datetime", …}`: either its parts by name or one value under a name that differs by writer. */
function msOfObject(fields: ReadonlyMap<string, unknown>): number | null {
  const part = (name: string): string | undefined => {
    const value = fields.get(name);
    return typeof value === 'number' ? String(value) : undefined;
  };
  if (fields.has('year')) {
    const fraction = part('microsecond')?.padStart(6, '0');
    return msOfParts({
      year: part('year'),
      month: part('month'),
      day: part('day'),
      hour: part('hour'),
      minute: part('minute'),
      second: part('second'),
      fraction,
    });
  }
  const inner = ['__value__', 'value', 'isoformat', 'data', 'as_str', 'millis', '$date'].map((name) =>
    fields.get(name),
  );
  const told = inner.find((value) => typeof value === 'string' || typeof value === 'number');
  return told === undefined ? null : msFrom(told);
}
