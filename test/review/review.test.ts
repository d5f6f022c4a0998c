import { expect, test } from 'vitest';
import { firstBroken } from '../../lib/hold/events.ts';
import { draftReview, fileReview, readReview } from '../../lib/review/file.ts';
import { aWorld, bringFix, flawedDigest, recorded, stage, type World } from '../builders.ts';

async function aClosedStory(world: World): Promise<string> {
  const holdId = await world.halt();
  world.pipeline.bring(stage, { executionId: 'flawed-01', digest: flawedDigest, commit: null, author: null });
  await world.settle();
  world.clock.advance(3_600_000);
  await bringFix(world);
  recorded(await world.vote('rui', { action: 'remediation-approved' }));
  await world.settle();
  return holdId;
}

test('a filed review has its durations, votes, questions with owners, and a timeline that verifies', async () => {
  const world = await aWorld();
  const holdId = await aClosedStory(world);

  const review = await readReview(world.ports, holdId);

  expect(review).toMatchObject({ outcome: 'remediated', decisions: [{ personId: 'rui', factor: 'totp' }] });
  expect(review?.durations).toMatchObject({ stood: 3_660_000, decide: 3_660_000, verify: 0, resume: 0, halt: 0 });
  expect(review?.questions.map(({ assignee }) => assignee)).toEqual(['dee', 'dee', 'ana', 'rui']);
  expect(review?.actions).toHaveLength(4);
  expect(firstBroken(review?.timeline ?? [])).toBeNull();
});

test('a timeline that was tampered with names the first event that does not fit', async () => {
  const world = await aWorld();
  const holdId = await aClosedStory(world);
  const events = (await readReview(world.ports, holdId))?.timeline ?? [];
  const voted = events.findIndex(({ kind }) => kind === 'voted');

  const forged = events.map((event, at) => (at === voted ? { ...event, actor: 'ana' } : event));

  expect(firstBroken(forged)).toBe(voted + 1);
});

test('filing a review again writes the same', async () => {
  const world = await aWorld();
  const holdId = await aClosedStory(world);
  const first = await readReview(world.ports, holdId);
  world.clock.advance(60_000);

  await fileReview(world.ports, holdId);

  expect(await readReview(world.ports, holdId)).toEqual(first);
});

test('an open hold has a draft, which cannot be filed', async () => {
  const world = await aWorld();
  const holdId = await world.halt();

  expect(await draftReview(world.ports, holdId)).toMatchObject({ closedAt: null, outcome: null, actions: [] });
  await expect(fileReview(world.ports, holdId)).rejects.toThrow('not closed');
  expect(await draftReview(world.ports, 'none')).toBeNull();
});
