import { untrusted } from '../finding/untrusted.ts';
import type { Hold } from '../hold/hold.ts';
import { holdWrites, readHold } from '../hold/ledger.ts';
import type { Chance, ClockPort } from '../hold/ports.ts';
import { LedgerConflict, type Table, type Write } from '../hold/table.ts';
import type { Person, PolicyInForce, Role, Service } from '../policy/policy.ts';
import { type Ballot, enteredFields, type Mistakes, mistakesIn } from './ballot.ts';
import { proveFactor } from './factor.ts';
import { countTry, deadReason, type Link, readLink, useLink } from './link.ts';
import {
  type ActionRule,
  isAuthor,
  isOffered,
  isOwnDispute,
  maySit,
  type OfferedAction,
  offeredActions,
  rolesOf,
  ruleOf,
} from './rules.ts';
import { shownHash } from './shown.ts';
import type { Vault } from './vault.ts';
import { effectOf, type Vote, votesOn } from './vote.ts';

export type DecideDeps = {
  readonly table: Table;
  readonly clock: ClockPort;
  readonly chance: Chance;
  readonly vault: Vault;
  readonly policy: PolicyInForce;
};

/** Who may decide what on which hold, through a link that is right. */
export type Seat = {
  readonly hold: Hold;
  readonly person: Person;
  readonly service: Service;
  readonly roles: readonly Role[];
  readonly votes: readonly Vote[];
  /** What this person may vote for; empty for a link that only shows. */
  readonly choices: readonly { readonly action: OfferedAction; readonly rule: ActionRule }[];
};

/** What a link opens. `wrong` is all that a stranger learns. */
export type OpenedLink =
  | { readonly status: 'wrong' }
  | {
      readonly status: 'dead';
      readonly why: NonNullable<ReturnType<typeof deadReason>> | 'no-role';
      readonly link: Link;
      readonly hold: Hold;
    }
  | { readonly status: 'live'; readonly link: Link; readonly seat: Seat; readonly nonce: string };

/** Opens a link to look at. Writes nothing: mail scanners open links too. */
export async function openLink(deps: DecideDeps, token: string): Promise<OpenedLink> {
  const link = await readLink(deps.table, deps.vault, token);
  const hold = link === null ? null : await readHold(deps.table, link.holdId);
  if (link === null || hold === null) return { status: 'wrong' };
  const seat = await seatOf(deps, hold, link.personId, link.mode);
  if (seat === null) return { status: 'dead', why: 'no-role', link, hold };
  // A link that only shows goes on showing until it ends.
  const dead = deadReason(link, hold, deps.clock.now());
  if (dead !== null && !(link.mode === 'view' && dead !== 'ended')) return { status: 'dead', why: dead, link, hold };
  const shown = shownHash(hold, deps.policy.hash);
  const nonce = await deps.vault.mac(nonceText(link, deps.policy, shown));
  return { status: 'live', link, seat, nonce: `${nonce.keyId}.${nonce.mac}.${shown}` };
}

/** A person's seat at a hold; null when the policy gives them no part in its service. */
export async function seatOf(deps: DecideDeps, hold: Hold, personId: string, mode: Link['mode']): Promise<Seat | null> {
  const person = deps.policy.people.find(({ id }) => id === personId);
  const service = deps.policy.services.find(({ name }) => name === hold.service);
  if (person === undefined || service === undefined) return null;
  const roles = rolesOf(person.id, service);
  const isTold = deps.policy.clock.escalate
    .concat(service.clock?.escalate ?? [])
    .some((level) => level.includes(person.id));
  if (roles.length === 0 && !isTold) return null;
  const rules = offeredActions.map((action) => ({ action, rule: ruleOf(action, hold) }));
  const choices = rules.filter(
    ({ action, rule }) =>
      isOffered(action, hold) &&
      maySit(rule, roles) &&
      !(rule.resumes && isAuthor(person, hold)) &&
      !isOwnDispute(action, person, hold),
  );
  return {
    hold,
    person,
    service,
    roles,
    votes: await votesOn(deps.table, hold.id),
    choices: mode === 'view' ? [] : choices,
  };
}

/** What became of a ballot. `errors` are by field; nothing was recorded then. */
export type Voted =
  | {
      readonly status: 'recorded';
      readonly vote: Vote;
      readonly hold: Hold;
      readonly person: Person;
      readonly isDecided: boolean;
    }
  | { readonly status: 'errors'; readonly errors: Mistakes }
  | Exclude<OpenedLink, { status: 'live' }>;

/** Records a vote that came through a link: link, vote, event and, with the last vote of the quorum, the decision in one transaction. */
export async function voteByLink(deps: DecideDeps, token: string, ballot: Ballot): Promise<Voted> {
  const opened = await openLink(deps, token);
  if (opened.status !== 'live') return opened;
  const { link, seat } = opened;
  if (!(await isFromItsPage(deps, link, ballot.nonce)))
    return { status: 'errors', errors: { nonce: 'This page is too old. Open your link again.' } };
  const [, , shown = ''] = ballot.nonce.split('.', 3);
  const voted = await cast(deps, seat, ballot, { kind: 'link', link, shown });
  if (voted.status === 'errors' && voted.errors.confirmation !== undefined) await deps.table.transact([countTry(link)]);
  return voted;
}

/** Whether a form was sent from a page that its person's link showed, under this policy. */
export async function isFromItsPage({ vault, policy }: DecideDeps, link: Link, nonce: string): Promise<boolean> {
  const [keyId = '', mac = '', shown = ''] = nonce.split('.', 3);
  return await vault.isMac(nonceText(link, policy, shown), keyId, mac);
}

/** What a page is proved by: that it went to this person through this link, under this policy, with these facts. */
function nonceText(link: Link, policy: PolicyInForce, shown: string): string {
  return `nonce ${link.selector} ${link.revision} ${link.personId} ${policy.hash} ${shown}`;
}

/** Records the vote of a signed-in person: their identity is the second factor. */
export async function voteSignedIn(deps: DecideDeps, holdId: string, personId: string, ballot: Ballot): Promise<Voted> {
  const hold = await readHold(deps.table, holdId);
  const seat = hold === null ? null : await seatOf(deps, hold, personId, 'decide');
  if (seat === null) return { status: 'wrong' };
  if (seat.hold.status === 'closed') return { status: 'errors', errors: { action: 'This hold is closed.' } };
  return await cast(deps, seat, ballot, { kind: 'signed-in' });
}

type Door = { readonly kind: 'link'; readonly link: Link; readonly shown: string } | { readonly kind: 'signed-in' };

async function cast(deps: DecideDeps, seat: Seat, ballot: Ballot, door: Door): Promise<Voted> {
  const checked = await check(deps, seat, ballot, door);
  return checked.status === 'errors' ? checked : await record(deps, seat, ballot, door, checked);
}

async function record(deps: DecideDeps, seat: Seat, ballot: Ballot, door: Door, checked: Right): Promise<Voted> {
  const { hold, person, service } = seat;
  const { action, rule } = checked.choice;
  const { policy } = deps;
  const now = deps.clock.now();
  const vote: Vote = {
    personId: person.id,
    action,
    revision: hold.revision,
    reason: untrusted(ballot.reason),
    fields: enteredFields(rule, ballot),
    factor: door.kind === 'signed-in' ? 'signed-in' : rule.level === 1 ? 'code' : 'totp',
    at: now,
    policyHash: policy.hash,
    execution: hold.release?.executionId ?? null,
    digest: hold.release?.digest ?? null,
    shown: door.kind === 'signed-in' ? shownHash(hold, policy.hash) : door.shown,
  };
  const matter = { hold, service, policyHash: policy.hash };
  const { change, isDecided } = effectOf(vote, action, seat.votes, matter, policy);
  const { writes, after } = holdWrites(hold, change, now);
  const use = door.kind === 'link' ? [useLink(door.link, hold, now)] : [];
  const done = await deps.table.transact([...writes, ...use, ...checked.writes]);
  if (done.ok) return { status: 'recorded', vote, hold: after, person, isDecided };
  // A link or a code that was used meanwhile is good for nothing more; a hold that moved on may still be the same to its person.
  const isUsed = done.failed.some(({ index }) => index >= writes.length);
  return isUsed ? moved : await again(deps, seat, ballot, door, checked);
}

/** The hold was written first. On the same revision the vote still counts; otherwise the person decides anew. */
async function again(deps: DecideDeps, seat: Seat, ballot: Ballot, door: Door, checked: Right): Promise<Voted> {
  const hold = await readHold(deps.table, seat.hold.id);
  if (hold === null) throw new LedgerConflict(`the ledger has no hold ${seat.hold.id}`);
  if (hold.status === 'closed' || hold.revision !== seat.hold.revision) return moved;
  const fresh = await seatOf(deps, hold, seat.person.id, 'decide');
  const choice = fresh?.choices.find(({ action }) => action === checked.choice.action);
  if (fresh === null || choice === undefined || isStale(deps, fresh, choice.rule, door)) return moved;
  return await record(deps, fresh, ballot, door, { ...checked, choice });
}

const moved = {
  status: 'errors',
  errors: { action: 'Something changed while you wrote. Read the page again, then decide.' },
} as const;

type Right = { readonly status: 'right'; readonly choice: Seat['choices'][number]; readonly writes: readonly Write[] };

async function check(
  deps: DecideDeps,
  seat: Seat,
  ballot: Ballot,
  door: Door,
): Promise<Right | { readonly status: 'errors'; readonly errors: Mistakes }> {
  const now = deps.clock.now();
  const choice = seat.choices.find(({ action }) => action === ballot.action);
  if (choice === undefined) return { status: 'errors', errors: { action: 'Choose one of the decisions.' } };
  if (isStale(deps, seat, choice.rule, door)) return moved;
  const mistakes = mistakesIn(choice, ballot, { hold: seat.hold, people: deps.policy.people, now });
  const confirmed = door.kind === 'signed-in' || ballot.confirmation.trim().toUpperCase() === seat.hold.code;
  const errors = confirmed
    ? mistakes
    : { ...mistakes, confirmation: 'Type the four characters of this hold, as in your mail.' };
  if (Object.keys(errors).length > 0) return { status: 'errors', errors };
  if (door.kind === 'signed-in' || choice.rule.level === 1) return { status: 'right', choice, writes: [] };
  const proved = await proveFactor(deps, seat.person.id, ballot.totp, now, [countTry(door.link)]);
  return proved.ok
    ? { status: 'right', choice, writes: [proved.write] }
    : { status: 'errors', errors: { totp: factorErrors[proved.why] } };
}

/** Whether what the page showed is not there any more, as far as the choice rests on it. */
function isStale(deps: DecideDeps, { hold }: Seat, { boundTo }: ActionRule, door: Door): boolean {
  return door.kind === 'link' && boundTo === 'release' && door.shown !== shownHash(hold, deps.policy.hash);
}

const factorErrors = {
  'not-enrolled': 'You have no authenticator yet. Ask for one: stopship people enroll.',
  wrong: 'This code is not right. Use the six digits that your authenticator shows now.',
  used: 'This code was used already. Wait for the next one, at most 30 seconds.',
  paused: 'Too many codes were wrong. Wait some minutes, or decide signed in: stopship decide.',
  busy: 'Another try came in at the same moment, and this one was not looked at. Try again.',
} as const;
