import type { PolicyInForce, Service } from '../policy/policy.ts';
import { type ControllerDeps, reconcile, type Settled } from './controller.ts';
import type { Hold, Release } from './hold.ts';
import { changeHold, existingHold, problemItemKey } from './ledger.ts';
import { type Pipeline, type StageView, standsBefore } from './pipeline.ts';
import { hasLeave, readStage } from './stage.ts';

export type HaltDeps = ControllerDeps & {
  readonly policy: PolicyInForce;
  /** The pipeline for who only wants to know: what was read a moment ago will do. */
  readonly glance: Pipeline;
};

/** The stage does not agree with the ledger yet: the workflow tries again. */
export class StageNotSettled extends Error {
  override readonly name = 'StageNotSettled';
}

/** The first step of a hold's workflow: makes sure that the stage is halted and learns which release it holds up. */
export async function haltStage(deps: HaltDeps, holdId: string): Promise<Hold> {
  const hold = await existingHold(deps.table, holdId);
  if (hold.status === 'closed') return hold;
  // In force means that a read after it was opened showed the stage disabled; the sweep looks whether it stays so.
  const settled = hold.status === 'in-force' ? halted : await reconcile(deps, hold.stage);
  if (settled.state !== 'halted') throw new StageNotSettled(reasonOf(settled));
  await learnPredecessor(deps, hold);
  return await learnRelease({ ...deps, pipeline: deps.glance }, holdId);
}

const halted: Settled = { state: 'halted' };

/** Reads which release the hold holds up, what it would deploy and who wrote it. */
export async function learnRelease(
  deps: Pick<HaltDeps, 'table' | 'pipeline' | 'clock' | 'policy'>,
  holdId: string,
): Promise<Hold> {
  const hold = await existingHold(deps.table, holdId);
  const service = deps.policy.services.find(({ name }) => name === hold.service);
  if (hold.status === 'closed' || service === undefined) return hold;
  const view = await deps.pipeline.state(hold.stage);
  const release = await heldRelease(deps, hold, service, view);
  return await changeHold(deps.table, holdId, deps.clock.now, (current) => {
    if (current.status === 'closed' || JSON.stringify(current.release) === JSON.stringify(release)) return null;
    const entered = release?.position === 'in-stage' && current.release?.position !== 'in-stage';
    return {
      set: { release },
      happenings: entered
        ? [
            {
              kind: 'released-inside',
              actor: 'stage-controller',
              data: { release: release.executionId, commit: release.commit },
            },
          ]
        : [],
    };
  });
}

/**
 * The release that a hold is about: the one with a digest of its findings, else the one that waits, else the one inside.
 */
async function heldRelease(
  { table, pipeline }: Pick<HaltDeps, 'table' | 'pipeline'>,
  hold: Hold,
  service: Service,
  view: StageView,
): Promise<Release | null> {
  const sources = { author: service.author ?? null, digest: service.digest ?? null };
  const seen: Release[] = [];
  for (const [executionId, position] of [
    [standsBefore(view), 'waiting'],
    [view.inside, 'in-stage'],
  ] as const) {
    if (executionId === null) continue;
    const details = await pipeline.release(hold.stage, executionId, sources);
    // What has leave to be inside, such as a release that was gone back to, is not what the hold holds up.
    if (position === 'in-stage' && hasLeave(await readStage(table, hold.stage), details)) continue;
    const { commit, author, digest } = details;
    seen.push({ executionId, commit, author, digest, position });
  }
  const isFlawed = (release: Release) =>
    release.digest !== null && hold.worst.some(({ digest }) => digest === release.digest);
  return seen.find(isFlawed) ?? seen[0] ?? null;
}

async function learnPredecessor(deps: HaltDeps, hold: Hold): Promise<void> {
  const problem = await deps.table.get(problemItemKey(hold.problem.hash));
  const previous = problem?.previous;
  if (typeof previous !== 'string' || hold.predecessor === previous) return;
  await changeHold(deps.table, hold.id, deps.clock.now, () => ({ set: { predecessor: previous } }));
}

function reasonOf(settled: Settled): string {
  return settled.state === 'unsettled' ? settled.why : `the stage is ${settled.state}`;
}
