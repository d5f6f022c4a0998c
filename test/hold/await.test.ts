import { expect, test } from 'vitest';
import { awaitDecision } from '../../lib/hold/await.ts';
import { wantVerify } from '../../lib/hold/dispatch.ts';
import { undoneErrands } from '../../lib/hold/outbox.ts';
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

test('a workflow that goes to sleep does not miss what was wanted of it in that moment', async () => {
  const world = await aWorld();
  const holdId = await world.halt();
  let isFirst = true;
  const table: Table = {
    ...world.table,
    async transact(writes) {
      if (isFirst) {
        isFirst = false;
        await wantVerify(world.ports, holdId);
      }
      return await world.table.transact(writes);
    },
  };

  await awaitDecision({ ...world.ports, table }, { holdId, token: 'asleep' });

  expect(await world.hold(holdId)).toMatchObject({ token: 'asleep', wantsVerify: true });
  const errands = await undoneErrands(world.table, 100);
  expect(errands.map(({ sk }) => sk)).toContain('OUTBOX#callback#await-1-0');
});
