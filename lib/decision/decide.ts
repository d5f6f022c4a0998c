import { z } from 'zod';
import { type Instant, later } from '../finding/instant.ts';
import { untrusted } from '../finding/untrusted.ts';
import type { Hold } from '../hold/hold.ts';
import { holdWrites, readHold } from '../hold/ledger.ts';
import type { Chance, ClockPort } from '../hold/ports.ts';
import { LedgerConflict, type Table, type Write } from '../hold/table.ts';
import type { Person, PolicyInForce, Role, Service } from '../policy/policy.ts';
import { proveFactor } from './factor.ts';
import { deadReason, failuresMax, type Link, linkKey, readLink } from './link.ts';
import {
  type ActionRule,
  type FieldName,
  isAuthor,
  maySit,
  type OfferedAction,
  offeredActions,
  rolesOf,
  ruleOf,
} from './rules.ts';
import type { Vault } from './vault.ts';
import { changeByVote, endOf, type Vote, votesOn } from './vote.ts';

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
  const nonce = await deps.vault.mac(nonceText(link));
  return { status: 'live', link, seat, nonce: `${nonce.keyId}.${nonce.mac}` };
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
  const choices = rules.filter(({ rule }) => maySit(rule, roles) && !(rule.resumes && isAuthor(person, hold)));
  return {
    hold,
    person,
    service,
    roles,
    votes: await votesOn(deps.table, hold.id),
    choices: mode === 'view' ? [] : choices,
  };
}

/** What a person entered, as text. */
export type Ballot = z.infer<typeof Ballot>;
export const Ballot = z.object({
  action: z.string().default(''),
  reason: z.string().default(''),
  confirmation: z.string().default(''),
  totp: z.string().default(''),
  nonce: z.string().default(''),
  release: z.string().default(''),
  reference: z.string().default(''),
  hours: z.string().default(''),
  until: z.string().default(''),
  condition: z.string().default(''),
  scope: z.string().default(''),
});

/** What became of a ballot. `errors` are by field; nothing was recorded then. */
export type Voted =
  | {
      readonly status: 'recorded';
      readonly vote: Vote;
      readonly hold: Hold;
      readonly person: Person;
      readonly isDecided: boolean;
    }
  | { readonly status: 'errors'; readonly errors: { readonly [field: string]: string } }
  | Exclude<OpenedLink, { status: 'live' }>;

/** Records a vote that came through a link: link, vote, event and, with the last vote of the quorum, the decision in one transaction. */
export async function voteByLink(deps: DecideDeps, token: string, ballot: Ballot): Promise<Voted> {
  const opened = await openLink(deps, token);
  if (opened.status !== 'live') return opened;
  const { link, seat } = opened;
  const [keyId = '', mac = ''] = ballot.nonce.split('.', 2);
  if (!(await deps.vault.isMac(nonceText(link), keyId, mac)))
    return { status: 'errors', errors: { nonce: 'This page is too old. Open your link again.' } };
  const use: Write = {
    update: linkKey(link.selector),
    change: { set: { usedAt: deps.clock.now(), used: true } },
    when: {
      all: [
        { equals: ['used', false] },
        { most: ['failures', failuresMax - 1] },
        { equals: ['revision', seat.hold.revision] },
      ],
    },
  };
  const voted = await cast(deps, seat, ballot, { kind: 'link', use });
  if (voted.status === 'errors' && (voted.errors.confirmation ?? voted.errors.totp) !== undefined)
    await countFailure(deps, link);
  return voted;
}

/** Records the vote of a signed-in person: their identity is the second factor. */
export async function voteSignedIn(deps: DecideDeps, holdId: string, personId: string, ballot: Ballot): Promise<Voted> {
  const hold = await readHold(deps.table, holdId);
  const seat = hold === null ? null : await seatOf(deps, hold, personId, 'decide');
  if (seat === null) return { status: 'wrong' };
  if (seat.hold.status === 'closed') return { status: 'errors', errors: { action: 'This hold is closed.' } };
  return await cast(deps, seat, ballot, { kind: 'signed-in' });
}

type Door = { readonly kind: 'link'; readonly use: Write } | { readonly kind: 'signed-in' };

async function cast(deps: DecideDeps, seat: Seat, ballot: Ballot, door: Door): Promise<Voted> {
  const now = deps.clock.now();
  const checked = await check(deps, seat, ballot, door, now);
  if (checked.status === 'errors') return checked;
  const { action, rule } = checked.choice;
  const fields = Object.fromEntries(rule.fields.map((name) => [name, untrusted(ballot[name], 200)]));
  const vote: Vote = {
    personId: seat.person.id,
    action,
    revision: seat.hold.revision,
    reason: untrusted(ballot.reason),
    fields,
    factor: door.kind === 'signed-in' ? 'signed-in' : rule.level === 1 ? 'code' : 'totp',
    at: now,
  };
  const clock = { ...deps.policy.clock, ...seat.service.clock };
  const change = changeByVote(seat.hold, action, vote, seat.votes, {
    service: seat.service,
    clock,
    person: seat.person,
  });
  const { writes, after } = holdWrites(seat.hold, change, now);
  const done = await deps.table.transact([...writes, ...(door.kind === 'link' ? [door.use] : []), ...checked.writes]);
  if (done.ok)
    return { status: 'recorded', vote, hold: after, person: seat.person, isDecided: change.happenings?.length === 2 };
  return await again(deps, seat, ballot, door);
}

/** Somebody wrote first. On the same revision the vote still counts; otherwise the person decides anew. */
async function again(deps: DecideDeps, seat: Seat, ballot: Ballot, door: Door): Promise<Voted> {
  const hold = await readHold(deps.table, seat.hold.id);
  if (hold === null) throw new LedgerConflict(`the ledger has no hold ${seat.hold.id}`);
  const moved = {
    status: 'errors',
    errors: { action: 'Something changed while you wrote. Read the page again, then decide.' },
  } as const;
  if (hold.status === 'closed' || hold.revision !== seat.hold.revision) return moved;
  if (hold.head.n === seat.hold.head.n) return moved;
  const fresh = await seatOf(deps, hold, seat.person.id, 'decide');
  return fresh === null ? moved : await cast(deps, fresh, ballot, door);
}

type Checked =
  | { readonly status: 'right'; readonly choice: Seat['choices'][number]; readonly writes: readonly Write[] }
  | { readonly status: 'errors'; readonly errors: { readonly [field: string]: string } };

async function check(deps: DecideDeps, seat: Seat, ballot: Ballot, door: Door, now: Instant): Promise<Checked> {
  const choice = seat.choices.find(({ action }) => action === ballot.action);
  if (choice === undefined) return { status: 'errors', errors: { action: 'Choose one of the decisions.' } };
  const errors: Record<string, string> = { ...fieldErrors(choice, ballot, now) };
  if (untrusted(ballot.reason) === '') errors.reason = 'Say why: it stays on the record.';
  if (door.kind === 'signed-in')
    return Object.keys(errors).length > 0 ? { status: 'errors', errors } : { status: 'right', choice, writes: [] };
  if (ballot.confirmation.trim().toUpperCase() !== seat.hold.code)
    errors.confirmation = 'Type the four characters of this hold, as in your mail.';
  if (Object.keys(errors).length > 0 || choice.rule.level === 1) {
    return Object.keys(errors).length > 0 ? { status: 'errors', errors } : { status: 'right', choice, writes: [] };
  }
  const proved = await proveFactor(deps, seat.person.id, ballot.totp, now);
  return proved.ok
    ? { status: 'right', choice, writes: [proved.write] }
    : { status: 'errors', errors: { totp: factorErrors[proved.why] } };
}

const factorErrors = {
  'not-enrolled': 'You have no authenticator yet. Ask for one: stopship people enroll.',
  wrong: 'This code is not right. Use the six digits that your authenticator shows now.',
  used: 'This code was used already. Wait for the next one, at most 30 seconds.',
} as const;

function fieldErrors(
  { rule }: Seat['choices'][number],
  ballot: Ballot,
  now: Instant,
): { readonly [field: string]: string } {
  const mistakes = rule.fields.map((field) => [field, mistakeIn(field, ballot[field], now)] as const);
  return Object.fromEntries(mistakes.filter((entry): entry is [FieldName, string] => entry[1] !== null));
}

/** What is wrong with a field that the action needs, and how to mend it; null when nothing is. */
function mistakeIn(field: FieldName, text: string, now: Instant): string | null {
  switch (field) {
    case 'release':
      return untrusted(text) === '' ? 'Name the release: its commit, image digest or execution.' : null;
    case 'reference':
      return untrusted(text) === '' ? 'Say where the fix can be looked up: a change, a ticket, a test.' : null;
    case 'condition':
      return untrusted(text) === ''
        ? 'Say under which condition it may ship: what is switched off, and who checks it.'
        : null;
    case 'scope':
      return untrusted(text) === ''
        ? 'Say what the acceptance covers: which release, which customers, which part.'
        : null;
    case 'hours': {
      const hours = Number(text);
      return Number.isInteger(hours) && hours >= 1 && hours <= hoursMax
        ? null
        : `Give whole hours from 1 to ${hoursMax}.`;
    }
    case 'until': {
      const until = endOf(text);
      const isInTime = until !== null && until > now && until <= later(now, waiverMax);
      return isInTime
        ? null
        : 'Give a day within the next 90, such as 2026-12-31: at its end the stage halts again unless the flaw is gone.';
    }
    default:
      return field satisfies never;
  }
}

/** The longest leave for a flawed release, in milliseconds. */
const waiverMax = 90 * 86_400_000;

/** The most by which one vote extends the clock, in hours. */
const hoursMax = 168;

async function countFailure(deps: DecideDeps, link: Link): Promise<void> {
  await deps.table.transact([
    { update: linkKey(link.selector), change: { add: { failures: 1 } }, when: { most: ['failures', failuresMax] } },
  ]);
}

function nonceText(link: Link): string {
  return `nonce ${link.selector} ${link.revision} ${link.personId}`;
}
