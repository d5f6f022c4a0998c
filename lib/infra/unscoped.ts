import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';

/**
 * Every action that is granted on all resources, because its service has no resource type to name for it. Nothing else in
 * the stack grants on `*`; a test compares the template with this list.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export const unscopedActions = {
  inspector: ['inspector2:ListCoverage', 'inspector2:ListFindings'],
  pipelineJobs: ['codepipeline:GetJobDetails', 'codepipeline:PutJobFailureResult', 'codepipeline:PutJobSuccessResult'],
  subscriptions: ['sns:GetSubscriptionAttributes'],
  streams: ['dynamodb:ListStreams'],
  tracing: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
  /** What the CDK grants a state machine that logs and traces. */
  stateMachine: [
    'logs:CreateLogDelivery',
    'logs:DeleteLogDelivery',
    'logs:DescribeLogGroups',
    'logs:DescribeResourcePolicies',
    'logs:GetLogDelivery',
    'logs:ListLogDeliveries',
    'logs:PutResourcePolicy',
    'logs:UpdateLogDelivery',
    'xray:GetSamplingRules',
    'xray:GetSamplingTargets',
    'xray:PutTelemetryRecords',
    'xray:PutTraceSegments',
  ],
} as const satisfies { readonly [group: string]: readonly string[] };

/** Grants one group of them. */
export function mayUnscoped(grantee: IGrantable, group: keyof typeof unscopedActions): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions: [...unscopedActions[group]], resources: ['*'] }),
  );
}
