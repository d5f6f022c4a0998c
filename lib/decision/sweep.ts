import type { SubscriptionFault } from '../brief/subscription.ts';
import { later } from '../finding/instant.ts';
import type { Settled } from '../hold/controller.ts';
import { type DispatchDeps, dispatch, startWorkflow, wantVerify } from '../hold/dispatch.ts';
import { learnRelease } from '../hold/halt-stage.ts';
import { stageKeyOf } from '../hold/hold.ts';
import { existingHold, openHolds, unfiledHolds } from '../hold/ledger.ts';
import { errandDone, type OutboxItem, undoneErrands } from '../hold/outbox.ts';
import { type OverrideDeps, recordForeignCall } from '../hold/override.ts';
import { asksForOrigin, learnProductionWhenDue } from '../hold/production.ts';
import { readStage, type Stage, unrestedStages } from '../hold/stage.ts';
import { waivedFindings } from '../hold/waived.ts';
import type { StageAddress } from '../policy/policy.ts';
import { lookForEvidence } from './evidence.ts';
import { lapse } from './lapse.ts';
import { learnOrigin } from './origin.ts';
import { isRollingBack } from './roll-back.ts';
import { dueSendings } from './sendings.ts';
import { compareHourly } from './subscriptions.ts';
import { isAttestedWaiting } from './verify.ts';
import { endWaiver, haltAgain, type LapseDeps, runningWaivers } from './waiver.ts';
import { learnWayBack } from './way-back.ts';

export type SweepDeps = DispatchDeps &
  LapseDeps &
  Pick<OverrideDeps, 'isOurRole'> & {
    /** The stage controller: the sweep itself has no right to switch a transition. */
    readonly reconcile: (stage: StageAddress) => Promise<Settled>;
    /** Tells what was held back and is due: the sweep itself has no right to send. Answers how many messages went out. */
    readonly tellDue: () => Promise<number>;
    /** What is wrong with the subscriptions of people, compared with the policy. */
    readonly subscriptionFaults: () => Promise<readonly SubscriptionFault[]>;
  };

/** What one pass of the sweep looked at and mended. */
export type Swept = {
  readonly errands: number;
  readonly stages: number;
  readonly restarted: number;
  readonly evident: number;
  readonly waivers: number;
  readonly told: number;
  readonly compared: number;
  readonly productions: number;
  /** What could not be done in this pass; the next one tries again. */
  readonly failures: readonly string[];
};

/** An errand this old was not delivered, in milliseconds. */
const undeliveredAfter = 30_000;
const errandsPerPass = 100;

/**
 * Repairs what events alone do not: undelivered errands, stages that disagree, holds without a workflow, problems that
 * went away, waivers that ended, of a hold or of the policy. One failing part does not keep the others from being done.
 */
export async function sweep(deps: SweepDeps): Promise<Swept> {
  const failures: string[] = [];
  const done = { errands: 0, stages: 0, restarted: 0, evident: 0, waivers: 0, told: 0, compared: 0, productions: 0 };
  async function part(name: keyof typeof done, act: () => Promise<boolean>): Promise<void> {
    try {
      if (await act()) done[name] += 1;
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : 'failed'}`);
    }
  }
  const old = later(deps.clock.now(), -undeliveredAfter);
  for (const item of await undoneErrands(deps.table, errandsPerPass)) {
    if (item.since > old) continue;
    await part('errands', async () => {
      return await isDelivered(deps, item);
    });
  }
  for (const waiver of await runningWaivers(deps.table, deps.clock.now())) {
    await part('waivers', async () => (await endWaiver(deps, waiver)) !== null);
  }
  for (const waived of await waivedFindings(deps.table)) {
    await part('waivers', () => lapse(deps, waived));
  }
  for (const address of await unrestedStages(deps.table)) {
    await part('stages', () => isMended(deps, address));
  }
  for (const service of asksForOrigin(deps.policy) ? deps.policy.services : []) {
    await part('productions', () => learnProductionWhenDue(deps, service));
  }
  for (const id of await unfiledHolds(deps.table)) {
    await part('restarted', async () => (await startWorkflow(deps, id)) === 'restarted');
  }
  for (const hold of await openHolds(deps.table)) {
    await part('restarted', async () => (await startWorkflow(deps, hold.id)) === 'restarted');
    await part('evident', () => isEvident(deps, hold.id));
  }
  await part('told', () => isTold(deps));
  await part('compared', () => compareHourly(deps));
  return { ...done, failures };
}

/** The sweep asks who tells only when somebody is due to be told. */
async function isTold(deps: SweepDeps): Promise<boolean> {
  const due = await dueSendings(deps.table, deps.clock.now());
  return due.length > 0 && (await deps.tellDue()) > 0;
}

async function isDelivered(deps: SweepDeps, item: OutboxItem): Promise<boolean> {
  if (item.errand.kind !== 'reconcile') {
    await dispatch(deps, item);
    return true;
  }
  const settled = await deps.reconcile(item.errand.stage);
  if (settled.state === 'unsettled' || settled.state === 'busy') return false;
  await errandDone(deps.table, item);
  return true;
}

/** A release other than the one that a waiver lets through came up: the stage halts again. Then ledger and pipeline agree. */
async function isMended(deps: SweepDeps, address: StageAddress): Promise<boolean> {
  const stage = await readStage(deps.table, address);
  if (stage.only && stage.open.size === 0) {
    const view = await deps.pipeline.state(address);
    const strangers = [view.waiting, view.inside].filter((id) => id !== null && !stage.allow.has(id));
    for (const waiver of strangers.length > 0 ? await runningWaivers(deps.table) : []) {
      const hold = await existingHold(deps.table, waiver.holdId);
      // The release that was inside already when the stage was halted is none that came up.
      const came = strangers.filter((id) => id !== hold.release?.executionId);
      if (hold.stageKey === stageKeyOf(address) && came.length > 0) await haltAgain(deps, hold);
    }
  }
  if (stage.open.size > 0) await recordTheirEnable(deps, stage);
  const settled = await deps.reconcile(address);
  if (settled.state === 'unsettled') throw new Error(`${address.name}/${address.stage}: ${settled.why}`);
  return settled.state === 'halted' && stage.phase !== 'HALTED';
}

/** Without the trail, the transition itself tells who enabled it under a hold that was in force. */
async function recordTheirEnable(deps: SweepDeps, stage: Stage): Promise<void> {
  const { enabled, changedBy, changedAt } = (await deps.pipeline.state(stage.address)).transition;
  if (!enabled || changedBy === null || changedAt === null || deps.isOurRole(changedBy)) return;
  for (const holdId of stage.open) {
    const hold = await existingHold(deps.table, holdId);
    if (hold.status !== 'in-force' || changedAt <= hold.inForceAt) continue;
    await recordForeignCall(deps, holdId, {
      call: 'EnableStageTransition',
      at: changedAt,
      principal: changedBy,
      through: null,
      stage: stage.address.stage,
      reason: null,
    });
  }
}

async function isEvident(deps: SweepDeps, holdId: string): Promise<boolean> {
  await learnRelease(deps, holdId);
  const hold = await learnWayBack(deps, holdId);
  if (hold.status === 'closed' || hold.wantsVerify || hold.closing !== null) return false;
  if (isRollingBack(hold) || (await isAttestedWaiting(deps, hold)) || (await lookForEvidence(deps, hold)).gone) {
    await wantVerify(deps, holdId);
    return true;
  }
  await learnOrigin(deps, holdId);
  return false;
}
