import { expect, test } from 'vitest';
import { briefFor } from '../../lib/brief/brief.ts';
import { loweringInWords, originInWords } from '../../lib/brief/origin.ts';
import { untrusted } from '../../lib/finding/untrusted.ts';
import type { Hold } from '../../lib/hold/hold.ts';
import { aHold, at, inherited, introduced, openedAt, someFacts } from './build-hold.ts';

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

const roles = ['security', 'release-manager', 'developer', 'risk-owner', 'product', 'executive'] as const;
const mailTo = (role: (typeof roles)[number], hold: Hold) =>
  briefFor(someFacts(role, { hold })).email.replace(/\s+/g, ' ');

test('whoever decides reads where the flaw comes from, and everybody that the release would lower the risk', () => {
  const removesWorst = { name: untrusted('CVE-2021-44228'), score: 10 };
  const comparison = { ...introduced.comparison, removesWorst, lowersRisk: true };
  const mails = new Map(roles.map((role) => [role, mailTo(role, aHold({ origin: { ...introduced, comparison } }))]));

  for (const role of ['security', 'developer'] as const)
    expect(mails.get(role)).toContain('This release introduces it: production, scanned');
  for (const role of ['security', 'release-manager', 'developer', 'risk-owner'] as const) {
    expect(mails.get(role)).toContain('Production itself is untouched');
    expect(mailTo(role, aHold({ origin: inherited }))).toContain('it is already in production since 3 Nov');
    expect(mails.get(role)).toContain('it takes CVE-2021-44228 (10.0) out of production');
  }
  for (const role of ['product', 'executive'] as const) {
    expect(mails.get(role)).toContain('would also mend a worse flaw that runs today');
    expect(mails.get(role)).not.toContain('CVE-');
  }
});

test('what was compared for another release is not told of this one', () => {
  const hold = aHold({ origin: { ...inherited, release: 'another-01' } });

  for (const role of roles) expect(mailTo(role, hold)).not.toContain('since 3 Nov');
});
