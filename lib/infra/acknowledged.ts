import { Validations } from 'aws-cdk-lib';
import type { Stopship } from './stopship.ts';

/** Findings of cdk-nag that we know of and leave as they are: where, which, and why. Anything else fails the synthesis. */
export const acknowledged = [
  {
    part: 'DecisionApi',
    rule: 'AwsSolutions-APIG4',
    because:
      'Stakeholders have no AWS identity. The function checks the single-use link of each request, and the second factor ' +
      'where the decision asks for one; the assets are the same for everybody.',
  },
  {
    part: 'LinkKeys',
    rule: 'AwsSolutions-SMG4',
    because:
      'Rotation adds a key and names it as current, while links of the former key run out within 72 hours; a rotation by ' +
      'schedule would replace the key and end every open link in the middle of a decision.',
  },
  ...[
    ...['Stage', 'Intake', 'Dispatch', 'Notify', 'Await', 'Verify', 'Review'],
    ...['Decide', 'Sweep', 'Gate', 'Summary', 'Feed', 'Override', 'Workflow'],
  ].map((part) => ({
    part,
    rule: 'AwsSolutions-IAM5[Resource::*]',
    because:
      'Only for the actions of lib/infra/unscoped.ts, whose services have no resource type to name; a test compares the ' +
      'template with that list.',
  })),
] as const;

/** Tells the checks what we know of. */
export function acknowledgeFindings(stopship: Stopship): void {
  for (const { part, rule, because } of acknowledged) {
    Validations.of(stopship.node.findChild(part)).acknowledge({ id: `AwsSolutions::${rule}`, reason: because });
  }
}
