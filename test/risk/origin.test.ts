import fc from 'fast-check';
import { expect, test } from 'vitest';
import { untrusted } from '../../lib/finding/untrusted.ts';
import { compare, type Weakness } from '../../lib/risk/origin.ts';
import { NOON } from './builders.ts';

test('what production does not have the release brings, and what both have is as old as production says', () => {
  const openssl = aWeakness('CVE-2024-1', 9.8);
  const libxml = aWeakness('CVE-2024-2', 7.5);

  const comparison = compare({ problem: [libxml, openssl], waiting: [], production: [{ ...libxml, since: NOON }] });

  expect(comparison).toEqual({
    brings: [{ name: 'CVE-2024-1', score: 9.8 }],
    shares: [{ name: 'CVE-2024-2', score: 7.5 }],
    since: NOON,
    addsWorst: { name: 'CVE-2024-1', score: 9.8 },
    removesWorst: null,
    lowersRisk: false,
  });
});

test.each([
  ['takes a worse one away and adds none', [9.8], [], true],
  ['takes a worse one away and adds a milder one', [9.8], [7.5], true],
  ['adds one as bad', [9.8], [9.8], false],
  ['adds a worse one', [7.5], [9.8], false],
  ['adds one without a score', [9.8], [null], false],
  ['takes one away of which no score is known', [null], [], false],
  ['changes nothing', [], [], false],
])('a release that %s is shown as it is', (_, removed, added, lowersRisk) => {
  const held = aWeakness('CVE-2024-1', 9.1);

  const comparison = compare({
    problem: [held],
    waiting: added.map((score, n) => aWeakness(`CVE-2025-${n}`, score)),
    production: [held, ...removed.map((score, n) => aWeakness(`CVE-2023-${n}`, score))],
  });

  expect(comparison.lowersRisk).toBe(lowersRisk);
});

test('a known exploited weakness is worse than any that is not, whatever the scores', () => {
  const exploited = { ...aWeakness('CVE-2024-1', 7.1), isExploited: true };
  const critical = aWeakness('CVE-2024-2', 9.8);

  expect(compare({ problem: [], waiting: [exploited], production: [critical] }).lowersRisk).toBe(false);
  expect(compare({ problem: [], waiting: [critical], production: [exploited] }).lowersRisk).toBe(true);
});

test('no release that adds something is said to lower the risk unless what it takes away is worse than all of it', () => {
  const weakness = fc
    .tuple(fc.integer({ min: 0, max: 9 }), fc.option(fc.constantFrom(4, 7, 9.8), { nil: null }))
    .map(([n, score]) => aWeakness(`CVE-2024-${n}`, score));
  const image = fc.uniqueArray(weakness, { selector: ({ key }) => key, maxLength: 8 });

  fc.assert(
    fc.property(image, image, (waiting, production) => {
      const { lowersRisk } = compare({ problem: waiting.slice(0, 2), waiting, production });
      const added = waiting.filter(({ key }) => production.every((one) => one.key !== key));
      const removed = production.filter(({ key }) => waiting.every((one) => one.key !== key));
      const worst = Math.max(0, ...removed.map(({ score }) => score ?? 0));

      expect(lowersRisk).toBe(worst > 0 && added.every(({ score }) => (score ?? 10) < worst));
    }),
  );
});

function aWeakness(id: string, score: number | null): Weakness {
  return { key: id, name: untrusted(id), score, isExploited: false, since: null };
}
