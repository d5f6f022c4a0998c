import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Artifact, Pipeline, PipelineType, type StagePlacement } from 'aws-cdk-lib/aws-codepipeline';
import { ManualApprovalAction, S3SourceAction } from 'aws-cdk-lib/aws-codepipeline-actions';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { expect, test } from 'vitest';
import { protect } from '../../lib/infra/protect.ts';

function aPipeline(pipelineType = PipelineType.V2) {
  const stack = new Stack(new App(), 'Release');
  const pipeline = new Pipeline(stack, 'Pipeline', { pipelineName: 'checkout', pipelineType });
  const source = new S3SourceAction({
    actionName: 'Source',
    bucket: new Bucket(stack, 'Code', { versioned: true }),
    bucketKey: 'code.zip',
    output: new Artifact(),
  });
  pipeline.addStage({ stageName: 'Source', actions: [source] });
  const addStage = (stageName: string, placement?: StagePlacement) =>
    pipeline.addStage({
      stageName,
      actions: [new ManualApprovalAction({ actionName: 'Approve' })],
      ...(placement && { placement }),
    });
  addStage('Production');
  return { stack, pipeline, addStage, gate: LambdaFunction.fromFunctionName(stack, 'Gate', 'stopship-gate') };
}

test('a protected stage asks the gate before a release enters, and no other stage does', () => {
  const { stack, pipeline, gate } = aPipeline();

  protect(pipeline, { stage: 'Production', gate });

  const [resource] = Object.values(Template.fromStack(stack).findResources('AWS::CodePipeline::Pipeline'));
  const [source, production] = resource?.Properties.Stages ?? [];
  expect(source.BeforeEntry).toBeUndefined();
  expect(production.BeforeEntry.Conditions).toEqual([
    {
      Result: 'FAIL',
      Rules: [
        {
          Name: 'stopship',
          RuleTypeId: { Category: 'Rule', Owner: 'AWS', Provider: 'LambdaInvoke', Version: '1' },
          Configuration: {
            FunctionName: stack.resolve(gate.functionName),
            UserParameters: 'checkout/Production',
          },
        },
      ],
    },
  ]);
});

test('the pipeline may invoke the gate and nothing else by it', () => {
  const { stack, pipeline, gate } = aPipeline();

  protect(pipeline, { stage: 'Production', gate });

  const policies = JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  expect(policies.match(/lambda:\w+/g)).toEqual(['lambda:InvokeFunction']);
  expect(policies).toContain('function:stopship-gate');
});

test.each([
  ['Source', 'Source is its first stage and cannot be halted; name one of Production'],
  ['Prodction', 'it has no stage Prodction; name one of Production'],
])('a stage that cannot be protected is refused with what to do: %s', (stage, why) => {
  const { pipeline, gate } = aPipeline();

  expect(() => protect(pipeline, { stage, gate })).toThrow(why);
});

test('a pipeline of type V1 is refused', () => {
  const { pipeline, gate } = aPipeline(PipelineType.V1);

  expect(() => protect(pipeline, { stage: 'Production', gate })).toThrow('set pipelineType to PipelineType.V2');
});

test('a stage that moved after it was protected fails the synthesis', () => {
  const { stack, pipeline, gate, addStage } = aPipeline();
  protect(pipeline, { stage: 'Production', gate });

  const [, production] = pipeline.stages;
  if (production === undefined) throw new Error('the pipeline lost a stage');
  addStage('Staging', { rightBefore: production });

  expect(() => Template.fromStack(stack)).toThrow('stages were added before Production');
});
