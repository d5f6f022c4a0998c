import type { CodePipelineClient } from '@aws-sdk/client-codepipeline';
import { z } from 'zod';
import { gate } from '../hold/gate.ts';
import { stageKeyOf } from '../hold/hold.ts';
import { plainText } from '../hold/mark.ts';
import type { StageAddress } from '../policy/policy.ts';
import type { AwsClients } from './clients.ts';
import { report } from './log.ts';
import type { Ports } from './ports.ts';

/** The job's id: without it nobody can be answered. The event carries credentials, so nothing else of it is kept or logged. */
const Job = z.object({ 'CodePipeline.job': z.object({ id: z.string() }) });

/** The rule's user parameters, for a job whose details do not name its stage. */
const Configured = z.object({
  'CodePipeline.job': z.object({
    data: z.object({
      actionConfiguration: z.object({
        configuration: z.object({ UserParameters: z.string().regex(/^[A-Za-z0-9.@_-]+\/[A-Za-z0-9.@_-]+$/) }),
      }),
    }),
  }),
});

/** How long the gate looks before it refuses, in milliseconds: well before the end of its function, which would answer nothing. */
const answersWithin = 20_000;

/** Answers the entry condition of a stage: a success result lets the release in, every doubt is a failure result. */
export async function gateFunction(ports: Ports, event: unknown, clients: AwsClients): Promise<void> {
  const { id } = Job.parse(event)['CodePipeline.job'];
  const codepipeline = await clients.codepipeline();
  const answered = new AbortController();
  const refusal = await Promise.race([
    refusalOf(ports, codepipeline, id, event).catch((error: unknown) => {
      report('gate.failed', error);
      return unsure;
    }),
    ports.clock.wait(answersWithin, answered.signal).then(() => unsure),
  ]);
  answered.abort();
  await answer(codepipeline, id, refusal);
}

const unsure = 'stopship could not find out whether this stage is held, so nothing enters. Retry the stage.';

/** Why the release may not enter; null when it may. */
async function refusalOf(
  ports: Ports,
  codepipeline: CodePipelineClient,
  jobId: string,
  event: unknown,
): Promise<string | null> {
  const asking = await askingOf(codepipeline, jobId);
  const address = addressOf(ports, asking, event);
  const given = await gate(ports.table, address, asking.executionId);
  if (given.allowed) return null;
  const ids = given.holds.length === 0 ? '' : ` - ${given.holds.join(' ')}`;
  return `stopship: ${plainText(given.why)}${ids}. After it is closed, retry the stage.`;
}

async function answer(codepipeline: CodePipelineClient, jobId: string, refusal: string | null): Promise<void> {
  const { InvalidJobStateException, PutJobFailureResultCommand, PutJobSuccessResultCommand } = await import(
    '@aws-sdk/client-codepipeline'
  );
  try {
    if (refusal === null) await codepipeline.send(new PutJobSuccessResultCommand({ jobId }));
    else {
      const failureDetails = { type: 'JobFailed', message: refusal } as const;
      await codepipeline.send(new PutJobFailureResultCommand({ jobId, failureDetails }));
    }
  } catch (error) {
    // Answered before, by a call whose answer was lost. Anything else fails the function: Lambda asks it again, anew.
    if (!(error instanceof InvalidJobStateException)) throw error;
  }
}

type Asking = {
  readonly pipeline: string | null;
  readonly stage: string | null;
  readonly arn: string | null;
  readonly executionId: string | null;
};

async function askingOf(client: CodePipelineClient, jobId: string): Promise<Asking> {
  const { GetJobDetailsCommand } = await import('@aws-sdk/client-codepipeline');
  const { jobDetails } = await client.send(new GetJobDetailsCommand({ jobId }));
  const context = jobDetails?.data?.pipelineContext;
  return {
    pipeline: context?.pipelineName ?? null,
    stage: context?.stage?.name ?? null,
    arn: context?.pipelineArn ?? null,
    executionId: context?.pipelineExecutionId ?? null,
  };
}

/** The stage that asks, which must be one of the policy, and one only: any other is refused. */
function addressOf(ports: Ports, { pipeline, stage, arn }: Asking, event: unknown): StageAddress {
  const [named = '', inside = ''] = pipeline !== null && stage !== null ? [pipeline, stage] : configuredIn(event);
  const found = ports.policy.services
    .map((service) => service.pipeline)
    .filter((one) => one.name === named && one.stage === inside && isAt(one, arn));
  const [first] = found;
  if (first === undefined) throw new Error(`the policy has no service for pipeline ${named}, stage ${inside}`);
  if (new Set(found.map(stageKeyOf)).size > 1)
    throw new Error(
      `the policy has pipeline ${named}, stage ${inside} in several places, and the job does not say where`,
    );
  return first;
}

/** `arn:aws:codepipeline:<region>:<account>:<pipeline>`; without one, every place may be meant. */
function isAt({ account, region }: StageAddress, arn: string | null): boolean {
  const [, , , where, whose] = arn?.split(':') ?? [];
  return arn === null || (where === region && whose === account);
}

function configuredIn(event: unknown): readonly string[] {
  const { data } = Configured.parse(event)['CodePipeline.job'];
  return data.actionConfiguration.configuration.UserParameters.split('/');
}
