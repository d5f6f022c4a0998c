import { type Instant, msOf } from '../finding/instant.ts';
import { memo } from '../risk/memo.ts';

/** A time of day with its zone: `14:05 CET`. Throws a RangeError for a zone that is no IANA name. */
export function timeOfDay(instant: Instant, zone: string): string {
  return timeIn(partsOf(instant, zone));
}

/** A time with its zone, and its day when that is not the day of `now`: `14:05 CET`, `3 Dec 10:00 CET`. */
export function moment(instant: Instant, zone: string, now: Instant): string {
  const there = partsOf(instant, zone);
  const here = partsOf(now, zone);
  const time = timeIn(there);
  if (there.year !== here.year) return `${there.day} ${there.month} ${there.year} ${time}`;
  if (there.month !== here.month || there.day !== here.day) return `${there.day} ${there.month} ${time}`;
  return time;
}

/** A length of time in words: `under 1 min`, `45 min`, `2 h 10 min`, `4 h`, `3 days 4 h`. Negative counts as nothing. */
export function duration(ms: number): string {
  const minutes = Math.floor(ms / minute);
  if (minutes < 1) return 'under 1 min';
  if (minutes < 60) return `${minutes} min`;
  if (ms >= daysFrom) return inDays(Math.floor(minutes / 60));
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest === 0 ? '' : ` ${String(rest).padStart(2, '0')} min`}`;
}

/** Minutes since midnight that a clock of the zone shows: 845 at 14:05. */
export function minuteOfDay(instant: Instant, zone: string): number {
  const parts = partsOf(instant, zone);
  return Number(parts.hour) * 60 + Number(parts.minute);
}

const minute = 60_000;
const hour = 60 * minute;
/** From here on hours say less than days. */
const daysFrom = 48 * hour;

function inDays(hours: number): string {
  const rest = hours % 24;
  return `${Math.floor(hours / 24)} days${rest === 0 ? '' : ` ${rest} h`}`;
}

type Parts = Readonly<Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'zoneName', string>>;

function timeIn({ hour, minute, zoneName }: Parts): string {
  return `${hour}:${minute} ${zoneName}`;
}

/** A few moments stand many times in the briefs of one hold. A format has no shorter parts than minutes. */
const partsAt = memo<Parts>(500);

function partsOf(instant: Instant, zone: string): Parts {
  return partsAt(`${zone} ${instant.slice(0, 16)}`, () => partsIn(instant, zone));
}

function partsIn(instant: Instant, zone: string): Parts {
  const parts = formatOf(zone).formatToParts(new Date(msOf(instant)));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)?.value ?? '';
  return {
    year: part('year'),
    // Month names of English locales differ in length ("Sept"); three letters are enough everywhere.
    month: part('month').slice(0, 3),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    zoneName: part('timeZoneName'),
  };
}

/** Making a format costs more than all else in a brief; one of a zone is always the same. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const made = formats.get(zone);
  if (made !== undefined) return made;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  });
  formats.set(zone, format);
  return format;
}
