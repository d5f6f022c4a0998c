import { expect, test } from 'vitest';
import { memoryTable } from '../../lib/embedded/memory-table.ts';
import type { Table, Write } from '../../lib/hold/table.ts';
import { attackReplays } from './replays.ts';

test('of fifty copies of a vote sent at once exactly one counts, whatever its words', async () => {
  const { answers, wrong } = await attackReplays(6, 50);

  expect(wrong).toEqual([]);
  expect(answers[200]).toBe(6);
});

test('the attack sees a ledger that writes without looking', async () => {
  const inner = memoryTable();
  const careless: Table = { ...inner, transact: (writes) => inner.transact(writes.flatMap(unconditional)) };

  expect((await attackReplays(3, 5, { table: careless })).wrong).not.toEqual([]);
});

function unconditional(write: Write): readonly Write[] {
  if ('check' in write) return [];
  const { when: _, ...rest } = write;
  return [rest];
}
