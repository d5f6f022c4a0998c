import { expect, test } from 'vitest';
import type { SubscriptionFault } from '../../lib/brief/subscription.ts';
import { sweep } from '../../lib/decision/sweep.ts';
import { aWorld } from '../builders.ts';

const deaf: SubscriptionFault = { kind: 'unconfirmed', personId: 'pia', channel: 'email', endpoint: 'pia@example.com' };

test('who confirms an address only after the halt gets the brief that they missed, once', async () => {
  let faults: readonly SubscriptionFault[] = [deaf];
  const world = await aWorld({ subscriptionFaults: async () => faults });
  world.mail.unconfirmed.add('pia');
  await world.halt();
  await world.settle();
  await sweep(world.ports);
  const toPia = () => world.mail.sent.filter(({ personId }) => personId === 'pia');
  const before = toPia().length;

  world.clock.advance(6 * 60_000);
  await sweep(world.ports);
  await world.settle();
  expect(toPia()).toHaveLength(before);

  faults = [];
  world.mail.unconfirmed.delete('pia');
  for (let pass = 0; pass < 3; pass += 1) {
    world.clock.advance(6 * 60_000);
    await sweep(world.ports);
    await world.settle();
  }

  expect(toPia()).toHaveLength(before + 1);
  expect(toPia().at(-1)).toMatchObject({ kind: 'opened', email: expect.stringContaining('/d/ss1.') });
});
