import { expect, test } from 'vitest';
import { withGlance } from '../../lib/hold/glance.ts';
import { aWorld, stage } from '../builders.ts';
import { somebody } from './fake-pipeline.ts';

test('a glance is content with what this process read a moment ago, a proof never is', async () => {
  const { pipeline: source, clock } = await aWorld();
  const { pipeline, glance } = withGlance(source, clock);
  await pipeline.state(stage);
  source.switchBy(stage, somebody, false);

  expect((await glance.state(stage)).transition.enabled).toBe(true);
  expect((await pipeline.state(stage)).transition.enabled).toBe(false);
  expect((await glance.state(stage)).transition.enabled).toBe(false);
  expect(source.calls).toEqual(['state', 'state']);

  clock.advance(10_000);
  await glance.state(stage);
  expect(source.calls).toHaveLength(3);
});

test('a read that failed is not remembered', async () => {
  const { pipeline: source, clock } = await aWorld();
  const { glance } = withGlance(source, clock);
  source.fail('state', 1);

  await expect(glance.state(stage)).rejects.toThrow('no answer');
  expect((await glance.state(stage)).transition.enabled).toBe(true);
});
