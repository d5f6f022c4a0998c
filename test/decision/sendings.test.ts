import { expect, test } from 'vitest';
import { claim, dueSendings, endTurns, readSendings } from '../../lib/decision/sendings.ts';
import { stageKeyOf } from '../../lib/hold/hold.ts';
import { aWorld, stage } from '../builders.ts';

test('a turn that a dead process had taken is ended, and due at once', async () => {
  const { table, clock } = await aWorld();
  const key = stageKeyOf(stage);
  await claim(table, await readSendings(table, 'rui', key), clock.now());
  expect(await claim(table, await readSendings(table, 'rui', key), clock.now())).toBeNull();
  expect(await dueSendings(table, clock.now())).toEqual([]);

  await endTurns(table, clock.now());

  expect(await dueSendings(table, clock.now())).toMatchObject([{ personId: 'rui' }]);
  expect(await claim(table, await readSendings(table, 'rui', key), clock.now())).not.toBeNull();
});
