import { attributesPerChange, type Change, type Key, type Value, type Write } from '../hold/table.ts';

/**
 * Throws a `ValidationException` for a transaction that DynamoDB refuses whatever is stored: not 1 to 100 writes, an item or
 * an attribute written twice, a key that is empty or changed, an update without changes or with more than
 * `attributesPerChange`, an index attribute that is no text.
 * Emulators let some of these pass, so both tables ask here first and no mistake waits for AWS to be found.
 * @see DynamoDB API, TransactWriteItems and UpdateItem.
 */
export function refuseInvalid(writes: readonly Write[]): void {
  if (writes.length < 1 || writes.length > 100)
    throw invalid(`a transaction has 1 to 100 writes, not ${writes.length}`);
  const keys = writes.map(keyOf);
  if (keys.some(({ pk, sk }) => pk === '' || sk === '')) throw invalid('a key is not empty');
  const addresses = new Set(keys.map(({ pk, sk }) => JSON.stringify([pk, sk])));
  if (addresses.size < keys.length) throw invalid('a transaction writes no item twice');
  for (const write of writes) {
    if ('put' in write) refuseUnlistable(write.put);
    if ('update' in write) refuseInvalidChange(write.change);
  }
}

/** The item that a write is about. */
export function keyOf(write: Write): Key {
  if ('put' in write) return write.put;
  if ('update' in write) return write.update;
  return 'delete' in write ? write.delete : write.check;
}

/** The error for a write that DynamoDB would refuse. */
export function invalid(why: string): Error {
  return Object.assign(new Error(`The ledger refuses the write: ${why}.`), { name: 'ValidationException' });
}

function refuseInvalidChange({ set = {}, remove = [], add = {}, unite = {}, subtract = {} }: Change): void {
  const names = [
    ...Object.keys(set).filter((name) => set[name] !== undefined),
    ...remove,
    ...Object.keys(add),
    ...[...Object.entries(unite), ...Object.entries(subtract)].flatMap(([name, some]) =>
      some.length > 0 ? [name] : [],
    ),
  ];
  if (names.length === 0) throw invalid('an update changes something');
  if (names.length > attributesPerChange)
    throw invalid(`an update changes at most ${attributesPerChange} attributes, not ${names.length}`);
  if (new Set(names).size < names.length) throw invalid('an update changes no attribute twice');
  if (names.includes('pk') || names.includes('sk')) throw invalid('an update does not change a key');
  if (['list', 'at'].some((name) => name in add || name in unite)) throw invalid('list and at are text');
  refuseUnlistable(set);
}

// The index has text for its keys, and takes no empty one.
function refuseUnlistable(attributes: { readonly [name: string]: Value | undefined }): void {
  for (const value of [attributes.list, attributes.at]) {
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      throw invalid('list and at are text, not empty');
  }
}
