import { z } from 'zod';
import { briefFor } from '../brief/brief.ts';
import { Occasion } from '../brief/facts.ts';
import type { Message, Notifier } from '../brief/notifier.ts';
import { clockOf, recipientsOf } from '../brief/recipients.ts';
import { Instant, later } from '../finding/instant.ts';
import { type StepAnswer, waitOf } from '../hold/await.ts';
import type { Hold } from '../hold/hold.ts';
import { changeHold, eventsOf, existingHold, nextWake } from '../hold/ledger.ts';
import { leaveErrand } from '../hold/outbox.ts';
import type { Chance, ClockPort } from '../hold/ports.ts';
import type { Table } from '../hold/table.ts';
import type { Clock, Person, PolicyInForce, Role, Service } from '../policy/policy.ts';
import { newLink } from './link.ts';
import { maySit, offeredActions, rolesOf, ruleOf } from './rules.ts';
import type { Vault } from './vault.ts';

export type NotifyDeps = {
  readonly table: Table;
  readonly clock: ClockPort;
  readonly chance: Chance;
  readonly vault: Vault;
  readonly notifier: Notifier;
  readonly policy: PolicyInForce;
  /** Where links lead, from configuration: `https://…` without a slash at the end. */
  readonly publicAddress: () => string;
};

/** That one person was told one thing about a hold, and whether it left for an address they confirmed. */
export type Told = z.infer<typeof Told>;
export const Told = z.object({
  personId: z.string(),
  kind: z.string(),
  at: Instant,
  email: z.boolean(),
  sms: z.boolean(),
});

/** Who was told what about a hold, oldest first. */
export async function toldAbout(table: Table, holdId: string): Promise<readonly Told[]> {
  const items = await table.query(`HOLD#${holdId}`, 'TOLD#');
  return items.map((item) => Told.parse(item)).toSorted((a, b) => (a.at < b.at ? -1 : 1));
}

/** Tells every stakeholder what is news about a hold, each with a link of their own. Who was told already is not told again. */
export async function notifyStakeholders(deps: NotifyDeps, holdId: string): Promise<StepAnswer> {
  const hold = await changeHold(deps.table, holdId, deps.clock.now, (current) =>
    current.wantsNotify ? { set: { wantsNotify: false } } : null,
  );
  await tell(deps, hold, Occasion.parse(hold.notice.occasion), String(hold.notice.n));
  await renewLinks(deps, hold);
  return { holdId, wait: waitOf(await existingHold(deps.table, holdId), deps.clock) };
}

/** Nobody decided in time: reminds, and at a deadline escalates to the next level. Silence never resumes anything. */
export async function remind(deps: NotifyDeps, holdId: string): Promise<StepAnswer> {
  const now = deps.clock.now();
  const before = await existingHold(deps.table, holdId);
  // Told first what is news, or what an earlier run could not tell everybody.
  if (before.status === 'closed' || before.wakeAt > now || before.wantsNotify)
    return await notifyStakeholders(deps, holdId);
  const service = deps.policy.services.find(({ name }) => name === before.service);
  const clock = service === undefined ? deps.policy.clock : clockOf(service, deps.policy);
  const isLate = before.deadline <= now;
  await changeHold(deps.table, holdId, deps.clock.now, (current) => {
    if (current.status === 'closed' || current.wakeAt > now) return null;
    const deadline = isLate ? later(now, clock.every) : current.deadline;
    const wakeAt = nextWake(now, clock.remind, deadline);
    return isLate
      ? {
          set: { deadline, wakeAt, level: current.level + 1 },
          happenings: [{ kind: 'escalated', actor: 'clock', data: { level: current.level + 1 } }],
          raises: current.decision === null,
          notice: { kind: 'escalated' },
        }
      : { set: { wakeAt }, happenings: [{ kind: 'reminded', actor: 'clock', data: {} }], notice: { kind: 'reminder' } };
  });
  return await notifyStakeholders(deps, holdId);
}

/** Tells the stakeholders that the line runs again; nothing while another hold or a person keeps it halted. */
export async function tellResumed(deps: NotifyDeps, holdId: string): Promise<StepAnswer> {
  const hold = await existingHold(deps.table, holdId);
  const resumed = (await eventsOf(deps.table, holdId)).find(({ kind }) => kind === 'resumed');
  if (hold.status === 'closed' && resumed !== undefined) {
    const stoodMs = Date.parse(hold.closedAt) - Date.parse(hold.openedAt);
    const release = hold.closing?.release ?? undefined;
    const { refused, retry } = resumed.data;
    const failed = typeof refused === 'string' ? { refused, mayRetry: retry === 'yes' ? 'yes' : 'no' } : {};
    const how = hold.closing?.because ?? hold.outcome;
    await tell(deps, hold, Occasion.parse({ kind: 'resumed', how, release, stoodMs, ...failed }), 'resumed');
  }
  return { holdId, wait: 1 };
}

async function tell(deps: NotifyDeps, hold: Hold, occasion: Occasion, n: string): Promise<void> {
  const service = deps.policy.services.find(({ name }) => name === hold.service);
  if (service === undefined) return;
  const already = new Set((await deps.table.query(`HOLD#${hold.id}`, `TOLD#${n}#`)).map((item) => item.personId));
  const recipients = recipientsOf(service, deps.policy, hold.level).filter(({ person }) => !already.has(person.id));
  const concerned =
    occasion.kind === 'reminder' ? recipients.filter(({ person }) => mayDecide(person, hold, service)) : recipients;
  const told: Told[] = [];
  const failures: unknown[] = [];
  for (const { person, role } of concerned) {
    // One address that cannot be sent to must not keep the others from hearing.
    await tellOne(deps, hold, service, person, role, occasion, n).then(
      (one) => told.push(one),
      (error: unknown) => failures.push(error),
    );
  }
  if (told.length > 0) await recordTold(deps, hold, occasion, told);
  if (failures.length > 0) throw failures[0];
}

async function recordTold(deps: NotifyDeps, hold: Hold, occasion: Occasion, told: readonly Told[]): Promise<void> {
  const reached = told.filter(({ email, sms }) => email || sms).map(({ personId }) => personId);
  const unreached = told.filter(({ email, sms }) => !(email || sms)).map(({ personId }) => personId);
  await changeHold(deps.table, hold.id, deps.clock.now, () => ({
    happenings: [
      {
        kind: 'told',
        actor: 'notify',
        data: { kind: occasion.kind, reached: reached.join(', '), unreached: unreached.join(', ') },
      },
    ],
  }));
}

async function tellOne(
  deps: NotifyDeps,
  hold: Hold,
  service: Service,
  person: Person,
  role: Role,
  occasion: Occasion,
  n: string,
): Promise<Told> {
  const mode = mayDecide(person, hold, service) ? 'decide' : 'view';
  const { token, write } = await newLink(deps, hold, person.id, mode);
  await deps.table.transact([write]);
  const message = messageFor(deps, hold, service, person, role, occasion, `${deps.publicAddress()}/d/${token}`);
  const reached = await deps.notifier.send(message);
  const told: Told = { personId: person.id, kind: occasion.kind, at: deps.clock.now(), ...reached };
  await deps.table.transact([{ put: { pk: `HOLD#${hold.id}`, sk: `TOLD#${n}#${person.id}`, ...told } }]);
  return told;
}

function messageFor(
  deps: NotifyDeps,
  hold: Hold,
  service: Service,
  person: Person,
  role: Role,
  occasion: Occasion,
  link: string,
): Message {
  const clock = clockOf(service, deps.policy);
  return briefFor({
    hold,
    service,
    clock,
    people: deps.policy.people,
    person,
    role,
    now: deps.clock.now(),
    zone: zoneOf(clock),
    occasion,
    link,
  });
}

/** The zone in which the service's people are told times: that of its quiet hours, else UTC. */
export function zoneOf(clock: Clock): string {
  return clock.quiet?.split(' ')[1] ?? 'UTC';
}

function mayDecide(person: Person, hold: Hold, service: Service): boolean {
  const roles = rolesOf(person.id, service);
  return hold.status !== 'closed' && offeredActions.some((action) => maySit(ruleOf(action, hold), roles));
}

/** A person whose link is dead asks for another: the workflow sends it, only to their address of record. */
export async function askForLink(
  deps: Pick<NotifyDeps, 'table' | 'clock'>,
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

async function renewLinks(deps: NotifyDeps, hold: Hold): Promise<void> {
  const service = deps.policy.services.find(({ name }) => name === hold.service);
  for (const { pk, sk, personId } of await deps.table.query(`HOLD#${hold.id}`, 'RENEW#')) {
    const recipient =
      service && recipientsOf(service, deps.policy, hold.level).find(({ person }) => person.id === personId);
    if (service && recipient) {
      await tellOne(
        deps,
        hold,
        service,
        recipient.person,
        recipient.role,
        { kind: 'reminder' },
        `renew-${deps.clock.now()}`,
      );
    }
    await deps.table.transact([{ delete: { pk, sk } }]);
  }
}
