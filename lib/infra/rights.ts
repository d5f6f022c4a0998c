import { ArnFormat, Aws, type Stack } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Policy } from '../policy/policy.ts';
import type { StepFunction } from './step-function.ts';
import { mayUnscoped } from './unscoped.ts';

/**
 * Lets `grantee` read where releases are in the pipelines of the policy.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodepipeline.html
 */
export function mayReadPipelines(grantee: IGrantable, policy: Policy): void {
  allow(
    grantee,
    [
      'codepipeline:GetPipeline',
      'codepipeline:GetPipelineExecution',
      'codepipeline:GetPipelineState',
      'codepipeline:ListActionExecutions',
      'codepipeline:ListPipelineExecutions',
    ],
    pipelinesOf(policy),
  );
}

/** Lets `grantee` disable the transitions into the stages of the policy: it halts. */
export function mayHalt(grantee: IGrantable, policy: Policy): void {
  allow(grantee, ['codepipeline:DisableStageTransition'], stagesOf(policy));
}

/** Lets `grantee` enable the transitions into the stages of the policy. Only the stage controller may. */
export function mayResume(grantee: IGrantable, policy: Policy): void {
  allow(grantee, ['codepipeline:EnableStageTransition'], stagesOf(policy));
}

/** Lets `grantee` carry out a decided roll-back: stop a release that waits, bring back the one before. */
export function mayRollBack(grantee: IGrantable, policy: Policy): void {
  allow(grantee, ['codepipeline:RollbackStage'], stagesOf(policy));
  allow(grantee, ['codepipeline:StopPipelineExecution'], pipelinesOf(policy));
}

/** Lets `grantee` read findings where Security Hub keeps them, in the accounts and Regions of the policy's pipelines. */
export function mayReadSecurityHub(grantee: IGrantable, policy: Policy): void {
  const hubs = policy.services.map(({ pipeline }) =>
    arn('securityhub', pipeline.region, pipeline.account, 'hub/default'),
  );
  const here = arn('securityhub', Aws.REGION, Aws.ACCOUNT_ID, 'hub/default');
  allow(grantee, ['securityhub:GetFindings'], [...new Set([here, ...hubs])]);
}

/** Lets `grantee` start workflows of this name and wake those that wait. */
export function mayRunWorkflows(grantee: IGrantable, stateMachineArn: string): void {
  allow(grantee, ['states:StartExecution', 'states:SendTaskSuccess'], [stateMachineArn]);
}

/** Lets `grantee` send to these topics. */
export function mayPublish(grantee: IGrantable, topics: readonly string[], key: IKey): void {
  allow(grantee, ['sns:Publish'], topics);
  mayUseKey(grantee, key, 'sns');
}

/** Lets `grantee` see who is subscribed to these topics, with which filter, and whether they confirmed. */
export function mayReadSubscriptions(grantee: IGrantable, topics: readonly string[]): void {
  allow(grantee, ['sns:ListSubscriptionsByTopic'], topics);
  mayUnscoped(grantee, 'subscriptions');
}

/** Lets `grantee` use a key of ours through one service, with each action by its name. */
export function mayUseKey(grantee: IGrantable, key: IKey, service: 'dynamodb' | 'sns' | 'secretsmanager'): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      actions: [
        'kms:Decrypt',
        'kms:DescribeKey',
        'kms:Encrypt',
        'kms:GenerateDataKey',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
      ],
      resources: [key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `${service}.${Aws.REGION}.${Aws.URL_SUFFIX}` } },
    }),
  );
}

/** Lets `grantee` invoke these functions, as they are deployed and in no other version. */
export function mayInvoke(grantee: IGrantable, steps: readonly StepFunction[]): void {
  allow(
    grantee,
    ['lambda:InvokeFunction'],
    steps.map((step) => step.function.functionArn),
  );
}

/** The ARN that the state machine of this name will have; known before it exists, so that its functions can be told. */
export function stateMachineArnOf(stack: Stack, name: string): string {
  return stack.formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: name,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

function allow(grantee: IGrantable, actions: readonly string[], resources: readonly string[]): void {
  if (resources.length === 0) return;
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions: [...actions], resources: [...resources] }),
  );
}

function pipelinesOf(policy: Policy): readonly string[] {
  const arns = policy.services.map(({ pipeline }) =>
    arn('codepipeline', pipeline.region, pipeline.account, pipeline.name),
  );
  return [...new Set(arns)];
}

function stagesOf(policy: Policy): readonly string[] {
  const arns = policy.services.map(({ pipeline }) =>
    arn('codepipeline', pipeline.region, pipeline.account, `${pipeline.name}/${pipeline.stage}`),
  );
  return [...new Set(arns)];
}

function arn(service: string, region: string, account: string, resource: string): string {
  return `arn:${Aws.PARTITION}:${service}:${region}:${account}:${resource}`;
}
