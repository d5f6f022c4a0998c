import { z } from 'zod';
import { instantFrom } from '../finding/date.ts';
import type { Instant } from '../finding/instant.ts';
import type { Listing } from './known-exploited.ts';

/** What a catalogue lists, and how many of its entries could not be read; or why it is not believed at all. */
export type CatalogueReading =
  | {
      readonly ok: true;
      readonly listings: ReadonlyMap<string, Listing>;
      readonly skipped: number;
      /** When CISA published it, by its own word. */
      readonly releasedAt: Instant | null;
    }
  | { readonly ok: false; readonly why: string };

/** Characters of a catalogue that are read at most: CISA's has about 1.5 million. */
export const catalogueMax = 20_000_000;

/** Of a catalogue's entries, the part that may be unreadable before none of it is believed. */
const skippedMax = 0.1;

/**
 * Reads CISA's catalogue of known exploited vulnerabilities; never throws. An entry without a CVE id is skipped and counted.
 * One with an id counts whatever else is wrong with it: without a usable `dateAdded` it counts as added at `arrival`.
 * @see https://www.cisa.gov/known-exploited-vulnerabilities-catalog
 */
export function readCatalogue(text: string, arrival: Instant): CatalogueReading {
  if (text.length > catalogueMax) return refused('is larger than 20 million characters');
  const catalogue = Catalogue.safeParse(jsonOf(text));
  if (!catalogue.success) return refused('is not a catalogue: it has no list "vulnerabilities"');
  const { vulnerabilities, count, dateReleased } = catalogue.data;
  if (vulnerabilities.length === 0) return refused('lists nothing');
  if (count !== undefined && vulnerabilities.length < count)
    return refused(`says that it has ${count} entries and brings ${vulnerabilities.length}`);
  const entries = vulnerabilities.flatMap((one) => entryOf(one, arrival));
  const skipped = vulnerabilities.length - entries.length;
  if (skipped > vulnerabilities.length * skippedMax)
    return refused(`has ${skipped} of ${vulnerabilities.length} entries that cannot be read`);
  return { ok: true, listings: new Map(entries), skipped, releasedAt: instantFrom(dateReleased) };
}

const Catalogue = z.object({
  dateReleased: z.unknown().optional(),
  count: z.number().optional().catch(undefined),
  vulnerabilities: z.array(z.unknown()),
});

// The product's name, the required action and the notes stay where they are: nothing here uses them.
const Entry = z.object({
  cveID: z
    .string()
    .trim()
    .regex(/^CVE-\d{4}-\d{4,19}$/i),
  dateAdded: z.unknown().optional(),
  dueDate: z.unknown().optional(),
  knownRansomwareCampaignUse: z.unknown().optional(),
});

function entryOf(value: unknown, arrival: Instant): readonly (readonly [string, Listing])[] {
  const entry = Entry.safeParse(value);
  if (!entry.success) return [];
  const { cveID, dateAdded, dueDate, knownRansomwareCampaignUse } = entry.data;
  const listing = {
    dateAdded: instantFrom(dateAdded) ?? arrival,
    dueDate: instantFrom(dueDate),
    // CISA says "Known" or "Unknown"; it never says no.
    ransomware: /^known$/i.test(String(knownRansomwareCampaignUse)) ? true : null,
  };
  return [[cveID.toUpperCase(), listing]];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

function refused(why: string): CatalogueReading {
  return { ok: false, why };
}
