import { expect, test } from 'vitest';
import { builtInPolicy } from '../../lib/policy/default.ts';
import { eventPatterns } from '../../lib/policy/pattern.ts';
import { aPolicy } from './builders.ts';

type Event = { readonly [field: string]: unknown };

// One event a rule and source that carries what the rule acts on with the mildest label, or none: the rule sees more than the label.
const carriers: readonly Event[] = [
  {
    source: 'aws.inspector2',
    'detail-type': 'Inspector2 Finding',
    detail: { severity: 'UNTRIAGED', status: 'ACTIVE' },
  },
  { source: 'aws.inspector2', 'detail-type': 'Inspector2 Finding', detail: { severity: 'LOW', status: 'CLOSED' } },
  { source: 'inspector2.ami.ondemand', 'detail-type': 'OnDemand AMI Scan Findings', detail: {} },
  {
    source: 'aws.securityhub',
    'detail-type': 'Security Hub Findings - Imported',
    detail: { findings: [{ Severity: { Label: 'MEDIUM' }, RecordState: 'ARCHIVED' }] },
  },
  { source: 'aws.securityhub', 'detail-type': 'Security Hub Findings - Custom Action', detail: { findings: [{}, {}] } },
  { source: 'aws.securityhub', 'detail-type': 'Findings Imported V2', detail: { findings: [{ severity: 'Unknown' }] } },
  { source: 'aws.ecr', 'detail-type': 'ECR Image Scan', detail: { 'finding-severity-counts': { CRITICAL: 1 } } },
];

const policies = [
  ['the built-in rules', builtInPolicy],
  ['a rule on the label', aPolicy({ rules: [{ then: 'halt', because: 'it', when: { severityAtLeast: 'critical' } }] })],
  ['a rule on the score', aPolicy({ rules: [{ then: 'watch', because: 'it', when: { scoreAtLeast: 9 } }] })],
  ['a rule without any severity', aPolicy({ rules: [{ then: 'halt', because: 'it', when: { kind: 'threat' } }] })],
] as const;

test.each(policies)('%s get every event that may carry what they act on, whatever its label and state', (_, policy) => {
  const patterns = eventPatterns(policy);

  const kept = carriers.filter((event) => patterns.some((pattern) => passes(pattern, event)));

  expect(kept).toEqual(carriers);
});

test.each([
  ['aws.inspector2', 'Inspector2 Coverage'],
  ['aws.inspector2', 'Inspector2 Scan'],
  ['aws.securityhub', 'Security Hub Insight Results'],
  ['aws.guardduty', 'GuardDuty Finding'],
  ['aws.ecr', 'ECR Image Action'],
])('%s events of type %s do not wake anything', (source, type) => {
  const event = { source, 'detail-type': type, detail: {} };

  expect(eventPatterns(builtInPolicy).some((pattern) => passes(pattern, event))).toBe(false);
});

test('a policy that only lets pass needs no events', () => {
  expect(eventPatterns(aPolicy({ rules: [{ then: 'pass', because: 'all', when: {} }] }))).toEqual([]);
});

// What EventBridge does with a pattern: each field of it needs one of its values in the event; further fields of the event are free.
function passes(pattern: object, event: Event): boolean {
  return Object.entries(pattern).every(([field, allowed]) => {
    const value = event[field];
    if (Array.isArray(allowed)) return (Array.isArray(value) ? value : [value]).some((one) => allowed.includes(one));
    return typeof value === 'object' && value !== null && passes(allowed, { ...value });
  });
}
