import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CatalogueReading, readCatalogue } from '../../lib/risk/kev-catalogue.ts';
import { type KeptList, listedIn, updatedList } from '../../lib/risk/kev-update.ts';
import { aCatalogue, anEntry, entries } from './build-catalogue.ts';
import { NOON } from './builders.ts';

const log4shell = anEntry({
  cveID: 'CVE-2021-44228',
  dateAdded: '2021-12-10',
  dueDate: '2021-12-24',
  knownRansomwareCampaignUse: 'Known',
});

test('an entry is read with its dates, and whether ransomware uses it', () => {
  const reading = readCatalogue(aCatalogue([log4shell]), NOON);

  expect(reading).toMatchObject({ ok: true, skipped: 0, releasedAt: '2026-05-08T14:00:05.123Z' });
  expect(believed(reading).listings.get('CVE-2021-44228')).toEqual({
    dateAdded: '2021-12-10T00:00:00.000Z',
    dueDate: '2021-12-24T00:00:00.000Z',
    ransomware: true,
  });
});

test('an entry without a due date is listed without one, and "Unknown" is not "no"', () => {
  const { dueDate: _, ...undated } = anEntry({ knownRansomwareCampaignUse: 'Unknown' });

  const [listing] = [...believed(readCatalogue(aCatalogue([undated]), NOON)).listings.values()];

  expect(listing).toMatchObject({ dueDate: null, ransomware: null });
});

test('an entry with a CVE id is listed whatever else is wrong with it: losing a field makes nothing milder', () => {
  const bare = { cveID: 'cve-2024-3094 ', dateAdded: '30 February', dueDate: 7, knownRansomwareCampaignUse: {} };

  expect(believed(readCatalogue(aCatalogue([bare]), NOON)).listings.get('CVE-2024-3094')).toEqual({
    dateAdded: NOON,
    dueDate: null,
    ransomware: null,
  });
});

test('a bad entry among many is skipped and counted', () => {
  const bad = [null, 'CVE-2024-1', {}, anEntry({ cveID: 'GHSA-xxxx' })];

  const reading = readCatalogue(aCatalogue([...entries(96), ...bad]), NOON);

  expect(reading).toMatchObject({ ok: true, skipped: 4 });
  expect(believed(reading).listings.size).toBe(96);
});

test.each([
  ['no JSON', '<html>Access denied</html>', 'is not a catalogue'],
  ['nothing', '', 'is not a catalogue'],
  ['another document', '{"vulnerabilities":{"CVE-2024-1":{}}}', 'is not a catalogue'],
  ['an empty list', aCatalogue([]), 'lists nothing'],
  [
    'fewer entries than it says',
    aCatalogue(entries(900), { count: 1590 }),
    'says that it has 1590 entries and brings 900',
  ],
  ['mostly unreadable entries', aCatalogue([log4shell, {}, {}]), 'has 2 of 3 entries that cannot be read'],
])('%s is refused with its reason', (_, text, why) => {
  const reading = readCatalogue(text, NOON);

  expect(reading.ok ? '' : reading.why).toContain(why);
});

test('whatever comes is read or refused, never thrown', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.array(fc.jsonValue()).map((all) => aCatalogue(all)),
      ),
      (text) => {
        const reading = readCatalogue(text, NOON);

        expect(reading.ok ? reading.listings.size : reading.why.length).toBeGreaterThan(0);
      },
    ),
  );
});

test('an entry that left the catalogue stays known as exploited, and is marked; one that comes back is as new', () => {
  const first = updated(null, [log4shell, ...entries(50)]);
  const second = updated(first, entries(50));
  const third = updated(second, [log4shell, ...entries(50)]);

  expect(second.listings.get('CVE-2021-44228')).toMatchObject({ removedAt: NOON, ransomware: true });
  expect(listedIn(second.listings)).toBe(50);
  expect(third.listings.get('CVE-2021-44228')).toMatchObject({ removedAt: null });
});

test('a catalogue that shrank by more than a twentieth is refused, unless a person says that it is right', () => {
  const before = updated(null, entries(100));
  const shrunken = believed(readCatalogue(aCatalogue(entries(94)), NOON));

  expect(updatedList(before, shrunken, NOON, false)).toEqual({
    ok: false,
    why: 'lists 94 vulnerabilities, where 100 were listed before',
  });
  expect(updatedList(before, shrunken, NOON, true)).toMatchObject({ ok: true, added: 0, removed: 6 });
});

function updated(before: KeptList | null, list: readonly unknown[]): KeptList {
  const update = updatedList(before, believed(readCatalogue(aCatalogue(list), NOON)), NOON, false);
  if (!update.ok) throw new Error(update.why);
  return update.list;
}

function believed(reading: CatalogueReading): Extract<CatalogueReading, { ok: true }> {
  if (!reading.ok) throw new Error(reading.why);
  return reading;
}
