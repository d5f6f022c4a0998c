import { z } from 'zod';
import { AwsError, member, oneOf, page, pageSize, parseInput } from './aws-error.ts';
import type { EmbeddedPipeline, Pipelines } from './pipelines.ts';
import { lastPassed } from './pipelines.ts';
import { type ActionRun, outputVariables, type Release } from './releases.ts';
import type { Action, Caller, WireService } from './wire.ts';

/** The ARN shown as who changed a transition. */
export type PrincipalOf = (accessKeyId: string) => string | undefined;

/**
 * AWS CodePipeline over the embedded pipelines. A pipeline is found by its name; where several Regions or accounts have
 * one of that name, the caller's Region decides.
 * @see https://docs.aws.amazon.com/codepipeline/latest/APIReference/
 */
export function codepipeline(pipelines: Pipelines, principalOf: PrincipalOf = () => undefined): WireService {
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
  } satisfies Record<string, ServiceAction>;
  const bound = Object.entries(actions).map(([name, action]): [string, Action] => [
    name,
    (input, caller) => action(input, { pipelines, caller, principalOf }),
  ]);
  return { protocol: 'json', target: 'CodePipeline_20150709', version: '1.1', actions: Object.fromEntries(bound) };
}

type Context = { readonly pipelines: Pipelines; readonly caller: Caller; readonly principalOf: PrincipalOf };
type ServiceAction = (input: unknown, context: Context) => unknown;

const name = member({ min: 1, max: 100, pattern: '[A-Za-z0-9.@\\-_]+' });
const executionId = member({ pattern: '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}' });
const nextToken = z.string().nullish();
/** @see https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_DisableStageTransition.html */
const reason = member({ min: 1, max: 300, pattern: '[a-zA-Z0-9!@ \\(\\)\\.\\*\\?\\-]+' });
const stopReason = z.string().max(200, 'Member must have length less than or equal to 200').nullish();

/** The pipeline variables that a caller of `StartPipelineExecution` may set. */
const variableNames = ['COMMIT', 'AUTHOR_EMAIL', 'IMAGE_DIGEST'] as const;

function listPipelines(input: unknown, { pipelines }: Context): unknown {
  const { maxResults, nextToken: token } = parseInput(z.object({ maxResults: pageSize(1000), nextToken }), input);
  const shown = page(pipelines.pipelines, maxResults ?? 1000, token);
  return {
    pipelines: shown.items.map((pipeline) => ({
      name: pipeline.name,
      version: 1,
      pipelineType: 'V2',
      executionMode: 'SUPERSEDED',
      created: createdAt,
      updated: createdAt,
    })),
    nextToken: shown.nextToken,
  };
}

function getPipeline(input: unknown, context: Context): unknown {
  const pipeline = pipelineOf(parseInput(z.object({ name }), input).name, context);
  return {
    pipeline: {
      name: pipeline.name,
      roleArn: `arn:aws:iam::${pipeline.account}:role/service-role/${pipeline.name}-pipeline`,
      artifactStore: { type: 'S3', location: `codepipeline-${pipeline.region}-${pipeline.account}` },
      stages: pipeline.plans.map((plan, index) => ({
        name: plan.name,
        actions: plan.actions.map((action, order) => ({
          name: action.name,
          actionTypeId: actionType(action),
          runOrder: order + 1,
          configuration: {},
          inputArtifacts: index === 0 ? [] : [{ name: index === 1 ? 'SourceOutput' : 'BuildOutput' }],
          outputArtifacts: index < 2 && order === 0 ? [{ name: index === 0 ? 'SourceOutput' : 'BuildOutput' }] : [],
          region: pipeline.region,
          namespace: `${plan.name}Variables`,
        })),
      })),
      version: 1,
      executionMode: 'SUPERSEDED',
      pipelineType: 'V2',
      variables: variableNames.map((variable) => ({ name: variable, defaultValue: 'derived' })),
    },
    metadata: { pipelineArn: arnOf(pipeline), created: createdAt, updated: createdAt },
  };
}

function getPipelineState(input: unknown, context: Context): unknown {
  const pipeline = pipelineOf(parseInput(z.object({ name }), input).name, context);
  const releases = context.pipelines.releases(pipeline);
  return {
    pipelineName: pipeline.name,
    pipelineVersion: 1,
    stageStates: pipeline.plans.map((plan) => {
      const stage = context.pipelines.stage(pipeline, plan.name);
      const waiting = releases.find(({ place }) => place?.stage === plan.name && place.position === 'waiting');
      const inbound = waiting && { pipelineExecutionId: waiting.id, status: waiting.status, type: waiting.type };
      return {
        stageName: plan.name,
        inboundExecution: inbound,
        inboundExecutions: inbound === undefined ? [] : [inbound],
        inboundTransitionState: {
          enabled: stage.enabled,
          lastChangedBy: stage.changedBy ?? undefined,
          lastChangedAt: seconds(stage.changedAt),
          disabledReason: stage.reason ?? undefined,
        },
        actionStates: plan.actions.map((action) => actionState(plan.name, action.name, releases)),
        latestExecution: stage.latest
          ? {
              pipelineExecutionId: stage.latest.execution,
              status: stage.latest.status,
              type: context.pipelines.release(pipeline, stage.latest.execution)?.type,
            }
          : undefined,
      };
    }),
    created: createdAt,
    updated: createdAt,
  };
}

function actionState(stage: string, action: string, releases: readonly Release[]): unknown {
  const runs = releases.flatMap((release) => release.actions.map((run) => ({ release, run })));
  const [latest] = runs
    .filter(({ run }) => run.stage === stage && run.action === action)
    .sort((a, b) => b.run.startedAt - a.run.startedAt);
  if (latest === undefined) return { actionName: action };
  return {
    actionName: action,
    currentRevision:
      action === 'Source'
        ? {
            revisionId: latest.release.commit,
            revisionChangeId: latest.release.id,
            created: seconds(latest.release.startedAt),
          }
        : undefined,
    latestExecution: {
      actionExecutionId: latest.run.id,
      status: latest.run.status,
      lastStatusChange: seconds(latest.run.updatedAt),
      externalExecutionId: latest.run.id,
      percentComplete: latest.run.status === 'Succeeded' ? 100 : 0,
    },
  };
}

function getPipelineExecution(input: unknown, context: Context): unknown {
  const call = parseInput(z.object({ pipelineName: name, pipelineExecutionId: executionId }), input);
  const pipeline = pipelineOf(call.pipelineName, context);
  const release = releaseOf(pipeline, call.pipelineExecutionId, context);
  return {
    pipelineExecution: {
      pipelineName: pipeline.name,
      pipelineVersion: 1,
      pipelineExecutionId: release.id,
      status: release.status,
      statusSummary: release.statusSummary ?? undefined,
      artifactRevisions: [
        {
          name: 'SourceOutput',
          revisionId: release.commit,
          revisionChangeIdentifier: release.id,
          revisionSummary: summaryOf(release),
          created: seconds(release.startedAt),
        },
      ],
      variables: [
        { name: 'COMMIT', resolvedValue: release.commit },
        { name: 'AUTHOR_EMAIL', resolvedValue: release.author },
        ...(release.digest === null ? [] : [{ name: 'IMAGE_DIGEST', resolvedValue: release.digest }]),
      ],
      trigger: { triggerType: release.trigger.type, triggerDetail: release.trigger.detail },
      executionMode: 'SUPERSEDED',
      executionType: release.type,
      rollbackMetadata: release.target === null ? undefined : { rollbackTargetPipelineExecutionId: release.target },
    },
  };
}

function listPipelineExecutions(input: unknown, context: Context): unknown {
  const call = parseInput(
    z.object({
      pipelineName: name,
      maxResults: pageSize(100),
      nextToken,
      filter: z.object({ succeededInStage: z.object({ stageName: name }).nullish() }).nullish(),
    }),
    input,
  );
  const pipeline = pipelineOf(call.pipelineName, context);
  const stage = call.filter?.succeededInStage?.stageName;
  const releases = context.pipelines.releases(pipeline).filter(({ passed }) => !stage || passed.includes(stage));
  const shown = page(releases, call.maxResults ?? 100, call.nextToken);
  return {
    pipelineExecutionSummaries: shown.items.map((release) => ({
      pipelineExecutionId: release.id,
      status: release.status,
      statusSummary: release.statusSummary ?? undefined,
      startTime: seconds(release.startedAt),
      lastUpdateTime: seconds(release.updatedAt),
      sourceRevisions: [{ actionName: 'Source', revisionId: release.commit, revisionSummary: summaryOf(release) }],
      trigger: { triggerType: release.trigger.type, triggerDetail: release.trigger.detail },
      executionMode: 'SUPERSEDED',
      executionType: release.type,
      rollbackMetadata: release.target === null ? undefined : { rollbackTargetPipelineExecutionId: release.target },
    })),
    nextToken: shown.nextToken,
  };
}

function listActionExecutions(input: unknown, context: Context): unknown {
  const latest = z.object({ pipelineExecutionId: executionId, startTimeRange: z.string().nullish() }).nullish();
  const call = parseInput(
    z.object({
      pipelineName: name,
      maxResults: pageSize(100),
      nextToken,
      filter: z.object({ pipelineExecutionId: executionId.nullish(), latestInPipelineExecution: latest }).nullish(),
    }),
    input,
  );
  const pipeline = pipelineOf(call.pipelineName, context);
  const only = call.filter?.pipelineExecutionId ?? call.filter?.latestInPipelineExecution?.pipelineExecutionId;
  const releases = only ? [releaseOf(pipeline, only, context)] : context.pipelines.releases(pipeline);
  const runs = releases
    .flatMap((release) => release.actions.map((run) => ({ release, run })))
    .reverse()
    .sort((a, b) => b.run.startedAt - a.run.startedAt);
  const shown = page(runs, call.maxResults ?? 100, call.nextToken);
  return {
    actionExecutionDetails: shown.items.map(({ release, run }) => actionExecution(pipeline, release, run)),
    nextToken: shown.nextToken,
  };
}

function actionExecution(pipeline: EmbeddedPipeline, release: Release, run: ActionRun): unknown {
  const stageIndex = pipeline.stages.indexOf(run.stage);
  const action = pipeline.plans[stageIndex]?.actions.find((candidate) => candidate.name === run.action);
  const artifact = ['SourceOutput', 'BuildOutput'][stageIndex];
  return {
    pipelineExecutionId: release.id,
    actionExecutionId: run.id,
    pipelineVersion: 1,
    stageName: run.stage,
    actionName: run.action,
    startTime: seconds(run.startedAt),
    lastUpdateTime: seconds(run.updatedAt),
    status: run.status,
    input: {
      actionTypeId: action && actionType(action),
      configuration: {},
      resolvedConfiguration: {},
      region: pipeline.region,
      inputArtifacts: [],
      namespace: `${run.stage}Variables`,
    },
    output:
      run.status === 'Succeeded'
        ? {
            outputArtifacts: artifact === undefined ? [] : [{ name: artifact }],
            executionResult: { externalExecutionId: run.id, externalExecutionSummary: summaryOf(release) },
            outputVariables: action === undefined ? {} : outputVariables(action.variables, release),
          }
        : undefined,
  };
}

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
  if (context.pipelines.at(pipeline, stage, 'inside'))
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
  const current = lastPassed(context.pipelines.releases(pipeline), stage);
  if (!target.passed.includes(stage) || target.type === 'ROLLBACK' || target.id === current?.id)
    throw new AwsError(
      'UnableToRollbackStageException',
      `Unable to roll back stage '${stage}' to execution '${target.id}'.`,
    );
  if (context.pipelines.at(pipeline, stage, 'inside'))
    throw new AwsError('ConflictException', `Another execution is in stage '${stage}'.`);
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

function pipelineOf(wanted: string, { pipelines, caller }: Context): EmbeddedPipeline {
  const named = pipelines.pipelines.filter((pipeline) => pipeline.name === wanted);
  const found = named.find(({ region }) => region === caller.region) ?? named[0];
  if (found !== undefined) return found;
  const account = pipelines.pipelines[0]?.account ?? '000000000000';
  throw new AwsError(
    'PipelineNotFoundException',
    `Account '${account}' does not have a pipeline with name '${wanted}'`,
  );
}

function stageOf(pipeline: EmbeddedPipeline, wanted: string): string {
  if (pipeline.stages.includes(wanted)) return wanted;
  throw new AwsError(
    'StageNotFoundException',
    `Pipeline '${pipeline.name}' does not have a stage with name '${wanted}'`,
  );
}

function releaseOf(pipeline: EmbeddedPipeline, id: string, { pipelines }: Context): Release {
  const release = pipelines.release(pipeline, id);
  if (release !== undefined) return release;
  throw new AwsError(
    'PipelineExecutionNotFoundException',
    `Pipeline '${pipeline.name}' does not have an execution with id '${id}'`,
  );
}

function principal(pipeline: EmbeddedPipeline, { caller, principalOf }: Context): string {
  return principalOf(caller.accessKeyId) ?? `arn:aws:iam::${pipeline.account}:user/${caller.accessKeyId}`;
}

function arnOf(pipeline: EmbeddedPipeline): string {
  return `arn:aws:codepipeline:${pipeline.region}:${pipeline.account}:${pipeline.name}`;
}

function actionType(action: EmbeddedPipeline['plans'][number]['actions'][number]): unknown {
  return { category: action.category, owner: 'AWS', provider: action.provider, version: '1' };
}

function summaryOf(release: Release): string {
  return `Commit ${release.commit.slice(0, 12)} by ${release.author}`;
}

// The pipelines were "made" at a fixed moment: 2026-01-01. CodePipeline counts in seconds.
const createdAt = 1_767_225_600;

function seconds(ms: number | null): number | undefined {
  return ms === null ? undefined : ms / 1000;
}
