import { expect, test } from 'vitest';
import { instantOf } from '../../lib/finding/instant.ts';
import { lengthOf, momentOf, timeOf } from '../../lib/web/time.ts';
import { frame } from './builders.ts';

const berlin = { ...frame, zone: 'Europe/Berlin' };

test.each([
  ['2026-11-24T14:15:00Z', '15:15 CET, 2 h ago'],
  ['2026-11-24T16:14:30Z', '17:14 CET, just now'],
  ['2026-11-24T17:00:00Z', '18:00 CET, in 45 min'],
  ['2026-11-24T16:15:20Z', '17:15 CET, in less than a minute'],
  ['2026-11-22T10:00:00Z', '22 Nov 11:00 CET, 2 d 6 h ago'],
  ['2026-07-01T10:00:00Z', '1 Jul 12:00 CEST, 146 d 6 h ago'],
  ['2025-11-24T16:15:00Z', '24 Nov 2025 17:15 CET, 365 d ago'],
])('%s is told as %s', async (utc, words) => {
  const text = String(await timeOf(instantOf(Date.parse(utc)), berlin));

  expect(text.replaceAll(/<[^>]*>/g, '')).toBe(words);
});

test('a time keeps its UTC beside it', async () => {
  const text = String(await momentOf(instantOf(Date.parse('2026-11-24T14:05:09Z')), berlin));

  expect(text).toContain('datetime="2026-11-24T14:05:09.000Z"');
  expect(text).toContain('title="2026-11-24 14:05:09 UTC"');
});

test.each([
  [0, '0 s'],
  [59_400, '59 s'],
  [60_000, '1 min'],
  [3_600_000, '1 h'],
  [7_800_000, '2 h 10 min'],
  [-7_800_000, '2 h 10 min'],
  [172_800_000, '2 d'],
  [97_200_000 * 2, '2 d 6 h'],
])('%i ms is %s', (ms, words) => {
  expect(lengthOf(ms)).toBe(words);
});
