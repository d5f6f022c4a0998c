import type { Finding } from '../../lib/finding/finding.ts';
import { instantOf } from '../../lib/finding/instant.ts';
import { type Judged, judged } from '../../lib/policy/judged.ts';
import { loadPolicy } from '../../lib/policy/load.ts';
import type { PolicyInForce, Service } from '../../lib/policy/policy.ts';
import { unknownsIn } from '../../lib/policy/unknowns.ts';
import type { Verdict } from '../../lib/policy/verdict.ts';
import type { Unknown } from '../../lib/risk/assessment.ts';

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

/** The verdict on a finding in the policy's first service, or (`null`) where no service claims it, with what is not known. */
export function verdictOn(
  finding: Finding,
  policy: PolicyInForce,
  service: Service | null = firstOf(policy),
): Verdict & { readonly unknowns: readonly Unknown[] } {
  const all = judgedOn(finding, policy, service);
  return { ...all.verdict, unknowns: unknownsIn(all) };
}

/** A finding judged in the policy's first service at noon. */
export function judgedOn(
  finding: Finding,
  policy: PolicyInForce,
  service: Service | null = firstOf(policy),
  introduced: boolean | null = null,
): Judged {
  return judged({ finding, service, policy, intelligence: { now: NOON, kev: null }, introduced });
}

export function firstOf(policy: PolicyInForce): Service | null {
  return policy.services[0] ?? null;
}
