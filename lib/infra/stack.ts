import { type App, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { acknowledgeFindings } from './acknowledged.ts';
import { Stopship, type StopshipProps } from './stopship.ts';

/**
 * What the CDK does anew since its second version, as far as it touches this stack. They are set here and not in cdk.json, so
 * that the template is the same with the CDK's command line and without.
 */
export const features = {
  // Statements that differ in nothing but their resource become one: a role's inline policies may not pass 10,240 characters.
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/core:checkSecretUsage': true,
  '@aws-cdk/core:enablePartitionLiterals': true,
  '@aws-cdk/aws-apigateway:logGroupDestinationArnWithoutWildcard': true,
};

/** The stack of stopship, in whichever account and Region it is deployed to; the synthesis fails on any finding of cdk-nag. */
export function stopshipStack(app: App, props: StopshipProps): Stack {
  const stack = new Stack(app, 'Stopship', {
    description:
      'Halts a CodePipeline stage when a vulnerability threatens a release; resumes it on a decision or on evidence',
    terminationProtection: true,
  });
  acknowledgeFindings(new Stopship(stack, 'Stopship', props));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return stack;
}
