import { type Instant, later } from '../finding/instant.ts';
import { minuteOfDay } from './time.ts';

/**
 * When the quiet hours end that `now` lies in; null outside of them. `quiet` is as the policy writes it, such as
 * `22:00-07:00 Europe/Lisbon`: from the first time of day to the second, over midnight where that is the smaller one.
 */
export function quietUntil(quiet: string | undefined, now: Instant): Instant | null {
  const [, from, to, zone] = shape.exec(quiet ?? '') ?? [];
  if (from === undefined || to === undefined || zone === undefined) return null;
  const [begins, ends] = [minutesIn(from), minutesIn(to)];
  const at = minuteOfDay(now, zone);
  const isQuiet = begins <= ends ? at >= begins && at < ends : at >= begins || at < ends;
  return isQuiet ? firstAt(ends, zone, now) : null;
}

const shape = /^(\d\d:\d\d)-(\d\d:\d\d) (\S+)$/;
const minute = 60_000;
const day = 24 * 60;

/** The first whole minute from `now` on at which clocks of the zone show this time of day, also over a change of the clocks. */
function firstAt(ends: number, zone: string, now: Instant): Instant {
  const wholeMinute = later(now, -(Date.parse(now) % minute));
  const guess = later(wholeMinute, ((ends - minuteOfDay(now, zone) + day) % day) * minute);
  const missed = (minuteOfDay(guess, zone) - ends + day) % day;
  return missed === 0 ? guess : later(guess, (missed > day / 2 ? day - missed : -missed) * minute);
}

function minutesIn(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
