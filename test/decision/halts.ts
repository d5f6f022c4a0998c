import type { Finding } from '../../lib/finding/finding.ts';
import { aFinding, flawedDigest, stage, type World } from '../builders.ts';
import { ourRole } from '../hold/fake-pipeline.ts';

/** ARN of the function of `checkout` that runs, for a flaw that no scan can show mended before it ships. */
export const functionArn = 'arn:aws:ecr:eu-west-1:123456789012:repository/checkout-fn';

/** The flawed release waits, its hold is in force, people were told. */
export async function waitingHalt(
  world: World,
  finding: Finding = aFinding(),
  author = 'dee@example.com',
): Promise<string> {
  world.pipeline.switchBy(stage, ourRole, false, 'stopship hold K7QX');
  world.pipeline.bring(stage, { executionId: 'flawed-01', digest: flawedDigest, commit: '3f9c1ab77e', author });
  const holdId = await world.halt(finding);
  await world.settle();
  return holdId;
}

/** A finding in the function that runs. */
export function runningFinding(parts: Parameters<typeof aFinding>[0] = {}): Finding {
  return aFinding({
    resources: [{ type: 'fn', id: functionArn, original: functionArn, digest: null }],
    ...parts,
  });
}

/** Releases that ran one after the other, oldest first; the last of them runs, and the flaw is in it. */
export async function runningHalt(world: World, releases: readonly string[]): Promise<string> {
  for (const executionId of releases) {
    world.pipeline.bring(stage, {
      executionId,
      digest: null,
      commit: `${executionId}-commit`,
      author: 'dee@example.com',
    });
    world.pipeline.pass(stage);
  }
  const holdId = await world.halt(runningFinding());
  await world.settle();
  return holdId;
}
