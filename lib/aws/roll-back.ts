import type { CodePipelineClient, PipelineExecutionSummary } from '@aws-sdk/client-codepipeline';
import { type Instant, msOf } from '../finding/instant.ts';
import { CannotGoBack } from '../hold/pipeline.ts';
import type { StageAddress } from '../policy/policy.ts';

type Client = () => Promise<CodePipelineClient>;

/** Executions looked at, newest first, for one to go back to. */
const lookedAtMax = 50;

/** Stops an execution; one that is being stopped, or ended already, is no error. */
export async function stopExecution(
  client: Client,
  stage: StageAddress,
  executionId: string,
  reason: string,
): Promise<void> {
  const { StopPipelineExecutionCommand } = await import('@aws-sdk/client-codepipeline');
  const call = { pipelineName: stage.name, pipelineExecutionId: executionId, abandon: false, reason };
  try {
    await (await client()).send(new StopPipelineExecutionCommand(call));
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name !== 'DuplicatedStopRequestException' && name !== 'PipelineExecutionNotStoppableException') throw error;
  }
}

/**
 * The newest execution that succeeded in the stage, is none of `not`, and ran under the pipeline's present version. Where the
 * stage was rolled back, what was rolled back from is passed over.
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-rollback.html
 */
export async function lastGoodExecution(
  client: Client,
  stage: StageAddress,
  not: readonly string[],
): Promise<string | null> {
  const { GetPipelineCommand, GetPipelineExecutionCommand } = await import('@aws-sdk/client-codepipeline');
  const codepipeline = await client();
  const { pipeline } = await codepipeline.send(new GetPipelineCommand({ name: stage.name }));
  for (const id of standingIn(await succeededIn(codepipeline, stage))) {
    if (not.includes(id)) continue;
    const { pipelineExecution } = await codepipeline.send(
      new GetPipelineExecutionCommand({ pipelineName: stage.name, pipelineExecutionId: id }),
    );
    if (pipelineExecution?.pipelineVersion === pipeline?.version) return id;
  }
  return null;
}

/** Rolls the stage back, unless that was done after `since`; the id of the execution that does it. */
export async function rollBackStage(
  client: Client,
  stage: StageAddress,
  target: string,
  since: Instant,
): Promise<string> {
  const { ListPipelineExecutionsCommand, RollbackStageCommand } = await import('@aws-sdk/client-codepipeline');
  const codepipeline = await client();
  const { pipelineExecutionSummaries = [] } = await codepipeline.send(
    new ListPipelineExecutionsCommand({ pipelineName: stage.name, maxResults: lookedAtMax }),
  );
  const done = pipelineExecutionSummaries.find(
    (one) => targetOf(one) === target && (one.startTime?.getTime() ?? 0) >= msOf(since),
  );
  if (done?.pipelineExecutionId !== undefined) return done.pipelineExecutionId;
  const back = { pipelineName: stage.name, stageName: stage.stage, targetPipelineExecutionId: target };
  const { pipelineExecutionId } = await possible(() => codepipeline.send(new RollbackStageCommand(back)));
  if (pipelineExecutionId === undefined) throw new Error('CodePipeline did not say which execution rolls back');
  return pipelineExecutionId;
}

async function possible<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const unable = [
      'UnableToRollbackStageException',
      'PipelineExecutionOutdatedException',
      'PipelineExecutionNotFoundException',
    ];
    if (error instanceof Error && unable.includes(error.name)) throw new CannotGoBack(error.message);
    throw error;
  }
}

async function succeededIn(
  codepipeline: CodePipelineClient,
  stage: StageAddress,
): Promise<readonly PipelineExecutionSummary[]> {
  const { ListPipelineExecutionsCommand } = await import('@aws-sdk/client-codepipeline');
  const { pipelineExecutionSummaries = [] } = await codepipeline.send(
    new ListPipelineExecutionsCommand({
      pipelineName: stage.name,
      maxResults: lookedAtMax,
      filter: { succeededInStage: { stageName: stage.stage } },
    }),
  );
  return pipelineExecutionSummaries;
}

/** Ids of the releases that the stage could stand on, newest first: a rollback stands on its target, not on what came between. */
function standingIn(executions: readonly PipelineExecutionSummary[]): readonly string[] {
  const standing: string[] = [];
  let back: string | null = null;
  for (const execution of executions) {
    const id = execution.pipelineExecutionId ?? '';
    if (back !== null && id !== back) continue;
    back = targetOf(execution);
    if (back === null) standing.push(id);
  }
  return standing;
}

/** The execution that a rollback brings back; null for a release of its own. */
function targetOf({ executionType, rollbackMetadata }: PipelineExecutionSummary): string | null {
  return executionType === 'ROLLBACK' ? (rollbackMetadata?.rollbackTargetPipelineExecutionId ?? '') : null;
}
