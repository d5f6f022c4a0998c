import type { CodePipelineClient } from '@aws-sdk/client-codepipeline';
import { z } from 'zod';
import { gate } from '../hold/gate.ts';
import type { StageAddress } from '../policy/policy.ts';
import type { AwsClients } from './clients.ts';
import { report } from './log.ts';
import type { Ports } from './ports.ts';

/** What of a job of an entry condition the gate needs. Its event carries credentials: it is never logged. */
const Job = z.object({
  'CodePipeline.job': z.object({
    id: z.string(),
    data: z.object({
      actionConfiguration: z.object({ configuration: z.object({ UserParameters: z.string().optional() }) }),
    }),
  }),
});

/** `pipeline/stage`, as the rule of the entry condition passes it. */
const Parameters = z.string().regex(/^[A-Za-z0-9.@_-]+\/[A-Za-z0-9.@_-]+$/);

/** Answers the entry condition of a stage: a success result lets the release in, every doubt is a failure result. */
export async function gateFunction(ports: Ports, event: unknown, clients: AwsClients): Promise<void> {
  const { id, data } = Job.parse(event)['CodePipeline.job'];
  const { PutJobFailureResultCommand, PutJobSuccessResultCommand } = await import('@aws-sdk/client-codepipeline');
  const codepipeline = await clients.codepipeline();
  let why: string | null = null;
  try {
    const job = await jobOf(codepipeline, id);
    const parameters = data.actionConfiguration.configuration.UserParameters;
    why = await refusal(ports, addressOf(ports, job, parameters), job.executionId);
  } catch (error) {
    report('gate.failed', error);
    why = 'stopship could not be asked, so nothing enters';
  }
  if (why === null) await codepipeline.send(new PutJobSuccessResultCommand({ jobId: id }));
  else
    await codepipeline.send(
      new PutJobFailureResultCommand({ jobId: id, failureDetails: { type: 'JobFailed', message: why } }),
    );
}

async function refusal(ports: Ports, address: StageAddress, executionId: string | null): Promise<string | null> {
  const answer = await gate(ports.table, address, executionId);
  return answer.allowed ? null : `stopship: ${answer.why} (${answer.holds.join(', ')})`;
}

type Asking = { readonly pipeline: string | null; readonly stage: string | null; readonly executionId: string | null };

async function jobOf(client: CodePipelineClient, jobId: string): Promise<Asking> {
  const { GetJobDetailsCommand } = await import('@aws-sdk/client-codepipeline');
  const { jobDetails } = await client.send(new GetJobDetailsCommand({ jobId }));
  const context = jobDetails?.data?.pipelineContext;
  return {
    pipeline: context?.pipelineName ?? null,
    stage: context?.stage?.name ?? null,
    executionId: context?.pipelineExecutionId ?? null,
  };
}

/** The stage that asks, which must be one of the policy: any other is refused. */
function addressOf(ports: Ports, { pipeline, stage }: Asking, parameters: string | undefined): StageAddress {
  const [named = '', inside = ''] =
    pipeline !== null && stage !== null ? [pipeline, stage] : Parameters.parse(parameters).split('/');
  const found = ports.policy.services.find(
    (service) => service.pipeline.name === named && service.pipeline.stage === inside,
  );
  if (found === undefined) throw new Error(`the policy has no service for pipeline ${named}, stage ${inside}`);
  return found.pipeline;
}
