import { type Instant, later } from '../finding/instant.ts';
import type { Table } from '../hold/table.ts';
import { waivedFindings } from '../hold/waived.ts';
import type { PolicyInForce, PolicyWaiver } from '../policy/policy.ts';

/** A waiver of the policy that lets nothing pass, because nothing needed it or because it has ended, and whom that concerns. */
export type IdleWaiver = Pick<PolicyWaiver, 'service' | 'vulnerability' | 'until'> & {
  readonly state: 'unused' | 'ended';
  readonly people: readonly string[];
};

/** For a week after its end a waiver stands among what ends, in milliseconds. */
const endsFor = 7 * 86_400_000;

/**
 * The waivers of the policy that could be taken out of it: those that ended over a week ago, and those under which no finding was
 * let pass. In audit mode nothing halts, so that none is known to be unused.
 */
export async function idleWaivers(table: Table, policy: PolicyInForce, now: Instant): Promise<readonly IdleWaiver[]> {
  if (policy.waivers.length === 0) return [];
  const waived = new Set((await waivedFindings(table)).map(nameOf));
  return policy.waivers.flatMap((waiver) => {
    const state = stateOf(waiver, { policy, now, isUsed: waived.has(nameOf(waiver)) });
    if (state === null) return [];
    const { service, vulnerability, until, by } = waiver;
    const security = serviceOf(waiver, policy)?.stakeholders.security ?? [];
    return [{ service, vulnerability, until, state, people: [...by, ...security] }];
  });
}

function stateOf(
  waiver: PolicyWaiver,
  { policy, now, isUsed }: { readonly policy: PolicyInForce; readonly now: Instant; readonly isUsed: boolean },
): IdleWaiver['state'] | null {
  if (waiver.until < now) return waiver.until < later(now, -endsFor) ? 'ended' : null;
  const isAudit = (serviceOf(waiver, policy)?.mode ?? policy.mode) === 'audit';
  return isUsed || isAudit ? null : 'unused';
}

function serviceOf(
  { service }: PolicyWaiver,
  { services }: PolicyInForce,
): PolicyInForce['services'][number] | undefined {
  return services.find(({ name }) => name === service);
}

function nameOf({ service, vulnerability }: Pick<PolicyWaiver, 'service' | 'vulnerability'>): string {
  return `${service} ${vulnerability}`;
}
