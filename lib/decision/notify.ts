import { firstsAlone, updateEvery } from '../brief/pace.ts';
import { quietUntil } from '../brief/quiet.ts';
import { clockOf, recipientsOf } from '../brief/recipients.ts';
import { type Instant, later } from '../finding/instant.ts';
import { type StepAnswer, waitOf } from '../hold/await.ts';
import type { Happening } from '../hold/events.ts';
import type { ClosedHold, Hold, HoldEvent } from '../hold/hold.ts';
import {
  changeHold,
  eventsOf,
  existingHold,
  type HoldChange,
  nextWake,
  noticesOf,
  noticeWrite,
} from '../hold/ledger.ts';
import { leaveErrand } from '../hold/outbox.ts';
import type { ClockPort } from '../hold/ports.ts';
import { readStage } from '../hold/stage.ts';
import type { Table } from '../hold/table.ts';
import type { Clock, Service } from '../policy/policy.ts';
import { dueSendings, readSendings } from './sendings.ts';
import { holdReader, mayResume, sendFirstBrief, sendNewLink, type TellDeps, type ToldOf, tellPerson } from './tell.ts';
import { isReached } from './told.ts';

/** Tells every stakeholder what is news about a hold, each with a link of their own. Who was told already is not told again. */
export async function notifyStakeholders(deps: TellDeps, holdId: string): Promise<StepAnswer> {
  const hold = await changeHold(deps.table, holdId, deps.clock.now, (current) =>
    current.wantsNotify ? { set: { wantsNotify: false } } : null,
  );
  await escalateUnreached(deps, hold, await tellEverybody(deps, hold));
  await renewLinks(deps, holdId);
  await sendMissed(deps, holdId);
  return { holdId, wait: waitOf(await existingHold(deps.table, holdId), deps.clock) };
}

/**
 * The clock rang: reminds those who may decide, and at a deadline escalates to the next level. A hold that is decided is
 * silent, and in quiet hours the clock rests until they end. Silence never resumes anything.
 */
export async function remind(deps: TellDeps, holdId: string): Promise<StepAnswer> {
  const now = deps.clock.now();
  const before = await existingHold(deps.table, holdId);
  // Told first what is news, or what an earlier run could not tell everybody.
  if (before.status === 'closed' || before.wakeAt > now || before.wantsNotify)
    return await notifyStakeholders(deps, holdId);
  const service = deps.policy.services.find(({ name }) => name === before.service);
  const clock = service === undefined ? deps.policy.clock : clockOf(service, deps.policy);
  await changeHold(deps.table, holdId, deps.clock.now, (current) =>
    current.status === 'closed' || current.wakeAt > now ? null : ringing(current, clock, now),
  );
  return await notifyStakeholders(deps, holdId);
}

/** What the clock does to a hold when it rings. */
function ringing(hold: Hold, clock: Clock, now: Instant): HoldChange {
  const quietEnd = quietUntil(clock.quiet, now);
  if (quietEnd !== null) return { set: { wakeAt: quietEnd } };
  const isLate = hold.deadline <= now;
  const deadline = isLate ? later(now, clock.every) : hold.deadline;
  const set = { deadline, wakeAt: nextWake(now, clock.remind, deadline) };
  // Whoever decided is not asked again, and a fresh deadline keeps their links alive.
  if (hold.decision !== null || hold.closing !== null) return { set };
  if (isLate && hold.level < clock.escalate.length)
    return {
      set: { ...set, level: hold.level + 1 },
      happenings: [
        { kind: 'escalated', actor: 'clock', data: { level: hold.level + 1, unanswered: unansweredOf(hold) } },
      ],
      raises: true,
      notice: { kind: 'escalated' },
    };
  const reminded: Happening = { kind: 'reminded', actor: 'clock', data: {} };
  // Links end at the deadline: the next one brings fresh ones.
  return { set, happenings: [reminded], raises: isLate, notice: { kind: 'reminder' } };
}

/** Who brought a severity that security has not answered in time; null when nobody did. */
function unansweredOf({ dispute }: Hold): string | null {
  return dispute?.state === 'open' ? dispute.author : null;
}

/** Tells the stakeholders that the line runs again; nothing while another hold or a person keeps it halted. */
export async function tellResumed(deps: TellDeps, holdId: string): Promise<StepAnswer> {
  const resumed = (await eventsOf(deps.table, holdId)).find(({ kind }) => kind === 'resumed');
  const isNews = (await noticesOf(deps.table, holdId)).every(({ occasion }) => occasion.kind !== 'resumed');
  const hold = await changeHold(deps.table, holdId, deps.clock.now, (current) =>
    current.status !== 'closed' || resumed === undefined || !isNews
      ? null
      : { also: [noticeWrite(holdId, { n: current.head.n, occasion: endOf(current, resumed) })] },
  );
  await tellEverybody(deps, hold);
  return { holdId, wait: 1 };
}

function endOf(hold: ClosedHold, { data }: HoldEvent): Hold['notice']['occasion'] {
  const release = hold.closing?.release ?? null;
  const { refused, retry } = data;
  return {
    kind: 'resumed',
    how: hold.closing?.because ?? hold.outcome,
    stoodMs: Date.parse(hold.closedAt) - Date.parse(hold.openedAt),
    ...(release === null ? {} : { release }),
    ...(typeof refused === 'string' ? { refused, mayRetry: retry === 'yes' ? 'yes' : 'no' } : {}),
  };
}

/** Tells people what was held back until now, and what a process that ended left untold. Answers how many messages went out. */
export async function tellDue(deps: TellDeps): Promise<number> {
  const read = holdReader(deps);
  const told: ToldOf[] = [];
  const failures: unknown[] = [];
  for (const { personId, stageKey, waiting } of await dueSendings(deps.table, deps.clock.now())) {
    await tellPerson(deps, read, personId, stageKey, waiting).then(
      (some) => told.push(...some),
      (error: unknown) => failures.push(error),
    );
  }
  await recordTold(deps, told);
  if (failures.length > 0) throw failures[0];
  return told.length;
}

/** Tells each person what is news to them about a hold, and about others of its stage that wait to be told. */
async function tellEverybody(deps: TellDeps, hold: Hold): Promise<readonly ToldOf[]> {
  const service = deps.policy.services.find(({ name }) => name === hold.service);
  if (service === undefined) return [];
  const read = holdReader(deps);
  const told: ToldOf[] = [];
  const failures: unknown[] = [];
  for (const { person } of recipientsOf(service, deps.policy, hold.level)) {
    const holdIds = [hold.id, ...(await othersToTell(deps, hold, person.id))];
    // One address that cannot be sent to must not keep the others from hearing.
    await tellPerson(deps, read, person.id, hold.stageKey, holdIds).then(
      (some) => told.push(...some),
      (error: unknown) => failures.push(error),
    );
  }
  await recordTold(deps, told);
  if (failures.length > 0) throw failures[0];
  return told;
}

/** Many holds opened at once are one message, not one each: whoever was told nothing lately hears of all of them. */
async function othersToTell(deps: TellDeps, hold: Hold, personId: string): Promise<readonly string[]> {
  const { open } = await readStage(deps.table, hold.stage);
  if (open.size <= firstsAlone) return [];
  const { lastAt } = await readSendings(deps.table, personId, hold.stageKey);
  return lastAt !== null && lastAt > later(deps.clock.now(), -updateEvery) ? [] : [...open];
}

/** One event on each hold for what was told of it in one go. */
async function recordTold(deps: Pick<TellDeps, 'table' | 'clock'>, all: readonly ToldOf[]): Promise<void> {
  for (const [holdId, told] of Map.groupBy(all, (one) => one.holdId)) {
    const events = [...Map.groupBy(told, (one) => one.told.kind)].map(([kind, some]): Happening => {
      const names = (isWanted: boolean) =>
        some.filter((one) => isReached(one.told) === isWanted).map((one) => one.told.personId);
      return {
        kind: 'told',
        actor: 'notify',
        data: { kind, reached: names(true).join(', '), unreached: names(false).join(', ') },
      };
    });
    await changeHold(deps.table, holdId, deps.clock.now, () => ({ happenings: events }));
  }
}

/**
 * Somebody whose vote can let the line run could not be told: it goes up at once, to the first level that names somebody
 * else, and once per hold; after that the deadlines do. The workflow, which finds that news, tells them.
 */
async function escalateUnreached(deps: TellDeps, before: Hold, told: readonly ToldOf[]): Promise<void> {
  const service = deps.policy.services.find(({ name }) => name === before.service);
  if (service === undefined || before.status === 'closed') return;
  const unreached = told
    .filter((one) => one.holdId === before.id && !isReached(one.told))
    .map((one) => one.told.personId)
    .filter((personId) => mayResume(personId, before, service));
  const level = levelBeside(unreached, before.level, service, deps);
  if (unreached.length === 0 || level === null) return;
  const isDone = (await eventsOf(deps.table, before.id)).some(
    ({ kind, actor }) => kind === 'escalated' && actor === 'notify',
  );
  if (isDone) return;
  const names = unreached.join(', ');
  await changeHold(deps.table, before.id, deps.clock.now, (hold) =>
    hold.status === 'closed' || hold.level >= level
      ? null
      : {
          set: { level },
          happenings: [{ kind: 'escalated', actor: 'notify', data: { level, unreached: names } }],
          notice: { kind: 'escalated', unreached: names },
        },
  );
}

/** The first level above that names somebody who is not among these; null when there is none. */
function levelBeside(people: readonly string[], above: number, service: Service, deps: TellDeps): number | null {
  const levels = clockOf(service, deps.policy).escalate;
  const found = levels.findIndex((names, at) => at >= above && names.some((name) => !people.includes(name)));
  return found === -1 ? null : found + 1;
}

/** A person whose link is dead asks for another: the workflow sends it, only to their address of record. */
export async function askForLink(
  deps: { readonly table: Table; readonly clock: ClockPort },
  holdId: string,
  personId: string,
): Promise<void> {
  await changeHold(deps.table, holdId, deps.clock.now, (hold) =>
    hold.status === 'closed'
      ? null
      : {
          set: { wantsNotify: true },
          also: [
            { put: { pk: `HOLD#${holdId}`, sk: `RENEW#${personId}`, personId } },
            leaveErrand({ kind: 'callback', holdId }, `renew-${personId}`, deps.clock.now()),
          ],
        },
  );
}

async function renewLinks(deps: TellDeps, holdId: string): Promise<void> {
  for (const { pk, sk, personId } of await deps.table.query(`HOLD#${holdId}`, 'RENEW#')) {
    if (typeof personId === 'string') await recordTold(deps, await sendNewLink(deps, holdId, personId));
    await deps.table.transact([{ delete: { pk, sk } }]);
  }
}

/** The brief for whoever could not be reached until now; who was reached meanwhile has it. */
async function sendMissed(deps: TellDeps, holdId: string): Promise<void> {
  for (const { pk, sk, personId } of await deps.table.query(`HOLD#${holdId}`, 'MISSED#')) {
    if (typeof personId === 'string') await recordTold(deps, await sendFirstBrief(deps, holdId, personId));
    await deps.table.transact([{ delete: { pk, sk } }]);
  }
}
