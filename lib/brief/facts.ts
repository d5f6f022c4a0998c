import { z } from 'zod';
import { Instant } from '../finding/instant.ts';
import type { Hold, Release } from '../hold/hold.ts';
import type { Clock, Person, Role, Service } from '../policy/policy.ts';
import { quoted } from './plain.ts';

/**
 * What makes a brief news. It lies in `hold.notice.occasion` as flat text and numbers. `by` is a person's id;
 * reasons are what people or scanners wrote.
 */
export type Occasion = z.infer<typeof Occasion>;
export const Occasion = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('opened') }),
  z.object({ kind: z.literal('changed'), why: z.string() }),
  z.object({ kind: z.literal('reminder') }),
  /** Nobody decided in time; or, with `unreached` (ids, with commas), somebody who decides could not be told. */
  z.object({ kind: z.literal('escalated'), unreached: z.string().optional() }),
  z.object({ kind: z.literal('more-time'), hours: z.coerce.number(), by: z.string() }),
  z.object({ kind: z.literal('kept-halted'), by: z.string(), reason: z.string() }),
  z.object({ kind: z.literal('not-yet'), missing: z.string() }),
  z.object({ kind: z.literal('refuted'), why: z.string() }),
  z.object({
    kind: z.literal('resumed'),
    /** Why the stage opened again, in words: "release 8d01c77 was scanned after the fix and does not show the flaw". */
    how: z.string(),
    /** The release that was let go; absent when it holds for any. */
    release: z.string().optional(),
    /** How long the line stood, in milliseconds. */
    stoodMs: z.coerce.number(),
    /** The execution that the gate refused meanwhile: it failed, and only a person tries it again; absent when none did. */
    refused: z.string().optional(),
    /** Whether what was refused is what the hold was closed for. */
    mayRetry: z.enum(['yes', 'no']).optional(),
  }),
  z.object({ kind: z.literal('not-halted'), why: z.string().optional() }),
  z.object({ kind: z.literal('halted-after-alarm') }),
  z.object({ kind: z.literal('plan-changed'), by: z.string().optional() }),
  /**
   * Somebody else did something to the held stage in CodePipeline (`what` is their call), or a release `entered` it though it
   * is held. `by` is a person's id or empty, `principal` an ARN or the release, `at` when.
   */
  z.object({
    kind: z.literal('worked-around'),
    what: z.string(),
    by: z.string(),
    principal: z.string(),
    at: Instant,
    reason: z.string(),
  }),
  /** The person asked for another link. */
  z.object({ kind: z.literal('new-link') }),
  /** `difference` is what parts the new severity from the one before: "needs no login: 7.7 High became 9.2 Critical". */
  z.object({ kind: z.literal('rated'), by: z.string().optional(), difference: z.string().optional() }),
  /** Another severity was brought, and waits for security. */
  z.object({ kind: z.literal('disputed'), by: z.string(), difference: z.string(), reason: z.string() }),
  z.object({ kind: z.literal('dispute-refused'), by: z.string(), reason: z.string() }),
  /** A roll-back was carried out; `how` is a clause. */
  z.object({ kind: z.literal('rolled-back'), how: z.string() }),
]);

/** Everything a brief is written from: one hold, one person in one role, one occasion. */
export type BriefFacts = {
  readonly hold: Hold;
  readonly service: Service;
  /** The service's clock over the policy's: who is told next, and when. */
  readonly clock: Clock;
  /** Everybody of the policy, to call people by their names. */
  readonly people: readonly Person[];
  readonly person: Person;
  /** The person's most entitled role on the service. */
  readonly role: Role;
  readonly now: Instant;
  /** IANA name of the zone in which times are told, such as `Europe/Lisbon`. */
  readonly zone: string;
  /** What the message is about first; the subject speaks of it. */
  readonly occasion: Occasion;
  /** What else is new and is said in the same message, oldest first. */
  readonly alsoNew: readonly Occasion[];
  /** Address of the decision page: the person's own; view-only for product and executive; null when there is none. */
  readonly link: string | null;
  /** Address of the same page that only shows, for a text message; null when there is none. */
  readonly viewLink: string | null;
};

/**
 * What a person is called: the first name, or the whole name when two share the first. Who is not of the policy (a
 * scanner, a former colleague) is named as written, in quotation marks where that is no plain name.
 */
export function called(facts: Pick<BriefFacts, 'people'>, id: string): string {
  const person = facts.people.find((each) => each.id === id);
  if (person === undefined) return /^[\p{L}\p{N} ._@-]{1,60}$/u.test(id) ? id : quoted(id, 60);
  const first = firstName(person);
  return facts.people.some((each) => each.id !== id && firstName(each) === first) ? person.name : first;
}

/** The whole name of a person of the policy; who is not of it (a scanner, a former colleague) as written. */
export function nameOf(people: readonly Person[], id: string): string {
  return people.find((person) => person.id === id)?.name ?? called({ people }, id);
}

/** Whole names as a phrase for the record: `Ana Lima and Rui Costa`. */
export function namesOf(people: readonly Person[], ids: readonly string[]): string {
  return ids.map((id) => nameOf(people, id)).join(' and ');
}

/** What a person is called in a message to the reader: `you`, or the name. */
export function whom(facts: BriefFacts, id: string): string {
  return id === facts.person.id ? 'you' : called(facts, id);
}

/** People as a phrase, the reader as "you": `Ana`, `Ana or Rui`, `Ana, Rui or you`. Empty without people. */
export function oneOf(facts: BriefFacts, ids: readonly string[], word: 'or' | 'and' = 'or'): string {
  const others = ids.filter((id) => id !== facts.person.id).map((id) => called(facts, id));
  const names = ids.includes(facts.person.id) ? [...others, 'you'] : others;
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} ${word} ${last}`;
}

/** Those of a role on the service, as a phrase; the role's own name where nobody has it. */
export function whoIs(facts: BriefFacts, role: Role): string {
  const ids = facts.service.stakeholders[role] ?? [];
  return ids.length === 0 ? `a person with the role ${role} (nobody has it yet)` : oneOf(facts, ids);
}

/** A release as people name it: its short commit, else its short execution id. */
export function releaseName(release: Release): string {
  return release.commit === null ? release.executionId.slice(0, 8) : release.commit.slice(0, 7);
}

/** The person who wrote the release, by id or by an address they commit under; null when not known. */
export function authorOf(facts: BriefFacts): Person | null {
  const author = facts.hold.release?.author ?? null;
  if (author === null) return null;
  return facts.people.find((person) => person.id === author || isAddressOf(person, author)) ?? null;
}

/** Whether this role's link only shows. */
export function isViewOnly(role: Role): boolean {
  return role === 'product' || role === 'executive';
}

function firstName(person: Person): string {
  return person.name.trim().split(/\s+/)[0] ?? person.name;
}

function isAddressOf(person: Person, address: string): boolean {
  return [...person.git, person.email ?? ''].some((each) => each.toLowerCase() === address.toLowerCase());
}
