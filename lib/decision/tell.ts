import { briefFor } from '../brief/brief.ts';
import { type BriefFacts, Occasion } from '../brief/facts.ts';
import { type News, newsOf } from '../brief/news.ts';
import type { Notifier } from '../brief/notifier.ts';
import { holdsPerMessage, pacedOf, type Sendings } from '../brief/pace.ts';
import { clockOf, recipientsOf, zoneOf } from '../brief/recipients.ts';
import { type Instant, later } from '../finding/instant.ts';
import { rowsOf } from '../hold/finding-row.ts';
import type { Hold, StageKey } from '../hold/hold.ts';
import { noticesOf, readHold } from '../hold/ledger.ts';
import type { Chance, ClockPort } from '../hold/ports.ts';
import type { Table, Write } from '../hold/table.ts';
import type { Clock, Person, PolicyInForce, Role, Service } from '../policy/policy.ts';
import { newLink } from './link.ts';
import { hasMissed } from './missed.ts';
import { maySit, offeredActions, rolesOf, ruleOf } from './rules.ts';
import { claim, giveBack, type PersonSendings, readSendings } from './sendings.ts';
import { type Told, toldAbout, toldItem } from './told.ts';
import type { Vault } from './vault.ts';
import { type Vote, votesOn } from './vote.ts';

export type TellDeps = {
  readonly table: Table;
  readonly clock: ClockPort;
  readonly chance: Chance;
  readonly vault: Vault;
  readonly notifier: Notifier;
  readonly policy: PolicyInForce;
  /** Where links lead, from configuration: `https://…` without a slash at the end. */
  readonly publicAddress: () => string;
};

/** What was told of which hold. */
export type ToldOf = { readonly holdId: string; readonly told: Told };

/** A hold with everything that was news about it. */
type HoldNews = {
  readonly hold: Hold;
  readonly service: Service;
  readonly notices: readonly Hold['notice'][];
  readonly votes: readonly Vote[];
};

/** Holds as read once for everybody who is told in one go. */
export type HoldReader = (holdId: string) => Promise<HoldNews | null>;

/** Reads each hold once. */
export function holdReader(deps: TellDeps): HoldReader {
  const read = new Map<string, Promise<HoldNews | null>>();
  return (holdId) => {
    const known = read.get(holdId) ?? holdNews(deps, holdId);
    read.set(holdId, known);
    return known;
  };
}

/**
 * Tells one person what is news to them about holds of one stage, as far as it is its turn; the rest is kept for the sweep.
 * Only one process at a time sends to a person about a stage, so that two holds opened at once keep the pace together.
 * Throws when a message could not be sent: what it spoke of is still untold then.
 */
export async function tellPerson(
  deps: TellDeps,
  read: HoldReader,
  personId: string,
  stageKey: StageKey,
  holdIds: readonly string[],
): Promise<readonly ToldOf[]> {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const sendings = await readSendings(deps.table, personId, stageKey);
    // What this is about first, then what waits, and only then what may be news too.
    const all = [...new Set([...holdIds.slice(0, 1), ...sendings.waiting, ...holdIds])];
    const looked = new Set(all.slice(0, holdsPerLook));
    const seats = await seatsOf(read, deps, personId, [...looked]);
    if (seats.length === 0 && sendings.waiting.length === 0) return [];
    const claimed = await claim(deps.table, sendings, deps.clock.now());
    const beyond = sendings.waiting.filter((holdId) => !looked.has(holdId));
    if (claimed !== null) return await inTurn(deps, claimed, seats, beyond);
    await deps.clock.wait(waitForTurn);
  }
  throw new Error(`somebody else goes on telling ${personId} about ${stageKey}`);
}

const attemptsMax = 20;
const waitForTurn = 250;
/** Holds that one turn looks at: the time that it takes does not grow with what waits on the stage. */
export const holdsPerLook = 5 * holdsPerMessage;

/** A person's part in one hold, and what is news in it for them. */
type Seat = HoldNews & { readonly person: Person; readonly role: Role; readonly clock: Clock; readonly news: News };

async function seatsOf(
  read: HoldReader,
  deps: TellDeps,
  personId: string,
  holdIds: readonly string[],
): Promise<readonly Seat[]> {
  // Who heard what is read anew for each person, after their sendings: whoever told them meanwhile has changed those.
  const seats = await Promise.all(
    holdIds.map(async (holdId) => {
      const record = await read(holdId);
      return record === null ? null : seatOf(deps, record, personId, await toldAbout(deps.table, holdId), []);
    }),
  );
  return seats.filter((seat) => seat !== null);
}

/** Null when the person has no part in the hold, or nothing is news to them. `further` is news to this person only. */
function seatOf(
  deps: TellDeps,
  record: HoldNews,
  personId: string,
  told: readonly Told[],
  further: readonly Occasion[],
): Seat | null {
  const { hold, service, notices } = record;
  const recipient = recipientsOf(service, deps.policy, hold.level).find(({ person }) => person.id === personId);
  if (recipient === undefined) return null;
  const heard = told.filter((one) => one.personId === personId).map(({ n }) => n);
  const last = Math.max(0, ...heard);
  const untold = notices.filter(({ n }) => n > last).map(({ occasion }) => Occasion.parse(occasion));
  const clock = clockOf(service, deps.policy);
  const concerning = untold.filter((occasion) => isConcerned(recipient.person, occasion, record, clock));
  const news = newsOf(hold, [...concerning, ...further], heard.length === 0);
  return news === null ? null : { ...record, ...recipient, clock, news };
}

/** Reminders are for those who are asked; what somebody did in CodePipeline is for security and for them; that somebody was not reached concerns the level that it goes up to. */
function isConcerned(person: Person, occasion: Occasion, record: HoldNews, clock: Clock): boolean {
  if (occasion.kind === 'reminder') return isAsked(person, record);
  if (occasion.kind === 'escalated' && occasion.unreached !== undefined)
    return clock.escalate[record.hold.level - 1]?.includes(person.id) ?? false;
  if (occasion.kind === 'worked-around')
    return occasion.by === person.id || rolesOf(person.id, record.service).includes('security');
  return true;
}

/** Whether a decision still waits for this person: they may take part in one, and have not on how the hold stands now. */
function isAsked(person: Person, { hold, service, votes }: HoldNews): boolean {
  const hasVoted = votes.some(({ personId, revision }) => personId === person.id && revision === hold.revision);
  return mayDecide(person.id, hold, service) && !hasVoted;
}

/** Sends what it is the turn of. The rest waits in the order in which it is to be told, before what was not looked at. */
async function inTurn(
  deps: TellDeps,
  claimed: PersonSendings,
  seats: readonly Seat[],
  beyond: readonly string[],
): Promise<readonly ToldOf[]> {
  const now = deps.clock.now();
  const quiet = seats[0]?.clock.quiet;
  const paced = pacedOf(
    seats.map(({ news }) => news),
    claimed,
    quiet,
    now,
  );
  let sent: Sendings = claimed;
  const told: ToldOf[] = [];
  const rows: Write[] = [];
  const groups = paced.now.map((group) => seats.filter(({ news }) => group.includes(news)));
  let failure: unknown = null;
  for (const group of groups) {
    try {
      const sentNow = await send(deps, group);
      told.push(...sentNow);
      rows.push(...sentNow.map((one) => ({ put: toldItem(one.holdId, one.told) })));
      sent = afterSending(sent, group, now);
    } catch (error) {
      // What went out is kept as told all the same; the caller tries the rest again.
      failure = error;
      break;
    }
  }
  const unsent = [...paced.now.flat(), ...paced.later]
    .map(({ hold }) => hold.id)
    .filter((id) => told.every(({ holdId }) => holdId !== id));
  const waiting = [...unsent, ...beyond];
  const at = failure !== null ? later(now, tryAgainAfter) : (paced.at ?? now);
  await deps.table.transact([...rows, giveBack(claimed, sent, waiting, waiting.length === 0 ? null : at, now)]);
  if (failure !== null) throw failure;
  return told;
}

/** When a message that could not be sent is tried again by the sweep, should nobody do it earlier; in milliseconds. */
const tryAgainAfter = 60_000;

function afterSending(sent: Sendings, group: readonly Seat[], now: Instant): Sendings {
  const isBrief = group.length === 1 && group[0]?.news.isFirst === true;
  return isBrief ? { ...sent, firsts: [...sent.firsts, now], lastAt: now } : { ...sent, lastAt: now, updateAt: now };
}

/** One message about one or more holds to one person, with a link of their own for each. */
async function send(deps: TellDeps, group: readonly Seat[]): Promise<readonly ToldOf[]> {
  const facts: BriefFacts[] = [];
  for (const seat of group) facts.push(await factsFor(deps, seat));
  const [first, ...others] = facts;
  if (first === undefined) return [];
  const reached = await deps.notifier.send(briefFor(first, others));
  const at = deps.clock.now();
  return group.map(({ hold, person, notices, news }) => ({
    holdId: hold.id,
    told: { personId: person.id, kind: news.main.kind, at, ...reached, n: Math.max(1, notices.at(-1)?.n ?? 1) },
  }));
}

async function factsFor(deps: TellDeps, seat: Seat): Promise<BriefFacts> {
  const { service, clock, person, role, news } = seat;
  const hold = await withoutClosedFindings(deps.table, seat.hold);
  const mode = mayDecide(person.id, hold, service) ? 'decide' : 'view';
  const link = await newLink(deps, hold, person.id, mode);
  const view = person.sms === undefined || mode === 'view' ? link : await newLink(deps, hold, person.id, 'view');
  await deps.table.transact(view === link ? [link.write] : [link.write, view.write]);
  return {
    hold,
    service,
    clock,
    people: deps.policy.people,
    person,
    role,
    now: deps.clock.now(),
    zone: zoneOf(clock),
    occasion: news.main,
    alsoNew: news.also,
    link: `${deps.publicAddress()}/d/${link.token}`,
    viewLink: `${deps.publicAddress()}/d/${view.token}`,
  };
}

/** A message says nothing of findings that were closed or suppressed since; the last one stays where none is left. */
async function withoutClosedFindings(table: Table, hold: Hold): Promise<Hold> {
  if (hold.status === 'closed' || hold.worst.length < 2) return hold;
  const rows = await rowsOf(table, hold.problem.hash);
  const gone = new Set(rows.filter(({ state }) => state !== 'open').map(({ summary }) => summary.id));
  const worst = hold.worst.filter(({ id }) => !gone.has(id));
  const findings = Math.max(worst.length, hold.findings - gone.size);
  return worst.length === 0 ? hold : { ...hold, worst, findings };
}

/** Sends a person another link to a hold at once, with everything that is news to them: they asked for it. */
export async function sendNewLink(deps: TellDeps, holdId: string, personId: string): Promise<readonly ToldOf[]> {
  const record = await holdNews(deps, holdId);
  const known = await toldAbout(deps.table, holdId);
  const seat = record === null ? null : seatOf(deps, record, personId, known, [{ kind: 'new-link' }]);
  if (seat === null || seat.hold.status === 'closed') return [];
  const asked: Seat = { ...seat, news: { ...seat.news, main: { kind: 'new-link' }, also: besides(seat.news) } };
  const told = await send(deps, [asked]);
  await deps.table.transact(told.map((one) => ({ put: toldItem(one.holdId, one.told) })));
  return told;
}

/** Sends a person the first brief of a hold at once, when nothing that they were told of it reached them. */
export async function sendFirstBrief(deps: TellDeps, holdId: string, personId: string): Promise<readonly ToldOf[]> {
  const record = await holdNews(deps, holdId);
  if (record === null || !hasMissed(await toldAbout(deps.table, holdId), personId)) return [];
  const seat = seatOf(deps, record, personId, [], []);
  if (seat === null || seat.hold.status === 'closed') return [];
  const told = await send(deps, [seat]);
  await deps.table.transact(told.map((one) => ({ put: toldItem(one.holdId, one.told) })));
  return told;
}

function besides({ main, also }: News): readonly Occasion[] {
  return [...also, main].filter(({ kind }) => kind !== 'new-link' && kind !== 'opened');
}

async function holdNews(deps: TellDeps, holdId: string): Promise<HoldNews | null> {
  const hold = await readHold(deps.table, holdId);
  const service = deps.policy.services.find(({ name }) => name === hold?.service);
  if (hold === null || service === undefined) return null;
  const [notices, votes] = await Promise.all([noticesOf(deps.table, holdId), votesOn(deps.table, holdId)]);
  return { hold, service, notices, votes };
}

/** Whether the policy gives a person a part in a decision that can let the line run. */
export function mayResume(personId: string, hold: Hold, service: Service): boolean {
  const roles = rolesOf(personId, service);
  return offeredActions.map((action) => ruleOf(action, hold)).some((rule) => rule.resumes && maySit(rule, roles));
}

/** Whether the policy gives a person a part in some decision on an open hold. */
export function mayDecide(personId: string, hold: Hold, service: Service): boolean {
  const roles = rolesOf(personId, service);
  return hold.status !== 'closed' && offeredActions.some((action) => maySit(ruleOf(action, hold), roles));
}
