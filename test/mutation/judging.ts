import type { Reading } from '../../lib/finding/finding.ts';
import { instantOf } from '../../lib/finding/instant.ts';
import { servicesFor } from '../../lib/policy/binding.ts';
import { type Judged, judged } from '../../lib/policy/judged.ts';
import { loadPolicy } from '../../lib/policy/load.ts';
import type { PolicyInForce } from '../../lib/policy/policy.ts';
import { unknownsIn } from '../../lib/policy/unknowns.ts';

const pipeline = { account: '123456789012', region: 'eu-west-1', name: 'all', stage: 'Production' };

/** Rules on every condition that a finding's own data decide. */
const rules = [
  { then: 'halt', because: 'critical', when: { scoreAtLeast: 9 } },
  { then: 'halt', because: 'known exploited', when: { knownExploited: true } },
  { then: 'halt', because: 'an exploit for it', when: { exploitAvailable: true, severityAtLeast: 'medium' } },
  { then: 'halt', because: 'likely', when: { epssAtLeast: 0.001 } },
  { then: 'halt', because: 'urgent', when: { ssvc: 'scheduled' } },
  { then: 'halt', because: 'mendable', when: { fix: 'available', scoreAtLeast: 7 } },
  { then: 'halt', because: 'not mendable', when: { fix: 'none', scoreAtLeast: 8 } },
  { then: 'halt', because: 'old', when: { ageDaysAtLeast: 30, severityAtLeast: 'high' } },
  { then: 'halt', because: 'in the system', when: { ecosystem: 'os', severityAtLeast: 'high' } },
  { then: 'halt', because: 'in code', when: { kind: 'code', severityAtLeast: 'low' } },
  { then: 'halt', because: 'reachable', when: { kind: 'network', severityAtLeast: 'low' } },
  { then: 'halt', because: 'an image', when: { kind: 'image-scan', severityAtLeast: 'low' } },
  { then: 'halt', because: 'a setting', when: { kind: 'posture', severityAtLeast: 'medium' } },
  { then: 'halt', because: 'an attack', when: { kind: 'threat', severityAtLeast: 'low' } },
];

/** A policy that halts by all rules, and one for each of them alone, so that a verdict hangs on few data. */
export const policies = [rules, ...rules.map((rule) => [rule])].map((some) => policyOf(some));

/** Everything a finding names is claimed by one service. */
function policyOf(some: readonly unknown[]): PolicyInForce {
  return loadPolicy(
    JSON.stringify({
      version: 1,
      services: [
        {
          name: 'all',
          pipeline,
          resources: ['*'],
          exposure: 'internal',
          dataClass: 'internal',
          criticality: 'medium',
          stakeholders: {},
        },
      ],
      rules: [...some, { then: 'watch', because: 'the rest', when: { scoreAtLeast: 4 } }],
    }),
    'the policy of the mutations',
  );
}

const intelligence = { now: instantOf(Date.UTC(2026, 11, 1, 12)), kev: null };

/** A finding judged in the service that claims it, else in none. */
export function judge(reading: Extract<Reading, { status: 'finding' }>, policy: PolicyInForce): Judged {
  const { finding } = reading;
  return judged({ finding, service: servicesFor(finding, policy)[0] ?? null, policy, intelligence });
}

/** Whether a reading stops the line. */
export function halts(reading: Reading | undefined, policy: PolicyInForce): boolean {
  if (reading?.status !== 'finding' || reading.finding.state !== 'open') return false;
  return judge(reading, policy).verdict.verdict === 'halt';
}

/** What is not known of a reading: the names of the data, and what is said of each (missing, old, not usable). */
export function unknownsOf(
  reading: Extract<Reading, { status: 'finding' }>,
  policy: PolicyInForce,
): ReadonlySet<string> {
  const of = judge(reading, policy);
  const said = of.assessment.unknowns.map(({ datum, couldChange }) => `${datum}: ${couldChange}`);
  return new Set([...unknownsIn(of).map(({ datum }) => datum), ...said]);
}
