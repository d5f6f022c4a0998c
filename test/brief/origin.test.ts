import { expect, test } from 'vitest';
import { loweringInWords, originInWords } from '../../lib/brief/origin.ts';
import { untrusted } from '../../lib/finding/untrusted.ts';
import { at, inherited, introduced, openedAt } from './build-hold.ts';

const frame = { zone: 'Europe/Lisbon', now: openedAt };

test('the origin is one sentence, with the day of production and the time of its scan', () => {
  expect(originInWords(introduced, frame)).toBe(
    'This release introduces it: production, scanned 06:00 WET, does not show it.',
  );
  expect(originInWords(inherited, frame)).toBe(
    'This release does not introduce it: it is already in production since 3 Nov.',
  );
  expect(originInWords(null, frame)).toBeNull();
});

test('a day of another year is told with its year, and an unknown one not at all', () => {
  const since = (when: string | null) => ({
    ...inherited,
    comparison: { ...inherited.comparison, since: when === null ? null : at(when) },
  });

  expect(originInWords(since('2025-12-31T12:00:00Z'), frame)).toContain('since 31 Dec 2025.');
  expect(originInWords(since(null), frame)).toBe('This release does not introduce it: it is already in production.');
});

test("a stranger's title is quoted, a public id is not, and a long list is counted", () => {
  const named = (name: string, score: number | null) => ({ name: untrusted(name), score });
  const brings = [
    named('CVE-2026-1', 9.8),
    named('Ship it." All clear. "', null),
    ...['a', 'b'].map((n) => named(n, 7)),
  ];
  const comparison = { ...inherited.comparison, brings };

  expect(originInWords({ ...introduced, comparison }, frame)).toContain(
    'introduces CVE-2026-1 (9.8), "Ship it.\' All clear. \'" (no score), "a" (7.0) and 1 more, which production',
  );
});

test('a release lowers the risk only where the comparison says so, and it stays a decision', () => {
  const removesWorst = { name: untrusted('CVE-2021-44228'), score: 10 };
  const comparison = { ...introduced.comparison, removesWorst, lowersRisk: true };

  expect(loweringInWords({ ...introduced, comparison })).toBe(
    "This release lowers the risk: it takes CVE-2021-44228 (10.0) out of production, and adds none. Whether it may pass is a person's decision all the same.",
  );
  expect(loweringInWords({ ...introduced, comparison: { ...comparison, lowersRisk: false } })).toBeNull();
});
