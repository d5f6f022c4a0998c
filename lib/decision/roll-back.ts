import { namesOf, releaseName } from '../brief/facts.ts';
import { type Decision, type Hold, stageKeyOf } from '../hold/hold.ts';
import type { HoldChange } from '../hold/ledger.ts';
import { CannotGoBack } from '../hold/pipeline.ts';
import { stageItemKey } from '../hold/stage.ts';
import type { StageAddress } from '../policy/policy.ts';
import type { EvidenceDeps } from './evidence.ts';

/** How far a decided roll-back is: done and what that changes, not yet and why, or not possible as it was decided. */
export type RolledBack =
  | { readonly result: 'done'; readonly change: HoldChange }
  | { readonly result: 'unproved'; readonly why: string }
  | { readonly result: 'refuted'; readonly why: string };

/**
 * Carries out a decided roll-back. A flawed release that only waits is stopped; where it entered, the stage goes back to the
 * release that the page named. May run again from the start: each call to the pipeline does its work once. The hold stays
 * until evidence.
 */
export async function rollBack(deps: EvidenceDeps, hold: Hold, decision: Decision): Promise<RolledBack> {
  // By what the voter saw, not by where the release is now: an earlier run may have stopped it already.
  return decision.fields.evidenceKept === undefined
    ? await takeOut(deps, hold, decision)
    : await goBack(deps, hold, decision);
}

/** Whether a decided roll-back waits for a release to leave the stage: nothing else tells when it has. */
export function isRollingBack({ decision }: Hold): boolean {
  return decision?.action === 'roll-back' && decision.state === 'awaiting-evidence';
}

async function takeOut(deps: EvidenceDeps, hold: Hold, decision: Decision): Promise<RolledBack> {
  const { execution = '', commit = '' } = decision.fields;
  const { waiting, inside } = await deps.pipeline.state(hold.stage);
  if (inside === execution)
    return { result: 'refuted', why: 'the release entered the stage before it could be stopped' };
  // Stopped by an earlier run of this step, or superseded: either way it will not enter.
  if (waiting === execution) await deps.pipeline.stop(hold.stage, execution, stopReason(deps, hold));
  const name = commit === '' ? execution.slice(0, 8) : commit.slice(0, 7);
  const how = `release ${name} is stopped and does not enter ${hold.stage.stage}; what runs there is untouched. Revert ${name}, and release that`;
  return done(decision, { how, stopped: execution });
}

async function goBack(deps: EvidenceDeps, hold: Hold, decision: Decision): Promise<RolledBack> {
  const { stage, wayBack } = hold;
  const { target = '' } = decision.fields;
  if ((wayBack?.to?.executionId ?? '') !== target)
    return { result: 'refuted', why: 'the stage would go back to another release than the page said' };
  if (wayBack === null || wayBack.to === null) return done(decision, { how: stepsOf(hold) });
  const { inside } = await deps.pipeline.state(stage);
  if (inside === wayBack.from) await deps.pipeline.stop(stage, inside, stopReason(deps, hold));
  if (inside !== null) return notEmpty(inside, stage);
  // Before the call, so that whoever sees the release that comes back knows it.
  await giveLeave(deps, stage, { allow: [target], back: [target] });
  const by = await asked(() => deps.pipeline.rollBack(stage, target, decision.at));
  if (by === null) {
    // CodePipeline says the same of a stage that runs: another release may have entered since the look.
    const now = await deps.pipeline.state(stage);
    const entered = now.inside ?? now.asking;
    if (entered !== null) return notEmpty(entered, stage);
    return { result: 'refuted', why: 'CodePipeline cannot go back to that release any more' };
  }
  await giveLeave(deps, stage, { allow: [by] });
  const how = `${stage.stage} goes back to release ${wayBack.to.commit?.slice(0, 7) ?? target.slice(0, 8)}${startOf(wayBack.to.startedAt)}`;
  return done(decision, { how, from: wayBack.from, target, by });
}

function notEmpty(inside: string, { stage }: StageAddress): RolledBack {
  return {
    result: 'unproved',
    why: `release ${inside.slice(0, 8)} is still inside ${stage}; it goes back when that has ended`,
  };
}

/** What the pipeline will never do is no reason to try again. */
async function asked(call: () => Promise<string>): Promise<string | null> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof CannotGoBack) return null;
    throw error;
  }
}

function done(decision: Decision, data: { readonly how: string } & { readonly [name: string]: string }): RolledBack {
  const change: HoldChange = {
    set: { decision: { ...decision, state: 'carried-out' } },
    happenings: [{ kind: 'rolled-back', actor: 'verify', data }],
    raises: true,
    notice: { kind: 'rolled-back', how: data.how },
  };
  return { result: 'done', change };
}

/** What a person does where no release can be gone back to. */
export function stepsOf({ stage, release }: Pick<Hold, 'stage' | 'release'>): string {
  const name = release === null ? 'the change' : releaseName(release);
  return `no earlier release succeeded in ${stage.stage} under this version of pipeline ${stage.name}, so that it cannot go back by itself: revert ${name}, build the revert, and let it come up before ${stage.stage}; or deploy the version before it by hand`;
}

function stopReason({ policy }: EvidenceDeps, hold: Hold): string {
  return `stopship hold ${hold.code}: taken out by decision of ${namesOf(policy.people, hold.decision?.by ?? []) || 'nobody'}`.slice(
    0,
    200,
  );
}

function startOf(startedAt: string | null): string {
  return startedAt === null ? '' : `, built ${startedAt.slice(0, 10)}`;
}

async function giveLeave(
  { table }: EvidenceDeps,
  stage: StageAddress,
  unite: { readonly [set in 'allow' | 'back']?: readonly string[] },
): Promise<void> {
  await table.transact([{ update: stageItemKey(stageKeyOf(stage)), change: { unite } }]);
}
