import { expect, test } from 'vitest';
import { duration, moment, timeOfDay } from '../../lib/brief/time.ts';
import { at } from './build-hold.ts';

test.each([
  ['Europe/Berlin', '2026-11-20T13:05:00Z', '14:05 CET'],
  ['Europe/Berlin', '2026-07-20T13:05:00Z', '15:05 CEST'],
  ['UTC', '2026-11-20T00:00:00Z', '00:00 UTC'],
  ['Asia/Kolkata', '2026-11-20T13:05:00Z', '18:35 GMT+5:30'],
])('in %s %s is told as %s', (zone, instant, told) => {
  expect(timeOfDay(at(instant), zone)).toBe(told);
});

test.each([
  ['2026-11-20T17:00:00Z', '18:00 CET'],
  ['2026-11-20T23:30:00Z', '21 Nov 00:30 CET'],
  ['2026-12-03T09:00:00Z', '3 Dec 10:00 CET'],
  ['2027-09-01T09:00:00Z', '1 Sep 2027 11:00 CEST'],
])('on 20 November 2026, %s is told as %s', (instant, told) => {
  expect(moment(at(instant), 'Europe/Berlin', at('2026-11-20T13:00:00Z'))).toBe(told);
});

test.each([
  [-5, 'under 1 min'],
  [59_999, 'under 1 min'],
  [45 * 60_000, '45 min'],
  [130 * 60_000, '2 h 10 min'],
  [427 * 60_000, '7 h 07 min'],
  [4 * 3_600_000, '4 h'],
  [76 * 3_600_000, '3 days 4 h'],
])('%i ms are told as %s', (ms, told) => {
  expect(duration(ms)).toBe(told);
});
