import { inForce } from './load.ts';
import { Policy, type PolicyInForce } from './policy.ts';

/** The policy where none is given: no services and nobody, so that findings are judged and nothing is halted. */
export const builtInPolicy: PolicyInForce = inForce(
  Policy.parse({
    version: 1,
    rules: [
      { then: 'halt', because: 'known exploited', when: { knownExploited: true } },
      { then: 'halt', because: 'critical', when: { scoreAtLeast: 9 } },
      { then: 'watch', because: 'high', when: { scoreAtLeast: 7 } },
    ],
  }),
);
