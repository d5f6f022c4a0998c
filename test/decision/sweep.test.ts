import { expect, test, vi } from 'vitest';
import { measuredSweepFunction } from '../../lib/aws/functions.ts';
import { resumeStage } from '../../lib/decision/resume.ts';
import { sweep } from '../../lib/decision/sweep.ts';
import { later } from '../../lib/finding/instant.ts';
import { changeHold, openHolds } from '../../lib/hold/ledger.ts';
import { readStage } from '../../lib/hold/stage.ts';
import type { Table } from '../../lib/hold/table.ts';
import { aFinding, aPolicy, aWorld, findingId, stage } from '../builders.ts';

test('a finding of an audit halts when the policy is enforced', async () => {
  const audit = await aWorld({ policy: aPolicy({ mode: 'audit' }) });
  await audit.take(aFinding());
  expect((await sweep(audit.ports)).unheld).toBe(0);

  const enforced = { ...audit.ports, policy: aPolicy() };
  const swept = await sweep(enforced);

  expect(swept).toMatchObject({ unheld: 1, failures: [] });
  expect(await openHolds(audit.table)).toHaveLength(1);
});

test('what was only watched by its severity is never halted by the sweep', async () => {
  const world = await aWorld();
  await world.take(aFinding({ severity: 'high', vectors: [] }));

  world.clock.advance(48 * 3_600_000);

  expect((await sweep(world.ports)).unheld).toBe(0);
});

/** A hundred and thirty problems: more holds than one pass looks at. */
async function manyHolds() {
  const world = await aWorld();
  const names = Array.from({ length: 130 }, (_, n) => `package-${n}`);
  for (const [n, name] of names.entries())
    await world.take(
      aFinding({ id: findingId(n), packages: [{ name, version: '1', fixedIn: null, path: null, ecosystem: null }] }),
    );
  await world.settle();
  world.engine.kill();
  return world;
}

test('a pass looks at a bounded part of the holds, and the next goes on where it ended', async () => {
  const world = await manyHolds();
  const looked: number[] = [];
  const table: Table = {
    ...world.table,
    listed: async (list, options) => {
      const items = await world.table.listed(list, options);
      looked.push(items.length);
      return items;
    },
  };

  const first = await sweep({ ...world.ports, table });
  const second = await sweep({ ...world.ports, table });

  expect(Math.max(...looked)).toBeLessThanOrEqual(100);
  expect([first.restarted, second.restarted]).toEqual([100, 30]);
  expect((await sweep(world.ports)).restarted).toBe(0);
});

test('a pass that runs out of time ends, and the next begins with what it had no time for', async () => {
  const world = await manyHolds();
  const state: typeof world.pipeline.state = async (address) => {
    world.clock.advance(45_000);
    return await world.pipeline.state(address);
  };

  const first = await sweep({ ...world.ports, glance: { ...world.ports.glance, state } });
  const second = await sweep(world.ports);

  expect(first).toMatchObject({ restarted: 0, isCutShort: true });
  expect(second).toMatchObject({ restarted: 100, isCutShort: false });
});

test('a pass ends within the life of its function, also when every call of the stage controller takes all of its own', async () => {
  const world = await aWorld();
  for (const [n, name] of ['curl', 'zlib', 'xz'].entries()) {
    const packages = [{ name, version: '1', fixedIn: null, path: null, ecosystem: null }];
    await world.take(aFinding({ id: findingId(n), packages }));
  }
  world.clock.advance(60_000);
  const begun = world.clock.now();
  async function reconcile() {
    world.clock.advance(30_000);
    return { state: 'unsettled', why: 'no answer' } as const;
  }

  const swept = await sweep({ ...world.ports, reconcile });

  expect(swept.isCutShort).toBe(true);
  expect(world.clock.now() < later(begun, 55_000)).toBe(true);
});

/** Two waivers on one stage, whose time has come. */
async function twoWaivers() {
  const world = await aWorld();
  for (const [n, name] of ['curl', 'zlib'].entries()) {
    const packages = [{ name, version: '1', fixedIn: null, path: null, ecosystem: null }];
    const holdId = await world.halt(aFinding({ id: findingId(n), packages }));
    const waiver = { kind: 'risk', reason: 'small', by: ['ola'], until: later(world.clock.now(), 60_000) } as const;
    const closing = { outcome: 'risk-accepted', release: null, because: 'small', waiver } as const;
    await changeHold(world.table, holdId, world.clock.now, () => ({ set: { closing } }));
    await resumeStage(world.ports, holdId);
  }
  world.clock.advance(120_000);
  return world;
}

test('waivers of one stage that end while the list of them lags leave it free for every release', async () => {
  const world = await twoWaivers();
  for (const n of [0, 1]) world.source.states.set(findingId(n), 'closed');
  expect((await readStage(world.table, stage)).only.size).toBe(2);
  const running = await world.table.listed('WAIVERS');
  const listed: Table['listed'] = async (list, options) =>
    list === 'WAIVERS' ? running : await world.table.listed(list, options);

  const swept = await sweep({ ...world.ports, table: { ...world.table, listed } });

  expect(swept).toMatchObject({ waivers: 2, failures: [] });
  expect((await readStage(world.table, stage)).only.size).toBe(0);
});

test('a pass that runs out of time while waivers end leaves the others to the next', async () => {
  const world = await twoWaivers();
  const state: typeof world.ports.findings.state = async () => {
    world.clock.advance(45_000);
    return 'open';
  };

  const first = await sweep({ ...world.ports, findings: { ...world.ports.findings, state } });
  const second = await sweep(world.ports);

  expect(first).toMatchObject({ waivers: 1, isCutShort: true });
  expect(second).toMatchObject({ waivers: 1, isCutShort: false });
});

test('what a pass mended is added to the figures of its day, and nothing is written when all was in order', async () => {
  const world = await aWorld();
  await world.halt();
  await world.settle();
  await sweep(world.ports);
  world.calls.transactions = 0;

  await sweep(world.ports);
  expect(await world.table.get({ pk: 'DAY#2026-12-01', sk: 'SWEEP' })).toBeNull();
  world.engine.kill();
  await sweep(world.ports);

  expect(await world.table.get({ pk: 'DAY#2026-12-01', sk: 'SWEEP' })).toMatchObject({ restarted: 1 });
});

test('on AWS a pass counts what it mended as metrics', async () => {
  const world = await aWorld();
  await world.halt();
  await world.settle();
  world.engine.kill();
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);

  await measuredSweepFunction(world.ports, {});
  write.mockRestore();

  const line = JSON.parse(lines[0] ?? '');
  expect(line).toMatchObject({ event: 'sweep.done', SweptRestarted: 1, SweptStages: 0, SweptFailures: 0 });
  expect(line._aws.CloudWatchMetrics[0].Metrics).toContainEqual({ Name: 'SweptRestarted', Unit: 'Count' });
});
