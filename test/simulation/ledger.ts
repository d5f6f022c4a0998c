import { isDeepStrictEqual } from 'node:util';
import { type MemoryTable, memoryTable } from '../../lib/embedded/memory-table.ts';
import type { Table } from '../../lib/hold/table.ts';

/** The ledger of a run: the table that stopship writes to, and the same in memory for who watches it. */
export type Ledger = { readonly table: Table; readonly mirror: MemoryTable };

/** A ledger in memory. */
export function memoryLedger(): Ledger {
  const mirror = memoryTable();
  return { table: mirror, mirror };
}

/** A ledger in DynamoDB. Each answer must be the one of the table in memory. */
export function pairedLedger(table: Table): Ledger {
  const mirror = memoryTable();
  async function both<T>(act: (table: Table) => Promise<T>): Promise<T> {
    const [real, model] = [await act(table), await act(mirror)];
    if (!isDeepStrictEqual(real, model))
      throw new Error(`DynamoDB answers ${JSON.stringify(real)}, the table in memory ${JSON.stringify(model)}`);
    return real;
  }
  return {
    mirror,
    table: {
      get: (key) => both((one) => one.get(key)),
      query: (pk, prefix) => both((one) => one.query(pk, prefix)),
      listed: (list, options) => both((one) => one.listed(list, options)),
      transact: (writes) => both((one) => one.transact(writes)),
    },
  };
}
