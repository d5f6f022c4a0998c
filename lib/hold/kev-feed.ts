import type { Instant } from '../finding/instant.ts';
import { type CatalogueReading, readCatalogue } from '../risk/kev-catalogue.ts';
import { type ListUpdate, listedIn, updatedList } from '../risk/kev-update.ts';
import type { KnownExploitedList } from '../risk/known-exploited.ts';
import { kevItem, kevItemKey, readKnownExploited } from './known-exploited.ts';
import type { ClockPort } from './ports.ts';
import { LedgerConflict, type Table, type Write } from './table.ts';

/** Where CISA's catalogue comes from. */
export interface KevFeed {
  /** `etag`: of the catalogue that is known already, where its source gives one. Throws when it cannot be read. */
  read(etag: string | null): Promise<KevAnswer>;
}

/** What the source answers. `copiedAt`: null when it is what CISA publishes now; of a copy, when it was made at the latest. */
export type KevAnswer =
  | { readonly status: 'unchanged' }
  | {
      readonly status: 'catalogue';
      readonly text: string;
      readonly etag: string | null;
      readonly copiedAt: Instant | null;
    };

type Catalogue = Extract<KevAnswer, { status: 'catalogue' }>;

export type KevFeedDeps = { readonly table: Table; readonly clock: ClockPort; readonly kevFeed: KevFeed };

/** What a reading of the catalogue came to. A refused one changes nothing: the list of before grows old, which is an alarm. */
export type Refreshed =
  | { readonly status: 'unchanged'; readonly readAt: Instant }
  | {
      readonly status: 'updated';
      readonly readAt: Instant;
      readonly listed: number;
      readonly added: number;
      readonly removed: number;
      readonly skipped: number;
    }
  | { readonly status: 'refused'; readonly why: string };

/**
 * Reads the catalogue and keeps what it lists. `evenIfShrunken`: a person looked, and CISA really took so many entries out.
 * Throws when the source or the ledger does not answer.
 */
export async function refreshKnownExploited(
  { table, clock, kevFeed }: KevFeedDeps,
  evenIfShrunken = false,
): Promise<Refreshed> {
  const before = await readKnownExploited(table);
  const answer = await kevFeed.read(evenIfShrunken ? null : (before?.item.etag ?? null));
  const now = clock.now();
  if (answer.status === 'unchanged') {
    if (before === null) return { status: 'refused', why: 'says that it is unchanged, and none is known' };
    return await confirm(table, before.list.readAt, now);
  }
  const catalogue = readCatalogue(answer.text, now);
  if (!catalogue.ok) return { status: 'refused', why: catalogue.why };
  const asOf = dateOf(answer, catalogue, now);
  if (before !== null && asOf < before.list.readAt) return { status: 'unchanged', readAt: before.list.readAt };
  const update = updatedList(before?.list ?? null, catalogue, asOf, evenIfShrunken);
  if (!update.ok) return { status: 'refused', why: update.why };
  await keep(table, before?.list.readAt ?? null, update, { etag: answer.etag, skipped: catalogue.skipped });
  const listed = listedIn(update.list.listings);
  const { added, removed } = update;
  return { status: 'updated', readAt: asOf, listed, added, removed, skipped: catalogue.skipped };
}

/** The list that a copy of the catalogue holds, by itself; or why it is not believed. */
export function listIn(
  answer: KevAnswer,
  now: Instant,
): { readonly ok: true; readonly list: KnownExploitedList } | { readonly ok: false; readonly why: string } {
  if (answer.status === 'unchanged') return { ok: false, why: 'says that it is unchanged, and none is known' };
  const catalogue = readCatalogue(answer.text, now);
  if (!catalogue.ok) return catalogue;
  return { ok: true, list: { readAt: dateOf(answer, catalogue, now), listings: catalogue.listings } };
}

/** A copy is as old as it says itself, else as old as the copying. */
function dateOf(
  { copiedAt }: Catalogue,
  { releasedAt }: Extract<CatalogueReading, { ok: true }>,
  now: Instant,
): Instant {
  return copiedAt === null ? now : earliest(now, releasedAt ?? copiedAt);
}

/** The source has nothing newer: what is known is as of now. */
async function confirm(table: Table, before: Instant, now: Instant): Promise<Refreshed> {
  const readAt = now > before ? now : before;
  await table.transact([{ update: kevItemKey, change: { set: { readAt } }, when: { equals: ['readAt', before] } }]);
  return { status: 'unchanged', readAt };
}

async function keep(
  table: Table,
  before: Instant | null,
  { list }: Extract<ListUpdate, { ok: true }>,
  about: { readonly etag: string | null; readonly skipped: number },
): Promise<void> {
  const put = kevItem(list, about);
  const write: Write = before === null ? { put } : { put, when: { equals: ['readAt', before] } };
  if (!(await table.transact([write])).ok)
    throw new LedgerConflict('another reading of the catalogue was kept meanwhile');
}

function earliest(one: Instant, other: Instant): Instant {
  return one < other ? one : other;
}
