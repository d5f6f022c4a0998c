import { expect, test } from 'vitest';
import { aFinding, aWorld, findingId } from '../builders.ts';

test('of equally bad findings those that people have seen stay in front, and no vote is void for another one', async () => {
  const world = await aWorld();
  const holdId = await world.halt(aFinding({ id: findingId(5) }));
  for (const n of [6, 7]) await world.take(aFinding({ id: findingId(n) }));
  await world.settle();
  const before = await world.hold(holdId);

  for (const n of [1, 2, 3, 4, 8, 9]) {
    await world.take(aFinding({ id: findingId(n) }));
    await world.settle();
  }

  const after = await world.hold(holdId);
  expect(after).toMatchObject({ findings: 9, revision: before?.revision });
  expect(after?.worst).toEqual(before?.worst);
});
