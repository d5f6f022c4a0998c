import { CodePipelineClient } from '@aws-sdk/client-codepipeline';
import { afterEach, expect, test } from 'vitest';
import { codePipeline } from '../../lib/aws/code-pipeline.ts';
import { codepipeline } from '../../lib/embedded/codepipeline.ts';
import { Pipelines } from '../../lib/embedded/pipelines.ts';
import type { InitialRelease } from '../../lib/embedded/releases.ts';
import { openStore } from '../../lib/embedded/store.ts';
import { instantOf } from '../../lib/finding/instant.ts';
import { CannotGoBack } from '../../lib/hold/pipeline.ts';
import { stage } from '../builders.ts';
import { endpointOf, eventually } from '../embedded/endpoint.ts';

const nowhere = { author: null, digest: null };
const since = instantOf(Date.UTC(2026, 0, 1));
const closings: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

test('a release that waits is stopped, and stopping it again is no error', async () => {
  const { port, ids } = await running(['waiting']);
  const [waiting = ''] = ids();

  await port.stop(stage, waiting, 'taken out');
  await port.stop(stage, waiting, 'taken out');

  expect(await port.state(stage)).toMatchObject({ waiting: null });
});

test('the stage goes back to the newest release that succeeded before, once however often it is asked', async () => {
  const { port, ids } = await running(['passed', 'passed', 'passed']);
  const [flawed = '', good = ''] = ids();

  expect(await port.lastGood(stage, [flawed], nowhere)).toMatchObject({ executionId: good });
  const rolled = await port.rollBack(stage, good, since);

  expect(await port.rollBack(stage, good, since)).toBe(rolled);
  expect(await port.release(stage, rolled, nowhere)).toMatchObject({ backTo: good });
  expect(await port.release(stage, good, nowhere)).toMatchObject({ backTo: null });
  await eventually(async () => ((await port.state(stage)).passed === rolled ? true : undefined));
});

test('a release that was rolled back from is never gone back to', async () => {
  const { port, ids } = await running(['passed', 'passed']);
  const [flawed = '', good = ''] = ids();
  const rolled = await port.rollBack(stage, good, since);
  await eventually(async () => ((await port.state(stage)).passed === rolled ? true : undefined));

  expect(await port.lastGood(stage, [], nowhere)).toMatchObject({ executionId: good });
  expect(await port.lastGood(stage, [good], nowhere)).toBeNull();
  expect(flawed).not.toBe('');
});

test('a stage is not rolled back while a release is inside, and goes back once that one was stopped', async () => {
  const { port, ids, start } = await standing(['passed', 'inside']);
  const [inside = '', good = ''] = ids();

  await expect(port.rollBack(stage, good, since)).rejects.toThrow(CannotGoBack);
  await port.stop(stage, inside, 'flawed');
  start();
  await eventually(async () => ((await port.state(stage)).inside === null ? true : undefined));

  expect(await port.rollBack(stage, good, since)).not.toBe(good);
});

test('with nothing that succeeded before there is nothing to go back to', async () => {
  const { port } = await running(['waiting']);

  expect(await port.lastGood(stage, [], nowhere)).toBeNull();
});

/** The port over the embedded CodePipeline with these releases, oldest first; `ids` are theirs, newest first. */
async function running(positions: readonly InitialRelease['position'][]) {
  const world = await standing(positions);
  world.start();
  return world;
}

/** The same before anything moves. */
async function standing(positions: readonly InitialRelease['position'][]) {
  const store = openStore(null);
  const initial = positions.map((position, at) => ({
    commit: String(at).repeat(40),
    author: 'dee@example.com',
    digest: null,
    position,
  }));
  const { account, region, name } = stage;
  const options = { account, region, name, stages: ['Source', 'Build', stage.stage], initial };
  const pipelines = new Pipelines({ store, pipelines: [options], pace: { step: 1, stage: 1 } });
  const { wire, config } = await endpointOf(codepipeline(pipelines));
  const [pipeline] = pipelines.pipelines;
  if (positions.includes('waiting') && pipeline !== undefined)
    pipelines.switchTransition(pipeline, stage.stage, { enabled: false, reason: 'stopship', by: 'us' });
  closings.push(async () => {
    pipelines.stop();
    await wire.close();
    store.close();
  });
  const client = new CodePipelineClient(config);
  const ids = () => (pipeline === undefined ? [] : pipelines.releases(pipeline).map(({ id }) => id));
  return { port: codePipeline(async () => client), ids, start: () => pipelines.start() };
}
