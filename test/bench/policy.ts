import { loadPolicy } from '../../lib/policy/load.ts';
import type { PolicyInForce } from '../../lib/policy/policy.ts';

/** A policy with one service that claims every resource. */
export function benchPolicy(): PolicyInForce {
  return loadPolicy(
    JSON.stringify({
      version: 1,
      services: [
        {
          name: 'checkout',
          pipeline: { account: '123456789012', region: 'eu-west-1', name: 'checkout', stage: 'Production' },
          resources: ['*'],
          exposure: 'internet',
          dataClass: 'restricted',
          criticality: 'essential',
          stakeholders: { security: ['ana'], 'release-manager': ['rui'] },
        },
      ],
      rules: [
        { then: 'halt', because: 'known exploited', when: { knownExploited: true } },
        { then: 'halt', because: 'critical', when: { scoreAtLeast: 9 } },
        { then: 'watch', because: 'high', when: { scoreAtLeast: 7 } },
      ],
      people: [
        { id: 'ana', name: 'Ana Lima', email: 'ana@example.com' },
        { id: 'rui', name: 'Rui Faria', email: 'rui@example.com' },
      ],
    }),
    'the policy of the benchmark',
  );
}
