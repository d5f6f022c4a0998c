import { type Instant, msOf } from '../finding/instant.ts';
import { matchesPattern } from '../policy/binding.ts';
import type { PolicyInForce, StageAddress } from '../policy/policy.ts';
import type { ControllerDeps } from './controller.ts';
import { type ForeignCall, newsIn, type StageStarted } from './foreign-call.ts';
import { type Hold, stageKeyOf } from './hold.ts';
import { changeHold, eventsOf, existingHold } from './ledger.ts';
import { isByUs, plainText } from './mark.ts';
import { leaveErrand } from './outbox.ts';
import { callSeenAfter, hasLeave, isEnableSeen, readStage, type Stage, stageItemKey } from './stage.ts';
import type { Table } from './table.ts';

export type OverrideDeps = Pick<ControllerDeps, 'table' | 'pipeline' | 'clock' | 'isOurRole'> & {
  readonly policy: PolicyInForce;
};

/**
 * Looks at what others do in CodePipeline: whatever concerns a held stage stands on its holds, with who did it, and people
 * are told. Best effort, since the trail may be missing or late; the controller and the sweep halt whatever is enabled all the
 * same. Answers on how many holds it was recorded.
 */
export async function watchOverride(deps: OverrideDeps, event: unknown): Promise<number> {
  const news = newsIn(event);
  if (news === null) return 0;
  return news.kind === 'called' ? await called(deps, news.call) : await started(deps, news.started);
}

async function called(deps: OverrideDeps, call: ForeignCall): Promise<number> {
  if (deps.isOurRole(call.principal)) return 0;
  let recorded = 0;
  for (const address of stagesOf(deps.policy, call)) {
    const stage = await readStage(deps.table, address);
    for (const holdId of stage.open) if (await recordForeignCall(deps, holdId, call)) recorded += 1;
    if (call.call === 'DisableStageTransition') await keepTheirDisable(deps, stage, call);
  }
  return recorded;
}

/** The stages of the policy that a call concerns: the one it names, or all of its pipeline. */
function stagesOf(
  policy: PolicyInForce,
  call: Omit<StageStarted, 'at' | 'executionId' | 'stage'> & { readonly stage: string | null },
): readonly StageAddress[] {
  const stages = policy.services
    .map(({ pipeline }) => pipeline)
    .filter(({ account, region, name }) => account === call.account && region === call.region && name === call.pipeline)
    .filter(({ stage }) => call.stage === null || call.stage === stage);
  return [...new Map(stages.map((stage) => [stageKeyOf(stage), stage])).values()];
}

/**
 * Puts a call on an open hold, once: the trail may bring it twice, and the sweep may have seen its effect before. What was
 * called before the hold was opened is not held against anybody: the trail may be minutes late. Security is told, and whoever
 * did it is asked why; what a service of AWS started for somebody is recorded and tells nobody. True when it was news.
 */
export async function recordForeignCall(
  deps: Pick<OverrideDeps, 'table' | 'clock' | 'policy'>,
  holdId: string,
  call: Pick<ForeignCall, 'call' | 'at' | 'principal' | 'through' | 'stage' | 'reason'>,
): Promise<boolean> {
  if (await isRecorded(deps.table, holdId, call)) return false;
  const by = personOf(deps.policy, call.principal);
  const facts = { what: call.call, principal: call.principal, at: call.at, reason: call.reason ?? '' };
  const before = await existingHold(deps.table, holdId);
  if (msOf(call.at) + trailPrecision <= msOf(before.openedAt)) return false;
  const after = await changeHold(deps.table, holdId, deps.clock.now, (hold) =>
    hold.status === 'closed'
      ? null
      : {
          happenings: [
            { kind: 'foreign-change', actor: by ?? 'override-watch', data: { ...facts, through: call.through } },
          ],
          ...(call.through === null ? { notice: { kind: 'worked-around', ...facts, by: by ?? '' } } : {}),
          also: [
            { put: { pk: `HOLD#${holdId}`, sk: callSk(call), ...facts }, when: { absent: 'what' } },
            leaveErrand({ kind: 'callback', holdId }, `foreign-${hold.head.n}`, deps.clock.now()),
            ...(reopens.has(call.call)
              ? [
                  leaveErrand(
                    { kind: 'reconcile', holdId, stage: hold.stage },
                    `foreign-${hold.head.n}`,
                    deps.clock.now(),
                  ),
                ]
              : []),
          ],
        },
  );
  return after.head.n !== before.head.n;
}

/** Calls after which the transition may be enabled. */
const reopens: ReadonlySet<ForeignCall['call']> = new Set(['EnableStageTransition', 'UpdatePipeline']);

/** The trail counts in whole seconds, in milliseconds. */
const trailPrecision = 1_000;

/** The trail counts in seconds, CodePipeline in milliseconds: calls of one kind and person so close to each other are one. */
const sameWithin = 5_000;

async function isRecorded(
  table: Table,
  holdId: string,
  call: Pick<ForeignCall, 'call' | 'at' | 'principal'>,
): Promise<boolean> {
  const known = await table.query(`HOLD#${holdId}`, `FOREIGN#${call.call}#`);
  return known.some(
    ({ principal, at }) =>
      principal === call.principal && typeof at === 'string' && Math.abs(Date.parse(at) - msOf(call.at)) <= sameWithin,
  );
}

function callSk({ call, at, principal }: Pick<ForeignCall, 'call' | 'at' | 'principal'>): string {
  return `FOREIGN#${call}#${at}#${principal}`;
}

/** The person of the policy that a principal is; null when it is nobody's. */
function personOf(policy: PolicyInForce, principal: string): string | null {
  return policy.people.find(({ aws }) => aws.some((pattern) => matchesPattern(pattern, principal)))?.id ?? null;
}

/**
 * Somebody disabled the transition about when we enabled it: the controller sees whether our enable undid theirs, and puts it
 * back. It never enables what it sees that a person disabled, so a change of ours that stands is that race.
 */
async function keepTheirDisable(deps: OverrideDeps, { lastEnable, address }: Stage, call: ForeignCall): Promise<void> {
  // Before our word too: it may rest on a read that was old, and a pass may give it again.
  if (lastEnable === null || Math.abs(msOf(call.at) - msOf(lastEnable.at)) > callSeenAfter) return;
  const { transition } = await deps.pipeline.state(address);
  const { enabled, changedAt } = transition;
  const now = deps.clock.now();
  const isTheirs = !isByUs(deps.isOurRole, transition);
  const isSince = enabled && changedAt !== null && changedAt >= lastEnable.at;
  if (isTheirs && (isSince || isEnableSeen({ lastEnable }, now))) return;
  const key = stageKeyOf(address);
  const who = call.principal.split('/').at(-1) ?? call.principal;
  const reason = plainText(`Put back for ${who} - ${call.reason ?? 'no reason given'}`);
  await deps.table.transact([
    { update: stageItemKey(key), change: { set: { address, putBack: reason, list: 'STAGES', at: `${now}#${key}` } } },
    leaveErrand({ kind: 'reconcile', holdId: 'put-back', stage: address }, key, now),
  ]);
}

/** A release began in a stage: with a hold in force and without leave, that is what a hold is there to prevent. */
async function started(deps: OverrideDeps, { at, executionId, ...where }: StageStarted): Promise<number> {
  let recorded = 0;
  for (const address of stagesOf(deps.policy, where)) {
    const stage = await readStage(deps.table, address);
    if (stage.open.size === 0 || stage.allow.has(executionId)) continue;
    const { inside, passed } = await deps.pipeline.state(address);
    // The gate may have refused it since.
    if (inside !== executionId && passed !== executionId) continue;
    const details = await deps.pipeline.release(address, executionId, { author: null, digest: null });
    if (hasLeave(stage, details)) continue;
    for (const holdId of stage.open) if (await recordEntry(deps, holdId, { at, executionId })) recorded += 1;
  }
  return recorded;
}

async function recordEntry(
  deps: OverrideDeps,
  holdId: string,
  { at, executionId }: Pick<StageStarted, 'at' | 'executionId'>,
): Promise<boolean> {
  const item = { pk: `HOLD#${holdId}`, sk: `ENTERED#${executionId}` };
  const hold = await existingHold(deps.table, holdId);
  if (hold.status !== 'in-force' || (await deps.table.get(item)) !== null) return false;
  if (await isFromBefore(deps, at, executionId, hold)) return false;
  await changeHold(deps.table, holdId, deps.clock.now, (current) =>
    current.status === 'closed'
      ? null
      : {
          happenings: [{ kind: 'released-inside', actor: 'override-watch', data: { release: executionId, at } }],
          notice: { kind: 'worked-around', what: 'entered', principal: executionId, at, reason: '', by: '' },
          also: [
            { put: { ...item, at }, when: { absent: 'at' } },
            leaveErrand({ kind: 'callback', holdId }, `entered-${current.head.n}`, deps.clock.now()),
          ],
        },
  );
  return true;
}

/**
 * Whether a release entered before the halt. The event's time counts in whole seconds: of two in one second only what the
 * halt itself saw in the stage was there before.
 */
async function isFromBefore(
  { table }: Pick<OverrideDeps, 'table'>,
  at: Instant,
  executionId: string,
  { id, inForceAt }: Extract<Hold, { status: 'in-force' }>,
): Promise<boolean> {
  if (msOf(at) + trailPrecision <= msOf(inForceAt)) return true;
  const inForce = (await eventsOf(table, id)).find(({ kind }) => kind === 'in-force');
  return inForce?.data.inside === executionId || inForce?.data.passed === executionId;
}
