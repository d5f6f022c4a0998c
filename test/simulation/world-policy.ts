import { loadPolicy } from '../../lib/policy/load.ts';
import type { PolicyInForce, Role } from '../../lib/policy/policy.ts';

/** Account and Region in which everything is simulated. */
export const account = '123456789012';
export const region = 'eu-west-1';

/** Who may vote, each with the one role the policy gives them. */
export const voters = {
  ana: 'security',
  sam: 'security',
  rui: 'release-manager',
  dee: 'developer',
  ola: 'risk-owner',
} as const satisfies {
  readonly [person: string]: Role;
};

type Policies = readonly [PolicyInForce, PolicyInForce];

const loaded = new Map<string, Policies>();

/**
 * Two policies with one service, pipeline and protected stage per name, of which the second has people reminded sooner. Where
 * nobody votes, one person is told, and a run is shorter for it.
 */
export function worldPolicies(services: readonly string[], isVoted: boolean): Policies {
  const name = `${services.join(' ')} ${isVoted}`;
  const people = isVoted ? everybody : few;
  const policies = loaded.get(name) ?? ([policyOf(services, people, '1h'), policyOf(services, people, '50m')] as const);
  loaded.set(name, policies);
  return policies;
}

const few = { security: ['ana'] };
const everybody = {
  security: ['ana', 'sam'],
  'release-manager': ['rui'],
  developer: ['dee'],
  'risk-owner': ['ola'],
};

function policyOf(
  services: readonly string[],
  stakeholders: { readonly [role: string]: readonly string[] },
  remind: string,
): PolicyInForce {
  return loadPolicy(
    JSON.stringify({
      version: 1,
      security: ['ana'],
      clock: { remind, escalate: [['ana']], every: '4h', deadline: '8h' },
      services: services.map((name) => ({
        name,
        pipeline: { account, region, name, stage: 'Production' },
        author: { action: 'Build', variable: 'AUTHOR' },
        digest: { action: 'Build', variable: 'DIGEST' },
        resources: [
          `arn:aws:ecr:${region}:${account}:repository/${name}*`,
          `arn:aws:lambda:${region}:${account}:function:${name}`,
        ],
        exposure: 'internet',
        dataClass: 'restricted',
        criticality: 'essential',
        stakeholders,
      })),
      rules: [{ then: 'halt', because: 'critical', when: { scoreAtLeast: 9 } }],
      people: Object.keys(voters).map((id) => ({ id, name: `${id} Test`, email: `${id}@example.com` })),
    }),
    'the simulated policy',
  );
}
