import { expect, test } from 'vitest';
import { Ballot } from '../../lib/decision/ballot.ts';
import { openLink, voteSignedIn } from '../../lib/decision/decide.ts';
import { sweep } from '../../lib/decision/sweep.ts';
import { verify } from '../../lib/decision/verify.ts';
import { gate } from '../../lib/hold/gate.ts';
import { eventsOf } from '../../lib/hold/ledger.ts';
import { watchOverride } from '../../lib/hold/override.ts';
import { CannotGoBack } from '../../lib/hold/pipeline.ts';
import { aFinding, aWorld, bringFix, flawedDigest, mendedDigest, recorded, stage, type World } from '../builders.ts';
import { functionArn, runningHalt, waitingHalt } from './halts.ts';

const takeOut = { action: 'roll-back' } as const;
const goBack = { action: 'roll-back', evidenceKept: 'yes', evidenceKeptBy: 'dee, in the incident bucket' } as const;

/** The flawed release entered the stage before it was halted; `good` succeeded there before it. */
async function insideHalt(world: World): Promise<string> {
  world.pipeline.bring(stage, { executionId: 'good-0001', digest: mendedDigest, commit: '600d600d', author: null });
  world.pipeline.pass(stage);
  world.pipeline.bring(stage, {
    ...{ executionId: 'flawed-01', digest: flawedDigest, commit: '3f9c1ab77e', author: 'dee@example.com' },
  });
  const holdId = await world.halt();
  await world.settle();
  await sweep(world.ports);
  return holdId;
}

test('a flawed release that only waits is stopped, the revert is named, and the hold stays until evidence', async () => {
  const world = await aWorld();
  const holdId = await waitingHalt(world);

  recorded(await world.vote('rui', takeOut));
  await world.settle();

  expect(world.pipeline.stopped).toEqual(['flawed-01']);
  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force', decision: { state: 'carried-out' } });
  const done = (await eventsOf(world.table, holdId)).find(({ kind }) => kind === 'rolled-back');
  expect(done?.data.how).toContain('Revert 3f9c1ab');
  expect(world.pipeline.calls).not.toContain('rollBack');

  await bringFix(world);
  await sweep(world.ports);
  await world.settle();
  expect(await world.hold(holdId)).toMatchObject({ status: 'closed', outcome: 'rolled-back' });
});

test('stopping that failed half-way is carried on, and done once', async () => {
  const world = await aWorld();
  const holdId = await waitingHalt(world);
  recorded(await world.vote('rui', takeOut));
  world.pipeline.once('stop', 'after', () => {
    throw new Error('the answer was lost');
  });
  await expect(verify(world.ports, holdId)).rejects.toThrow('lost');

  await world.settle();

  expect(world.pipeline.stopped).toEqual(['flawed-01']);
  expect(await world.hold(holdId)).toMatchObject({ decision: { state: 'carried-out' } });
});

test('a release that entered before it could be stopped is decided on anew', async () => {
  const world = await aWorld();
  const holdId = await waitingHalt(world);
  recorded(await world.vote('rui', takeOut));
  world.pipeline.switchBy(stage, 'arn:aws:sts::123456789012:assumed-role/admin/rui', true);

  await world.settle();

  expect(world.pipeline.stopped).toEqual([]);
  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force', decision: null });
  expect((await eventsOf(world.table, holdId)).map(({ kind }) => kind)).toContain('refuted');
});

test('a flawed release that entered is stopped, and the stage goes back to the last good one, allowed by name', async () => {
  const world = await aWorld();
  world.source.scanned(mendedDigest, world.clock.now());
  world.source.onImage.set(mendedDigest, [aFinding({ vulnerabilityId: 'CVE-2020-1111' })]);
  const holdId = await insideHalt(world);
  expect((await world.hold(holdId)).wayBack).toMatchObject({
    from: 'flawed-01',
    to: { executionId: 'good-0001', brings: ['CVE-2020-1111'] },
  });
  let isAllowedFirst = false;
  world.pipeline.once('rollBack', 'before', async () => {
    isAllowedFirst = (await gate(world.table, stage, 'good-0001')).allowed;
  });

  recorded(await world.vote('rui', goBack));
  await world.settle();
  await sweep(world.ports);
  await world.settle();

  expect(world.pipeline.stopped).toEqual(['flawed-01']);
  expect(isAllowedFirst).toBe(true);
  expect(world.pipeline.entered.at(-1)).toBe('back-to-good-0001');
  expect(await gate(world.table, stage, 'back-to-good-0001')).toMatchObject({ allowed: true });
  expect(await gate(world.table, stage, 'another-01')).toMatchObject({ allowed: false });
  expect(await world.hold(holdId)).toMatchObject({
    status: 'in-force',
    decision: { state: 'carried-out', fields: { evidenceKept: 'yes', evidenceKeptBy: 'dee, in the incident bucket' } },
  });
  expect(world.mail.sent.map(({ kind }) => kind)).not.toContain('resumed');
});

test.each([
  [
    'the name of who kept the evidence',
    { evidenceKeptBy: ' ' },
    { evidenceKeptBy: expect.stringContaining('Name who') },
  ],
  ['the tick that it is kept', { evidenceKept: '' }, { evidenceKept: expect.stringContaining('Tick that logs') }],
])('rolling back needs %s', async (_, missing, errors) => {
  const world = await aWorld();
  await insideHalt(world);

  expect(await world.vote('rui', { ...goBack, ...missing })).toMatchObject({ errors });
});

test('where nothing succeeded before, the decision says the steps instead', async () => {
  const world = await aWorld();
  const holdId = await runningHalt(world, ['flawed-01']);
  await sweep(world.ports);

  recorded(await world.vote('rui', goBack));
  await world.settle();

  const done = (await eventsOf(world.table, holdId)).find(({ kind }) => kind === 'rolled-back');
  expect(done?.data.how).toMatch(/no earlier release succeeded in Production .* revert/);
  expect(world.pipeline.calls).not.toContain('rollBack');
});

test('a flaw in what already runs goes back before the release that runs, and ends when the scanner closes it', async () => {
  const world = await aWorld();
  const holdId = await runningHalt(world, ['good-0001', 'flawed-01']);
  await sweep(world.ports);
  expect(await world.hold(holdId)).toMatchObject({ wayBack: { from: 'flawed-01', to: { executionId: 'good-0001' } } });

  recorded(await world.vote('rui', goBack));
  await world.settle();
  expect(world.pipeline.entered.at(-1)).toBe('back-to-good-0001');
  world.source.states.set('arn:aws:inspector2:eu-west-1:123456789012:finding/1', 'closed');
  world.clock.advance(60_000);
  world.source.scanned(functionArn, world.clock.now());
  await sweep(world.ports);
  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({ status: 'closed', outcome: 'rolled-back' });
});

test('what the pipeline can never go back to is said, not tried for ever', async () => {
  const world = await aWorld();
  const holdId = await runningHalt(world, ['good-0001', 'flawed-01']);
  await sweep(world.ports);
  recorded(await world.vote('rui', goBack));
  world.pipeline.once('rollBack', 'before', () => {
    throw new CannotGoBack('outdated');
  });

  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force', decision: null });
});

test('a release that enters as the stage is to go back is waited for, and the decision stands', async () => {
  const world = await aWorld();
  const holdId = await runningHalt(world, ['good-0001', 'flawed-01']);
  await sweep(world.ports);
  recorded(await world.vote('rui', goBack));
  world.pipeline.once('rollBack', 'before', () => {
    world.pipeline.switchBy(stage, 'arn:aws:sts::123456789012:assumed-role/admin/rui', true);
    world.pipeline.bring(stage, { executionId: 'later-002', digest: flawedDigest, commit: null, author: null });
  });

  expect(await verify(world.ports, holdId)).toMatchObject({ result: 'not-yet' });
  expect(await world.hold(holdId)).toMatchObject({ decision: { action: 'roll-back', state: 'awaiting-evidence' } });

  world.pipeline.pass(stage);
  await sweep(world.ports);
  await world.settle();
  expect(world.pipeline.entered.at(-1)).toBe('back-to-good-0001');
});

test('nobody goes back before somebody looked where to, and only a release manager decides it', async () => {
  const world = await aWorld();
  const holdId = await runningHalt(world, ['good-0001', 'flawed-01']);
  const before = await openLink(world.ports, world.tokenOf('rui'));
  expect(before.status === 'live' && before.seat.choices.map(({ action }) => action)).not.toContain('roll-back');

  await sweep(world.ports);

  const rui = await openLink(world.ports, world.tokenOf('rui'));
  const ana = await openLink(world.ports, world.tokenOf('ana'));
  expect(rui.status === 'live' && rui.seat.choices.map(({ action }) => action)).toContain('roll-back');
  expect(ana.status === 'live' && ana.seat.choices.map(({ action }) => action)).not.toContain('roll-back');
  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force' });
});

test('a decision that is taken while an earlier one is verified is not overtaken by it', async () => {
  const world = await aWorld();
  const holdId = await waitingHalt(world);
  const accept = { action: 'risk-accepted', until: '2026-12-20', scope: 'all' } as const;
  for (const person of ['ola', 'ana']) recorded(await world.vote(person, accept));
  // The verification has read the hold, and looks at the release.
  world.pipeline.once('state', 'before', async () => {
    world.pipeline.once('state', 'before', async () => {
      recorded(await world.vote('rui', takeOut));
    });
  });

  expect(await verify(world.ports, holdId)).toMatchObject({ result: 'not-yet' });

  expect(await world.hold(holdId)).toMatchObject({
    closing: null,
    decision: { action: 'roll-back', state: 'verifying' },
  });
  await world.settle();
  expect(world.pipeline.stopped).toEqual(['flawed-01']);
});

test('what brings back a release that was decided on is no way past the halt of another hold, also before its own name is known', async () => {
  const world = await aWorld();
  const holdId = await insideHalt(world);
  const bystander = await world.halt(aFinding({ id: 'finding-02', vulnerabilityId: 'CVE-2026-0002' }));
  await world.settle();
  recorded(await voteSignedIn(world.ports, holdId, 'rui', Ballot.parse({ ...goBack, reason: 'it must not run' })));
  await world.settle();
  world.pipeline.once('rollBack', 'after', () => {
    throw new Error('the answer was lost');
  });
  await expect(verify(world.ports, holdId)).rejects.toThrow('lost');
  world.clock.advance(60_000);

  await watchOverride(world.ports, {
    source: 'aws.codepipeline',
    'detail-type': 'CodePipeline Stage Execution State Change',
    ...{ account: stage.account, region: stage.region, time: world.clock.now().replace(/\.\d+Z/, 'Z') },
    detail: {
      ...{ pipeline: stage.name, stage: stage.stage, state: 'STARTED' },
      'execution-id': world.pipeline.entered.at(-1),
    },
  });

  expect(world.pipeline.entered.at(-1)).toBe('back-to-good-0001');
  for (const id of [bystander, holdId])
    expect((await eventsOf(world.table, id)).filter(({ data }) => data.release === 'back-to-good-0001')).toEqual([]);
});
