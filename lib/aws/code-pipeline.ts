import type { CodePipelineClient, StageState } from '@aws-sdk/client-codepipeline';
import { type Instant, instantOf } from '../finding/instant.ts';
import {
  type Pipeline,
  PipelineThrottled,
  type ReleaseDetails,
  StageUnknown,
  type StageView,
  type Transition,
} from '../hold/pipeline.ts';
import type { StageAddress } from '../policy/policy.ts';
import { lastGoodExecution, rollBackStage, stopExecution } from './roll-back.ts';

/** The pipeline's switch over CodePipeline. The client makes one attempt per call: retries belong to the controller. */
export function codePipeline(client: () => Promise<CodePipelineClient>): Pipeline {
  return {
    state: (stage) => stateOf(client, stage),
    async disable(stage, reason) {
      const { DisableStageTransitionCommand } = await import('@aws-sdk/client-codepipeline');
      const to = { pipelineName: stage.name, stageName: stage.stage, transitionType: 'Inbound' } as const;
      await named(stage, async () => (await client()).send(new DisableStageTransitionCommand({ ...to, reason })));
    },
    async enable(stage) {
      const { EnableStageTransitionCommand } = await import('@aws-sdk/client-codepipeline');
      const to = { pipelineName: stage.name, stageName: stage.stage, transitionType: 'Inbound' } as const;
      await named(stage, async () => (await client()).send(new EnableStageTransitionCommand(to)));
    },
    release: (stage, executionId, sources) => releaseOf(client, stage, executionId, sources),
    stop: (stage, executionId, reason) => named(stage, () => stopExecution(client, stage, executionId, reason)),
    async lastGood(stage, not, sources) {
      const found = await named(stage, () => lastGoodExecution(client, stage, not));
      return found === null ? null : await releaseOf(client, stage, found, sources);
    },
    rollBack: (stage, target, since) => named(stage, () => rollBackStage(client, stage, target, since)),
  };
}

async function stateOf(client: () => Promise<CodePipelineClient>, stage: StageAddress): Promise<StageView> {
  const { GetPipelineStateCommand } = await import('@aws-sdk/client-codepipeline');
  const state = await named(stage, async () =>
    (await client()).send(new GetPipelineStateCommand({ name: stage.name })),
  );
  const stages = state.stageStates ?? [];
  const at = stages.findIndex(({ stageName }) => stageName === stage.stage);
  const found = stages[at];
  if (found === undefined) {
    const names = stages.map(({ stageName }) => stageName).join(', ');
    throw new StageUnknown(`pipeline ${stage.name} has no stage ${stage.stage}; it has ${names}: mend the policy`);
  }
  if (at === 0) {
    throw new StageUnknown(
      `${stage.stage} is the first stage of pipeline ${stage.name} and has no inbound transition: name a later stage in the policy`,
    );
  }
  const entry = found.beforeEntryConditionState?.latestExecution?.status;
  const { status, pipelineExecutionId: execution = null } = found.latestExecution ?? {};
  const isIn = status === 'InProgress' || status === 'Stopping';
  // A release that its entry condition still looks at has passed the transition, and is not in the stage.
  const isAsking = isIn && entry === 'InProgress';
  const inbound =
    found.inboundExecutions?.at(-1)?.pipelineExecutionId ?? found.inboundExecution?.pipelineExecutionId ?? null;
  return {
    transition: transitionOf(found),
    waiting: inbound ?? (isAsking ? execution : null),
    asking: isAsking ? execution : null,
    inside: isIn && !isAsking ? execution : null,
    passed: status === 'Succeeded' ? execution : null,
    refused: status === 'Failed' && entry === 'Failed' ? execution : null,
  };
}

function transitionOf({ inboundTransitionState: state }: StageState): Transition {
  const changedBy = state?.lastChangedBy ?? null;
  const changedAt = instantOrNull(state?.lastChangedAt);
  if (state?.enabled !== false) return { enabled: true, changedBy, changedAt };
  return { enabled: false, reason: state.disabledReason ?? '', changedBy, changedAt };
}

async function releaseOf(
  client: () => Promise<CodePipelineClient>,
  stage: StageAddress,
  executionId: string,
  sources: Parameters<Pipeline['release']>[2],
): Promise<ReleaseDetails> {
  const { GetPipelineExecutionCommand, ListActionExecutionsCommand } = await import('@aws-sdk/client-codepipeline');
  const codepipeline = await client();
  const execution = await named(stage, () =>
    codepipeline.send(new GetPipelineExecutionCommand({ pipelineName: stage.name, pipelineExecutionId: executionId })),
  );
  const actions = await named(stage, () =>
    codepipeline.send(
      new ListActionExecutionsCommand({
        pipelineName: stage.name,
        filter: { pipelineExecutionId: executionId },
        maxResults: 100,
      }),
    ),
  );
  function output(source: { readonly action: string; readonly variable: string } | null): string | null {
    if (source === null) return null;
    const details = actions.actionExecutionDetails?.find(({ actionName }) => actionName === source.action);
    return details?.output?.outputVariables?.[source.variable] ?? null;
  }
  const started = actions.actionExecutionDetails?.map(({ startTime }) => startTime?.getTime() ?? Number.NaN) ?? [];
  const startedAt = started.filter((time) => !Number.isNaN(time)).toSorted((a, b) => a - b)[0];
  const { artifactRevisions, executionType, rollbackMetadata } = execution.pipelineExecution ?? {};
  return {
    executionId,
    commit: artifactRevisions?.[0]?.revisionId ?? null,
    author: output(sources.author),
    digest: output(sources.digest),
    startedAt: startedAt === undefined ? null : instantOf(startedAt),
    backTo: executionType === 'ROLLBACK' ? (rollbackMetadata?.rollbackTargetPipelineExecutionId ?? null) : null,
  };
}

/**
 * CodePipeline's way to say that the policy names something that is not there, or that it was called too often, in our words.
 * @see https://docs.aws.amazon.com/codepipeline/latest/APIReference/CommonErrors.html
 */
async function named<T>(stage: StageAddress, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name === 'PipelineNotFoundException') {
      throw new StageUnknown(
        `there is no pipeline ${stage.name} in ${stage.account}/${stage.region}: mend the policy or create it`,
      );
    }
    if (name === 'StageNotFoundException')
      throw new StageUnknown(`pipeline ${stage.name} has no stage ${stage.stage}: mend the policy`);
    if (name === 'ThrottlingException') throw new PipelineThrottled(`CodePipeline throttles calls about ${stage.name}`);
    throw error;
  }
}

function instantOrNull(date: Date | undefined): Instant | null {
  return date === undefined ? null : instantOf(date.getTime());
}
