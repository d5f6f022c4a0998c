import type { SubscriptionFault } from '../brief/subscription.ts';
import { later } from '../finding/instant.ts';
import type { Settled } from '../hold/controller.ts';
import { type DispatchDeps, dispatch, lookAfterWorkflow, wantVerify } from '../hold/dispatch.ts';
import { learnRelease } from '../hold/halt-stage.ts';
import { Hold, stageKeyOf } from '../hold/hold.ts';
import type { IntakeDeps } from '../hold/intake.ts';
import { intelligenceNow } from '../hold/intelligence.ts';
import { existingHold } from '../hold/ledger.ts';
import { vulnerabilitiesMax } from '../hold/open.ts';
import { errandDone, type OutboxItem, outboxItemOf } from '../hold/outbox.ts';
import { type OverrideDeps, recordForeignCall } from '../hold/override.ts';
import type { Pipeline } from '../hold/pipeline.ts';
import { asksForOrigin, learnProductionWhenDue } from '../hold/production.ts';
import { refreshHold } from '../hold/refresh.ts';
import { readStage, type Stage } from '../hold/stage.ts';
import type { Item } from '../hold/table.ts';
import { Waived } from '../hold/waived.ts';
import { type Service, StageAddress } from '../policy/policy.ts';
import { listingOf } from '../risk/known-exploited.ts';
import { lookForEvidence } from './evidence.ts';
import { lapse } from './lapse.ts';
import { learnOrigin, weaknessesOn } from './origin.ts';
import { isRollingBack } from './roll-back.ts';
import { dueSendings } from './sendings.ts';
import { compareHourly } from './subscriptions.ts';
import { type Budget, inTurn, isSpent } from './turns.ts';
import { haltUnheld } from './unheld.ts';
import { isAttestedWaiting } from './verify.ts';
import { endWaiver, haltAgain, type LapseDeps, runningWaivers } from './waiver.ts';
import { learnWayBack } from './way-back.ts';

export type SweepDeps = DispatchDeps &
  LapseDeps &
  Pick<OverrideDeps, 'isOurRole'> &
  Pick<IntakeDeps, 'production'> & {
    /** The stage controller: the sweep itself has no right to switch a transition. */
    readonly reconcile: (stage: StageAddress) => Promise<Settled>;
    /** The pipeline for who only wants to know: what was read a moment ago will do. */
    readonly glance: Pipeline;
    /** Tells what was held back and is due: the sweep itself has no right to send. Answers how many messages went out. */
    readonly tellDue: () => Promise<number>;
    /** What is wrong with the subscriptions of people, compared with the policy. */
    readonly subscriptionFaults: () => Promise<readonly SubscriptionFault[]>;
  };

/** What one pass of the sweep mended, by part; a part that found everything in order counts nothing. */
export type Swept = {
  /** Errands that were not delivered, and were done now. */
  readonly errands: number;
  /** Waivers that ended, of a hold or of the policy. */
  readonly waivers: number;
  /** Stages that were halted. */
  readonly stages: number;
  /** Workflows that had ended, and were started again. */
  readonly restarted: number;
  /** Holds whose problem turned out to be gone. */
  readonly evident: number;
  /** Holds of which a vulnerability is now known to be exploited, and was not before. */
  readonly exploited: number;
  /** Findings above the line without a hold: watched in an audit that ended, or exploited only since. */
  readonly unheld: number;
  /** Messages that were due. */
  readonly told: number;
  readonly compared: number;
  /** Services of which it was learnt what is in production. */
  readonly productions: number;
  /** Whether time ran out: the next pass goes on there. */
  readonly isCutShort: boolean;
  /** What could not be done in this pass; the next one tries again. */
  readonly failures: readonly string[];
};
type Part = Exclude<keyof Swept, 'isCutShort' | 'failures'>;

/** An errand this old was not delivered, in milliseconds. */
const undeliveredAfter = 30_000;
/** Items of each list that one pass looks at; the next goes on from there. */
const itemsPerPass = 100;
/**
 * How long a pass begins further work, in milliseconds: its function ends at 55 s, and the longest work, a call of the stage
 * controller's function, takes 30. A pass that was ended from outside would begin the next one where it began itself.
 */
const passFor = 20_000;

/**
 * Repairs what events alone do not: undelivered errands, stages that disagree, holds without a workflow, problems that went
 * away, waivers that ended (of a hold or of the policy), findings above the line that nothing halts, what CISA lists as
 * exploited since it was reported. One failing part does not keep the others from being
 * done. A pass does a bounded part of each list and ends in bounded time; where time ran out the next one begins.
 */
export async function sweep(deps: SweepDeps): Promise<Swept> {
  const pass = passOf(deps);
  const first = await firstPart(deps);
  const order = [...parts.slice(first), ...parts.slice(0, first)];
  let cutAt = 0;
  for (const [at, part] of order.entries()) {
    if (isSpent(pass.budget)) break;
    await part(pass);
    cutAt = isSpent(pass.budget) ? (first + at) % parts.length : 0;
  }
  if (cutAt !== first) await deps.table.transact([{ put: { ...orderKey, first: cutAt } }]);
  const isCutShort = isSpent(pass.budget);
  await countDay(deps, pass.done);
  return { ...pass.done, isCutShort, failures: pass.failures };
}

type Pass = {
  readonly deps: SweepDeps;
  readonly budget: Budget;
  readonly done: Record<Part, number>;
  readonly failures: string[];
  /** Does one thing; counts it when it mended something, and notes it when it failed. */
  attempt(part: Part, act: () => Promise<boolean>): Promise<void>;
};

function passOf(deps: SweepDeps): Pass {
  const failures: string[] = [];
  const done = {
    errands: 0,
    waivers: 0,
    stages: 0,
    restarted: 0,
    evident: 0,
    exploited: 0,
    unheld: 0,
    told: 0,
    compared: 0,
    productions: 0,
  };
  return {
    // What CISA listed since is known to this pass, not only minutes later.
    deps: { ...deps, intelligence: intelligenceNow(deps.table, deps.clock) },
    budget: { clock: deps.clock, endsAt: later(deps.clock.now(), passFor) },
    done,
    failures,
    async attempt(part, act) {
      try {
        if (await act()) done[part] += 1;
      } catch (error) {
        failures.push(`${part}: ${error instanceof Error ? error.message : 'failed'}`);
      }
    },
  };
}

const orderKey = { pk: 'SWEEP', sk: 'ORDER' } as const;

/** The part with which a pass begins: the one that the last had no time for. */
async function firstPart({ table }: SweepDeps): Promise<number> {
  const first = (await table.get(orderKey))?.first;
  return typeof first === 'number' && first < parts.length ? first : 0;
}

/** The parts of a pass, the most urgent first: workflows before what takes long to look at. */
const parts: readonly ((pass: Pass) => Promise<void>)[] = [
  deliverErrands,
  endWaivers,
  mendStages,
  restartWorkflows,
  learnProductions,
  haltWhatIsUnheld,
  judgeListed,
  lookAtEvidence,
  ({ deps, attempt }) => attempt('told', () => isTold(deps)),
  ({ deps, attempt }) => attempt('compared', () => compareHourly(deps)),
];

async function deliverErrands(pass: Pass): Promise<void> {
  const { deps } = pass;
  const old = later(deps.clock.now(), -undeliveredAfter);
  await eachOf(pass, { name: 'errands', list: 'OUTBOX' }, async (found) => {
    const item = outboxItemOf(found);
    if (item.since <= old) await pass.attempt('errands', () => isDelivered(deps, item));
  });
}

async function endWaivers(pass: Pass): Promise<void> {
  const { deps, budget, attempt } = pass;
  for (const waiver of (await runningWaivers(deps.table, deps.clock.now())).slice(0, itemsPerPass)) {
    if (isSpent(budget)) return;
    await attempt('waivers', async () => (await endWaiver(deps, waiver)) !== null);
  }
  await eachOf(pass, { name: 'waived', list: 'WAIVED' }, async (item) => {
    await attempt('waivers', () => lapse(deps, Waived.parse(item)));
  });
}

async function mendStages(pass: Pass): Promise<void> {
  await eachOf(pass, { name: 'stages', list: 'STAGES' }, async ({ address }) => {
    await pass.attempt('stages', () => isMended(pass.deps, StageAddress.parse(address)));
  });
}

async function restartWorkflows(pass: Pass): Promise<void> {
  for (const list of ['UNFILED', 'HOLDS'])
    await eachOf(pass, { name: `workflows-${list}`, list }, async ({ id }) => {
      await pass.attempt('restarted', async () => (await lookAfterWorkflow(pass.deps, String(id))) === 'restarted');
    });
}

async function lookAtEvidence(pass: Pass): Promise<void> {
  await eachOf(pass, { name: 'evidence', list: 'HOLDS' }, async ({ id }) => {
    await pass.attempt('evident', () => isEvident(pass.deps, String(id)));
  });
}

async function judgeListed(pass: Pass): Promise<void> {
  const { deps, attempt } = pass;
  await eachOf(pass, { name: 'listed', list: 'HOLDS' }, async (item) => {
    await attempt('exploited', () => isListedAnew(deps, Hold.parse(item)));
  });
}

async function learnProductions({ deps, attempt }: Pass): Promise<void> {
  for (const service of asksForOrigin(deps.policy) ? deps.policy.services : [])
    await attempt('productions', () => isProductionLearnt(deps, service));
}

async function isProductionLearnt(deps: SweepDeps, service: Service): Promise<boolean> {
  const stage = stageKeyOf(service.pipeline);
  return await learnProductionWhenDue(deps, service, (digest) => weaknessesOn(deps, digest, stage));
}

async function haltWhatIsUnheld(pass: Pass): Promise<void> {
  for (const service of pass.deps.policy.services)
    await eachOf(pass, { name: `watched-${service.name}`, list: `WATCH#${service.name}` }, async (item) => {
      await pass.attempt('unheld', () => haltUnheld(pass.deps, service, item));
    });
}

async function eachOf(
  { deps, budget }: Pass,
  turn: { readonly name: string; readonly list: string },
  act: (item: Item) => Promise<void>,
): Promise<void> {
  await inTurn({ table: deps.table, budget }, { ...turn, most: itemsPerPass }, act);
}

/** What a pass does though nothing is out of order. */
const isRoutine: ReadonlySet<string> = new Set(['compared', 'productions'] satisfies Part[]);

/** Adds what a pass mended to the figures of the day; a pass that found everything in order writes nothing. */
async function countDay({ table, clock }: SweepDeps, done: Record<Part, number>): Promise<void> {
  const mended = Object.fromEntries(Object.entries(done).filter(([part, count]) => count > 0 && !isRoutine.has(part)));
  if (Object.keys(mended).length === 0) return;
  const key = { pk: `DAY#${clock.now().slice(0, 10)}`, sk: 'SWEEP' };
  await table.transact([{ update: key, change: { add: mended } }]);
}

/** Only a hold that may have news is looked at: its vulnerabilities are on it, up to the twenty that a hold names. */
async function isListedAnew(deps: SweepDeps, hold: Hold): Promise<boolean> {
  const intelligence = await deps.intelligence();
  const { vulnerabilities } = hold.problem;
  const isListed = (id: string) =>
    listingOf(intelligence, id) !== null && !hold.exploited.some((known) => known === id);
  if (vulnerabilities.length < vulnerabilitiesMax && !vulnerabilities.some(isListed)) return false;
  return (await refreshHold(deps, hold.id)).exploited.length > hold.exploited.length;
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
  if (stage.only.size > 0 && stage.open.size === 0) {
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
  const { enabled, changedBy, changedAt } = (await deps.glance.state(stage.address)).transition;
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

async function isEvident(sweepDeps: SweepDeps, holdId: string): Promise<boolean> {
  // Whatever it sees, the verification looks at anew.
  const deps = { ...sweepDeps, pipeline: sweepDeps.glance };
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
