import { flawedDigest, stage, type World } from '../../builders.ts';

/** The flawed release waits, a finding halts it, everybody is told; the hold's id. */
export async function heldBefore(world: World, author: string | null = 'dee@example.com'): Promise<string> {
  world.pipeline.switchBy(stage, 'arn:aws:sts::123456789012:assumed-role/admin/rui', false);
  world.pipeline.bring(stage, { executionId: 'bad-0001', commit: '3f9c1ab77e', author, digest: flawedDigest });
  const id = await world.halt();
  await world.settle();
  return id;
}
