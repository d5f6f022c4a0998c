import { describe, expect, test } from 'vitest';
import { untrusted } from '../../../lib/finding/untrusted.ts';
import { eventKinds, type HoldEvent, stageKeyOf } from '../../../lib/hold/hold.ts';
import { holdPage } from '../../../lib/web/pages/hold.ts';
import { eventViews } from '../../../lib/web/show/event-view.ts';
import { holdView } from '../../../lib/web/show/hold-view.ts';
import { aFinding, aPolicy, aWorld, bringFix, recorded, stage } from '../../builders.ts';
import { frame } from '../builders.ts';
import { heldBefore } from './held-world.ts';

describe('the view of a hold', () => {
  test('there is none for an id that no hold has', async () => {
    const world = await aWorld();
    expect(await holdView(world.ports, 'nothing')).toBeNull();
  });

  test('says what is held, who decides by when, and that the scan of the waiting release ends it', async () => {
    const world = await aWorld();
    const view = await holdView(world.ports, await heldBefore(world));
    expect(view).toMatchObject({
      service: 'checkout',
      stage: 'Production',
      status: 'in-force',
      score: 9.8,
      deciding: { who: 'Rui' },
      decision: null,
      release: { executionId: 'bad-0001', position: 'waiting' },
    });
    expect(view?.evidence).toContain('a scan of the release that waits');
    expect(view?.sentence).toContain('nyone on the internet could read and change');
  });

  test('tells the timeline in words, with whoever was reached by name', async () => {
    const world = await aWorld();
    world.mail.unconfirmed.add('eva');
    const view = await holdView(world.ports, await heldBefore(world));
    const texts = view?.events.map(({ actor, text }) => `${actor} ${text}`) ?? [];
    expect(texts[0]).toMatch(
      /^stopship opened a hold on Production: "CVE-2024-0001 - openssl", 9\.8 of 10, Critical; rule: critical/,
    );
    expect(texts).toContainEqual(expect.stringContaining('the halt is in force; release bad-0001 waits'));
    expect(texts).toContainEqual(expect.stringMatching(/told of the halt: .*Rui Costa.* Not reached: Eva Brandt\.$/));
    expect(view?.told.find(({ person }) => person === 'Eva Brandt')).toMatchObject({
      reached: false,
      roles: ['executive'],
    });
    expect(view?.told.find(({ person }) => person === 'Rui Costa')).toMatchObject({
      reached: true,
      channels: 'e-mail and SMS',
    });
  });

  test('says that a hold which no read confirmed is NOT HALTED', async () => {
    const world = await aWorld();
    const id = await world.halt();
    world.pipeline.forget();
    await world.ports.reconcile(stage);
    const view = await holdView(world.ports, id);
    expect(view).toMatchObject({ status: 'pending', inForceAt: null });
    expect(view?.events.map(({ text }) => text)).toContainEqual(expect.stringContaining('NOT HALTED'));
  });

  test('a vote of an earlier revision says why it counts no more', async () => {
    const world = await aWorld();
    const id = await heldBefore(world);
    recorded(await world.vote('rui', { action: 'more-time', hours: '2', reason: 'waiting for the plan' }));
    await world.settle();
    const view = await holdView(world.ports, id);
    expect(view?.revision).toBe(2);
    expect(view?.quorum).toEqual([]);
    expect(view?.votes).toMatchObject([
      { person: 'Rui Costa', action: 'More time', revision: 1, void: expect.stringContaining('was carried out') },
    ]);
    expect(view?.events.map(({ actor, text }) => `${actor} ${text}`)).toContain(
      'Rui Costa voted to give more time: waiting for the plan (hours 2)',
    );
  });

  test('a vote that facts overtook is told from one that was carried out', async () => {
    const world = await aWorld();
    const id = await heldBefore(world, null);
    recorded(
      await world.vote('rui', { action: 'workaround-accepted', condition: 'switched off', until: '2026-12-03' }),
    );
    await world.take(aFinding({ id: 'arn:other', title: 'CVE-2024-0002 - openssl', vulnerabilityId: 'CVE-2024-0002' }));
    await world.settle();
    const view = await holdView(world.ports, id);
    expect(view?.votes).toMatchObject([{ void: expect.stringContaining('the facts have changed') }]);
  });

  test('an incomplete quorum names who still has to vote', async () => {
    const world = await aWorld();
    const id = await heldBefore(world);
    recorded(
      await world.vote('rui', { action: 'workaround-accepted', condition: 'switched off', until: '2026-12-03' }),
    );
    const view = await holdView(world.ports, id);
    expect(view?.quorum).toEqual([
      { action: 'Ship with the workaround', has: ['Rui Costa'], needs: ['Ana Lima (security)'] },
    ]);
  });

  test('after it ended nothing is left to decide', async () => {
    const world = await aWorld();
    const id = await heldBefore(world);
    await bringFix(world);
    recorded(await world.vote('rui', { action: 'remediation-approved' }));
    await world.settle();
    const view = await holdView(world.ports, id);
    expect(view).toMatchObject({
      status: 'closed',
      deciding: null,
      decision: null,
      options: [],
      sheet: { objections: [] },
    });
    expect(view?.events.map(({ text }) => text)).toContainEqual(expect.stringContaining('closed the hold, fixed'));
  });

  test('a service that the policy no longer has leaves the facts and the record', async () => {
    const world = await aWorld();
    const id = await heldBefore(world);
    const view = await holdView({ ...world.ports, policy: { ...aPolicy(), services: [] } }, id);
    expect(view).toMatchObject({ title: 'CVE-2024-0001 - openssl', deciding: null, options: [], score: 9.8 });
    expect(view?.events.length).toBeGreaterThan(1);
  });

  test('hostile text stays text on the page', async () => {
    const world = await aWorld();
    const hostile = '<img src=x onerror=alert(1)> "&quot; </script>';
    const [answer] = await world.take(
      aFinding({ title: untrusted(hostile), vulnerabilityId: untrusted('<b>CVE</b>') }),
    );
    const id = answer?.status === 'assessed' ? (answer.holdId ?? '') : '';
    await world.settle();
    recorded(await world.vote('rui', { action: 'more-time', hours: '2', reason: '<script>alert(2)</script>' }));
    const view = await holdView(world.ports, id);
    expect(view?.title).toContain('<img');
    const page = view === null ? '' : String(await holdPage(view, frame));
    expect(page).toContain('&lt;img');
    expect(page).not.toMatch(/<img|<script>alert|<b>CVE/);
  });
});

describe('the words of an event', () => {
  test.each(eventKinds)('%s has words of its own, even with no facts', (kind) => {
    const event: HoldEvent = { n: 1, time: frame.now, kind, actor: 'clock', data: {}, hash: '', previous: '' };
    const [view] = eventViews([event], { stage }, []);
    expect(view?.actor).toBe('stopship');
    expect(view?.text).not.toMatch(/undefined|null|NaN/);
    expect(view?.text.length).toBeGreaterThan(3);
  });

  test('a stage is named by its name, not by its key', () => {
    const event: HoldEvent = {
      n: 1,
      time: frame.now,
      kind: 'resumed',
      actor: 'stage-controller',
      data: { release: 'fix-0001' },
      hash: '',
      previous: '',
    };
    const [view] = eventViews([event], { stage }, []);
    expect(view?.text).toBe('opened Production again for release fix-0001');
    expect(view?.text).not.toContain(stageKeyOf(stage));
  });
});
