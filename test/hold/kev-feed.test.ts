import { expect, test } from 'vitest';
import { memoryTable } from '../../lib/embedded/memory-table.ts';
import { type Instant, later } from '../../lib/finding/instant.ts';
import { intelligenceFrom } from '../../lib/hold/intelligence.ts';
import { type KevAnswer, type KevFeed, refreshKnownExploited } from '../../lib/hold/kev-feed.ts';
import { entriesMax, kevItem, kevItemKey, readKnownExploited } from '../../lib/hold/known-exploited.ts';
import { readCatalogue } from '../../lib/risk/kev-catalogue.ts';
import { updatedList } from '../../lib/risk/kev-update.ts';
import { isFresh } from '../../lib/risk/known-exploited.ts';
import { manualClock, NOON } from '../builders.ts';
import { aCatalogue, anEntry, entries } from '../risk/build-catalogue.ts';

const day = 86_400_000;

test('a reading of the catalogue is in the ledger as it was read', async () => {
  const world = aFeed();
  const listed = [anEntry({ cveID: 'CVE-2021-44228', knownRansomwareCampaignUse: 'Known', dueDate: undefined })];

  const refreshed = await world.refresh(aCatalogue([...listed, ...entries(20), null]));

  expect(refreshed).toEqual({ status: 'updated', readAt: NOON, listed: 21, added: 21, removed: 0, skipped: 1 });
  const known = await readKnownExploited(world.table);
  expect(known?.list.readAt).toBe(NOON);
  expect(known?.list.listings.get('CVE-2021-44228')).toEqual({
    dateAdded: '2026-05-05T00:00:00.000Z',
    dueDate: null,
    ransomware: true,
    removedAt: null,
  });
});

test('a refused catalogue changes nothing: the list of before grows old', async () => {
  const world = aFeed();
  await world.refresh(aCatalogue(entries(100)));
  world.clock.advance(day);

  const refreshed = await world.refresh(aCatalogue(entries(50)));

  expect(refreshed).toMatchObject({ status: 'refused', why: expect.stringContaining('100 were listed before') });
  expect(await readKnownExploited(world.table)).toMatchObject({ list: { readAt: NOON }, item: { skipped: 0 } });
});

test('an entry that left the catalogue stays in the ledger, marked', async () => {
  const world = aFeed();
  await world.refresh(aCatalogue([anEntry({ cveID: 'CVE-2020-0001' }), ...entries(50)]));
  world.clock.advance(day);

  expect(await world.refresh(aCatalogue(entries(50)))).toMatchObject({ listed: 50, added: 0, removed: 1 });
  expect((await readKnownExploited(world.table))?.list.listings.get('CVE-2020-0001')?.removedAt?.slice(0, 10)).toBe(
    later(NOON, day).slice(0, 10),
  );
});

test('a source that has nothing newer is asked by the tag of what is known, and makes the list as of now', async () => {
  const world = aFeed();
  await world.refresh(aCatalogue(entries(10)));
  world.clock.advance(day);

  const refreshed = await world.refresh({ status: 'unchanged' });

  expect(world.asked).toEqual([null, '"v1"']);
  expect(refreshed).toEqual({ status: 'unchanged', readAt: later(NOON, day) });
  expect((await readKnownExploited(world.table))?.list.readAt).toBe(later(NOON, day));
});

test('a copy is as old as it says itself, and one older than the list changes nothing', async () => {
  const world = aFeed();
  const text = aCatalogue(entries(10));
  const copied = { status: 'catalogue', text, etag: null, copiedAt: NOON } as const;

  const refreshed = await world.refresh(copied);
  await world.refresh(aCatalogue(entries(20)));

  expect(refreshed).toMatchObject({ status: 'updated', readAt: '2026-05-08T14:00:05.123Z' });
  expect(await world.refresh(copied)).toEqual({ status: 'unchanged', readAt: NOON });
  expect((await readKnownExploited(world.table))?.list.listings.size).toBe(20);
});

test('five times as many entries as today fit into one item, and one that no longer fits is refused aloud', () => {
  const full = listOf(8_000);
  const { entries: text } = kevItem(full, { etag: null, skipped: 0 });

  expect(String(text).length).toBeLessThan(entriesMax);
  expect(() => kevItem(listOf(12_000), { etag: null, skipped: 0 })).toThrow('12000 entries, too many to keep');
});

test('an item that another version left counts as no list, and the next reading writes it anew', async () => {
  const world = aFeed();
  await world.table.transact([{ put: { ...kevItemKey, version: 0 } }]);

  expect(await readKnownExploited(world.table)).toBeNull();
  expect(await world.refresh(aCatalogue(entries(3)))).toMatchObject({ status: 'updated', listed: 3 });
});

test('a cold process reads the list once for all who ask at the same time, a warm one not at all for some minutes', async () => {
  const world = aFeed();
  await world.refresh(aCatalogue(entries(3)));
  const { intelligence, reads } = aProcess(world);

  const [one, two] = await Promise.all([intelligence(), intelligence()]);
  world.clock.advance(4 * 60_000);
  await intelligence();

  expect(one.kev?.listings.size).toBe(3);
  expect(two).toEqual(one);
  expect(reads.count).toBe(1);
});

test('later the list is read beside the work, so that nobody waits; a process that slept for hours waits for it', async () => {
  const world = aFeed();
  await world.refresh(aCatalogue(entries(3)));
  const { intelligence, reads } = aProcess(world);
  await intelligence();
  await world.refresh(aCatalogue(entries(4)));
  world.clock.advance(6 * 60_000);

  const during = await intelligence();
  await reads.done();
  const after = await intelligence();
  await world.refresh(aCatalogue(entries(5)));
  world.clock.advance(2 * 3_600_000);

  expect(during.kev?.listings.size).toBe(3);
  expect(after.kev?.listings.size).toBe(4);
  expect((await intelligence()).kev?.listings.size).toBe(5);
});

test('a list that cannot be read again is used on, and read by the next call; the first reading fails its caller', async () => {
  const world = aFeed();
  await world.refresh(aCatalogue(entries(3)));
  const { intelligence, reads } = aProcess(world);
  reads.fails = true;
  await expect(intelligence()).rejects.toThrow('the ledger does not answer');
  reads.fails = false;
  await intelligence();

  reads.fails = true;
  world.clock.advance(6 * 60_000);
  const used = await intelligence();

  expect(used.kev?.listings.size).toBe(3);
});

test('three days after the last reading the list is stale', async () => {
  const world = aFeed();
  await world.refresh(aCatalogue(entries(3)));
  const { intelligence } = aProcess(world);

  world.clock.advance(3 * day);
  const fresh = await intelligence();
  world.clock.advance(1);

  expect(isFresh(fresh)).toBe(true);
  expect(isFresh(await intelligence())).toBe(false);
});

/** A ledger, a clock and a source that answers what the test says, under the tags v1, v2, … */
function aFeed() {
  const table = memoryTable();
  const clock = manualClock(NOON);
  const asked: (string | null)[] = [];
  let answer: KevAnswer = { status: 'unchanged' };
  const kevFeed: KevFeed = {
    read: async (etag) => {
      asked.push(etag);
      return answer;
    },
  };
  return {
    table,
    clock,
    asked,
    async refresh(next: string | KevAnswer) {
      const etag = `"v${asked.length + 1}"`;
      answer = typeof next === 'string' ? { status: 'catalogue', text: next, etag, copiedAt: null } : next;
      return await refreshKnownExploited({ table, clock, kevFeed });
    },
  };
}

/** One process over the ledger of a feed, which counts its reads and can be made to fail. */
function aProcess({ table, clock }: Pick<ReturnType<typeof aFeed>, 'table' | 'clock'>) {
  let last: Promise<unknown> = Promise.resolve();
  const reads = { count: 0, fails: false, done: () => last.then(() => new Promise(setImmediate)) };
  const counted = {
    get(key: Parameters<typeof table.get>[0]) {
      reads.count += 1;
      const read = reads.fails ? Promise.reject(new Error('the ledger does not answer')) : table.get(key);
      last = read.catch(() => null);
      return read;
    },
  };
  return { intelligence: intelligenceFrom(counted, clock), reads };
}

function listOf(count: number, at: Instant = NOON) {
  const reading = readCatalogue(aCatalogue(entries(count)), at);
  if (!reading.ok) throw new Error(reading.why);
  const update = updatedList(null, reading, at, false);
  if (!update.ok) throw new Error(update.why);
  return update.list;
}
