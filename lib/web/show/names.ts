import { nameOf } from '../../brief/facts.ts';
import type { HoldEvent } from '../../hold/hold.ts';
import type { Person, PolicyInForce, Role, Service } from '../../policy/policy.ts';

/** Ids parted by commas, as events keep them, as whole names. */
export function namesIn(people: readonly Person[], ids: string): readonly string[] {
  return ids
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '')
    .map((id) => nameOf(people, id));
}

/** Who did what an event says: a person by name, stopship for each of its own parts. */
export function actorOf(people: readonly Person[], event: Pick<HoldEvent, 'kind' | 'actor'>): string {
  return ownParts.some((part) => part === event.actor) ? 'stopship' : nameOf(people, event.actor);
}

const ownParts = ['intake', 'dispatch', 'stage-controller', 'notify', 'clock', 'verify', 'sweep', 'override-watch'];

/** Names as a phrase: `Ana`, `Ana and Rui`, `Ana, Rui and Dee`. */
export function listed(names: readonly string[], word: 'and' | 'or' = 'and'): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} ${word} ${last}`;
}

/** Any one of a seat's roles with the people who have it: `Rui Costa (release manager) or Ana Lima (security)`. */
export function seatInWords(
  service: Service,
  people: readonly Person[],
  roles: readonly Role[],
  without: readonly string[] = [],
): string {
  const holders = roles.map((role) => {
    const ids = (service.stakeholders[role] ?? []).filter((id) => !without.includes(id));
    const names = ids.map((id) => nameOf(people, id));
    return names.length === 0 ? null : `${listed(names, 'or')} (${roleWords[role]})`;
  });
  const known = holders.filter((words) => words !== null);
  return known.length > 0
    ? listed(known, 'or')
    : `someone with the role ${listed(
        roles.map((role) => roleWords[role]),
        'or',
      )}, which nobody else has`;
}

/** Roles as people say them. */
export const roleWords = {
  security: 'security',
  'release-manager': 'release manager',
  developer: 'developer',
  product: 'product',
  executive: 'executive',
  'risk-owner': 'risk owner',
} as const satisfies Record<Role, string>;

/** The service of a hold; null when the policy no longer has it. */
export function serviceOf(policy: PolicyInForce, name: string): Service | null {
  return policy.services.find((service) => service.name === name) ?? null;
}
