import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memoryTable } from '../../lib/embedded/memory-table.ts';
import type { Change, Condition, Item, Key, ListedOptions, Table, Value, Write } from '../../lib/hold/table.ts';
import { bothTables, dynamoTables } from './start-table.ts';

const key = { pk: 'HOLD#1', sk: 'STATE' };
const other = { pk: 'HOLD#1', sk: 'REVIEW' };

describe.each(bothTables())('a $kind table', ({ makeTable }) => {
  test('gives back an item as it was put, without what was undefined', async () => {
    const table = await makeTable();
    const item = { ...key, text: '', n: -1.5, yes: true, nothing: null, list: 'L', at: '1', open: new Set(['a', 'b']) };
    const nested = { plan: { fix: 'today', gone: undefined, steps: [1, 'two', { three: false }] } };

    await table.transact([{ put: { ...item, ...nested, gone: undefined, none: new Set() } }]);

    const stored = { ...item, plan: { fix: 'today', steps: [1, 'two', { three: false }] } };
    expect(await table.get(key)).toStrictEqual(stored);
    expect(await table.query(key.pk, 'ST')).toStrictEqual([stored]);
    expect(await table.listed('L')).toStrictEqual([stored]);
  });

  test('knows nothing of an item that was never put or was deleted', async () => {
    const table = await tableWith(makeTable, { ...key, list: 'L', at: '1' });

    await table.transact([{ delete: key }, { delete: other }]);

    expect(await table.get(key)).toBeNull();
    expect(await table.query(key.pk, '')).toEqual([]);
    expect(await table.listed('L')).toEqual([]);
  });

  test('is not changed through what was put in or what came out', async () => {
    const table = await makeTable();
    const open = new Set(['a']);
    const owner = { name: 'ana' };
    await table.transact([{ put: { ...key, open, owner } }]);

    open.add('b');
    owner.name = 'eve';
    const found = await table.get(key);
    if (found?.open instanceof Set) found.open.add('c');

    expect(await table.get(key)).toEqual({ ...key, open: new Set(['a']), owner: { name: 'ana' } });
  });

  test('replaces the whole item with a put', async () => {
    const table = await tableWith(makeTable, { ...key, status: 'pending', owner: 'ana' });

    await table.transact([{ put: { ...key, status: 'closed' } }]);

    expect(await table.get(key)).toEqual({ ...key, status: 'closed' });
  });

  test('takes words that DynamoDB reserves as attribute names', async () => {
    const table = await tableWith(makeTable, { ...key, status: 'open', count: 1, 'a.b c': 1 });
    const change = { set: { hold: 'h', data: {}, token: null }, add: { count: 2 }, remove: ['a.b c'] };

    await table.transact([{ update: key, change, when: { equals: ['status', 'open'] } }]);

    const expected = { ...key, status: 'open', count: 3, hold: 'h', data: {}, token: null };
    expect(await table.get(key)).toEqual(expected);
  });

  test('makes an item by updating one that is absent', async () => {
    const table = await makeTable();

    await table.transact([
      { update: key, change: { set: { status: 'pending' }, add: { revision: 1 }, unite: { open: ['a'] } } },
      { update: other, change: { subtract: { open: ['a'] } } },
    ]);

    expect(await table.get(key)).toEqual({ ...key, status: 'pending', revision: 1, open: new Set(['a']) });
    expect(await table.get(other)).toEqual(other);
  });

  test('forgets a set whose last element is taken', async () => {
    const table = await tableWith(makeTable, { ...key, open: new Set(['a', 'b']), allow: new Set(['x']) });

    await table.transact([{ update: key, change: { subtract: { open: ['a', 'b', 'c'] }, set: { allow: new Set() } } }]);

    expect(await table.transact([{ check: key, when: { absent: 'open' } }])).toEqual({ ok: true });
    expect(await table.get(key)).toEqual(key);
  });

  test('unites and subtracts nothing without a change', async () => {
    const table = await tableWith(makeTable, { ...key, open: new Set(['a']) });

    await table.transact([
      { update: key, change: { add: { n: 1 }, unite: { open: [], allow: [] }, subtract: { open: [] } } },
    ]);

    expect(await table.get(key)).toEqual({ ...key, n: 1, open: new Set(['a']) });
  });

  test('writes nothing when one condition fails, and gives back what it found', async () => {
    const stage = { ...other, open: new Set(['a']), last: { at: 1, by: ['us', null] } };
    const table = await tableWith(makeTable, stage);

    const answer = await table.transact([
      { put: key },
      { check: { pk: 'PROBLEM#1', sk: 'STATE' }, when: { exists: 'hold' } },
      { update: other, change: { set: { phase: 'FREE' } }, when: { absent: 'open' } },
    ]);

    expect(answer).toEqual({
      ok: false,
      failed: [
        { index: 1, item: null },
        { index: 2, item: stage },
      ],
    });
    expect(await table.get(key)).toBeNull();
    expect(await table.get(other)).toEqual(stage);
  });

  test('lists a partition by its sort key in the order of UTF-8', async () => {
    const table = await makeTable();
    const sortKeys = ['EVENT#10', 'EVENT#2', 'EVENT#\u{1f600}', 'EVENT#\uffff', 'EVENT', 'OUTBOX#1'];
    await table.transact(sortKeys.map((sk) => ({ put: { pk: 'HOLD#1', sk } })));
    await table.transact([{ put: { pk: 'HOLD#2', sk: 'EVENT#1' } }]);

    const found = await table.query('HOLD#1', 'EVENT#');

    expect(found.map(({ sk }) => sk)).toEqual(['EVENT#10', 'EVENT#2', 'EVENT#\uffff', 'EVENT#\u{1f600}']);
  });

  test('lists by time up to and with a moment, and no more than asked for', async () => {
    const table = await makeTable();
    const times = ['2026-01-03', '2026-01-01', '2026-01-04', '2026-01-02'];
    await table.transact(times.map((at) => ({ put: { pk: at, sk: 'S', list: 'HOLDS', at } })));
    await table.transact([
      { put: { ...key, list: 'HOLDS' } },
      { put: { ...other, list: 'REVIEWS', at: '2026-01-01' } },
    ]);

    const dates = async (options?: ListedOptions) => (await table.listed('HOLDS', options)).map(({ at }) => at);

    expect(await dates()).toEqual(times.toSorted());
    expect(await dates({ until: '2026-01-03' })).toEqual(['2026-01-01', '2026-01-02', '2026-01-03']);
    expect(await dates({ until: '2026-01-03', limit: 2 })).toEqual(['2026-01-01', '2026-01-02']);
    expect(await dates({ after: '2026-01-02' })).toEqual(['2026-01-03', '2026-01-04']);
    expect(await dates({ after: '2026-01-01', limit: 2 })).toEqual(['2026-01-02', '2026-01-03']);
    expect(await dates({ after: '' })).toEqual(times.toSorted());
    expect(await dates({ after: '2027' })).toEqual([]);
    expect(await dates({ until: '2025' })).toEqual([]);
    expect(await dates({ until: '' })).toEqual([]);
    expect(await dates({ limit: 0 })).toEqual([]);
  });

  test('leaves the list when list or at are removed, and moves when they change', async () => {
    const table = await makeTable();
    await table.transact([{ put: { ...key, list: 'A', at: '1' } }, { put: { ...other, list: 'A', at: '2' } }]);

    await table.transact([
      { update: key, change: { set: { list: 'B' } } },
      { update: other, change: { remove: ['at'] } },
    ]);

    expect(await table.listed('A')).toEqual([]);
    expect(await table.listed('B')).toEqual([{ ...key, list: 'B', at: '1' }]);
  });

  test('finds everything across pages', async () => {
    const table = await makeTable();
    const text = 'x'.repeat(30_000); // a page is 1 MB
    for (const ten of [0, 1, 2, 3, 4, 5]) {
      const keys = Array.from({ length: 10 }, (_, n) => `${ten}${n}`);
      await table.transact(keys.map((n) => ({ put: { pk: 'P', sk: n, list: 'L', at: n, text } })));
    }

    expect((await table.query('P', '')).map(({ sk }) => Number(sk))).toEqual(Array.from({ length: 60 }, (_, n) => n));
    expect(await table.listed('L')).toHaveLength(60);
    expect(await table.listed('L', { limit: 50 })).toHaveLength(50);
  });

  test('opens a hold once when many try at the same time', async () => {
    const table = await makeTable();
    const open = (n: number): Write[] => [
      { put: { ...key, by: n }, when: { absent: 'pk' } },
      { update: { pk: 'STAGE#1', sk: 'STATE' }, change: { unite: { open: [`h${n}`] } } },
    ];

    const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => table.transact(open(n))));

    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    const winner = (await table.get(key))?.by;
    expect(await table.get({ pk: 'STAGE#1', sk: 'STATE' })).toMatchObject({ open: new Set([`h${winner}`]) });
  });

  const item = { ...key, text: 'one', n: 5, yes: true, open: new Set(['a', 'b']), words: ['a'], nothing: null };
  test.each<[Condition, boolean]>([
    [{ exists: 'text' }, true],
    [{ exists: 'nothing' }, true],
    [{ exists: 'other' }, false],
    [{ absent: 'other' }, true],
    [{ absent: 'text' }, false],
    [{ equals: ['text', 'one'] }, true],
    [{ equals: ['text', 'two'] }, false],
    [{ equals: ['n', '5'] }, false],
    [{ equals: ['yes', true] }, true],
    [{ equals: ['other', ''] }, false],
    [{ most: ['n', 5] }, true],
    [{ most: ['n', 10] }, true],
    [{ most: ['n', '9'] }, false],
    [{ least: ['n', 6] }, false],
    [{ least: ['text', 'on'] }, true],
    [{ most: ['text', 'onf'] }, true],
    [{ most: ['other', 9] }, false],
    [{ least: ['other', 0] }, false],
    [{ contains: ['open', 'b'] }, true],
    [{ contains: ['open', 'c'] }, false],
    [{ contains: ['words', 'a'] }, true],
    [{ contains: ['text', 'ne'] }, true],
    [{ contains: ['other', 'a'] }, false],
    [{ all: [] }, true],
    [{ any: [] }, false],
    [{ all: [{ exists: 'n' }, { any: [{ absent: 'n' }, { all: [{ any: [{ equals: ['yes', true] }] }] }] }] }, true],
    [{ any: [{ absent: 'n' }, { all: [{ exists: 'n' }, { absent: 'text' }] }] }, false],
  ])('reads the condition %j', async (when, ok) => {
    const table = await tableWith(makeTable, item);

    expect(await table.transact([{ check: key, when }])).toEqual(ok ? { ok } : { ok, failed: [{ index: 0, item }] });
  });

  test.each<[string, readonly Write[]]>([
    ['no writes', []],
    ['101 writes', Array.from({ length: 101 }, (_, n) => ({ put: { pk: 'P', sk: `${n}` } }))],
    ['an item twice', [{ put: key }, { check: key, when: { exists: 'pk' } }]],
    ['an empty key', [{ put: { pk: 'P', sk: '' } }]],
    ['an update without a change', [{ update: key, change: { unite: { open: [] } } }]],
    ['an attribute changed twice', [{ update: key, change: { set: { n: 1 }, add: { n: 1 } } }]],
    ['251 attributes changed', [{ update: key, change: { remove: Array.from({ length: 251 }, (_, n) => `n${n}`) } }]],
    ['a changed key', [{ update: key, change: { set: { sk: 'OTHER' } } }]],
    ['a number added to text', [{ update: key, change: { add: { text: 1 } } }]],
    ['an element united with text', [{ update: key, change: { unite: { text: ['a'] } } }]],
    ['an element taken from text', [{ update: key, change: { subtract: { text: ['a'] } } }]],
    ['a list that is no text', [{ put: { ...key, list: 1 } }]],
    ['an empty place in a list', [{ update: key, change: { set: { at: '' } } }]],
    ['a number that is none', [{ put: { ...key, n: Number.NaN } }]],
    ['an empty set inside a value', [{ put: { ...key, plan: { open: new Set() } } }]],
  ])('throws for %s, and writes nothing', async (_, writes) => {
    const table = await tableWith(makeTable, { ...key, text: 'one' });

    await expect(table.transact([...writes, ...(writes.length === 1 ? [{ put: other }] : [])])).rejects.toThrow();

    expect(await table.query(key.pk, '')).toEqual([{ ...key, text: 'one' }]);
    expect(await table.query('P', '')).toEqual([]);
  });
});

describe('the two tables', () => {
  const makeDynamoTable = dynamoTables();

  test('give equal answers and hold equal items after any commands', { timeout: 240_000 }, async () => {
    const answered = { ok: 0, failed: 0, threw: 0 };
    const count = (answer: Answer) => {
      answered[answer === 'threw' ? 'threw' : answer.ok ? 'ok' : 'failed'] += 1;
    };
    const key = fc.record({ pk: fc.constantFrom(...partitions), sk: fc.constantFrom(...sortKeys) });
    const commands = [
      transactions().map((writes) => new Transact(writes, count)),
      key.map((one) => new Read(`get ${one.pk} ${one.sk}`, (table) => table.get(one))),
      key.map(({ pk, sk }) => new Read(`query ${pk} ${sk}*`, (table) => table.query(pk, sk))),
      fc
        .record({
          list: fc.constantFrom('x', 'y'),
          until: fc.constantFrom('x', 'y'),
          limit: fc.integer({ min: 1, max: 3 }),
        })
        .map(
          ({ list, ...options }) =>
            new Read(`list ${list}`, async (table) => timesOf(await table.listed(list, options))),
        ),
    ];

    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 14, size: 'max' }), async (some) => {
        const [model, real] = [memoryTable(), await makeDynamoTable()];
        await fc.asyncModelRun(() => ({ model, real }), some);
        expect(await everythingIn(real)).toEqual(await everythingIn(model));
      }),
      { numRuns: 60 },
    );
    // A model test that never gets to an outcome says nothing about it.
    expect(Math.min(answered.ok, answered.failed, answered.threw)).toBeGreaterThan(5);
  });
});

type Answer = Awaited<ReturnType<typeof answerOf>>;

/** Random writes: both tables carry them out, refuse them for the same writes and items, or throw. */
class Transact implements fc.AsyncCommand<Table, Table> {
  readonly writes: readonly Write[];
  readonly count: (answer: Answer) => void;
  constructor(writes: readonly Write[], count: (answer: Answer) => void) {
    this.writes = writes;
    this.count = count;
  }
  check(): boolean {
    return true;
  }
  async run(model: Table, real: Table): Promise<void> {
    const expected = await answerOf(model, this.writes);
    this.count(expected);
    expect(await answerOf(real, this.writes)).toEqual(expected);
  }
  toString(): string {
    return JSON.stringify(this.writes);
  }
}

/** One way to read: both tables answer the same. */
class Read implements fc.AsyncCommand<Table, Table> {
  readonly name: string;
  readonly read: (table: Table) => Promise<unknown>;
  constructor(name: string, read: (table: Table) => Promise<unknown>) {
    this.name = name;
    this.read = read;
  }
  check(): boolean {
    return true;
  }
  async run(model: Table, real: Table): Promise<void> {
    expect(await this.read(real)).toEqual(await this.read(model));
  }
  toString(): string {
    return this.name;
  }
}

async function tableWith(makeTable: () => Promise<Table>, item: Item): Promise<Table> {
  const table = await makeTable();
  await table.transact([{ put: item }]);
  return table;
}

async function answerOf(table: Table, writes: readonly Write[]) {
  return table.transact(writes).catch((error: Error) => {
    if (['ValidationException', 'TransactionCanceledException'].includes(error.name)) return 'threw' as const;
    throw error;
  });
}

const partitions = ['P', 'Q'];
const sortKeys = ['A', 'B', 'AB'];

async function everythingIn(table: Table) {
  const keys = partitions.flatMap((pk) => sortKeys.map((sk) => ({ pk, sk })));
  const lists = await Promise.all(['x', 'y', 'xy'].map((list) => table.listed(list)));
  return {
    items: await Promise.all(keys.map((one) => table.get(one))),
    prefixed: await Promise.all(partitions.map((pk) => table.query(pk, 'A'))),
    // Items at the same moment have no order of their own.
    listed: lists.map((list) => list.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))),
    times: lists.map(timesOf),
  };
}

/** Items at the same moment have no order of their own, so a limited list tells only its times. */
function timesOf(list: readonly Item[]): readonly unknown[] {
  return list.map(({ at }) => at);
}

function orderOf({ at, pk, sk }: Item): string {
  return JSON.stringify([at, pk, sk]);
}

/** Transactions on few items with few attributes and values, so that they meet. */
function transactions(): fc.Arbitrary<readonly Write[]> {
  const keys: fc.Arbitrary<Key> = fc.record({ pk: fc.constantFrom(...partitions), sk: fc.constantFrom(...sortKeys) });
  const name = fc.constantFrom('a', 'b', 'list', 'at');
  const word = fc.constantFrom('x', 'y', 'xy');
  const number = fc.integer({ min: -2, max: 2 });
  const words = fc.array(word, { maxLength: 2 });
  const value: fc.Arbitrary<Value> = fc.oneof(
    { weight: 4, arbitrary: word },
    number,
    fc.boolean(),
    fc.constant(null),
    words,
    words.map((elements) => new Set(elements)),
    fc.record({ inner: number }),
  );
  // Index attributes are mostly text, else most transactions would be refused.
  const attribute = fc.oneof(fc.tuple(fc.constantFrom('a', 'b'), value), fc.tuple(fc.constantFrom('list', 'at'), word));
  const attributes = fc.array(attribute, { maxLength: 3 }).map((entries) => Object.fromEntries(entries));
  const some = <T>(one: fc.Arbitrary<T>) =>
    fc.dictionary(fc.constantFrom('a', 'b'), one, { maxKeys: 1, noNullPrototype: true });
  const change: fc.Arbitrary<Change> = fc.record(
    {
      set: attributes,
      remove: fc.array(name, { maxLength: 1 }),
      add: some(number),
      unite: some(words),
      subtract: some(words),
    },
    { requiredKeys: [] },
  );
  const { when } = fc.letrec<{ when: Condition; deeper: readonly Condition[] }>((tie) => ({
    when: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.record({ exists: name }),
      fc.record({ absent: name }),
      fc.record({ equals: fc.tuple(name, fc.oneof(word, number, fc.boolean())) }),
      fc.record({ most: fc.tuple(name, fc.oneof(word, number)) }),
      fc.record({ least: fc.tuple(name, fc.oneof(word, number)) }),
      fc.record({ contains: fc.tuple(name, word) }),
      fc.record({ all: tie('deeper') }),
      fc.record({ any: tie('deeper') }),
    ),
    deeper: fc.array(tie('when'), { maxLength: 3 }),
  }));
  const perhaps = fc.option(when, { nil: undefined, freq: 2 });
  const write: fc.Arbitrary<Write> = fc.oneof(
    fc.record({ put: fc.tuple(attributes, keys).map(([rest, one]) => ({ ...rest, ...one })), when: perhaps }),
    fc.record({ update: keys, change, when: perhaps }),
    fc.record({ delete: keys, when: perhaps }),
    fc.record({ check: keys, when }),
  );
  return fc.array(write, { minLength: 1, maxLength: 3 });
}
