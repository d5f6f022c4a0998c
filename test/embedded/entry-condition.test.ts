import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CodePipelineClient,
  GetJobDetailsCommand,
  GetPipelineCommand,
  GetPipelineExecutionCommand,
  GetPipelineStateCommand,
  OverrideStageConditionCommand,
  PutJobFailureResultCommand,
  PutJobSuccessResultCommand,
  RetryStageExecutionCommand,
  StartPipelineExecutionCommand,
  StopPipelineExecutionCommand,
} from '@aws-sdk/client-codepipeline';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { codePipeline } from '../../lib/aws/code-pipeline.ts';
import { codepipeline } from '../../lib/embedded/codepipeline.ts';
import { Pipelines } from '../../lib/embedded/pipelines.ts';
import { openStore } from '../../lib/embedded/store.ts';
import { endpointOf, eventually } from './endpoint.ts';

const stage = { account: '123456789012', region: 'eu-west-1', name: 'checkout', stage: 'Production' };
const checkout = {
  ...stage,
  stages: ['Source', 'Build', 'Production'],
  entry: [{ stage: 'Production', functionName: 'gate' }],
};

const closings: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

const Asked = z.object({
  'CodePipeline.job': z.object({
    id: z.string(),
    data: z.object({ actionConfiguration: z.object({ configuration: z.record(z.string(), z.string()) }) }),
  }),
});

async function running({ entry = 60_000, dataDir = null }: { entry?: number; dataDir?: string | null } = {}) {
  const store = openStore(dataDir);
  const asked: z.infer<typeof Asked>['CodePipeline.job'][] = [];
  const pipelines = new Pipelines({
    store,
    pipelines: [checkout],
    pace: { step: 1, stage: 60_000, entry },
    ask: async (_name, event) => {
      asked.push(Asked.parse(event)['CodePipeline.job']);
    },
  });
  const { wire, config } = await endpointOf(codepipeline(pipelines));
  const client = new CodePipelineClient(config);
  let isClosed = false;
  async function close() {
    if (isClosed) return;
    isClosed = true;
    pipelines.stop();
    await wire.close();
    store.close();
  }
  closings.push(close);
  pipelines.start();
  const view = () => codePipeline(async () => client).state(stage);
  const statusOf = async (pipelineExecutionId: string) =>
    (await client.send(new GetPipelineExecutionCommand({ pipelineName: 'checkout', pipelineExecutionId })))
      .pipelineExecution?.status;
  return { client, asked, close, view, statusOf, job: () => eventually(() => asked.at(-1)) };
}

async function start(client: CodePipelineClient): Promise<string> {
  const { pipelineExecutionId = '' } = await client.send(new StartPipelineExecutionCommand({ name: 'checkout' }));
  return pipelineExecutionId;
}

const refusal = { type: 'JobFailed', message: 'stopship: hold K7QX is open' } as const;

test('a release is before the stage until the function of the entry condition answers, and enters then', async () => {
  const { client, view, job } = await running();

  const release = await start(client);
  const { id, data } = await job();
  const asking = await view();
  const { jobDetails } = await client.send(new GetJobDetailsCommand({ jobId: id }));
  await client.send(new PutJobSuccessResultCommand({ jobId: id }));

  expect(asking).toMatchObject({ waiting: release, inside: null, refused: null });
  expect(data.actionConfiguration.configuration).toEqual({
    FunctionName: 'gate',
    UserParameters: 'checkout/Production',
  });
  expect(jobDetails?.data?.pipelineContext).toMatchObject({
    pipelineName: 'checkout',
    stage: { name: 'Production' },
    pipelineExecutionId: release,
    pipelineArn: 'arn:aws:codepipeline:eu-west-1:123456789012:checkout',
  });
  expect(await view()).toMatchObject({ waiting: null, inside: release });
});

test('a refused release has failed with the reason, and a retry asks again', async () => {
  const { client, view, job, asked, statusOf } = await running();
  const release = await start(client);
  const first = await job();

  await client.send(new PutJobFailureResultCommand({ jobId: first.id, failureDetails: refusal }));
  const refused = await view();
  const state = await client.send(new GetPipelineStateCommand({ name: 'checkout' }));
  const status = await statusOf(release);
  await client.send(
    new RetryStageExecutionCommand({
      pipelineName: 'checkout',
      stageName: 'Production',
      pipelineExecutionId: release,
      retryMode: 'ALL_ACTIONS',
    }),
  );
  const second = await eventually(() => asked[1]);
  await client.send(new PutJobSuccessResultCommand({ jobId: second.id }));

  expect(refused).toMatchObject({ waiting: null, inside: null, refused: release });
  expect(status).toBe('Failed');
  expect(state.stageStates?.at(-1)?.beforeEntryConditionState?.latestExecution).toEqual({
    status: 'Failed',
    summary: refusal.message,
  });
  expect(await view()).toMatchObject({ inside: release, refused: null });
});

test('without an answer in time the release has failed, and a late answer lets nothing in', async () => {
  const { client, view, job } = await running({ entry: 5 });

  const release = await start(client);
  const { id } = await job();
  await eventually(async () => ((await view()).refused === release ? true : undefined));
  const late = client.send(new PutJobSuccessResultCommand({ jobId: id }));

  await expect(late).rejects.toMatchObject({ name: 'InvalidJobStateException' });
  expect(await view()).toMatchObject({ inside: null, refused: release });
});

test('a second answer changes nothing', async () => {
  const { client, view, job } = await running();
  const release = await start(client);
  const { id } = await job();
  await client.send(new PutJobFailureResultCommand({ jobId: id, failureDetails: refusal }));

  const second = client.send(new PutJobSuccessResultCommand({ jobId: id }));

  await expect(second).rejects.toMatchObject({ name: 'InvalidJobStateException' });
  expect(await view()).toMatchObject({ inside: null, refused: release });
});

test('an override lets in what was refused, and nothing else', async () => {
  const { client, view, job } = await running();
  const release = await start(client);
  const override = () =>
    client.send(
      new OverrideStageConditionCommand({
        pipelineName: 'checkout',
        stageName: 'Production',
        pipelineExecutionId: release,
        conditionType: 'BEFORE_ENTRY',
      }),
    );
  const { id } = await job();

  await expect(override()).rejects.toMatchObject({ name: 'ConditionNotOverridableException' });
  await client.send(new PutJobFailureResultCommand({ jobId: id, failureDetails: refusal }));
  await override();

  expect(await view()).toMatchObject({ inside: release, refused: null });
});

test('a newer release waits while one is asking, and asks after it', async () => {
  const { client, view, job, asked } = await running();
  await start(client);
  const first = await job();
  const newer = await start(client);

  await eventually(async () => ((await view()).waiting === newer ? true : undefined));
  expect(asked).toHaveLength(1);
  await client.send(new PutJobFailureResultCommand({ jobId: first.id, failureDetails: refusal }));
  const second = await eventually(() => asked[1]);
  await client.send(new PutJobSuccessResultCommand({ jobId: second.id }));

  expect(await view()).toMatchObject({ waiting: null, inside: newer });
});

test('a release that is stopped while it asks does not enter', async () => {
  const { client, view, job, statusOf } = await running();
  const release = await start(client);
  const { id } = await job();

  await client.send(
    new StopPipelineExecutionCommand({ pipelineName: 'checkout', pipelineExecutionId: release, abandon: true }),
  );
  await client.send(new PutJobSuccessResultCommand({ jobId: id }));

  expect(await statusOf(release)).toBe('Stopped');
  expect(await view()).toMatchObject({ waiting: null, inside: null, refused: null });
});

test('after a restart the function is asked again, and its answer counts', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'stopship-entry-'));
  const before = await running({ dataDir });
  const release = await start(before.client);
  const { id } = await before.job();
  await before.close();

  const after = await running({ dataDir });
  const again = await after.job();
  await after.client.send(new PutJobSuccessResultCommand({ jobId: again.id }));

  expect(again.id).toBe(id);
  expect(await after.view()).toMatchObject({ inside: release });
});

test('the declaration has the condition on its stage and on no other', async () => {
  const { client } = await running();

  const { pipeline } = await client.send(new GetPipelineCommand({ name: 'checkout' }));

  expect(pipeline?.stages?.map(({ beforeEntry }) => beforeEntry?.conditions?.[0]?.result)).toEqual([
    undefined,
    undefined,
    'FAIL',
  ]);
});
