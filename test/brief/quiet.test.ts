import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quietUntil } from '../../lib/brief/quiet.ts';
import { minuteOfDay } from '../../lib/brief/time.ts';
import { instantOf } from '../../lib/finding/instant.ts';
import { at } from './build-hold.ts';

const night = '22:00-07:00 Europe/Lisbon';

test.each([
  ['before midnight', '2026-12-01T23:30:10.000Z', '2026-12-02T07:00:00.000Z'],
  ['after midnight', '2026-12-02T03:00:00.000Z', '2026-12-02T07:00:00.000Z'],
  ['at their beginning', '2026-12-01T22:00:00.000Z', '2026-12-02T07:00:00.000Z'],
  ['in summer time', '2026-07-01T21:30:00.000Z', '2026-07-02T06:00:00.000Z'],
  ['in the night in which the clocks go forward', '2027-03-27T23:00:00.000Z', '2027-03-28T06:00:00.000Z'],
  ['in the night in which the clocks go back', '2026-10-24T22:00:00.000Z', '2026-10-25T07:00:00.000Z'],
])('quiet hours %s end at seven by the clocks of their zone', (_, now, end) => {
  expect(quietUntil(night, at(now))).toBe(end);
});

test.each([
  ['at their end', night, '2026-12-02T07:00:00Z'],
  ['by day', night, '2026-12-01T12:00:00Z'],
  ['where none are named', undefined, '2026-12-01T23:00:00Z'],
  ['after hours within one day', '12:00-13:00 UTC', '2026-12-01T13:00:00Z'],
])('it is not quiet %s', (_, quiet, now) => {
  expect(quietUntil(quiet, at(now))).toBeNull();
});

test('whenever it is quiet, it ends within a day at its end, and is not quiet then', () => {
  const time = fc
    .tuple(fc.nat(23), fc.nat(59))
    .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
  const zone = fc.constantFrom('Europe/Lisbon', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'UTC');
  const moment = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2028, 0, 1) }).map(instantOf);
  fc.assert(
    fc.property(time, time, zone, moment, (from, to, where, now) => {
      const end = quietUntil(`${from}-${to} ${where}`, now);
      if (end === null) return;

      expect(end > now).toBe(true);
      expect(Date.parse(end) - Date.parse(now)).toBeLessThanOrEqual(25 * 3_600_000);
      const [hours = 0, minutes = 0] = to.split(':').map(Number);
      const shown = minuteOfDay(end, where);
      // A time of day that the clocks skip in this night ends at the first that they show after it.
      if (shown !== hours * 60 + minutes) expect(Math.abs(shown - hours * 60 - minutes)).toBeLessThanOrEqual(60);
    }),
    { numRuns: 2000 },
  );
});
