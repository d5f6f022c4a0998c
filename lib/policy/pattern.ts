import type { Policy } from './policy.ts';

/** An EventBridge event pattern: an event passes when each field has one of the listed values. */
export type EventPattern = {
  readonly source: readonly [string, ...string[]];
  readonly 'detail-type': readonly [string, ...string[]];
};

/**
 * The patterns of events that the policy needs to see, one a source; none when no rule watches or halts anything.
 *
 * They filter neither record state nor severity. A closing is what shows that a remediation worked, and it must arrive however
 * mild its label has become meanwhile. And a rule on the severity or the score is no floor under the label: the worse of label
 * and computed score counts, so that a label of MEDIUM, or none, can stand on a finding that halts.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 */
export function eventPatterns(policy: Pick<Policy, 'rules'>): readonly EventPattern[] {
  return policy.rules.some((rule) => rule.then !== 'pass') ? sources : [];
}

const sources: readonly EventPattern[] = [
  { source: ['aws.inspector2'], 'detail-type': ['Inspector2 Finding'] },
  // On-demand AMI scans come from a source without the `aws.` of the others.
  { source: ['inspector2.ami.ondemand'], 'detail-type': ['OnDemand AMI Scan Findings'] },
  {
    source: ['aws.securityhub'],
    'detail-type': [
      'Security Hub Findings - Imported',
      'Security Hub Findings - Custom Action',
      'Findings Imported V2',
    ],
  },
  { source: ['aws.ecr'], 'detail-type': ['ECR Image Scan'] },
];
