import { describe, expect, test } from 'vitest';
import { changeHold } from '../../../lib/hold/ledger.ts';
import type { Table } from '../../../lib/hold/table.ts';
import type { DecisionForm } from '../../../lib/web/decision-app.ts';
import { decisionSteps } from '../../../lib/web/show/decision-deps.ts';
import { aWorld, bringFix, type World } from '../../builders.ts';
import { heldBefore } from './held-world.ts';

/** A form as the person's page would send it, with everything right but `over`. */
async function formOf(world: World, personId: string, over: DecisionForm): Promise<DecisionForm> {
  const view = await decisionSteps(world.ports).open(world.tokenOf(personId));
  if (view.kind !== 'decision') throw new Error('the link is dead');
  return {
    reason: 'looked at it',
    confirmation: view.hold.code,
    totp: world.totp(personId),
    nonce: view.nonce,
    ...over,
  };
}

describe('opening a link', () => {
  test('shows who decides what, with the evidence before the choice, and nothing chosen', async () => {
    const world = await aWorld();
    await heldBefore(world);
    const view = await decisionSteps(world.ports).open(world.tokenOf('rui'));
    expect(view).toMatchObject({
      kind: 'decision',
      person: { name: 'Rui Costa' },
      viewOnly: false,
      earlier: null,
      typed: {},
      errors: {},
    });
    if (view.kind !== 'decision') return;
    expect(view.effect).toContain('Whether what already runs in Production has the flaw too is not known');
    const [fix] = view.choices;
    expect(fix).toMatchObject({
      action: 'remediation-approved',
      label: 'The fix is in: resume when the scan shows it',
      level: 2,
      alsoNeeds: null,
    });
    expect(fix?.evidence).toMatchObject({ tone: 'amber', text: expect.stringContaining('none is recorded yet') });
    expect(view.choices.find(({ action }) => action === 'workaround-accepted')?.alsoNeeds).toBe('Ana Lima (security)');
    expect(view.choices.find(({ action }) => action === 'keep-halted')?.then).toContain('Rui Costa hear of it too');
    expect(view.suggested).toEqual({ hours: '4' });
  });

  test('shows the newest events alone, and every one when asked to', async () => {
    const world = await aWorld();
    const holdId = await heldBefore(world);
    for (let n = 0; n < 10; n += 1)
      await changeHold(world.table, holdId, world.clock.now, () => ({
        happenings: [{ kind: 'reminded', actor: 'sweep', data: {} }],
      }));
    const { open } = decisionSteps(world.ports);
    const newest = await open(world.tokenOf('rui'));
    const whole = await open(world.tokenOf('rui'), true);
    if (newest.kind !== 'decision' || whole.kind !== 'decision') throw new Error('the link is dead');
    expect(newest.hold.events).toEqual(whole.hold.events.slice(-6));
    expect(newest.eventsBefore).toBe(whole.hold.events.length - 6);
    expect(whole.eventsBefore).toBe(0);
  });

  test('an executive only looks', async () => {
    const world = await aWorld();
    await heldBefore(world);
    const view = await decisionSteps(world.ports).open(world.tokenOf('eva'));
    expect(view).toMatchObject({ kind: 'decision', viewOnly: true, choices: [] });
  });

  test('whoever wrote the release may not let it go', async () => {
    const world = await aWorld();
    await heldBefore(world, 'rui@example.com');
    const view = await decisionSteps(world.ports).open(world.tokenOf('rui'));
    const actions = view.kind === 'decision' ? view.choices.map(({ action }) => action) : [];
    expect(actions).toEqual(['roll-back', 'more-time', 'keep-halted']);
  });

  test('an unknown token and a wrong verifier look the same and tell nothing', async () => {
    const world = await aWorld();
    await heldBefore(world);
    const token = world.tokenOf('rui');
    const steps = decisionSteps(world.ports);
    const wrong = await steps.open(`${token.slice(0, -43)}${'A'.repeat(43)}`);
    expect(wrong).toEqual({ kind: 'dead', why: 'unknown', at: null, now: null, renewable: false });
    expect(await steps.open('ss1.nothing')).toEqual(wrong);
  });

  test('whoever completes a decision finds what the first voter entered', async () => {
    const world = await aWorld();
    await heldBefore(world);
    const steps = decisionSteps(world.ports);
    const form = await formOf(world, 'rui', {
      action: 'workaround-accepted',
      condition: 'one-click pay is off',
      until: '2026-12-03',
    });
    expect(await steps.vote(world.tokenOf('rui'), form)).toMatchObject({
      kind: 'receipt',
      missing: ['Ana Lima (security)'],
    });
    const view = await steps.open(world.tokenOf('ana'));
    expect(view).toMatchObject({ suggested: { condition: 'one-click pay is off', until: '2026-12-03' } });
  });
});

describe('voting through a link', () => {
  test('is recorded with a receipt, and resumes when the evidence is there', async () => {
    const world = await aWorld();
    const id = await heldBefore(world);
    await bringFix(world);
    const steps = decisionSteps(world.ports);
    const token = world.tokenOf('rui');
    const receipt = await steps.vote(token, await formOf(world, 'rui', { action: 'remediation-approved' }));
    expect(receipt).toMatchObject({
      kind: 'receipt',
      person: 'Rui Costa',
      action: 'The fix is in: resume when the scan shows it',
      missing: [],
      next: expect.stringContaining('Production opens when a scan'),
    });
    expect(await steps.open(token)).toMatchObject({ kind: 'dead', why: 'used', renewable: true });
    await world.settle();
    expect(await world.hold(id)).toMatchObject({ status: 'closed', outcome: 'remediated' });
    expect(await steps.open(token)).toMatchObject({ kind: 'dead', why: 'used', renewable: false });
    expect(await steps.open(world.tokenOf('ana'))).toMatchObject({ kind: 'dead', why: 'decided' });
  });

  test('more time says by when somebody has to decide, and ends the links of before', async () => {
    const world = await aWorld();
    await heldBefore(world);
    const steps = decisionSteps(world.ports);
    const before = world.tokenOf('ana');
    const receipt = await steps.vote(
      world.tokenOf('rui'),
      await formOf(world, 'rui', { action: 'more-time', hours: '2' }),
    );
    expect(receipt).toMatchObject({ kind: 'receipt', missing: [], by: '2026-12-01T18:00:00.000Z' });
    expect(await steps.open(before)).toMatchObject({ kind: 'dead', why: 'superseded', renewable: true });
  });

  test('what is wrong stands by its field, what was typed is kept but for the codes', async () => {
    const world = await aWorld();
    await heldBefore(world);
    const form = await formOf(world, 'rui', { action: 'more-time', hours: 'soon', reason: '', confirmation: 'no' });
    const view = await decisionSteps(world.ports).vote(world.tokenOf('rui'), form);
    if (view.kind !== 'decision') throw new Error('it was taken');
    expect(Object.keys(view.errors).toSorted()).toEqual(['confirmation', 'hours', 'reason']);
    expect(view.typed).toEqual({ action: 'more-time', hours: 'soon', reason: '', confirmation: 'no' });
  });

  test('a page that is too old is an error of the whole form', async () => {
    const world = await aWorld();
    await heldBefore(world);
    const form = await formOf(world, 'rui', { action: 'keep-halted', nonce: 'old' });
    const view = await decisionSteps(world.ports).vote(world.tokenOf('rui'), form);
    expect(view).toMatchObject({ kind: 'decision', errors: { form: expect.stringContaining('too old') } });
  });

  test('five wrong codes lock the link and nobody out', async () => {
    const world = await aWorld();
    await heldBefore(world);
    const steps = decisionSteps(world.ports);
    const form = await formOf(world, 'rui', { action: 'keep-halted', confirmation: 'XXXX' });
    for (let n = 0; n < 4; n += 1)
      expect(await steps.vote(world.tokenOf('rui'), form)).toMatchObject({ kind: 'decision' });
    expect(await steps.vote(world.tokenOf('rui'), form)).toMatchObject({
      kind: 'dead',
      why: 'locked',
      renewable: true,
    });
  });
});

describe('asking for another link', () => {
  test('sends one that decides, to its person and nobody else', async () => {
    const world = await aWorld();
    await heldBefore(world);
    const steps = decisionSteps(world.ports);
    const before = world.tokenOf('ana');
    await steps.vote(world.tokenOf('rui'), await formOf(world, 'rui', { action: 'more-time', hours: '2' }));
    await world.settle();
    const sent = world.mail.sent.length;
    await steps.renew(before);
    await world.settle();
    expect(world.mail.sent.slice(sent).map(({ personId }) => personId)).toEqual(['ana']);
    expect(await steps.open(world.tokenOf('ana'))).toMatchObject({ kind: 'decision' });
  });

  test('sends nothing for a link that still works or is not known', async () => {
    const world = await aWorld();
    await heldBefore(world);
    const sent = world.mail.sent.length;
    await decisionSteps(world.ports).renew(world.tokenOf('ana'));
    await decisionSteps(world.ports).renew('ss1.nothing');
    await world.settle();
    expect(world.mail.sent.length).toBe(sent);
  });

  test('sends five an hour at most', async () => {
    const world = await aWorld();
    await heldBefore(world);
    const steps = decisionSteps(world.ports);
    const before = world.tokenOf('ana');
    await steps.vote(world.tokenOf('rui'), await formOf(world, 'rui', { action: 'more-time', hours: '20' }));
    await world.settle();
    const sent = world.mail.sent.length;
    for (let n = 0; n < 8; n += 1) {
      world.clock.advance(1000);
      await steps.renew(before);
      await world.settle();
    }
    expect(world.mail.sent.length - sent).toBe(5);
  });
});

test('the decision pages touch links, people and holds and nothing else', async () => {
  const world = await aWorld();
  await heldBefore(world);
  const inner = world.ports.table;
  const touched: string[] = [];
  const table: Table = {
    get: (key) => inner.get(noted(key.pk)(key)),
    query: (pk, prefix) => inner.query(noted(pk)(pk), prefix),
    async listed() {
      throw new Error('the role of the decision pages has no right to the index');
    },
    async transact(writes) {
      for (const write of writes) {
        const key =
          'put' in write
            ? write.put
            : 'update' in write
              ? write.update
              : 'delete' in write
                ? write.delete
                : write.check;
        touched.push(key.pk);
      }
      return await inner.transact(writes);
    },
  };
  function noted(pk: string): <T>(value: T) => T {
    touched.push(pk);
    return (value) => value;
  }
  const steps = decisionSteps({ ...world.ports, table });
  const form = await formOf(world, 'rui', { action: 'more-time', hours: '2' });
  await steps.open(world.tokenOf('rui'));
  await steps.vote(world.tokenOf('rui'), form);
  await steps.renew(world.tokenOf('rui'));
  expect(new Set(touched.map((pk) => pk.split('#')[0]))).toEqual(new Set(['LINK', 'HOLD']));
  expect(touched.length).toBeGreaterThan(10);
});
