import { expect, test } from 'vitest';
import { awaitDecision } from '../../lib/hold/await.ts';
import type { Table } from '../../lib/hold/table.ts';
import { aWorld } from '../builders.ts';

test('the token of a round that was tried again does not take the place of the newer one', async () => {
  const world = await aWorld();
  const holdId = await world.halt();
  let late: Parameters<Table['transact']>[0] = [];
  const table: Table = {
    ...world.table,
    async transact(writes) {
      late = writes;
      throw new Error('no answer in time');
    },
  };

  await expect(awaitDecision({ ...world.ports, table }, { holdId, token: 'first' })).rejects.toThrow('no answer');
  await awaitDecision(world.ports, { holdId, token: 'second' });

  expect(await world.table.transact(late)).toMatchObject({ ok: false });
  expect(await world.hold(holdId)).toMatchObject({ token: 'second' });
});
