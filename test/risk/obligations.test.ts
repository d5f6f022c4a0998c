import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { instantOf } from '../../lib/finding/instant.ts';
import { bod2604Of, obligationsOf, technicalImpactOf } from '../../lib/risk/obligations.ts';
import { aFinding, aSetting, assessed, aVector, calm, golden, NOON, v31 } from './builders.ts';

const published = readFileSync(new URL('../fixtures/tables/cisa_bod_26_04_1_0_0.csv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(','));

const timelineOf = {
  '3 days & forensic investigation': 'three-days-forensics',
  '3 days': 'three-days',
  '14 days': 'fourteen-days',
  '60 days': 'sixty-days',
  'fix on system upgrade': 'on-upgrade',
} as Readonly<Record<string, string>>;

test('the published table has sixteen rows', () => {
  expect(published).toHaveLength(16);
});

test.each(published)(
  'row %s of BOD 26-04: KEV %s, exposed %s, automatable %s, impact %s is %s',
  (_, k, e, a, t, timeline) => {
    const inputs = { inKev: k === 'yes', exposed: e === 'yes', automatable: a === 'yes', totalImpact: t === 'total' };

    expect(bod2604Of(inputs)).toBe(timelineOf[timeline ?? '']);
  },
);

test.each([
  [v31.critical98, true],
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:H', false],
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:L/I:N/A:N', true],
  [golden, true],
  ['AV:N/AC:L/Au:N/C:P/I:P/A:P', false],
  [null, true],
])('%s has total technical impact: %s', (vector, total) => {
  expect(technicalImpactOf(vector).total).toBe(total);
});

const first = instantOf(Date.UTC(2026, 11, 20, 9));

function obligationsFor(parts: Parameters<typeof aFinding>[0], setting = aSetting(), kev = null) {
  const finding = aFinding({ vectors: [aVector(v31.critical98)], threat: calm, firstObservedAt: first, ...parts });
  return obligationsOf(finding, assessed(finding, setting, kev), setting, { now: NOON, kev });
}

test('a directive’s date has its start, its end, its basis and the question whether it applies', () => {
  const [bod, pci] = obligationsFor({});

  expect(bod).toMatchObject({ standard: 'CISA BOD 26-04', start: first, due: instantOf(Date.UTC(2026, 11, 23, 9)) });
  expect(bod?.basis).toBe(
    'not in KEV; exposed; automatable (derived from the vector); total technical impact (derived from the vector); counted from when it was first observed here',
  );
  expect(bod?.appliesIf).toMatch(/federal civilian agency/);
  expect(pci).toMatchObject({ start: first, due: instantOf(Date.UTC(2027, 0, 20, 9)) });
  expect(pci?.basis).toMatch(/may be due earlier/);
});

test('an entry in KEV that came after the first observation starts the clock', () => {
  const setting = aSetting();
  const listing = { dateAdded: instantOf(Date.UTC(2026, 11, 25)), dueDate: null, ransomware: null };
  const kev = { readAt: NOON, listings: new Map([['CVE-2024-0001', listing]]) };
  const finding = aFinding({ vectors: [aVector(v31.critical98)], threat: calm, firstObservedAt: first });

  const [bod] = obligationsOf(finding, assessed(finding, setting, kev), setting, { now: NOON, kev });

  expect(bod).toMatchObject({ start: listing.dateAdded, due: instantOf(Date.UTC(2026, 11, 28)) });
  expect(bod?.what).toMatch(/investigation/);
});

test('a flaw without a public id has no timeline in the directive, and one without a patch none in PCI DSS', () => {
  expect(obligationsFor({ vulnerabilityId: 'own-detector', threat: { ...calm, fix: 'none' } })).toEqual([]);
});

test('a month counts to the last day where the next month is shorter', () => {
  const endOfJanuary = instantOf(Date.UTC(2027, 0, 31, 9));

  const pci = obligationsFor({ firstObservedAt: endOfJanuary }).find(({ standard }) => standard.startsWith('PCI'));

  expect(pci?.due).toBe(instantOf(Date.UTC(2027, 1, 28, 9)));
});

test('a finding that is closed obliges to nothing', () => {
  expect(obligationsFor({ state: 'closed' })).toEqual([]);
});

test('no timeline of the directive starts before it binds', () => {
  const [bod] = obligationsFor({ firstObservedAt: instantOf(Date.UTC(2023, 7, 10)) }).filter(({ standard }) =>
    standard.startsWith('CISA'),
  );

  expect(bod).toMatchObject({ start: instantOf(Date.UTC(2026, 11, 7)), due: instantOf(Date.UTC(2026, 11, 10)) });
  expect(bod?.basis).toContain('counted from when the timelines begin to bind');
});
