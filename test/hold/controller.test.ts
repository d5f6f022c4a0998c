import { expect, test } from 'vitest';
import { sweep } from '../../lib/decision/sweep.ts';
import { later } from '../../lib/finding/instant.ts';
import { closeHold } from '../../lib/hold/close.ts';
import { reconcile } from '../../lib/hold/controller.ts';
import { gate } from '../../lib/hold/gate.ts';
import { haltStage } from '../../lib/hold/halt-stage.ts';
import { stageKeyOf } from '../../lib/hold/hold.ts';
import { leaseFor, takeLease, underLease } from '../../lib/hold/lease.ts';
import { changeHold, joinsOf, readHold } from '../../lib/hold/ledger.ts';
import type { Pipeline, StageView } from '../../lib/hold/pipeline.ts';
import { clearedAttribute, readStage, stageItemKey } from '../../lib/hold/stage.ts';
import { attributesPerChange } from '../../lib/hold/table.ts';
import {
  aFinding,
  aWorld,
  findingId,
  flawedDigest,
  mendedDigest,
  NOON,
  recorded,
  stage,
  type World,
} from '../builders.ts';
import { v31 } from '../risk/builders.ts';
import { ourRole, somebody } from './fake-pipeline.ts';

const curl = [{ name: 'curl', version: '8', fixedIn: null, path: null, ecosystem: null }];

/** A hold in force that was closed for a release, or for any; the stage is still disabled. */
async function aClosedHold(world: World, release: string | null, kind: 'remediated' | 'waived' = 'remediated') {
  const holdId = await world.halt();
  await reconcile(world.ports, stage);
  const until = later(world.clock.now(), 3_600_000);
  const waiver = kind === 'remediated' ? null : { kind: 'workaround' as const, reason: 'off', by: ['rui'], until };
  const closing = { outcome: 'remediated' as const, release, because: 'scanned', waiver };
  const hold = await changeHold(world.table, holdId, world.clock.now, () => ({ set: { closing } }));
  await closeHold(world.table, hold, await joinsOf(world.table, hold.problem.hash), world.clock.now(), []);
  world.clock.advance(1000);
  world.pipeline.calls.length = 0;
  return holdId;
}

/** The cleared release waits, also at an enabled transition: another one is inside. */
function bringBehindAnother(world: World): void {
  world.pipeline.switchBy(stage, ourRole, true);
  world.pipeline.bring(stage, { executionId: 'inside-01', digest: mendedDigest, commit: null, author: null });
  world.pipeline.switchBy(stage, ourRole, false, 'stopship hold AB12 - curl');
  world.pipeline.bring(stage, { executionId: 'fix-0001', digest: mendedDigest, commit: null, author: null });
}

test('a hold is in force only after a read that showed the transition disabled', async () => {
  const world = await aWorld();
  const holdId = await world.halt();
  world.pipeline.switchBy(stage, somebody, true);
  world.pipeline.once('disable', 'after', async () => {
    expect(await world.hold(holdId)).toMatchObject({ status: 'pending' });
  });

  await reconcile(world.ports, stage);

  expect(world.pipeline.calls.slice(-3)).toEqual(['state', 'disable', 'state']);
  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force' });
});

test('a hold is not in force while a release is at the gate, which may have been told that nothing is held', async () => {
  const world = await aWorld();
  world.pipeline.atGate(stage, 'r1');
  const holdId = await world.halt();

  expect(await reconcile(world.ports, stage)).toMatchObject({ state: 'unsettled' });
  expect(await world.hold(holdId)).toMatchObject({ status: 'pending' });
  world.pipeline.atGate(stage, null);
  expect(await reconcile(world.ports, stage)).toEqual({ state: 'halted' });
  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force' });
});

test('a transition that a person enables under a hold is disabled again', async () => {
  const world = await aWorld();
  await world.halt();
  await world.settle();
  world.pipeline.switchBy(stage, somebody, true);

  expect(await reconcile(world.ports, stage)).toEqual({ state: 'halted' });
  expect(world.pipeline.isEnabled(stage)).toBe(false);
});

test('a disable that never reads as such raises the alarm, which clears by itself', async () => {
  const world = await aWorld();
  world.pipeline.fail('disable', 20);
  const holdId = await world.halt();

  expect(await reconcile(world.ports, stage)).toMatchObject({ state: 'unsettled' });
  expect((await readStage(world.table, stage)).alarm).toMatch(/did not answer/);
  world.pipeline.fail('disable', 0);
  expect(await reconcile(world.ports, stage)).toEqual({ state: 'halted' });

  expect((await readStage(world.table, stage)).alarm).toBeNull();
  expect(await world.hold(holdId)).toMatchObject({
    status: 'in-force',
    notice: { occasion: { kind: 'halted-after-alarm' } },
  });
});

test('a disable by a person is never undone', async () => {
  const world = await aWorld();
  world.pipeline.switchBy(stage, somebody, false);
  await aClosedHold(world, null);

  expect(await reconcile(world.ports, stage)).toEqual({ state: 'kept-by-person' });
  expect(world.pipeline.calls).not.toContain('enable');
});

test('a person who disables while we are about to enable keeps the stage', async () => {
  const world = await aWorld();
  await aClosedHold(world, null);
  world.pipeline.once('state', 'after', () => world.pipeline.switchBy(stage, somebody, false));

  expect(await reconcile(world.ports, stage)).toEqual({ state: 'kept-by-person' });
  expect(world.pipeline.calls).not.toContain('enable');
  expect(world.pipeline.isEnabled(stage)).toBe(false);
});

test('a stage at rest is free, enabled by one call, and forgets who was cleared', async () => {
  const world = await aWorld();
  await aClosedHold(world, null);

  expect(await reconcile(world.ports, stage)).toEqual({ state: 'free' });

  expect(world.pipeline.calls.filter((call) => call === 'enable')).toHaveLength(1);
  expect(await readStage(world.table, stage)).toMatchObject({
    phase: 'FREE',
    cleared: {},
    open: new Set(),
    allow: new Set(),
  });
  // The sweep looks after it until no request of ours can land on it any more.
  expect(await world.table.listed('STAGES')).toHaveLength(1);
  world.clock.advance(60_000);
  expect(await reconcile(world.ports, stage)).toEqual({ state: 'free' });
  expect(await world.table.listed('STAGES')).toEqual([]);
});

test('a disable of ours that lands late on a free stage is undone by the sweep', async () => {
  const world = await aWorld();
  await aClosedHold(world, null);
  await world.settle();
  expect(world.pipeline.isEnabled(stage)).toBe(true);
  world.pipeline.switchBy(stage, ourRole, false, 'stopship hold K7QX');
  world.clock.advance(60_000);

  await sweep(world.ports);

  expect(world.pipeline.isEnabled(stage)).toBe(true);
  expect(await readStage(world.table, stage)).toMatchObject({ phase: 'FREE' });
});

test('a disable of ours that lands late over the one of a person is left to people', async () => {
  const world = await aWorld();
  await aClosedHold(world, null);
  world.pipeline.switchBy(stage, somebody, false);
  expect(await reconcile(world.ports, stage)).toEqual({ state: 'kept-by-person' });
  world.pipeline.switchBy(stage, ourRole, false, 'stopship hold K7QX');

  expect(await reconcile(world.ports, stage)).toEqual({ state: 'kept-by-person' });

  expect(world.pipeline.isEnabled(stage)).toBe(false);
  expect(await readStage(world.table, stage)).toMatchObject({ phase: 'FREE', foreign: 'unknown' });
});

test('a release that slipped in is looked at though the stage was halted for another reason meanwhile', async () => {
  const world = await aWorld();
  const first = await aClosedHold(world, 'fix-0001');
  world.pipeline.bring(stage, { executionId: 'fix-0001', digest: mendedDigest, commit: null, author: null });
  world.pipeline.once('enable', 'before', () =>
    world.pipeline.bring(stage, { executionId: 'later-002', digest: flawedDigest, commit: null, author: null }),
  );
  // Another problem is found, and the controller dies before it has looked at what its enable let in.
  const { promise: isDead, resolve: die } = Promise.withResolvers<void>();
  world.pipeline.once('enable', 'after', async () => {
    await world.halt(aFinding({ id: findingId(2), packages: curl }));
    die();
    await new Promise(() => {});
  });
  void reconcile(world.ports, stage);
  await isDead;
  world.clock.advance(120_000);

  await reconcile(world.ports, stage);

  const problems = await Promise.all([...(await readStage(world.table, stage)).open].map((id) => world.hold(id)));
  expect(problems.map(({ problem }) => problem.hash)).toContain((await world.hold(first)).problem.hash);
  expect(world.pipeline.isEnabled(stage)).toBe(false);
});

test.each(['state', 'enable'] as const)(
  'a hold opened during a resume, at the call %s, keeps the stage halted',
  async (call) => {
    const world = await aWorld();
    await aClosedHold(world, null);
    world.pipeline.once(call, 'after', async () => {
      await world.halt(aFinding({ id: findingId(2), packages: curl }));
    });

    expect(await reconcile(world.ports, stage)).toEqual({ state: 'halted' });

    expect(world.pipeline.isEnabled(stage)).toBe(false);
    expect(await readStage(world.table, stage)).toMatchObject({ phase: 'HALTED' });
  },
);

test('an enable that lands after its caller gave up never lands on a hold in force', async () => {
  const world = await aWorld();
  await aClosedHold(world, null);
  const { pipeline, clock } = world;
  let holdId = '';
  let landsAt: string | null = null;
  const statuses: string[] = [];
  const late = {
    ...world.ports,
    pipeline: {
      ...pipeline,
      async enable() {
        holdId = await world.halt(aFinding({ id: findingId(2), packages: curl }));
        landsAt = later(clock.now(), 4_000);
        throw new Error('timed out');
      },
    },
    clock: {
      now: clock.now,
      async wait(ms: number) {
        clock.advance(ms);
        if (landsAt === null || clock.now() < landsAt) return;
        landsAt = null;
        statuses.push((await world.hold(holdId)).status);
        await pipeline.enable(stage);
      },
    },
  };

  expect(await reconcile(late, stage)).toEqual({ state: 'halted' });

  expect(statuses).toEqual(['pending']);
  expect(pipeline.isEnabled(stage)).toBe(false);
  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force' });
});

test('a stage forgets who was cleared also after more holds than one write can forget', async () => {
  const world = await aWorld();
  await aClosedHold(world, null);
  const ids = Array.from({ length: 3 * attributesPerChange }, (_, n) => `hold-${n}`);
  for (const id of ids) {
    const unite = { [clearedAttribute(id)]: ['*'] };
    await world.table.transact([{ update: stageItemKey(stageKeyOf(stage)), change: { unite } }]);
  }

  expect(await reconcile(world.ports, stage)).toEqual({ state: 'free' });

  expect(await readStage(world.table, stage)).toMatchObject({ phase: 'FREE', cleared: {} });
});

test('a release that superseded the cleared one before the enable is looked at, and held anew', async () => {
  const world = await aWorld();
  await aClosedHold(world, 'fix-0001');
  world.pipeline.bring(stage, { executionId: 'later-002', digest: flawedDigest, commit: null, author: null });

  expect(await reconcile(world.ports, stage)).toEqual({ state: 'halted' });

  expect(world.pipeline.entered).toEqual([]);
  expect((await readStage(world.table, stage)).open.size).toBe(1);
});

test('a release that superseded the cleared one enters once people settled on a severity that does not halt', async () => {
  const world = await aWorld();
  await aClosedHold(world, 'fix-0001');
  world.pipeline.bring(stage, { executionId: 'later-002', digest: flawedDigest, commit: '3f9c1ab', author: 'dee' });
  await reconcile(world.ports, stage);
  await world.settle();
  const vector = v31.critical98.replace('PR:N', 'PR:L');
  recorded(await world.vote('dee', { action: 'dispute', vector, totp: '' }));
  world.clock.advance(11 * 60_000);
  await world.settle();

  recorded(await world.vote('ana', { action: 'dispute-confirmed' }));
  await world.settle();

  expect((await readStage(world.table, stage)).open.size).toBe(0);
  expect(world.pipeline.entered).toEqual(['later-002']);
});

test('a release that superseded the cleared one and is mended too enters', async () => {
  const world = await aWorld();
  await aClosedHold(world, 'fix-0001');
  world.pipeline.bring(stage, { executionId: 'later-002', digest: mendedDigest, commit: null, author: null });
  world.source.scanned(mendedDigest, later(NOON, 60_000));

  expect(await reconcile(world.ports, stage)).toEqual({ state: 'free' });
  expect(world.pipeline.entered).toEqual(['later-002']);
});

test('a mended release that was superseded as it was looked at halts nothing', async () => {
  const world = await aWorld();
  await aClosedHold(world, 'fix-0001');
  world.source.scanned(mendedDigest, later(NOON, 60_000));
  world.pipeline.bring(stage, { executionId: 'early-001', digest: mendedDigest, commit: null, author: null });
  world.pipeline.goStale(stage, 1);
  world.pipeline.bring(stage, { executionId: 'later-002', digest: mendedDigest, commit: null, author: null });

  expect(await reconcile(world.ports, stage)).toEqual({ state: 'free' });

  expect((await readStage(world.table, stage)).open.size).toBe(0);
  expect(world.pipeline.entered).toEqual(['later-002']);
});

test('a release that slips in during the enable is looked at: flawed, the stage is halted again under a new hold', async () => {
  const world = await aWorld();
  const first = await aClosedHold(world, 'fix-0001');
  world.pipeline.bring(stage, { executionId: 'fix-0001', digest: mendedDigest, commit: null, author: null });
  world.pipeline.once('enable', 'before', () =>
    world.pipeline.bring(stage, { executionId: 'later-002', digest: flawedDigest, commit: null, author: null }),
  );

  expect(await reconcile(world.ports, stage)).toEqual({ state: 'halted' });

  const [open] = (await readStage(world.table, stage)).open;
  expect(open).not.toBe(first);
  expect(world.pipeline.isEnabled(stage)).toBe(false);
});

test('a release that the gate refused while the stage resumed is looked at: flawed, the stage is halted again', async () => {
  const world = await aWorld();
  const first = await aClosedHold(world, 'fix-0001');
  world.pipeline.bring(stage, { executionId: 'fix-0001', digest: mendedDigest, commit: null, author: null });
  world.pipeline.once('enable', 'after', () =>
    world.pipeline.refuse(stage, { executionId: 'later-002', digest: flawedDigest, commit: null, author: null }),
  );

  expect(await reconcile(world.ports, stage)).toEqual({ state: 'halted' });

  const [open] = (await readStage(world.table, stage)).open;
  expect(open).not.toBe(first);
});

test('a release that slipped in and went through at once is looked at too', async () => {
  const world = await aWorld();
  await aClosedHold(world, 'fix-0001');
  world.pipeline.bring(stage, { executionId: 'fix-0001', digest: mendedDigest, commit: null, author: null });
  world.pipeline.once('enable', 'before', () =>
    world.pipeline.bring(stage, { executionId: 'later-002', digest: flawedDigest, commit: null, author: null }),
  );
  world.pipeline.once('enable', 'after', () => world.pipeline.pass(stage));

  expect(await reconcile(world.ports, stage)).toEqual({ state: 'halted' });

  expect((await readStage(world.table, stage)).open.size).toBe(1);
});

test('a release that supersedes the cleared one, which waits yet after the enable, is looked at: the stage is halted again', async () => {
  const world = await aWorld();
  await aClosedHold(world, 'fix-0001');
  bringBehindAnother(world);
  expect(await reconcile(world.ports, stage)).toEqual({ state: 'free' });
  expect(await gate(world.table, stage, 'later-002')).toMatchObject({ allowed: false });

  world.clock.advance(60_000);
  world.pipeline.bring(stage, { executionId: 'later-002', digest: flawedDigest, commit: null, author: null });
  await world.settle();

  expect(world.pipeline.entered).toEqual(['inside-01']);
  expect((await readStage(world.table, stage)).open.size).toBe(1);
});

test('a stage forgets who was cleared once the release that waited has entered', async () => {
  const world = await aWorld();
  await aClosedHold(world, 'fix-0001');
  bringBehindAnother(world);
  await reconcile(world.ports, stage);

  world.pipeline.pass(stage);
  world.clock.advance(60_000);
  await world.settle();
  // What comes later is not held against it.
  world.pipeline.bring(stage, { executionId: 'later-002', digest: flawedDigest, commit: null, author: null });
  await world.settle();

  expect(world.pipeline.entered).toEqual(['inside-01', 'fix-0001']);
  expect(await readStage(world.table, stage)).toMatchObject({ phase: 'FREE', cleared: {}, allow: new Set() });
  expect(await world.table.listed('STAGES')).toEqual([]);
});

test('a release that waits behind the cleared one as it enters is looked at, and then the stage forgets', async () => {
  const world = await aWorld();
  await aClosedHold(world, 'fix-0001');
  world.pipeline.bring(stage, { executionId: 'fix-0001', digest: mendedDigest, commit: null, author: null });
  world.pipeline.once('enable', 'after', () =>
    world.pipeline.bring(stage, { executionId: 'later-002', digest: mendedDigest, commit: null, author: null }),
  );
  world.source.scanned(mendedDigest, later(NOON, 60_000));
  await reconcile(world.ports, stage);
  world.clock.advance(60_000);
  await world.settle();

  expect(world.pipeline.entered).toEqual(['fix-0001']);
  expect(await readStage(world.table, stage)).toMatchObject({ phase: 'FREE', open: new Set(), cleared: {} });
});

test('what slipped in while nobody could read back is looked at in the next pass', async () => {
  const world = await aWorld();
  await aClosedHold(world, 'fix-0001');
  world.pipeline.bring(stage, { executionId: 'fix-0001', digest: mendedDigest, commit: null, author: null });
  world.pipeline.once('enable', 'before', () => {
    world.pipeline.bring(stage, { executionId: 'later-002', digest: flawedDigest, commit: null, author: null });
    world.pipeline.fail('state', 100);
  });
  expect(await reconcile(world.ports, stage)).toMatchObject({ state: 'unsettled' });

  world.pipeline.fail('state', 0);
  expect(await reconcile(world.ports, stage)).toEqual({ state: 'halted' });

  expect((await readStage(world.table, stage)).open.size).toBe(1);
});

/** What nobody cleared enters by our enable; its read-back answers what it is told to, and later reads are too old to show it. */
function slipsInUnseen(world: World, readBack: (view: StageView) => StageView): Pipeline {
  let reads: number | null = null;
  world.pipeline.once('enable', 'before', () => {
    world.pipeline.bring(stage, { executionId: 'later-002', digest: flawedDigest, commit: null, author: null });
    reads = 0;
  });
  return {
    ...world.ports.pipeline,
    async state(address) {
      const view = await world.ports.pipeline.state(address);
      if (reads === null) return view;
      reads += 1;
      return reads === 1 ? readBack(view) : { ...view, waiting: null, inside: null, passed: null };
    },
  };
}

test('what slipped in is looked at also when the disable after it fails, and no later read shows it', async () => {
  const world = await aWorld();
  await aClosedHold(world, 'fix-0001');
  world.pipeline.bring(stage, { executionId: 'fix-0001', digest: mendedDigest, commit: null, author: null });
  const pipeline = slipsInUnseen(world, (view) => {
    world.pipeline.fail('disable', 100);
    return view;
  });

  expect(await reconcile({ ...world.ports, pipeline }, stage)).toMatchObject({ state: 'unsettled' });

  expect((await readStage(world.table, stage)).open.size).toBe(1);
});

test('what slipped in while nobody could read back is looked at also when the next read is too old to show it', async () => {
  const world = await aWorld();
  await aClosedHold(world, 'fix-0001');
  world.pipeline.bring(stage, { executionId: 'fix-0001', digest: mendedDigest, commit: null, author: null });
  const pipeline = slipsInUnseen(world, () => {
    throw new Error('the answer was lost');
  });
  await reconcile({ ...world.ports, pipeline }, stage);
  world.clock.advance(60_000);

  expect(await reconcile(world.ports, stage)).toEqual({ state: 'halted' });

  expect((await readStage(world.table, stage)).open.size).toBe(1);
});

test('a stale read of an old disable does not put a new hold in force', async () => {
  const world = await aWorld();
  await aClosedHold(world, null);
  world.pipeline.goStale(stage, 0);
  const old = await world.ports.pipeline.state(stage);
  await reconcile(world.ports, stage);
  world.clock.advance(1000);
  let lies = 2;
  const pipeline = {
    ...world.ports.pipeline,
    state: async (address: typeof stage) => (lies-- > 0 ? old : await world.ports.pipeline.state(address)),
  };

  await world.halt(aFinding({ id: findingId(2), packages: curl }));
  world.pipeline.switchBy(stage, somebody, true);
  await reconcile({ ...world.ports, pipeline }, stage);

  expect(world.pipeline.isEnabled(stage)).toBe(false);
});

test('two controllers do not act at once: the second finds the lease taken', async () => {
  const world = await aWorld();
  await world.halt();
  await takeLease(world.table, world.clock, stageKeyOf(stage), 'another');

  expect(await reconcile(world.ports, stage)).toEqual({ state: 'busy' });
});

test('a lease that ended passes on, and its late owner writes nothing', async () => {
  const world = await aWorld();
  const late = await takeLease(world.table, world.clock, stageKeyOf(stage), 'late');
  world.clock.advance(leaseFor + 1);
  expect(await takeLease(world.table, world.clock, stageKeyOf(stage), 'next')).toMatchObject({ epoch: 2 });

  const write = { update: stageItemKey(stageKeyOf(stage)), change: { set: { phase: 'FREE' } } };
  const done = late === null ? null : await world.table.transact([underLease(late), write]);

  expect(done).toMatchObject({ ok: false });
});

test('a waiver lets its release alone enter, also when a person has to enable', async () => {
  const world = await aWorld();
  world.pipeline.switchBy(stage, somebody, false);
  const holdId = await aClosedHold(world, 'fix-0001', 'waived');
  await reconcile(world.ports, stage);
  world.pipeline.switchBy(stage, somebody, true);
  await reconcile(world.ports, stage);

  expect(await readStage(world.table, stage)).toMatchObject({ only: new Set([holdId]), allow: new Set(['fix-0001']) });
});

test.each([
  ['flawed', flawedDigest, { open: 1, allow: [] }],
  ['mended', mendedDigest, { open: 0, allow: ['later-002'] }],
])(
  'what another hold was closed for is looked at for a waiver, also when a person enables first: %s',
  async (...given) => {
    const [, digest, then] = given;
    const world = await aWorld();
    await aClosedHold(world, 'fix-0001', 'waived');
    await world.table.transact([
      { update: stageItemKey(stageKeyOf(stage)), change: { unite: { 'cleared:another': ['later-002'] } } },
    ]);
    world.pipeline.switchBy(stage, somebody, true);
    world.pipeline.bring(stage, { executionId: 'inside-01', digest: mendedDigest, commit: null, author: null });
    world.pipeline.bring(stage, { executionId: 'later-002', digest, commit: null, author: null });
    world.source.scanned(digest, later(NOON, 60_000));
    await reconcile(world.ports, stage);

    const { open, allow } = await readStage(world.table, stage);
    expect({ open: open.size, allow: [...allow] }).toEqual(then);
  },
);

test('a finding that comes back after its hold closed opens a successor that names it', async () => {
  const world = await aWorld();
  const first = await aClosedHold(world, null);
  await reconcile(world.ports, stage);
  world.clock.advance(60_000);

  const second = await world.halt(aFinding({ updatedAt: world.clock.now() }));
  await haltStage(world.ports, second);

  expect(second).not.toBe(first);
  expect(await readHold(world.table, second)).toMatchObject({ predecessor: first, status: 'in-force' });
});

test('a finding that joins while its hold is being closed keeps it open', async () => {
  const world = await aWorld();
  const holdId = await world.halt();
  const closing = { outcome: 'remediated' as const, release: null, because: 'scanned', waiver: null };
  const hold = await changeHold(world.table, holdId, world.clock.now, () => ({ set: { closing } }));
  const joins = await joinsOf(world.table, hold.problem.hash);

  await world.take(aFinding({ id: findingId(7) }));

  await expect(closeHold(world.table, hold, joins, world.clock.now(), [])).rejects.toThrow(
    'changed while it was being closed',
  );
  expect(await readHold(world.table, holdId)).toMatchObject({ status: 'pending' });
});
