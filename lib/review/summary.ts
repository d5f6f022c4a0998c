import type { Message, Notifier } from '../brief/notifier.ts';
import { quietUntil } from '../brief/quiet.ts';
import { clockOf, zoneOf } from '../brief/recipients.ts';
import { type Instant, later } from '../finding/instant.ts';
import { FindingRow } from '../hold/finding-row.ts';
import type { ClockPort } from '../hold/ports.ts';
import { unclaimedFindings } from '../hold/rejected.ts';
import type { Key, Table } from '../hold/table.ts';
import type { Clock, Person, PolicyInForce } from '../policy/policy.ts';
import { endingsOf } from './ends-soon.ts';
import { type IdleWaiver, idleWaivers } from './idle-waivers.ts';
import { isWorthSending, type ServiceNews, type SummaryFacts, summaryEmail, summarySubject } from './summary-text.ts';

export type SummaryDeps = {
  readonly table: Table;
  readonly clock: ClockPort;
  readonly notifier: Notifier;
  readonly policy: PolicyInForce;
};

const day = 86_400_000;

/**
 * The daily mail: what ends soon and which waivers let nothing pass to those it concerns, what is watched to security and developers of each service, critical
 * findings that no service claims to the policy's security people. Each person once a day and not in their quiet hours;
 * nothing to say is no mail. Answers how many mails went out.
 */
export async function sendSummary(deps: SummaryDeps): Promise<number> {
  const now = deps.clock.now();
  const all = await gathered(deps, now);
  let sent = 0;
  const failures: unknown[] = [];
  for (const person of deps.policy.people) {
    const clock = clockFor(person, deps.policy);
    const facts = factsFor(person, clock, all, deps.policy, now);
    if (!isWorthSending(facts) || quietUntil(clock.quiet, now) !== null) continue;
    if (!(await isTaken(deps.table, person.id, now))) continue;
    try {
      await deps.notifier.send(messageOf(person, facts));
      sent += 1;
    } catch (error) {
      // One address that cannot be sent to must not keep the others from hearing; the next run tries it again.
      failures.push(error);
      await deps.table.transact([{ update: dayKey(person.id, now), change: { remove: ['sentAt'] } }]);
    }
  }
  if (failures.length > 0) throw failures[0];
  return sent;
}

type Gathered = {
  readonly services: readonly (ServiceNews & { readonly people: readonly string[] })[];
  readonly endings: Awaited<ReturnType<typeof endingsOf>>;
  readonly waivers: readonly IdleWaiver[];
  readonly unclaimed: SummaryFacts['unclaimed'];
};

async function gathered({ table, policy }: SummaryDeps, now: Instant): Promise<Gathered> {
  const services = await Promise.all(
    policy.services.map(async ({ name, stakeholders }) => ({
      ...(await watchedOf(table, name, now)),
      people: [...(stakeholders.security ?? []), ...(stakeholders.developer ?? [])],
    })),
  );
  return {
    services: services.filter(({ fresh }) => fresh.length > 0),
    endings: await endingsOf(table, policy, now),
    waivers: await idleWaivers(table, policy, now),
    unclaimed: (await unclaimedFindings(table)).filter(({ seenAt }) => seenAt >= later(now, -day)),
  };
}

async function watchedOf(table: Table, service: string, now: Instant): Promise<ServiceNews> {
  const items = (await table.listed(`WATCH#${service}`)).filter(({ state }) => state === 'open');
  const rows = items.map((item) => FindingRow.parse(item));
  // By their arrival, which their place in the list begins with: a scanner may date a finding long before it sends it.
  const fresh = rows.filter((_, at) => String(items[at]?.at) >= later(now, -day)).map(({ summary }) => summary);
  return { service, watched: rows.length, fresh: fresh.toSorted((a, b) => (b.score ?? 10) - (a.score ?? 10)) };
}

function factsFor(person: Person, clock: Clock, all: Gathered, policy: PolicyInForce, now: Instant): SummaryFacts {
  return {
    name: person.name.split(' ')[0] ?? person.name,
    now,
    zone: zoneOf(clock),
    endings: all.endings.filter(({ people }) => people.includes(person.id)),
    waivers: all.waivers.filter(({ people }) => people.includes(person.id)),
    services: all.services.filter(({ people }) => people.includes(person.id)),
    unclaimed: policy.security.includes(person.id) ? all.unclaimed : [],
  };
}

/** The clock of the first service that the person has a part in, else the policy's. */
function clockFor(person: Person, policy: PolicyInForce): Clock {
  const theirs = policy.services.find(({ stakeholders }) =>
    Object.values(stakeholders).some((ids) => ids.includes(person.id)),
  );
  return theirs === undefined ? policy.clock : clockOf(theirs, policy);
}

/** Takes the person's mail of this day by a write that only one succeeds in. */
async function isTaken(table: Table, personId: string, now: Instant): Promise<boolean> {
  const expiresAt = Math.floor(Date.parse(now) / 1000) + 30 * 86_400;
  return (
    await table.transact([{ put: { ...dayKey(personId, now), sentAt: now, expiresAt }, when: { absent: 'sentAt' } }])
  ).ok;
}

function dayKey(personId: string, now: Instant): Key {
  return { pk: `PERSON#${personId}`, sk: `SENT#summary#${now.slice(0, 10)}` };
}

function messageOf(person: Person, facts: SummaryFacts): Message {
  return {
    personId: person.id,
    holdId: null,
    kind: 'summary',
    subject: summarySubject(facts),
    email: summaryEmail(facts),
    sms: null,
  };
}
