/** What one attribute of a ledger item can hold. Sets are sets of text, as DynamoDB's `SS`. */
export type Value =
  | string
  | number
  | boolean
  | null
  | readonly Value[]
  | { readonly [name: string]: Value | undefined }
  | ReadonlySet<string>;

/** Address of an item in the ledger. */
export type Key = { readonly pk: string; readonly sk: string };

/** An item as stored: its key and its attributes. `list` and `at` place it in the index by time. */
export type Item = Key & { readonly [name: string]: Value | undefined };

/**
 * What must be true of the item *before* the write; an absent item has no attributes.
 * `least` and `most` compare numbers as numbers and text as text, and are false for an absent attribute.
 */
export type Condition =
  | { readonly exists: string }
  | { readonly absent: string }
  | { readonly equals: readonly [name: string, value: string | number | boolean] }
  | { readonly most: readonly [name: string, value: string | number] }
  | { readonly least: readonly [name: string, value: string | number] }
  | { readonly contains: readonly [name: string, element: string] }
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] };

/** Changes to one item, at most `attributesPerChange`. `unite` and `subtract` add to and take from a set; an emptied set is an absent attribute. */
export type Change = {
  readonly set?: { readonly [name: string]: Value };
  readonly remove?: readonly string[];
  readonly add?: { readonly [name: string]: number };
  readonly unite?: { readonly [name: string]: readonly string[] };
  readonly subtract?: { readonly [name: string]: readonly string[] };
};

/**
 * Attributes that one change changes at most: an expression of DynamoDB has at most 4,096 bytes, and `#n249 = :v249, ` is the
 * longest part of one.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
 */
export const attributesPerChange = 250;

/** One write of a transaction, as data: both tables carry out the same writes, so that what the simulator proves is what runs. */
export type Write =
  | { readonly put: Item; readonly when?: Condition }
  | { readonly update: Key; readonly change: Change; readonly when?: Condition }
  | { readonly delete: Key; readonly when?: Condition }
  | { readonly check: Key; readonly when: Condition };

/** What became of a transaction: all of it, or nothing and which writes (by position) found another item than they asked for. */
export type Transacted =
  | { readonly ok: true }
  | { readonly ok: false; readonly failed: readonly { readonly index: number; readonly item: Item | null }[] };

/**
 * The ledger's store: DynamoDB (lib/aws) or memory (lib/embedded). The index by time lists the items
 * that carry `list` (its name) and `at` (its order), oldest first, and may lag behind on AWS.
 */
export interface Table {
  /** Strongly consistent. */
  get(key: Key): Promise<Item | null>;
  /** All items of a partition whose sort key starts so, in its order. Strongly consistent. */
  query(pk: string, skPrefix: string): Promise<readonly Item[]>;
  /**
   * Items of one list of the index, oldest first: those whose `at` is at most `until`, or comes after `after`, which goes on
   * where an earlier look ended. Without either, all.
   */
  listed(list: string, options?: ListedOptions): Promise<readonly Item[]>;
  /**
   * All writes or none; 1 to 100 of them, no item twice. Conflicts with other transactions are tried again inside.
   * Throws when the outcome is unknown: the caller must read before it believes anything.
   */
  transact(writes: readonly Write[]): Promise<Transacted>;
}

/** Which part of a list is wanted; one end of it at a time. */
export type ListedOptions = { readonly limit?: number } & (
  | { readonly until?: string; readonly after?: never }
  | { readonly after?: string; readonly until?: never }
);

/** Thrown when a condition failed where no other writer was expected. */
export class LedgerConflict extends Error {
  override readonly name = 'LedgerConflict';
}
