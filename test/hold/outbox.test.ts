import { expect, test } from 'vitest';
import { errandDone, leaveErrand, undoneErrands } from '../../lib/hold/outbox.ts';
import { aWorld } from '../builders.ts';

test('of what joined a hold one errand lies there, and one that was left while it was done stays', async () => {
  const { table, clock } = await aWorld();
  const leave = (n: string) => table.transact([leaveErrand({ kind: 'notify', holdId: 'h' }, n, clock.now())]);
  await leave('a');
  await leave('b');
  const [taken, ...others] = await undoneErrands(table, 10);
  if (taken === undefined) throw new Error('no errand lies there');
  expect(others).toEqual([]);

  await leave('c');
  await errandDone(table, taken);
  const [left] = await undoneErrands(table, 10);
  expect(left).toMatchObject({ n: 'c' });

  if (left !== undefined) await errandDone(table, left);
  expect(await undoneErrands(table, 10)).toEqual([]);
});

test('an errand that was left again while it was done is done again', async () => {
  const { table, clock } = await aWorld();
  const leave = () => table.transact([leaveErrand({ kind: 'callback', holdId: 'h' }, 'verify-3', clock.now())]);
  await leave();
  const [taken] = await undoneErrands(table, 10);
  if (taken === undefined) throw new Error('no errand lies there');

  clock.advance(1);
  await leave();
  await errandDone(table, taken);

  expect(await undoneErrands(table, 10)).toHaveLength(1);
});
