import { type Instant, msOf } from '../finding/instant.ts';
import type { Intelligence, KnownExploitedList } from '../risk/known-exploited.ts';
import { readKnownExploited } from './known-exploited.ts';
import type { ClockPort } from './ports.ts';
import type { Table } from './table.ts';

/** How long a process uses a list before it reads it again beside its work, in milliseconds; that there is none, shorter. */
const listUsedFor = 5 * 60_000;
const absenceUsedFor = 30_000;
/** A list that a process read longer ago is read before it is used again: the process slept. */
const listUsedAtMost = 3_600_000;

type Known = { readonly kev: KnownExploitedList | null; readonly at: Instant };

/**
 * What is known of threats, as this process reads it from the ledger: the first time before it answers, later beside the work
 * of the caller, so that no finding waits for it. Throws when the first reading does.
 */
export function intelligenceFrom(
  table: Pick<Table, 'get'>,
  clock: Pick<ClockPort, 'now'>,
): () => Promise<Intelligence> {
  let known: Known | null = null;
  let reading: Promise<Known> | null = null;
  function read(): Promise<Known> {
    reading ??= knownNow(table, clock).then(
      (fresh) => {
        known = fresh;
        reading = null;
        return fresh;
      },
      (error: unknown) => {
        reading = null;
        throw error;
      },
    );
    return reading;
  }
  return async () => {
    const now = clock.now();
    if (known === null || ageOf(known, now) > listUsedAtMost) return { now, kev: (await read()).kev };
    // A reading that fails is tried again by the next call; the list of before is used meanwhile.
    if (ageOf(known, now) > usedFor(known)) read().catch(() => null);
    return { now, kev: known.kev };
  };
}

async function knownNow(table: Pick<Table, 'get'>, clock: Pick<ClockPort, 'now'>): Promise<Known> {
  const at = clock.now();
  return { kev: (await readKnownExploited(table))?.list ?? null, at };
}

function usedFor({ kev }: Known): number {
  return kev === null ? absenceUsedFor : listUsedFor;
}

function ageOf({ at }: Known, now: Instant): number {
  return msOf(now) - msOf(at);
}
