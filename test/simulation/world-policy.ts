import { loadPolicy } from '../../lib/policy/load.ts';
import type { PolicyInForce } from '../../lib/policy/policy.ts';

/** Account and Region in which everything is simulated. */
export const account = '123456789012';
export const region = 'eu-west-1';

/** Who may vote, with the roles the policy gives them. */
export const voters = ['ana', 'rui', 'dee', 'ola'] as const;

/** A policy with one service, pipeline and protected stage per name. */
export function worldPolicy(services: readonly string[]): PolicyInForce {
  return loadPolicy(
    JSON.stringify({
      version: 1,
      security: ['ana'],
      clock: { remind: '1h', escalate: [['rui']], every: '4h', deadline: '8h' },
      services: services.map((name) => ({
        name,
        pipeline: { account, region, name, stage: 'Production' },
        author: { action: 'Build', variable: 'AUTHOR' },
        digest: { action: 'Build', variable: 'DIGEST' },
        resources: [`arn:aws:ecr:${region}:${account}:repository/${name}*`],
        exposure: 'internet',
        dataClass: 'restricted',
        criticality: 'essential',
        stakeholders: { security: ['ana'], 'release-manager': ['rui'], developer: ['dee'], 'risk-owner': ['ola'] },
      })),
      rules: [{ then: 'halt', because: 'critical', when: { scoreAtLeast: 9 } }],
      people: voters.map((id) => ({ id, name: `${id} Test`, email: `${id}@example.com` })),
    }),
    'the simulated policy',
  );
}
