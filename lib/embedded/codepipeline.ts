import { z } from 'zod';
import { AwsError, member, oneOf, parseInput } from './aws-error.ts';
import {
  type Context,
  executionId,
  name,
  type PrincipalOf,
  pipelineOf,
  principal,
  releaseOf,
  stageOf,
  variableNames,
} from './codepipeline-call.ts';
import {
  getJobDetails,
  overrideStageCondition,
  putJobFailureResult,
  putJobSuccessResult,
} from './codepipeline-jobs.ts';
import {
  getPipeline,
  getPipelineExecution,
  getPipelineState,
  listActionExecutions,
  listPipelineExecutions,
  listPipelines,
} from './codepipeline-reads.ts';
import type { AwsEvent } from './event-queue.ts';
import type { EmbeddedPipeline, Pipelines } from './pipelines.ts';
import { callEvent, type Emit, isWatched } from './trail.ts';
import type { Action, WireService } from './wire.ts';

/**
 * AWS CodePipeline over the embedded pipelines. A pipeline is found by its name; where several Regions or accounts have
 * one of that name, the caller's Region decides.
 * @see https://docs.aws.amazon.com/codepipeline/latest/APIReference/
 */
export function codepipeline(
  pipelines: Pipelines,
  principalOf: PrincipalOf = () => undefined,
  emit: Emit = () => {},
): WireService {
  const actions = {
    ListPipelines: listPipelines,
    GetPipeline: getPipeline,
    GetPipelineState: getPipelineState,
    GetPipelineExecution: getPipelineExecution,
    ListPipelineExecutions: listPipelineExecutions,
    ListActionExecutions: listActionExecutions,
    StartPipelineExecution: startPipelineExecution,
    StopPipelineExecution: stopPipelineExecution,
    DisableStageTransition: disableStageTransition,
    EnableStageTransition: enableStageTransition,
    RetryStageExecution: retryStageExecution,
    RollbackStage: rollbackStage,
    OverrideStageCondition: overrideStageCondition,
    GetJobDetails: getJobDetails,
    PutJobSuccessResult: putJobSuccessResult,
    PutJobFailureResult: putJobFailureResult,
  } satisfies Record<string, ServiceAction>;
  const bound = Object.entries(actions).map(([name, action]): [string, Action] => [
    name,
    (input, caller) => {
      const context = { pipelines, caller, principalOf };
      const answer = action(input, context);
      // CloudTrail records what was done; our own calls concern nobody.
      if (isWatched(name) && principalOf(caller.accessKeyId) === undefined) emit(recordOf(name, input, context));
      return answer;
    },
  ]);
  return { protocol: 'json', target: 'CodePipeline_20150709', version: '1.1', actions: Object.fromEntries(bound) };
}

function recordOf(name: Parameters<typeof callEvent>[0], input: unknown, context: Context): AwsEvent {
  const named = z.object({ pipelineName: z.string().optional(), name: z.string().optional() }).parse(input);
  const pipeline = pipelineOf(named.pipelineName ?? named.name ?? '', context);
  const { account, region } = pipeline;
  return callEvent(name, input, { arn: principal(pipeline, context), account, region });
}

type ServiceAction = (input: unknown, context: Context) => unknown;

/** @see https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_DisableStageTransition.html */
const reason = member({ min: 1, max: 300, pattern: '[a-zA-Z0-9!@ \\(\\)\\.\\*\\?\\-]+' });
const stopReason = z.string().max(200, 'Member must have length less than or equal to 200').nullish();

function startPipelineExecution(input: unknown, context: Context): unknown {
  const call = parseInput(
    z.object({
      name,
      clientRequestToken: member({ min: 1, max: 128, pattern: '[a-zA-Z0-9-]+' }).nullish(),
      variables: z
        .array(
          z.object({
            name: member({ min: 1, max: 128, pattern: '[A-Za-z0-9@\\-_]+' }),
            value: member({ min: 1, max: 1000 }),
          }),
        )
        .max(50, 'Member must have length less than or equal to 50')
        .nullish(),
      sourceRevisions: z
        .array(
          z.object({
            actionName: name,
            revisionType: oneOf('COMMIT_ID', 'IMAGE_DIGEST', 'S3_OBJECT_VERSION_ID', 'S3_OBJECT_KEY'),
            revisionValue: member({ min: 1, max: 1500 }),
          }),
        )
        .nullish(),
    }),
    input,
  );
  const pipeline = pipelineOf(call.name, context);
  const value = (variable: (typeof variableNames)[number]) =>
    call.variables?.find((given) => given.name === variable)?.value;
  const revision = (type: string) =>
    call.sourceRevisions?.find(({ revisionType }) => revisionType === type)?.revisionValue;
  const unknown = call.variables?.find((given) => !variableNames.some((known) => known === given.name));
  if (unknown)
    throw new AwsError('ValidationException', `Variable ${unknown.name} is not declared in pipeline ${pipeline.name}`);
  const stray = call.sourceRevisions?.find(({ actionName }) => actionName !== 'Source');
  if (stray)
    throw new AwsError(
      'ValidationException',
      `Source action ${stray.actionName} does not exist in pipeline ${pipeline.name}`,
    );
  const release = context.pipelines.bring(pipeline, {
    commit: value('COMMIT') ?? revision('COMMIT_ID'),
    author: value('AUTHOR_EMAIL'),
    digest: value('IMAGE_DIGEST') ?? revision('IMAGE_DIGEST'),
    token: call.clientRequestToken ?? undefined,
    trigger: { type: 'StartPipelineExecution', detail: principal(pipeline, context) },
  });
  return { pipelineExecutionId: release.id };
}

function stopPipelineExecution(input: unknown, context: Context): unknown {
  const call = parseInput(
    z.object({
      pipelineName: name,
      pipelineExecutionId: executionId,
      abandon: z.boolean().nullish(),
      reason: stopReason,
    }),
    input,
  );
  const pipeline = pipelineOf(call.pipelineName, context);
  const release = context.pipelines.release(pipeline, call.pipelineExecutionId);
  if (release === undefined || release.place === null)
    throw new AwsError(
      'PipelineExecutionNotStoppableException',
      `Unable to stop the pipeline execution. The execution '${call.pipelineExecutionId}' is not in an in-progress state.`,
    );
  if (release.status === 'Stopping' && !call.abandon)
    throw new AwsError(
      'DuplicatedStopRequestException',
      `The pipeline execution '${release.id}' is already being stopped.`,
    );
  context.pipelines.halt(pipeline, release, { abandon: call.abandon ?? false, reason: call.reason ?? '' });
  return { pipelineExecutionId: release.id };
}

function disableStageTransition(input: unknown, context: Context): unknown {
  const call = parseInput(
    z.object({ pipelineName: name, stageName: name, transitionType: oneOf('Inbound', 'Outbound'), reason }),
    input,
  );
  const { pipeline, stage } = transitionOf(call, context);
  context.pipelines.switchTransition(pipeline, stage, {
    enabled: false,
    reason: call.reason,
    by: principal(pipeline, context),
  });
  return undefined;
}

function enableStageTransition(input: unknown, context: Context): unknown {
  const call = parseInput(
    z.object({ pipelineName: name, stageName: name, transitionType: oneOf('Inbound', 'Outbound') }),
    input,
  );
  const { pipeline, stage } = transitionOf(call, context);
  context.pipelines.switchTransition(pipeline, stage, {
    enabled: true,
    reason: null,
    by: principal(pipeline, context),
  });
  return undefined;
}

function retryStageExecution(input: unknown, context: Context): unknown {
  const call = parseInput(
    z.object({
      pipelineName: name,
      stageName: name,
      pipelineExecutionId: executionId,
      retryMode: oneOf('FAILED_ACTIONS', 'ALL_ACTIONS'),
    }),
    input,
  );
  const pipeline = pipelineOf(call.pipelineName, context);
  const stage = stageOf(pipeline, call.stageName);
  const release = context.pipelines.release(pipeline, call.pipelineExecutionId);
  const latest = context.pipelines.stage(pipeline, stage).latest;
  if (release === undefined || latest?.execution !== release.id)
    throw new AwsError(
      'NotLatestPipelineExecutionException',
      `The execution '${call.pipelineExecutionId}' is not the latest in stage '${stage}'.`,
    );
  if (latest.status !== 'Stopped' && latest.status !== 'Failed')
    throw new AwsError('StageNotRetryableException', `The stage '${stage}' has no failed actions to retry.`);
  if (context.pipelines.occupant(pipeline, stage))
    throw new AwsError('ConflictException', `Another execution is in stage '${stage}'.`);
  context.pipelines.retry(pipeline, stage, release);
  return { pipelineExecutionId: release.id };
}

function rollbackStage(input: unknown, context: Context): unknown {
  const call = parseInput(
    z.object({ pipelineName: name, stageName: name, targetPipelineExecutionId: executionId }),
    input,
  );
  const pipeline = pipelineOf(call.pipelineName, context);
  const stage = stageOf(pipeline, call.stageName);
  const target = releaseOf(pipeline, call.targetPipelineExecutionId, context);
  const { latest } = context.pipelines.stage(pipeline, stage);
  const isTaken = context.pipelines.occupant(pipeline, stage) !== undefined;
  if (isTaken || !target.passed.includes(stage) || target.type === 'ROLLBACK' || target.id === latest?.execution)
    throw new AwsError(
      'UnableToRollbackStageException',
      `Unable to roll back stage '${stage}' to execution '${target.id}'.`,
    );
  return { pipelineExecutionId: context.pipelines.rollBack(pipeline, stage, target).id };
}

function transitionOf(
  call: { readonly pipelineName: string; readonly stageName: string; readonly transitionType: 'Inbound' | 'Outbound' },
  context: Context,
): { readonly pipeline: EmbeddedPipeline; readonly stage: string } {
  const pipeline = pipelineOf(call.pipelineName, context);
  const stage = stageOf(pipeline, call.stageName);
  if (call.transitionType === 'Inbound') {
    if (stage === pipeline.stages[0])
      throw new AwsError(
        'ValidationException',
        `Stage '${stage}' is the first stage of the pipeline and has no inbound transition.`,
      );
    return { pipeline, stage };
  }
  const following = pipeline.stages[pipeline.stages.indexOf(stage) + 1];
  if (following === undefined)
    throw new AwsError(
      'ValidationException',
      `Stage '${stage}' is the last stage of the pipeline and has no outbound transition.`,
    );
  return { pipeline, stage: following };
}
