import { expect, test } from 'vitest';
import { learnOutlook } from '../../lib/hold/outlook.ts';
import { aFinding, aWorld } from '../builders.ts';
import { aVector, golden, v31 } from '../risk/builders.ts';

test('after the halt a hold knows what would change its verdict, what is not known, and which dates may follow', async () => {
  const world = await aWorld();
  const holdId = await world.halt(aFinding({ vectors: [aVector(golden)], threat: { ...noThreat, fix: 'available' } }));
  await world.settle();

  const { outlook } = await learnOutlook(world.ports, holdId);

  expect(outlook?.counterfactuals).toContainEqual({ if: 'it needs a login', score: 7.7, verdict: 'watch' });
  expect(outlook?.unknowns.map(({ datum }) => datum)).toContain('epss');
  expect(outlook?.obligations.map(({ standard }) => standard)).toEqual([
    'CISA BOD 26-04',
    'PCI DSS 4.0.1, requirement 6.3.3',
  ]);
});

test('it is worked out once for each revision', async () => {
  const world = await aWorld();
  const holdId = await world.halt();
  await world.settle();
  const first = await learnOutlook(world.ports, holdId);
  const { transactions } = world.calls;

  await learnOutlook(world.ports, holdId);
  expect(world.calls.transactions).toBe(transactions);

  await world.take(aFinding({ id: 'another', vectors: [aVector(`${v31.critical98.replace('S:U', 'S:C')}`)] }));
  await world.settle();
  const second = await learnOutlook(world.ports, holdId);
  expect(second.revision).toBeGreaterThan(first.revision);
  expect(second.outlook?.revision).toBe(second.revision);
});

test('a hold that nobody knows has none', async () => {
  const world = await aWorld();

  await expect(learnOutlook(world.ports, 'nothing')).rejects.toThrow('the ledger has no hold nothing');
});

const noThreat = { epss: null, knownExploited: null, exploitAvailable: null };
