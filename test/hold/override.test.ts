import { expect, test } from 'vitest';
import { sweep } from '../../lib/decision/sweep.ts';
import { closeHold } from '../../lib/hold/close.ts';
import { reconcile } from '../../lib/hold/controller.ts';
import { watchedCalls } from '../../lib/hold/foreign-call.ts';
import { changeHold, eventsOf, joinsOf } from '../../lib/hold/ledger.ts';
import { watchOverride } from '../../lib/hold/override.ts';
import type { StageView } from '../../lib/hold/pipeline.ts';
import { readStage } from '../../lib/hold/stage.ts';
import { aFinding, aPolicy, aWorld, findingId, stage, type World } from '../builders.ts';
import { ourRole, somebody } from './fake-pipeline.ts';

const rui = 'arn:aws:sts::123456789012:assumed-role/release/rui';

type Over = {
  readonly arn?: string;
  readonly at?: string;
  readonly detail?: object;
  readonly account?: string;
  readonly stageName?: string;
};

/** A call to CodePipeline as CloudTrail's event brings it. */
function aCall(eventName: string, over: Over = {}) {
  const { arn = somebody, at = '2026-12-01T12:05:00Z', account = stage.account, stageName = stage.stage } = over;
  const asked = {
    StartPipelineExecution: { name: stage.name },
    StopPipelineExecution: { pipelineName: stage.name, pipelineExecutionId: 'r1' },
    UpdatePipeline: { pipeline: { name: stage.name, stages: [] } },
  }[eventName] ?? { pipelineName: stage.name, stageName, transitionType: 'Inbound', reason: 'we ship' };
  return {
    version: '0',
    source: 'aws.codepipeline',
    'detail-type': 'AWS API Call via CloudTrail',
    account,
    region: stage.region,
    time: at,
    detail: {
      eventSource: 'codepipeline.amazonaws.com',
      eventName,
      eventTime: at,
      userIdentity: { type: 'AssumedRole', arn },
      requestParameters: asked,
      ...over.detail,
    },
  };
}

function aStart(execution: string, time = '2026-12-01T12:05:00Z') {
  return {
    version: '0',
    source: 'aws.codepipeline',
    'detail-type': 'CodePipeline Stage Execution State Change',
    account: stage.account,
    region: stage.region,
    time,
    detail: { pipeline: stage.name, stage: stage.stage, 'execution-id': execution, state: 'STARTED' },
  };
}

async function heldWorld() {
  const policy = aPolicy();
  const people = policy.people.map((person) => (person.id === 'rui' ? { ...person, aws: [rui] } : person));
  const world = await aWorld({ policy: { ...policy, people } });
  const holdId = await world.halt();
  await world.settle();
  world.clock.advance(5 * 60_000);
  world.mail.sent.length = 0;
  return { world, holdId };
}

async function changes(world: World, holdId: string, kind = 'foreign-change') {
  return (await eventsOf(world.table, holdId)).filter((event) => event.kind === kind);
}

test.each(watchedCalls)('%s by somebody else on a held stage stands on the hold with who did it', async (call) => {
  const { world, holdId } = await heldWorld();

  await watchOverride(world.ports, aCall(call));

  const [change] = await changes(world, holdId);
  expect(change?.data).toMatchObject({ what: call, principal: somebody, at: '2026-12-01T12:05:00.000Z' });
});

test('security is told of it, and whoever did it is asked why, and nobody else', async () => {
  const { world } = await heldWorld();

  await watchOverride(world.ports, aCall('RetryStageExecution', { arn: rui }));
  await world.settle();

  const told = new Map(world.mail.sent.map(({ personId, email }) => [personId, email.replace(/\s+/g, ' ')]));
  expect([...told.keys()].toSorted()).toEqual(['ana', 'rui']);
  expect(told.get('rui')).toContain('You called RetryStageExecution on the held stage Production');
  expect(told.get('rui')).toContain('Why did you do it?');
  expect(told.get('ana')).toContain('Rui called RetryStageExecution');
});

test('somebody whom the policy does not know is named to security', async () => {
  const { world } = await heldWorld();

  await watchOverride(world.ports, aCall('UpdatePipeline'));
  await world.settle();

  expect(world.mail.sent.map(({ personId }) => personId)).toEqual(['ana']);
  expect(world.mail.sent[0]?.email.replace(/\s+/g, ' ')).toMatch(/nobody that the policy knows, called UpdatePipeline/);
});

test('a stage that somebody enables is halted again at once', async () => {
  const { world } = await heldWorld();
  world.pipeline.switchBy(stage, somebody, true);

  await watchOverride(world.ports, aCall('EnableStageTransition'));
  await world.settle();

  expect(world.pipeline.isEnabled(stage)).toBe(false);
});

test.each<[string, object]>([
  ['our own call', aCall('DisableStageTransition', { arn: ourRole })],
  ['a call that AWS refused', aCall('EnableStageTransition', { detail: { errorCode: 'AccessDenied' } })],
  ['a call to another stage', aCall('EnableStageTransition', { stageName: 'Staging' })],
  ['a call in another account', aCall('EnableStageTransition', { account: '999999999999' })],
  ['a call that only looks', aCall('GetPipelineState')],
  ['an event of something else', { source: 'aws.inspector2', 'detail-type': 'Inspector2 Finding' }],
  ['an event of nothing', {}],
])('%s is not recorded', async (_, event) => {
  const { world, holdId } = await heldWorld();

  expect(await watchOverride(world.ports, event)).toBe(0);
  expect(await changes(world, holdId)).toEqual([]);
});

test('what a service of AWS starts for somebody is recorded and tells nobody', async () => {
  const { world, holdId } = await heldWorld();
  const userIdentity = { type: 'AssumedRole', arn: somebody, invokedBy: 'events.amazonaws.com' };

  await watchOverride(world.ports, aCall('StartPipelineExecution', { detail: { userIdentity } }));
  await world.settle();

  expect(await changes(world, holdId)).toHaveLength(1);
  expect(world.mail.sent).toEqual([]);
});

test('a call that comes twice, or that the sweep saw before, is one', async () => {
  const { world, holdId } = await heldWorld();
  world.pipeline.switchBy(stage, somebody, true);

  await sweep(world.ports);
  await watchOverride(world.ports, aCall('EnableStageTransition', { at: '2026-12-01T12:05:00Z' }));
  await watchOverride(world.ports, aCall('EnableStageTransition', { at: '2026-12-01T12:05:00Z' }));

  expect(await changes(world, holdId)).toHaveLength(1);
});

test('without the trail the sweep tells who enabled a held stage, and halts it', async () => {
  const { world, holdId } = await heldWorld();
  world.pipeline.switchBy(stage, somebody, true);

  await sweep(world.ports);

  expect((await changes(world, holdId))[0]?.data).toMatchObject({ what: 'EnableStageTransition', principal: somebody });
  expect(world.pipeline.isEnabled(stage)).toBe(false);
});

test('a release that began in a stage though it is held is told, once', async () => {
  const { world, holdId } = await heldWorld();
  world.pipeline.bring(stage, { executionId: 'r9', digest: null, commit: null, author: null });
  world.pipeline.switchBy(stage, somebody, true);

  await watchOverride(world.ports, aStart('r9'));
  await watchOverride(world.ports, aStart('r9'));
  await world.settle();

  expect(await changes(world, holdId, 'released-inside')).toMatchObject([{ data: { release: 'r9' } }]);
  expect(world.mail.sent.find(({ personId }) => personId === 'ana')?.email).toContain('though it is held');
});

test('a release that began in the second of the halt, by a clock without fractions, is told', async () => {
  const world = await aWorld();
  world.clock.advance(700);
  const holdId = await world.halt();
  await world.settle();
  world.pipeline.bring(stage, { executionId: 'r9', digest: null, commit: null, author: null });
  world.pipeline.switchBy(stage, somebody, true);

  await watchOverride(world.ports, aStart('r9', new Date(world.clock.now()).toISOString().replace(/\.\d+/, '')));

  expect(await changes(world, holdId, 'released-inside')).toHaveLength(1);
});

test.each<[string, string, string]>([
  ['began before the hold was in force', 'r9', '2026-12-01T11:59:00Z'],
  ['did not enter after all', 'r8', '2026-12-01T12:05:00Z'],
])('a release that %s is no violation', async (_, execution, at) => {
  const { world, holdId } = await heldWorld();
  world.pipeline.bring(stage, { executionId: 'r9', digest: null, commit: null, author: null });
  world.pipeline.switchBy(stage, somebody, true);

  expect(await watchOverride(world.ports, aStart(execution, at))).toBe(0);
  expect(await changes(world, holdId, 'released-inside')).toEqual([]);
});

test('a call from before the hold was opened, which the trail brings late, is held against nobody', async () => {
  const { world, holdId } = await heldWorld();

  expect(await watchOverride(world.ports, aCall('EnableStageTransition', { at: '2026-12-01T11:59:00Z' }))).toBe(0);

  expect(await changes(world, holdId)).toEqual([]);
  expect(await watchOverride(world.ports, aCall('EnableStageTransition', { at: '2026-12-01T12:00:00Z' }))).toBe(1);
});

test('a release that was inside at the halt, and has passed since, is no violation', async () => {
  const world = await aWorld();
  world.pipeline.bring(stage, { executionId: 'r9', digest: null, commit: null, author: null });
  const holdId = await world.halt();
  await world.settle();
  const [inForce] = await changes(world, holdId, 'in-force');
  world.pipeline.pass(stage);
  world.clock.advance(5 * 60_000);
  await sweep(world.ports);

  expect(await watchOverride(world.ports, aStart('r9', inForce?.time.replace(/\.\d+/, '')))).toBe(0);
  expect(await changes(world, holdId, 'released-inside')).toMatchObject([{ actor: 'stage-controller' }]);
});

/** A hold that was closed for any release: the controller is about to enable. */
async function aClosedHold() {
  const { world, holdId } = await heldWorld();
  const closing = { outcome: 'remediated' as const, release: null, because: 'scanned', waiver: null };
  const hold = await changeHold(world.table, holdId, world.clock.now, () => ({ set: { closing } }));
  await closeHold(world.table, hold, await joinsOf(world.table, hold.problem.hash), world.clock.now(), []);
  return world;
}

/** Somebody disabled the stage as we were about to enable it, and our enable undid that. */
async function anUndoneDisable(seen: StageView[] = []) {
  const world = await aClosedHold();
  world.pipeline.once('enable', 'before', async () => {
    world.pipeline.switchBy(stage, somebody, false, 'freeze');
    seen.push(await world.pipeline.state(stage));
  });
  await reconcile(world.ports, stage);
  return world;
}

/** The same, and ports whose first read of the pipeline is the one in `old`, from before our enable. */
async function anUndoneDisableReadOld() {
  const old: StageView[] = [];
  const world = await anUndoneDisable(old);
  const state: typeof world.pipeline.state = async (address) => old.pop() ?? (await world.pipeline.state(address));
  return { world, old, ports: { ...world.ports, pipeline: { ...world.ports.pipeline, state } } };
}

test('a disable by somebody that our enable undid in a race is put back, and is theirs', async () => {
  const world = await anUndoneDisable();
  expect(world.pipeline.isEnabled(stage)).toBe(true);

  await watchOverride(world.ports, aCall('DisableStageTransition'));
  await world.settle();

  expect(world.pipeline.isEnabled(stage)).toBe(false);
  expect(await readStage(world.table, stage)).toMatchObject({ foreign: 'yes', putBack: null });
  expect(await reconcile(world.ports, stage)).toEqual({ state: 'kept-by-person' });
});

test('a disable that an enable of ours undid long after its word is put back too', async () => {
  const world = await aClosedHold();
  let at = '';
  world.pipeline.once('enable', 'before', () => {
    world.clock.advance(28_000);
    world.pipeline.switchBy(stage, somebody, false, 'freeze');
    at = world.clock.now();
  });
  await reconcile(world.ports, stage);
  expect(world.pipeline.isEnabled(stage)).toBe(true);

  await watchOverride(world.ports, aCall('DisableStageTransition', { at }));
  await world.settle();

  expect(world.pipeline.isEnabled(stage)).toBe(false);
  expect(await readStage(world.table, stage)).toMatchObject({ foreign: 'yes', putBack: null });
});

test('a read from before our enable does not end the putting back of what it undid', async () => {
  const { world, old, ports } = await anUndoneDisableReadOld();
  await watchOverride(world.ports, aCall('DisableStageTransition'));

  await reconcile(ports, stage);
  expect(old).toEqual([]);
  expect(await sweep(world.ports)).toMatchObject({ failures: [] });

  expect(world.pipeline.isEnabled(stage)).toBe(false);
  expect(await readStage(world.table, stage)).toMatchObject({ foreign: 'yes', putBack: null });
});

test('an event that reads what was before our enable has the disable put back all the same', async () => {
  const { world, old, ports } = await anUndoneDisableReadOld();

  await watchOverride(ports, aCall('DisableStageTransition'));
  await world.settle();

  expect(old).toEqual([]);
  expect(world.pipeline.isEnabled(stage)).toBe(false);
  expect(await readStage(world.table, stage)).toMatchObject({ foreign: 'yes', putBack: null });
});

test('a disable soon after our enable, which undid nothing, is left as it is', async () => {
  const world = await aClosedHold();
  await reconcile(world.ports, stage);
  world.clock.advance(5_000);
  world.pipeline.switchBy(stage, somebody, false, 'freeze');
  await watchOverride(world.ports, aCall('DisableStageTransition'));
  expect(await sweep(world.ports)).toMatchObject({ failures: [] });

  world.clock.advance(60_000);
  await sweep(world.ports);

  expect(await reconcile(world.ports, stage)).toEqual({ state: 'kept-by-person' });
  expect((await world.pipeline.state(stage)).transition).toMatchObject({ changedBy: somebody, reason: 'freeze' });
  expect(await readStage(world.table, stage)).toMatchObject({ foreign: 'yes', putBack: null });
});

test.each<[string, (world: World) => void, string]>([
  ['was enabled by a person since', (world) => world.pipeline.switchBy(stage, somebody, true), '2026-12-01T12:05:00Z'],
  ['was long before our enable', () => {}, '2026-12-01T12:01:00Z'],
])('a disable is not put back when it %s', async (_, act, at) => {
  const world = await aClosedHold();
  await reconcile(world.ports, stage);
  act(world);

  await watchOverride(world.ports, aCall('DisableStageTransition', { at }));
  await world.settle();

  expect(world.pipeline.isEnabled(stage)).toBe(true);
});

test('an event that comes before our enable has landed has the disable put back then', async () => {
  const world = await aClosedHold();
  world.pipeline.once('enable', 'before', async () => {
    world.pipeline.switchBy(stage, somebody, false, 'freeze');
    await watchOverride(world.ports, aCall('DisableStageTransition'));
  });

  await reconcile(world.ports, stage);
  await world.settle();

  expect(world.pipeline.isEnabled(stage)).toBe(false);
  expect(await readStage(world.table, stage)).toMatchObject({ foreign: 'yes', putBack: null });
});

test('a disable that our enable undid, and a halt of ours covered since, leaves the stage to people', async () => {
  const world = await anUndoneDisable();
  world.clock.advance(1_000);
  await world.halt(aFinding({ id: findingId(2), updatedAt: world.clock.now() }));
  await world.settle();
  expect(await readStage(world.table, stage)).toMatchObject({ foreign: 'no' });

  await watchOverride(world.ports, aCall('DisableStageTransition'));
  await world.settle();

  expect(await readStage(world.table, stage)).toMatchObject({ foreign: 'unknown', putBack: null });
});

test('a disable that was put back stays so when the trail tells of it twice', async () => {
  const world = await anUndoneDisable();
  await watchOverride(world.ports, aCall('DisableStageTransition'));
  await world.settle();

  world.clock.advance(60_000);
  await watchOverride(world.ports, aCall('DisableStageTransition'));

  expect(await readStage(world.table, stage)).toMatchObject({ foreign: 'yes', putBack: null });
});

test('a stage that is held again before the disable was put back is enabled by a person only', async () => {
  const world = await anUndoneDisable();
  await watchOverride(world.ports, aCall('DisableStageTransition'));

  world.clock.advance(1_000);
  await world.halt(aFinding({ id: findingId(2), updatedAt: world.clock.now() }));
  await world.settle();

  expect(await readStage(world.table, stage)).toMatchObject({ foreign: 'unknown', putBack: null });
});
