import { memoryTable } from '../../lib/embedded/memory-table.ts';
import type { Table, Write } from '../../lib/hold/table.ts';
import type { Random } from './random.ts';

/** The table's index by time as a run sees it. */
export type Index = Pick<Table, 'listed'> & {
  /** Was just written to the table. */
  wrote(writes: readonly Write[]): void;
  /** Whether it does not show everything that was written. */
  isBehind(): boolean;
};

/**
 * An index that shows up to `lagMax` milliseconds later what was written, in its order; without lag it is the table's own.
 * DynamoDB reads an index like this one eventually consistent, whatever is asked for.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html
 */
export function laggingIndex(table: Table, elapsed: () => number, random: Random, lagMax: number): Index {
  if (lagMax === 0)
    return { listed: (list, options) => table.listed(list, options), wrote: () => {}, isBehind: () => false };
  const shown = memoryTable();
  const ahead: { readonly at: number; readonly writes: readonly Write[] }[] = [];
  return {
    async listed(list, options) {
      const until = elapsed() - random.below(lagMax);
      for (let next = ahead[0]; next !== undefined && next.at <= until; next = ahead[0]) {
        await shown.transact(next.writes);
        ahead.shift();
      }
      return await shown.listed(list, options);
    },
    wrote: (writes) => void ahead.push({ at: elapsed(), writes: writes.flatMap(withoutCondition) }),
    isBehind: () => ahead.length > 0,
  };
}

/** Conditions held as it was written. */
function withoutCondition(write: Write): readonly Write[] {
  if ('put' in write) return [{ put: write.put }];
  if ('update' in write) return [{ update: write.update, change: write.change }];
  return 'delete' in write ? [{ delete: write.delete }] : [];
}
