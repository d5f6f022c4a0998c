import { readFile, stat } from 'node:fs/promises';
import { kevFeedAt } from '../aws/kev-feed.ts';
import { type Instant, instantOf, later } from '../finding/instant.ts';
import type { KevFeed } from '../hold/kev-feed.ts';
import { catalogueMax } from '../risk/kev-catalogue.ts';
import { SetupError } from './data-dir.ts';

/** CISA's catalogue at an address (`https://…`), or in a file. Throws a SetupError for an address that is not https. */
export function kevFeedFrom(place: string): KevFeed {
  if (!isAddress(place)) return kevFeedOf(place);
  try {
    return kevFeedAt(place);
  } catch (error) {
    throw new SetupError(`--kev: ${error instanceof Error ? error.message : 'is no address'}.`);
  }
}

/** Whether a word names an address and not a file. */
export function isAddress(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

/** A copy of the catalogue in a file, read anew each time. Throws an Error when it cannot be read or is larger than 20 MB. */
export function kevFeedOf(file: string): KevFeed {
  return {
    async read() {
      const { size, mtimeMs } = await stat(file);
      if (size > catalogueMax) throw new Error(`${file} is larger than 20 MB`);
      const text = await readFile(file, 'utf8');
      return { status: 'catalogue', text, etag: null, copiedAt: instantOf(Math.floor(mtimeMs)) };
    },
  };
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** The schedule of the feed on this machine: at once, then daily; after a failure in an hour. Answers when nothing is due. */
export function daily(read: () => Promise<unknown>, now: () => Instant): () => Promise<void> {
  let due: Instant | null = null;
  return async () => {
    if (due !== null && now() < due) return;
    due = later(now(), hourMs);
    await read();
    due = later(now(), dayMs);
  };
}
