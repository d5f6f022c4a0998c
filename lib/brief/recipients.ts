import type { Clock, Person, Policy, Role, Service } from '../policy/policy.ts';

/** Somebody who is told of a service's holds, in their most entitled role. */
export type Recipient = { readonly person: Person; readonly role: Role };

/**
 * Who is told of a hold on this service: every stakeholder once, in their most entitled role, and whoever the clock
 * names up to `level` (0: nobody yet). Somebody escalated to without a role on the service may only look, as an
 * executive. Ids that the policy does not know are left out: its check reports them.
 */
export function recipientsOf(service: Service, policy: Policy, level: number): readonly Recipient[] {
  const escalated = clockOf(service, policy).escalate.slice(0, level).flat();
  const stakeholders = entitlement.flatMap((role) => (service.stakeholders[role] ?? []).map((id) => ({ id, role })));
  const roles = new Map<string, Role>();
  for (const { id, role } of [...stakeholders, ...escalated.map((id) => ({ id, role: 'executive' as const }))]) {
    if (!roles.has(id)) roles.set(id, role);
  }
  const known = new Map(policy.people.map((person) => [person.id, person]));
  return [...roles].flatMap(([id, role]) => {
    const person = known.get(id);
    return person === undefined ? [] : [{ person, role }];
  });
}

/** The service's clock: what it says itself, else what the policy says. */
export function clockOf(service: Service, policy: Policy): Clock {
  return { ...policy.clock, ...service.clock };
}

/** The zone in which a service's people are told times: that of its quiet hours, else UTC. */
export function zoneOf(clock: Clock): string {
  return clock.quiet?.split(' ')[1] ?? 'UTC';
}

/** Roles by what they may decide, most first. */
const entitlement: readonly Role[] = ['release-manager', 'security', 'risk-owner', 'developer', 'product', 'executive'];
