import type { Finding } from '../../lib/finding/finding.ts';
import { instantOf } from '../../lib/finding/instant.ts';
import { judge } from '../../lib/policy/judge.ts';
import { loadPolicy } from '../../lib/policy/load.ts';
import { type PolicyInForce, type Service, settingOf } from '../../lib/policy/policy.ts';
import type { Verdict } from '../../lib/policy/verdict.ts';
import { assess } from '../../lib/risk/assess.ts';

export const NOON = instantOf(Date.UTC(2026, 11, 1, 12));

/** The policy of the documentation, with any top-level part replaced. */
export function policyText(parts: { readonly [key: string]: unknown } = {}): string {
  return JSON.stringify({
    version: 1,
    security: ['ana'],
    services: [aServiceEntry()],
    rules: [
      { then: 'halt', because: 'known exploited', when: { knownExploited: true } },
      { then: 'halt', because: 'critical', when: { scoreAtLeast: 9 } },
      { then: 'watch', because: 'high', when: { scoreAtLeast: 7 } },
    ],
    people: [
      { id: 'ana', name: 'Ana Lima', email: 'ana@example.com' },
      { id: 'rui', name: 'Rui Faria', email: 'rui@example.com' },
      { id: 'dee', name: 'Dee Nolan', email: 'dee@example.com' },
    ],
    ...parts,
  });
}

export function aServiceEntry(parts: { readonly [key: string]: unknown } = {}): { readonly [key: string]: unknown } {
  return {
    name: 'checkout',
    pipeline: { account: '123456789012', region: 'eu-west-1', name: 'checkout', stage: 'Production' },
    resources: ['arn:aws:ecr:eu-west-1:123456789012:repository/checkout*'],
    exposure: 'internet',
    dataClass: 'restricted',
    criticality: 'essential',
    stakeholders: { security: ['ana'], 'release-manager': ['rui'], developer: ['dee'] },
    ...parts,
  };
}

export function aPolicy(parts: { readonly [key: string]: unknown } = {}): PolicyInForce {
  return loadPolicy(policyText(parts), 'policy.yaml');
}

/** The verdict on a finding in the policy's first service, or (`null`) where no service claims it. */
export function verdictOn(finding: Finding, policy: PolicyInForce, service: Service | null = firstOf(policy)): Verdict {
  return judge(finding, assess(finding, settingOf(service, policy), { now: NOON, kev: null }), service, policy, NOON);
}

export function firstOf(policy: PolicyInForce): Service | null {
  return policy.services[0] ?? null;
}
