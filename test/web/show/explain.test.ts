import { expect, test } from 'vitest';
import { eventsOf } from '../../../lib/hold/ledger.ts';
import { recordForeignCall } from '../../../lib/hold/override.ts';
import { decisionSteps } from '../../../lib/web/show/decision-deps.ts';
import { aPolicy, aWorld, type World } from '../../builders.ts';
import { heldBefore } from './held-world.ts';

const principal = 'arn:aws:sts::123456789012:assumed-role/release/rui';

/** Rui enabled the transition of a held stage. */
async function workedAround(): Promise<{ readonly world: World; readonly holdId: string }> {
  const policy = aPolicy();
  const people = policy.people.map((person) => (person.id === 'rui' ? { ...person, aws: [principal] } : person));
  const world = await aWorld({ policy: { ...policy, people } });
  const holdId = await heldBefore(world);
  await recordForeignCall(world.ports, holdId, {
    ...{ call: 'RetryStageExecution', at: world.clock.now(), principal, through: null },
    ...{ stage: 'Production', reason: null },
  });
  await world.settle();
  return { world, holdId };
}

async function look(world: World, personId: string) {
  const view = await decisionSteps(world.ports).open(world.tokenOf(personId));
  if (view.kind !== 'decision') throw new Error('the link is dead');
  return view;
}

test('who worked around a halt answers why on the page of their link, which still decides afterwards', async () => {
  const { world, holdId } = await workedAround();
  const { vote } = decisionSteps(world.ports);
  const { why, nonce } = await look(world, 'rui');
  expect(why).toEqual({ kind: 'asked', what: expect.stringContaining('You called RetryStageExecution on the held') });
  const form = { action: 'explain', nonce, reason: 'the test environment was down' };

  const said = await vote(world.tokenOf('rui'), form);
  const again = await vote(world.tokenOf('rui'), form);

  expect(said).toMatchObject({ kind: 'decision', why: { kind: 'said' }, errors: {} });
  expect(again).toMatchObject({ errors: { form: expect.stringContaining('not recorded') } });
  const events = (await eventsOf(world.table, holdId)).filter(({ kind }) => kind === 'explained');
  expect(events).toMatchObject([{ actor: 'rui', data: { reason: 'the test environment was down' } }]);
  const after = await look(world, 'rui');
  expect(after.why).toBeNull();
  expect(after.choices.length).toBeGreaterThan(0);
});

test('nobody else is asked, and no answer counts without its page or its words', async () => {
  const { world, holdId } = await workedAround();
  const { vote } = decisionSteps(world.ports);
  const ana = await look(world, 'ana');
  const rui = await look(world, 'rui');

  expect(ana.why).toBeNull();
  await vote(world.tokenOf('ana'), { action: 'explain', nonce: ana.nonce, reason: 'me' });
  await vote(world.tokenOf('rui'), { action: 'explain', nonce: ana.nonce, reason: 'forged' });
  await vote(world.tokenOf('rui'), { action: 'explain', nonce: rui.nonce, reason: ' ' });

  expect((await eventsOf(world.table, holdId)).map(({ kind }) => kind)).not.toContain('explained');
});
