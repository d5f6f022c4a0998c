import { z } from 'zod';
import { AwsError, member } from './aws-error.ts';
import type { EmbeddedPipeline, Pipelines } from './pipelines.ts';
import type { Release } from './releases.ts';
import type { Caller } from './wire.ts';

/** The ARN shown as who changed a transition. */
export type PrincipalOf = (accessKeyId: string) => string | undefined;

/** What a call of CodePipeline is answered from. */
export type Context = { readonly pipelines: Pipelines; readonly caller: Caller; readonly principalOf: PrincipalOf };

/** Members that several calls have. */
/** Name of a pipeline, stage or action. */
export const name = member({ min: 1, max: 100, pattern: '[A-Za-z0-9.@\\-_]+' });
/** A pipeline execution's id, as UUID. */
export const executionId = member({ pattern: '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}' });
/** Token of the next page of a list. */
export const nextToken = z.string().nullish();

/** The pipeline variables that a caller of `StartPipelineExecution` may set. */
export const variableNames = ['COMMIT', 'AUTHOR_EMAIL', 'IMAGE_DIGEST'] as const;

/** The pipeline of this name, of the caller's Region where several have it; else `PipelineNotFoundException`. */
export function pipelineOf(wanted: string, { pipelines, caller }: Context): EmbeddedPipeline {
  const named = pipelines.pipelines.filter((pipeline) => pipeline.name === wanted);
  const found = named.find(({ region }) => region === caller.region) ?? named[0];
  if (found !== undefined) return found;
  const account = pipelines.pipelines[0]?.account ?? '000000000000';
  throw new AwsError(
    'PipelineNotFoundException',
    `Account '${account}' does not have a pipeline with name '${wanted}'`,
  );
}

/** The stage's name when the pipeline has it; else `StageNotFoundException`. */
export function stageOf(pipeline: EmbeddedPipeline, wanted: string): string {
  if (pipeline.stages.includes(wanted)) return wanted;
  throw new AwsError(
    'StageNotFoundException',
    `Pipeline '${pipeline.name}' does not have a stage with name '${wanted}'`,
  );
}

/** The execution with this id; else `PipelineExecutionNotFoundException`. */
export function releaseOf(pipeline: EmbeddedPipeline, id: string, { pipelines }: Context): Release {
  const release = pipelines.release(pipeline, id);
  if (release !== undefined) return release;
  throw new AwsError(
    'PipelineExecutionNotFoundException',
    `Pipeline '${pipeline.name}' does not have an execution with id '${id}'`,
  );
}

/** Who calls, as an ARN. */
export function principal(pipeline: EmbeddedPipeline, { caller, principalOf }: Context): string {
  return principalOf(caller.accessKeyId) ?? `arn:aws:iam::${pipeline.account}:user/${caller.accessKeyId}`;
}
