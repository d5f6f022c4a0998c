import type { Hold, Release } from '../hold/hold.ts';
import type { Service } from '../policy/policy.ts';
import { type OfferedAction, rolesOf, ruleOf } from './rules.ts';
import type { Vote } from './vote.ts';

/** On what votes are held together: the hold as it is now, and the policy in force by its hash. */
export type Matter = { readonly hold: Hold; readonly service: Service; readonly policyHash: string };

/** Votes that count together, and the people who cast them with their roles today. */
export type Counted = {
  readonly votes: readonly Vote[];
  readonly voters: readonly { readonly person: string; readonly roles: ReturnType<typeof rolesOf> }[];
};

/**
 * The votes that count together for an action: on this revision, under this policy, and where the action lets one release go,
 * for the very release that is there now. Votes that attest different releases do not count together: those that agree with
 * `like` do, the newest one otherwise.
 */
export function countedVotes(votes: readonly Vote[], action: OfferedAction, matter: Matter, like?: Vote): Counted {
  const standing = votes.filter((vote) => vote.action === action && voidOf(vote, matter) === null);
  const measure = like ?? standing.toSorted((a, b) => (a.at < b.at ? -1 : 1)).at(-1);
  const agreeing = standing.filter((vote) => measure === undefined || nameSameRelease(vote, measure));
  return {
    votes: agreeing,
    voters: agreeing.map(({ personId }) => ({ person: personId, roles: rolesOf(personId, matter.service) })),
  };
}

/** Why a vote counts no more; null while it does. */
export function voidOf(
  vote: Vote,
  { hold, service, policyHash }: Matter,
): 'revision' | 'policy' | 'release' | 'no-role' | null {
  if (vote.revision !== hold.revision) return 'revision';
  if (vote.policyHash !== policyHash) return 'policy';
  const action = vote.action;
  if (ruleOf(action, hold).boundTo === 'release' && !isFor(vote, hold.release)) return 'release';
  return rolesOf(vote.personId, service).length === 0 ? 'no-role' : null;
}

/**
 * The fields of a decision, from all its votes: of two ends the earlier, of two wordings both, each under its author's name.
 * What one person alone enters is as entered.
 */
export function agreedFields(votes: readonly Vote[]): Vote['fields'] {
  const inTurn = votes.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const names = [...new Set(votes.flatMap(({ fields }) => Object.keys(fields)))];
  return Object.fromEntries(names.map((name) => [name, agreed(name, inTurn)] as const));
}

function agreed(name: string, votes: readonly Vote[]): string {
  const said = votes.flatMap(({ personId, fields }) => {
    const value = fields[name] ?? '';
    return value === '' ? [] : [{ personId, value }];
  });
  const values = [...new Set(said.map(({ value }) => value))];
  if (values.length < 2) return values[0] ?? '';
  if (name === 'until') return values.toSorted()[0] ?? '';
  // Names of one release: the longest says most.
  if (name === 'release') return values.toSorted((a, b) => b.length - a.length)[0] ?? '';
  return said.map(({ personId, value }) => `${personId}: ${value}`).join('; ');
}

function nameSameRelease(one: Vote, other: Vote): boolean {
  const [a = '', b = ''] = [one, other].map(({ fields }) => (fields.release ?? '').trim().toLowerCase());
  return a.startsWith(b) || b.startsWith(a);
}

function isFor(vote: Vote, release: Release | null): boolean {
  return vote.execution === (release?.executionId ?? null) && vote.digest === (release?.digest ?? null);
}
