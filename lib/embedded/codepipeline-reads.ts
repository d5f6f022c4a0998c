import { z } from 'zod';
import { page, pageSize, parseInput } from './aws-error.ts';
import {
  type Context,
  executionId,
  name,
  nextToken,
  pipelineOf,
  releaseOf,
  variableNames,
} from './codepipeline-call.ts';
import { ruleName } from './codepipeline-jobs.ts';
import type { EmbeddedPipeline } from './pipelines.ts';
import { type ActionRun, outputVariables, type Release, type StageRecord } from './releases.ts';

/** Every pipeline, whatever its Region. */
export function listPipelines(input: unknown, { pipelines }: Context): unknown {
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

/** How the pipeline is declared. */
export function getPipeline(input: unknown, context: Context): unknown {
  const pipeline = pipelineOf(parseInput(z.object({ name }), input).name, context);
  return {
    pipeline: {
      name: pipeline.name,
      roleArn: `arn:aws:iam::${pipeline.account}:role/service-role/${pipeline.name}-pipeline`,
      artifactStore: { type: 'S3', location: `codepipeline-${pipeline.region}-${pipeline.account}` },
      stages: pipeline.plans.map((plan, index) => ({
        name: plan.name,
        beforeEntry: conditionOf(pipeline, plan.name),
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

function conditionOf(pipeline: EmbeddedPipeline, stage: string): unknown {
  const rule = pipeline.entry?.find((each) => each.stage === stage);
  if (rule === undefined) return undefined;
  const { functionName } = rule;
  return {
    conditions: [
      {
        result: 'FAIL',
        rules: [
          {
            name: ruleName,
            ruleTypeId: { category: 'Rule', owner: 'AWS', provider: 'LambdaInvoke', version: '1' },
            configuration: { FunctionName: functionName, UserParameters: `${pipeline.name}/${stage}` },
            region: pipeline.region,
          },
        ],
      },
    ],
  };
}

/** Where releases are, and each transition. */
export function getPipelineState(input: unknown, context: Context): unknown {
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
        beforeEntryConditionState: conditionState(stage.entry),
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

function conditionState(entry: StageRecord['entry']): unknown {
  if (entry === null) return undefined;
  const latestExecution = { status: entry.status, summary: entry.summary ?? undefined };
  const moment = { lastStatusChange: seconds(entry.at) };
  return {
    latestExecution,
    conditionStates: [
      {
        latestExecution: { ...latestExecution, ...moment },
        ruleStates: [{ ruleName, latestExecution: { ...latestExecution, ...moment } }],
      },
    ],
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

/** One release with its commit and variables. */
export function getPipelineExecution(input: unknown, context: Context): unknown {
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

/** Releases, newest first. */
export function listPipelineExecutions(input: unknown, context: Context): unknown {
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

/** What the actions of releases did and put out, newest first. */
export function listActionExecutions(input: unknown, context: Context): unknown {
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
