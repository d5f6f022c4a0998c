import { type Instant, msOf } from '../finding/instant.ts';
import type { ClockPort } from '../hold/ports.ts';
import type { Item, Key, Table } from '../hold/table.ts';

/** Until when a pass of the sweep begins further work. */
export type Budget = { readonly clock: Pick<ClockPort, 'now'>; readonly endsAt: Instant };

/** Whether the time of this pass is used up. */
export function isSpent({ clock, endsAt }: Budget): boolean {
  return msOf(clock.now()) >= msOf(endsAt);
}

/**
 * Goes through a list of the ledger some items at a time, pass after pass, and begins again at its end: however long the list
 * is, a pass does a bounded part, and none is left out. Where it stands is kept in the ledger once an item is done, so that a
 * pass that was cut short is gone on with. `name` tells turns through one list apart.
 */
export async function inTurn(
  { table, budget }: { readonly table: Table; readonly budget: Budget },
  turn: { readonly name: string; readonly list: string; readonly most: number },
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const key: Key = { pk: 'SWEEP', sk: turn.name };
  const kept = (await table.get(key))?.after;
  const before = typeof kept === 'string' ? kept : '';
  const items = await table.listed(turn.list, { after: before, limit: turn.most });
  let done = 0;
  for (const item of items) {
    if (isSpent(budget)) break;
    await act(item);
    done += 1;
  }
  const isAtEnd = done === items.length && items.length < turn.most;
  const after = isAtEnd ? '' : String(items[done - 1]?.at ?? before);
  if (after !== before) await table.transact([{ put: { ...key, after } }]);
}
