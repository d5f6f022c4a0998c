import { type Instant, later } from '../finding/instant.ts';
import { chained, type Happening } from './events.ts';
import { type ClosedHold, Hold, HoldEvent, Notice } from './hold.ts';
import { type Condition, type Item, type Key, LedgerConflict, type Table, type Value, type Write } from './table.ts';

/** Key of a hold's state. */
export function holdItemKey(id: string): Key {
  return { pk: `HOLD#${id}`, sk: 'STATE' };
}

/** Key of the state of a problem. */
export function problemItemKey(hash: string): Key {
  return { pk: `PROBLEM#${hash}`, sk: 'STATE' };
}

/** How often findings joined a problem's holds so far: a closing that counted them all asks that it is still so many. */
export async function joinsOf(table: Table, problem: string): Promise<number> {
  const item = await table.get(problemItemKey(problem));
  return typeof item?.joins === 'number' ? item.joins : 0;
}

/** A hold as an item; an open one is listed by the time of its next clock event, a closed one until its record is filed. */
export function holdItem(hold: Hold): Item {
  return { ...holdItemKey(hold.id), ...hold, headN: hold.head.n, ...listing(hold) };
}

/** Reads a hold, strongly consistent; null when there is none of this id. */
export async function readHold(table: Table, id: string): Promise<Hold | null> {
  const item = await table.get(holdItemKey(id));
  return item === null ? null : Hold.parse(item);
}

/** Reads a hold that must exist. Throws a LedgerConflict naming the id otherwise. */
export async function existingHold(table: Table, id: string): Promise<Hold> {
  const hold = await readHold(table, id);
  if (hold === null) throw new LedgerConflict(`the ledger has no hold ${id}`);
  return hold;
}

/** The open holds, by the time of their next clock event. May lag behind on AWS. */
export async function openHolds(table: Table, until?: Instant): Promise<readonly Hold[]> {
  const items = await table.listed('HOLDS', until === undefined ? {} : { until: `${until}~` });
  return items.map((item) => Hold.parse(item)).filter((hold) => hold.status !== 'closed');
}

/** Ids of the holds that closed and whose review record is not filed yet: their workflow still has steps to take. */
export async function unfiledHolds(table: Table): Promise<readonly string[]> {
  return (await table.listed('UNFILED')).map(({ id }) => String(id));
}

/** The write that takes a closed hold off the list of those whose record is not filed. */
export function filed(holdId: string): Write {
  return { update: holdItemKey(holdId), change: { remove: ['list', 'at'] } };
}

/** The timeline of a hold, oldest first. */
export async function eventsOf(table: Table, id: string): Promise<readonly HoldEvent[]> {
  const items = await table.query(`HOLD#${id}`, 'EVENT#');
  return items.map((item) => HoldEvent.parse(item)).toSorted((a, b) => a.n - b.n);
}

/** Writes for events at their places in the chain; an event is written once and never changed. */
export function eventWrites(holdId: string, events: readonly HoldEvent[]): readonly Write[] {
  return events.map((event) => ({
    put: { pk: `HOLD#${holdId}`, sk: `EVENT#${String(event.n).padStart(6, '0')}`, ...event },
    when: { absent: 'n' },
  }));
}

/** A change to a hold: attributes, what happened, and what is written with it. */
export type HoldChange = {
  readonly set?: Partial<Omit<Hold, 'id' | 'head' | 'status'>>;
  readonly status?:
    | { readonly status: 'in-force'; readonly inForceAt: Instant }
    | Pick<ClosedHold, 'status' | 'closedAt' | 'outcome' | 'inForceAt'>;
  readonly happenings?: readonly Happening[];
  /** Raises the revision: fresh links, and votes on the old one count no more. Voids what was verified. */
  readonly raises?: boolean;
  /** What people are to be told; makes the workflow tell them. */
  readonly notice?: Hold['notice']['occasion'];
  readonly also?: readonly Write[];
};

/**
 * Changes a hold as one transaction on the condition that its chain of events did not grow meanwhile; reads and decides
 * anew when it did. `decide` returns null to leave it as it is. Returns the hold as it is afterwards.
 */
export async function changeHold(
  table: Table,
  id: string,
  now: () => Instant,
  decide: (hold: Hold) => HoldChange | null,
): Promise<Hold> {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const hold = await existingHold(table, id);
    const change = decide(hold);
    if (change === null) return hold;
    const { writes, after } = holdWrites(hold, change, now());
    if ((await table.transact(writes)).ok) return after;
  }
  throw new LedgerConflict(`hold ${id} changed ${attemptsMax} times while it was being changed`);
}

const attemptsMax = 12;

/** The writes of a change to a hold as it was read, and the hold after them. */
export function holdWrites(
  hold: Hold,
  change: HoldChange,
  now: Instant,
): { readonly writes: readonly Write[]; readonly after: Hold } {
  const events = chained(hold.head, now, change.happenings ?? []);
  const head = events.at(-1) ?? hold.head;
  const set = {
    ...change.set,
    ...change.status,
    ...(change.raises ? { revision: hold.revision + 1, closing: null } : {}),
    ...(change.notice ? { notice: { n: head.n, occasion: change.notice }, wantsNotify: true } : {}),
    head: { n: head.n, hash: head.hash },
  };
  const after = Hold.parse({ ...hold, ...set });
  const write: Write = {
    update: holdItemKey(hold.id),
    change: {
      set: { ...attributes({ ...set, headN: head.n }), ...listing(after) },
    },
    when: { all: asRead(hold) },
  };
  const news = change.notice ? [noticeWrite(hold.id, { n: head.n, occasion: change.notice })] : [];
  return { writes: [write, ...eventWrites(hold.id, events), ...news, ...(change.also ?? [])], after };
}

/**
 * The hold is as it was read. What leaves no event is asked for by itself: a round of waiting, since the token of one that was
 * tried again must not take the place of the newer one when its request lands late; and what is wanted of the workflow, which
 * one that goes to sleep must not miss.
 */
function asRead({ head, revision, attempt, rounds, wantsVerify, wantsNotify }: Hold): readonly Condition[] {
  return [
    { equals: ['wantsVerify', wantsVerify] },
    { equals: ['wantsNotify', wantsNotify] },
    { equals: ['headN', head.n] },
    { equals: ['revision', revision] },
    { equals: ['attempt', attempt] },
    { equals: ['rounds', rounds] },
  ];
}

/** The write that keeps news about a hold, so that none is lost when the next comes before people were told. */
export function noticeWrite(holdId: string, notice: Hold['notice']): Write {
  return { put: { pk: `HOLD#${holdId}`, sk: `NOTICE#${String(notice.n).padStart(6, '0')}`, ...notice } };
}

/** Everything that was news about a hold since it was opened, oldest first. */
export async function noticesOf(table: Table, holdId: string): Promise<readonly Hold['notice'][]> {
  return (await table.query(`HOLD#${holdId}`, 'NOTICE#')).map((item) => Notice.parse(item));
}

function listing(hold: Hold): { readonly [name: string]: Value } {
  return hold.status === 'closed'
    ? { list: 'UNFILED', at: `${hold.closedAt}#${hold.id}` }
    : { list: 'HOLDS', at: `${hold.wakeAt}#${hold.id}` };
}

function attributes(set: { readonly [name: string]: Value | undefined }): { readonly [name: string]: Value } {
  return Object.fromEntries(Object.entries(set).filter((entry): entry is [string, Value] => entry[1] !== undefined));
}

/** The earlier of the next reminder and the deadline. */
export function nextWake(now: Instant, remindMs: number, deadline: Instant): Instant {
  const reminder = later(now, remindMs);
  return reminder < deadline || deadline <= now ? reminder : deadline;
}
