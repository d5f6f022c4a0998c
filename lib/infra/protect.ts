import { CfnPipeline, type Pipeline, PipelineType } from 'aws-cdk-lib/aws-codepipeline';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';

export interface ProtectProps {
  /** Name of the stage that the policy protects. */
  readonly stage: string;
  /** The gate: `Stopship.gate`, or `Function.fromFunctionName` of the stack's output `GateFunctionName`. */
  readonly gate: IFunction;
}

/**
 * Puts stopship's gate before a stage of a pipeline: an entry condition whose Lambda rule asks the ledger, and fails the
 * release that a hold refuses. Call it when the pipeline has all its stages. Throws for a pipeline that is not of type V2, and for a
 * stage that it does not have or that is its first, which no transition leads into.
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-LambdaInvoke.html
 */
export function protect(pipeline: Pipeline, { stage, gate }: ProtectProps): void {
  const resource = pipeline.node.defaultChild;
  if (!(resource instanceof CfnPipeline) || resource.pipelineType !== PipelineType.V2)
    throw new Error(
      `${pipeline.node.path}: entry conditions need a pipeline of type V2: set pipelineType to PipelineType.V2`,
    );
  const at = stageIndex(pipeline, stage);
  resource.addPropertyOverride(`Stages.${at}.BeforeEntry`, entryCondition(resource.name, stage, gate));
  pipeline.role.addToPrincipalPolicy(
    new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [gate.functionArn] }),
  );
  pipeline.node.addValidation({
    validate: () =>
      pipeline.stages[at]?.stageName === stage
        ? []
        : [`stages were added before ${stage} after it was protected: protect it when the pipeline has all its stages`],
  });
}

function stageIndex(pipeline: Pipeline, stage: string): number {
  const names = pipeline.stages.map(({ stageName }) => stageName);
  const at = names.indexOf(stage);
  if (at > 0) return at;
  const why = at === 0 ? `${stage} is its first stage and cannot be halted` : `it has no stage ${stage}`;
  throw new Error(`${pipeline.node.path}: ${why}; name one of ${names.slice(1).join(', ')}`);
}

/** A pipeline without a name of its own cannot name itself in its own definition: the details of the job do. */
function entryCondition(name: string | undefined, stage: string, gate: IFunction) {
  return {
    Conditions: [
      {
        Result: 'FAIL',
        Rules: [
          {
            Name: 'stopship',
            RuleTypeId: { Category: 'Rule', Owner: 'AWS', Provider: 'LambdaInvoke', Version: '1' },
            Configuration: {
              FunctionName: gate.functionName,
              ...(name === undefined ? {} : { UserParameters: `${name}/${stage}` }),
            },
          },
        ],
      },
    ],
  };
}
