import type { Instant } from '../finding/instant.ts';
import type { CatalogueReading } from './kev-catalogue.ts';
import type { KnownExploitedList, Listing } from './known-exploited.ts';

/** An entry as it is kept: one that CISA took out is marked, never deleted. */
export type KeptListing = Listing & { readonly removedAt: Instant | null };

/** The list as it is kept from one reading of the catalogue to the next. */
export type KeptList = Pick<KnownExploitedList, 'readAt'> & { readonly listings: ReadonlyMap<string, KeptListing> };

/** The list after a catalogue was read, and what is new in it; or why the catalogue is not believed. */
export type ListUpdate =
  | { readonly ok: true; readonly list: KeptList; readonly added: number; readonly removed: number }
  | { readonly ok: false; readonly why: string };

/** Of the entries listed so far, the part that a catalogue may be smaller by and still be believed. */
const shrunkenMax = 0.05;

/**
 * The list after a catalogue that is as of `asOf`. Entries that it lacks stay and are marked; one that comes back is as new. A
 * catalogue with over 5 % fewer entries than are listed is refused, unless a person said that it is right (`evenIfShrunken`).
 */
export function updatedList(
  before: KeptList | null,
  catalogue: Extract<CatalogueReading, { ok: true }>,
  asOf: Instant,
  evenIfShrunken: boolean,
): ListUpdate {
  const known = before?.listings ?? new Map<string, KeptListing>();
  const listed = listedIn(known);
  const { listings } = catalogue;
  if (!evenIfShrunken && listings.size < listed * (1 - shrunkenMax))
    return { ok: false, why: `lists ${listings.size} vulnerabilities, where ${listed} were listed before` };
  const gone = [...known].filter(([id]) => !listings.has(id));
  return {
    ok: true,
    list: {
      readAt: asOf,
      listings: new Map<string, KeptListing>([
        ...gone.map(([id, kept]) => [id, { ...kept, removedAt: kept.removedAt ?? asOf }] as const),
        ...[...listings].map(([id, listing]) => [id, { ...listing, removedAt: null }] as const),
      ]),
    },
    added: [...listings.keys()].filter((id) => !known.has(id)).length,
    removed: gone.filter(([, { removedAt }]) => removedAt === null).length,
  };
}

/** How many entries the catalogue itself had, when it was read last. */
export function listedIn(listings: ReadonlyMap<string, KeptListing>): number {
  return [...listings.values()].filter(({ removedAt }) => removedAt === null).length;
}
