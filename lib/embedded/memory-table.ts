import { invalid, keyOf, refuseInvalid } from '../aws/refuse-invalid.ts';
import type { Change, Condition, Item, Key, Table, Value, Write } from '../hold/table.ts';

/** The ledger in memory, for `--ledger memory`, tests and the simulator. */
export interface MemoryTable extends Table {
  /** Copies of all items, by key. */
  dump(): readonly Item[];
}

/**
 * A table that answers as DynamoDB does, in one process and until it ends. What goes in is copied; what comes out is frozen,
 * but for sets, which are the reader's own. A write that DynamoDB would refuse throws a `ValidationException`, so that no
 * mistake waits for AWS to be found. Items are never expired.
 */
export function memoryTable(): MemoryTable {
  const partitions: Groups = new Map();
  const lists: Groups = new Map();
  return {
    async get({ pk, sk }) {
      const item = partitions.get(pk)?.get(sk);
      return item === undefined ? null : copyOf(item);
    },

    async query(pk, skPrefix) {
      return itemsOf(partitions, pk)
        .filter((item) => item.sk.startsWith(skPrefix))
        .toSorted(compareKeys)
        .map(copyOf);
    },

    async listed(list, { until, after, limit } = {}) {
      return itemsOf(lists, list)
        .map((item) => ({ item, at: String(item.at) }))
        .filter(({ at }) => until === undefined || compareText(at, until) <= 0)
        .filter(({ at }) => after === undefined || compareText(at, after) > 0)
        .toSorted((a, b) => compareText(a.at, b.at) || compareKeys(a.item, b.item))
        .slice(0, limit)
        .map(({ item }) => copyOf(item));
    },

    async transact(writes) {
      refuseInvalid(writes);
      const steps = writes.map((write) => {
        const { pk, sk } = keyOf(write);
        return { write, before: partitions.get(pk)?.get(sk) };
      });
      const failed = steps.flatMap(({ write, before }, index) => {
        if (write.when === undefined || holds(write.when, before)) return [];
        return [{ index, item: before === undefined ? null : copyOf(before) }];
      });
      if (failed.length > 0) return { ok: false, failed };

      // A write that cannot be done throws before any of the others lands.
      const results = steps.map(({ write, before }) => ({ before, after: afterOf(write, before) }));
      for (const { before, after } of results) {
        if (before !== undefined) takeOut(before, partitions, lists);
        if (after !== undefined) putIn(after, partitions, lists);
      }
      return { ok: true };
    },

    dump() {
      return [...partitions.keys()]
        .flatMap((pk) => itemsOf(partitions, pk))
        .toSorted(compareKeys)
        .map(copyOf);
    },
  };
}

/** Items by partition and sort key, or by list and address. */
type Groups = Map<string, Map<string, Item>>;

function itemsOf(groups: Groups, name: string): readonly Item[] {
  return [...(groups.get(name)?.values() ?? [])];
}

function takeOut(item: Item, partitions: Groups, lists: Groups): void {
  partitions.get(item.pk)?.delete(item.sk);
  if (typeof item.list === 'string') lists.get(item.list)?.delete(JSON.stringify([item.pk, item.sk]));
}

function putIn(item: Item, partitions: Groups, lists: Groups): void {
  groupOf(partitions, item.pk).set(item.sk, item);
  if (typeof item.list !== 'string' || item.at === undefined) return;
  groupOf(lists, item.list).set(JSON.stringify([item.pk, item.sk]), item);
}

function groupOf(groups: Groups, name: string): Map<string, Item> {
  const group = groups.get(name) ?? new Map<string, Item>();
  groups.set(name, group);
  return group;
}

function holds(when: Condition, item: Item | undefined): boolean {
  if ('exists' in when) return item?.[when.exists] !== undefined;
  if ('absent' in when) return item?.[when.absent] === undefined;
  if ('equals' in when) return item?.[when.equals[0]] === when.equals[1];
  if ('most' in when) return isOrdered(item?.[when.most[0]], when.most[1]);
  if ('least' in when) return isOrdered(when.least[1], item?.[when.least[0]]);
  if ('contains' in when) return hasElement(item?.[when.contains[0]], when.contains[1]);
  if ('all' in when) return when.all.every((part) => holds(part, item));
  return when.any.some((part) => holds(part, item));
}

/** Whether the one is at most the other; values of different types have no order. */
function isOrdered(low: Value | undefined, high: Value | undefined): boolean {
  if (typeof low === 'number' && typeof high === 'number') return low <= high;
  return typeof low === 'string' && typeof high === 'string' && compareText(low, high) <= 0;
}

function hasElement(value: Value | undefined, element: string): boolean {
  if (isSet(value)) return value.has(element);
  return (typeof value === 'string' || Array.isArray(value)) && value.includes(element);
}

function afterOf(write: Write, before: Item | undefined): Item | undefined {
  if ('put' in write) return stored(write.put);
  if ('update' in write) return stored({ ...before, ...changed(write.change, before), ...justKey(write.update) });
  return 'delete' in write ? undefined : before;
}

function changed(change: Change, before: Item | undefined): { readonly [name: string]: Value | undefined } {
  const set = Object.entries(change.set ?? {}).filter(([, to]) => to !== undefined);
  const remove = (change.remove ?? []).map((name) => [name, undefined] as const);
  const add = Object.entries(change.add ?? {}).map(([name, by]) => [name, sumOf(name, before?.[name], by)] as const);
  const unite = Object.entries(change.unite ?? {})
    .filter(([, elements]) => elements.length > 0)
    .map(([name, elements]) => [name, united(setOf(name, before?.[name]), elements)] as const);
  const subtract = Object.entries(change.subtract ?? {})
    .filter(([, elements]) => elements.length > 0)
    .map(([name, elements]) => [name, subtracted(setOf(name, before?.[name]), elements)] as const);

  return Object.fromEntries([...set, ...remove, ...add, ...unite, ...subtract]);
}

function sumOf(name: string, value: Value | undefined, by: number): number {
  if (value !== undefined && typeof value !== 'number') throw invalid(`${name} is no number to add to`);
  return (value ?? 0) + by;
}

function setOf(name: string, value: Value | undefined): ReadonlySet<string> {
  if (value !== undefined && !isSet(value)) throw invalid(`${name} is no set`);
  return value ?? new Set();
}

function united(set: ReadonlySet<string>, elements: readonly string[]): ReadonlySet<string> {
  return new Set([...set, ...elements]);
}

function subtracted(set: ReadonlySet<string>, elements: readonly string[]): ReadonlySet<string> {
  return new Set([...set].filter((element) => !elements.includes(element)));
}

// An absent attribute and one that is undefined or an empty set are the same thing.
function stored(item: Item): Item {
  const kept: { [name: string]: Value } & Key = { pk: item.pk, sk: item.sk };
  let hasSet = false;
  for (const name of Object.keys(item)) {
    const value = item[name];
    if (value === undefined || (isSet(value) && value.size === 0)) continue;
    kept[name] = keptOf(value);
    hasSet ||= isSet(value);
  }
  if (hasSet) withSet.add(kept);
  return Object.freeze(kept);
}

/** Items with attributes that are sets: nothing can freeze a set. */
const withSet = new WeakSet<Item>();

/** What comes out. All but sets is frozen, and so needs no copy. */
function copyOf(item: Item): Item {
  if (!withSet.has(item)) return item;
  const copy: { [name: string]: Value | undefined } & Key = { ...item };
  for (const name of Object.keys(copy)) {
    const value = copy[name];
    if (isSet(value)) copy[name] = new Set(value);
  }
  return copy;
}

/** Maps and lists that the table made itself: frozen all through. */
const own = new WeakSet<object>();

/** What goes in: a copy, unless it came out of here. */
function keptOf(value: Value): Value {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw invalid(`${value} is no number`);
    return value === 0 ? 0 : value; // there is no negative zero in DynamoDB
  }
  if (typeof value !== 'object' || value === null || own.has(value)) return value;
  if (isSet(value)) {
    if (value.size === 0) throw invalid('a set inside another value is not empty');
    return new Set(value);
  }
  const kept = Object.freeze(isList(value) ? value.map(keptOf) : keptMap(value));
  own.add(kept);
  return kept;
}

function keptMap(map: { readonly [name: string]: Value | undefined }): { readonly [name: string]: Value } {
  const kept: { [name: string]: Value } = {};
  for (const name of Object.keys(map)) {
    const value = map[name];
    if (value !== undefined) kept[name] = keptOf(value);
  }
  return kept;
}

function isSet(value: Value | undefined): value is ReadonlySet<string> {
  return value instanceof Set;
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function justKey({ pk, sk }: Key): Key {
  return { pk, sk };
}

function compareKeys(a: Key, b: Key): number {
  return compareText(a.pk, b.pk) || compareText(a.sk, b.sk);
}

/** DynamoDB orders text by its UTF-8 bytes: as JavaScript does, but for the halves of a pair, which come after all others. */
function compareText(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at += 1) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (one !== other) return rankOf(one) - rankOf(other);
  }
  return a.length - b.length;
}

function rankOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
