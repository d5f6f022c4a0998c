import { z } from 'zod';
import { AwsError, member, oneOf, parseInput } from './aws-error.ts';
import { type Context, executionId, name, pipelineOf, stageOf } from './codepipeline-call.ts';
import type { EntryJob } from './entry-condition.ts';

const jobId = member({ pattern: '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}' });

/** What a job of an entry condition is about. */
export function getJobDetails(input: unknown, context: Context): unknown {
  const job = jobOf(parseInput(z.object({ jobId }), input).jobId, context);
  const [account, region, pipelineName] = job.pipeline.split('/');
  return {
    jobDetails: {
      id: job.id,
      accountId: account,
      data: {
        actionTypeId: { category: 'Rule', owner: 'AWS', provider: 'LambdaInvoke', version: '1' },
        pipelineContext: {
          pipelineName,
          stage: { name: job.stage },
          action: { name: ruleName },
          pipelineArn: `arn:aws:codepipeline:${region}:${account}:${pipelineName}`,
          pipelineExecutionId: job.release,
        },
        inputArtifacts: [],
        outputArtifacts: [],
      },
    },
  };
}

/** Name of the one rule of an embedded entry condition. */
export const ruleName = 'stopship';

/** The function of an entry condition lets the release in. */
export function putJobSuccessResult(input: unknown, context: Context): unknown {
  const call = parseInput(z.object({ jobId }), input);
  context.pipelines.answerEntry(openJobOf(call.jobId, context), null);
  return undefined;
}

/** The function of an entry condition refuses: the release fails with its message. */
export function putJobFailureResult(input: unknown, context: Context): unknown {
  const call = parseInput(
    z.object({
      jobId,
      failureDetails: z.object({
        type: oneOf(
          'JobFailed',
          'ConfigurationError',
          'PermissionError',
          'RevisionOutOfSync',
          'RevisionUnavailable',
          'SystemUnavailable',
        ),
        message: member({ min: 1, max: 5000 }),
      }),
    }),
    input,
  );
  context.pipelines.answerEntry(openJobOf(call.jobId, context), call.failureDetails.message);
  return undefined;
}

/** Lets in what an entry condition refused. */
export function overrideStageCondition(input: unknown, context: Context): unknown {
  const call = parseInput(
    z.object({
      pipelineName: name,
      stageName: name,
      pipelineExecutionId: executionId,
      conditionType: oneOf('BEFORE_ENTRY', 'ON_SUCCESS'),
    }),
    input,
  );
  const pipeline = pipelineOf(call.pipelineName, context);
  const stage = stageOf(pipeline, call.stageName);
  const release = context.pipelines.release(pipeline, call.pipelineExecutionId);
  const { latest, entry } = context.pipelines.stage(pipeline, stage);
  if (release === undefined || latest?.execution !== release.id)
    throw new AwsError(
      'NotLatestPipelineExecutionException',
      `The execution '${call.pipelineExecutionId}' is not the latest in stage '${stage}'.`,
    );
  if (call.conditionType !== 'BEFORE_ENTRY' || entry?.status !== 'Failed' || latest.status !== 'Failed')
    throw new AwsError('ConditionNotOverridableException', `Stage '${stage}' has no failed condition to override.`);
  context.pipelines.overrideEntry(pipeline, stage, release);
  return undefined;
}

function jobOf(id: string, { pipelines }: Context): EntryJob {
  const job = pipelines.job(id);
  if (job === undefined) throw new AwsError('JobNotFoundException', `No job with id '${id}'`);
  return job;
}

function openJobOf(id: string, context: Context): EntryJob {
  const job = jobOf(id, context);
  if (!job.isOpen) throw new AwsError('InvalidJobStateException', `The job '${id}' is not in progress.`);
  return job;
}
