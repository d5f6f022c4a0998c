import type { Intelligence } from '../risk/known-exploited.ts';
import { readKnownExploited } from './known-exploited.ts';
import type { ClockPort } from './ports.ts';
import { remembered } from './remembered.ts';
import type { Table } from './table.ts';

/** How long a process uses a list before it reads it again beside its work, in milliseconds; that there is none, shorter. */
const listUsedFor = 5 * 60_000;
const absenceUsedFor = 30_000;

/** What is known of threats as the ledger has it now, in one call at the first question. */
export function intelligenceNow(table: Pick<Table, 'get'>, clock: Pick<ClockPort, 'now'>): () => Promise<Intelligence> {
  let reading: ReturnType<typeof readKnownExploited> | null = null;
  return async () => {
    reading ??= readKnownExploited(table);
    return { kev: (await reading)?.list ?? null, now: clock.now() };
  };
}

/** What is known of threats, as this process remembers it of the ledger: no call of a warm process. */
export function intelligenceFrom(
  table: Pick<Table, 'get'>,
  clock: Pick<ClockPort, 'now'>,
): () => Promise<Intelligence> {
  const list = remembered(
    async () => (await readKnownExploited(table))?.list ?? null,
    clock,
    (kev) => (kev === null ? absenceUsedFor : listUsedFor),
  );
  return async () => ({ kev: await list(), now: clock.now() });
}
