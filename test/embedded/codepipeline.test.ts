import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CodePipelineClient,
  DisableStageTransitionCommand,
  EnableStageTransitionCommand,
  GetPipelineCommand,
  GetPipelineExecutionCommand,
  GetPipelineStateCommand,
  ListActionExecutionsCommand,
  ListPipelineExecutionsCommand,
  ListPipelinesCommand,
  RollbackStageCommand,
  StartPipelineExecutionCommand,
  StopPipelineExecutionCommand,
} from '@aws-sdk/client-codepipeline';
import { afterEach, expect, test } from 'vitest';
import { codepipeline } from '../../lib/embedded/codepipeline.ts';
import { Pipelines } from '../../lib/embedded/pipelines.ts';
import { type PipelineOptions, pipelinesOf } from '../../lib/embedded/releases.ts';
import { openStore } from '../../lib/embedded/store.ts';
import { endpointOf, eventually } from './endpoint.ts';

const checkout: PipelineOptions = {
  account: '123456789012',
  region: 'eu-west-1',
  name: 'checkout',
  stages: ['Source', 'Build', 'Production'],
};
const production = { pipelineName: 'checkout', stageName: 'Production', transitionType: 'Inbound' } as const;

const closings: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

async function running(options: Partial<PipelineOptions> = {}, dataDir: string | null = null) {
  const store = openStore(dataDir);
  const pipelines = new Pipelines({ store, pipelines: [{ ...checkout, ...options }], pace: { step: 1, stage: 1 } });
  const { wire, config, url } = await endpointOf(
    codepipeline(pipelines, (key) =>
      key === 'STOPSHIP' ? 'arn:aws:sts::123456789012:assumed-role/stopship/x' : undefined,
    ),
  );
  const client = new CodePipelineClient(config);
  pipelines.start();
  const close = async () => {
    pipelines.stop();
    await wire.close();
    store.close();
  };
  closings.push(() => (closed ? undefined : close()));
  let closed = false;
  const kill = async () => {
    closed = true;
    await close();
  };
  return { client, pipelines, kill, config, url };
}

async function stageState(client: CodePipelineClient, stageName: string) {
  const state = await client.send(new GetPipelineStateCommand({ name: 'checkout' }));
  const stage = state.stageStates?.find((candidate) => candidate.stageName === stageName);
  if (stage === undefined) throw new Error(`no stage ${stageName}`);
  return stage;
}

function start(client: CodePipelineClient, variables: Record<string, string> = {}) {
  return client.send(
    new StartPipelineExecutionCommand({
      name: 'checkout',
      variables: Object.entries(variables).map(([name, value]) => ({ name, value })),
    }),
  );
}

function statusOf(client: CodePipelineClient, pipelineExecutionId: string | undefined) {
  return client
    .send(new GetPipelineExecutionCommand({ pipelineName: 'checkout', pipelineExecutionId }))
    .then(({ pipelineExecution }) => pipelineExecution?.status);
}

test('a release flows through all stages, and its actions tell commit, author and digest', async () => {
  const { client } = await running();

  const { pipelineExecutionId } = await start(client, {
    COMMIT: 'c'.repeat(40),
    AUTHOR_EMAIL: 'dee@example.com',
    IMAGE_DIGEST: 'sha256:1',
  });
  await eventually(async () => ((await statusOf(client, pipelineExecutionId)) === 'Succeeded' ? true : undefined));
  const actions = await client.send(
    new ListActionExecutionsCommand({ pipelineName: 'checkout', filter: { pipelineExecutionId } }),
  );
  const execution = await client.send(
    new GetPipelineExecutionCommand({ pipelineName: 'checkout', pipelineExecutionId }),
  );

  expect(actions.actionExecutionDetails?.map(({ actionName, status }) => [actionName, status])).toEqual([
    ['Deploy', 'Succeeded'],
    ['Build', 'Succeeded'],
    ['Source', 'Succeeded'],
  ]);
  expect(actions.actionExecutionDetails?.[1]?.output?.outputVariables).toEqual({
    COMMIT_ID: 'c'.repeat(40),
    AUTHOR_EMAIL: 'dee@example.com',
    IMAGE_DIGEST: 'sha256:1',
  });
  expect(actions.actionExecutionDetails?.[1]?.startTime).toBeInstanceOf(Date);
  expect(execution.pipelineExecution?.artifactRevisions?.[0]?.revisionId).toBe('c'.repeat(40));
  expect((await stageState(client, 'Production')).latestExecution).toMatchObject({
    pipelineExecutionId,
    status: 'Succeeded',
  });
});

test('a release waits at a disabled transition, a newer one supersedes it, and that one enters when it is enabled', async () => {
  const { client } = await running();
  await client.send(new DisableStageTransitionCommand({ ...production, reason: 'stopship hold 42' }));

  const older = await start(client);
  await eventually(async () => (await stageState(client, 'Production')).inboundExecutions?.[0]);
  const newer = await start(client);
  await eventually(async () =>
    (await statusOf(client, older.pipelineExecutionId)) === 'Superseded' ? true : undefined,
  );

  const halted = await stageState(client, 'Production');
  expect(halted.inboundExecutions?.map(({ pipelineExecutionId }) => pipelineExecutionId)).toEqual([
    newer.pipelineExecutionId,
  ]);
  expect(halted.inboundTransitionState).toMatchObject({
    enabled: false,
    disabledReason: 'stopship hold 42',
    lastChangedBy: 'arn:aws:iam::123456789012:user/AKIATEST',
  });
  expect(halted.latestExecution).toBeUndefined();

  await client.send(new EnableStageTransitionCommand(production));
  await eventually(async () =>
    (await statusOf(client, newer.pipelineExecutionId)) === 'Succeeded' ? true : undefined,
  );
  expect((await stageState(client, 'Production')).inboundTransitionState).not.toHaveProperty('disabledReason');
});

test('who disabled a transition is told by the role of the access key', async () => {
  const { config, client } = await running();
  const ours = new CodePipelineClient({ ...config, credentials: { accessKeyId: 'STOPSHIP', secretAccessKey: 's' } });

  await ours.send(new DisableStageTransitionCommand({ ...production, reason: 'ours' }));

  expect((await stageState(client, 'Production')).inboundTransitionState?.lastChangedBy).toBe(
    'arn:aws:sts::123456789012:assumed-role/stopship/x',
  );
});

test.each([
  [
    'an unknown pipeline',
    { ...production, pipelineName: 'nope' },
    'PipelineNotFoundException',
    "Account '123456789012' does not have a pipeline with name 'nope'",
  ],
  ['an unknown stage', { ...production, stageName: 'Nope' }, 'StageNotFoundException', 'Nope'],
  [
    'a name with a slash',
    { ...production, pipelineName: 'a/b' },
    'ValidationException',
    "Value 'a/b' at 'pipelineName' failed to satisfy constraint",
  ],
  [
    'a reason with a colon',
    { ...production, reason: 'a:b' },
    'ValidationException',
    "Value 'a:b' at 'reason' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9!@ \\(\\)\\.\\*\\?\\-]+",
  ],
  [
    'a reason of 301 characters',
    { ...production, reason: 'x'.repeat(301) },
    'ValidationException',
    'Member must have length less than or equal to 300',
  ],
  [
    'no reason',
    { ...production, reason: undefined },
    'ValidationException',
    "Value null at 'reason' failed to satisfy constraint: Member must not be null",
  ],
  ['the first stage', { ...production, stageName: 'Source' }, 'ValidationException', 'first stage'],
])('disabling with %s is refused by name and changes nothing', async (_, input, name, message) => {
  const { client } = await running();

  const refusal = client.send(new DisableStageTransitionCommand({ reason: 'a reason', ...input }));

  await expect(refusal).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
  expect((await stageState(client, 'Production')).inboundTransitionState?.enabled).toBe(true);
});

test('an unknown execution is not found', async () => {
  const { client } = await running();

  await expect(statusOf(client, '00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({
    name: 'PipelineExecutionNotFoundException',
  });
});

test('the same request token starts one release', async () => {
  const { client } = await running();
  const request = new StartPipelineExecutionCommand({ name: 'checkout', clientRequestToken: 'once' });

  const first = await client.send(request);
  const second = await client.send(request);

  expect(second.pipelineExecutionId).toBe(first.pipelineExecutionId);
});

test('a waiting release can be stopped and then does not enter', async () => {
  const { client } = await running();
  await client.send(new DisableStageTransitionCommand({ ...production, reason: 'wait' }));
  const { pipelineExecutionId } = await start(client);
  await eventually(async () => (await stageState(client, 'Production')).inboundExecution);

  await client.send(
    new StopPipelineExecutionCommand({ pipelineName: 'checkout', pipelineExecutionId, reason: 'flawed' }),
  );
  const again = client.send(new StopPipelineExecutionCommand({ pipelineName: 'checkout', pipelineExecutionId }));

  await expect(again).rejects.toMatchObject({ name: 'PipelineExecutionNotStoppableException' });
  expect(await statusOf(client, pipelineExecutionId)).toBe('Stopped');
  expect((await stageState(client, 'Production')).inboundExecution).toBeUndefined();
});

test('a stage is rolled back to a release that succeeded in it before', async () => {
  const { client } = await running({
    initial: [
      { commit: 'a'.repeat(40), author: 'dee@example.com', digest: null, position: 'passed' },
      { commit: 'b'.repeat(40), author: 'dee@example.com', digest: null, position: 'passed' },
    ],
  });
  const list = await client.send(
    new ListPipelineExecutionsCommand({
      pipelineName: 'checkout',
      filter: { succeededInStage: { stageName: 'Production' } },
    }),
  );
  const [flawed, good] = list.pipelineExecutionSummaries ?? [];

  const rolled = await client.send(
    new RollbackStageCommand({
      pipelineName: 'checkout',
      stageName: 'Production',
      targetPipelineExecutionId: good?.pipelineExecutionId,
    }),
  );
  await eventually(async () =>
    (await statusOf(client, rolled.pipelineExecutionId)) === 'Succeeded' ? true : undefined,
  );

  const { pipelineExecution } = await client.send(
    new GetPipelineExecutionCommand({ pipelineName: 'checkout', pipelineExecutionId: rolled.pipelineExecutionId }),
  );
  expect(flawed?.sourceRevisions?.[0]?.revisionId).toBe('b'.repeat(40));
  expect(pipelineExecution).toMatchObject({
    executionType: 'ROLLBACK',
    rollbackMetadata: { rollbackTargetPipelineExecutionId: good?.pipelineExecutionId },
    artifactRevisions: [{ revisionId: 'a'.repeat(40) }],
  });
});

test('a release without a digest puts out no digest variable', async () => {
  const { client } = await running({
    initial: [{ commit: 'a'.repeat(40), author: 'dee@example.com', digest: null, position: 'passed' }],
  });

  const actions = await client.send(new ListActionExecutionsCommand({ pipelineName: 'checkout' }));

  const build = actions.actionExecutionDetails?.find(({ actionName }) => actionName === 'Build');
  expect(build?.output?.outputVariables).toEqual({ COMMIT_ID: 'a'.repeat(40), AUTHOR_EMAIL: 'dee@example.com' });
});

test('nothing moves before the start, and a restart goes on where it was', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'stopship-embedded-'));
  const initial = [
    { commit: 'a'.repeat(40), author: 'dee@example.com', digest: 'sha256:1', position: 'waiting' },
  ] as const;
  const store = openStore(dataDir);
  const before = new Pipelines({ store, pipelines: [{ ...checkout, initial }] });
  const waiting = before.rows()[0]?.stages[2]?.waiting;
  store.close();

  const { client, pipelines } = await running({ initial }, dataDir);

  expect(waiting).toMatchObject({ commit: 'a'.repeat(40), digest: 'sha256:1' });
  await eventually(async () => ((await statusOf(client, waiting?.executionId)) === 'Succeeded' ? true : undefined));
  expect(pipelines.releases(pipelines.pipelines[0] ?? expect.fail()).length).toBe(1);
});

test('a disabled transition and who waits there survive a restart', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'stopship-embedded-'));
  const first = await running({}, dataDir);
  await first.client.send(new DisableStageTransitionCommand({ ...production, reason: 'a flaw' }));
  const { pipelineExecutionId } = await start(first.client);
  await eventually(async () => (await stageState(first.client, 'Production')).inboundExecution);
  await first.kill();

  const { client } = await running({}, dataDir);

  const state = await stageState(client, 'Production');
  expect(state.inboundTransitionState).toMatchObject({ enabled: false, disabledReason: 'a flaw' });
  expect(state.inboundExecution?.pipelineExecutionId).toBe(pipelineExecutionId);
});

test('pages of a list have no gap', async () => {
  const { client } = await running();
  for (let n = 0; n < 5; n += 1) await start(client);

  const ids: (string | undefined)[] = [];
  let nextToken: string | undefined;
  do {
    const shown = await client.send(
      new ListPipelineExecutionsCommand({ pipelineName: 'checkout', maxResults: 2, nextToken }),
    );
    ids.push(...(shown.pipelineExecutionSummaries ?? []).map(({ pipelineExecutionId }) => pipelineExecutionId));
    nextToken = shown.nextToken;
  } while (nextToken !== undefined);

  expect(new Set(ids).size).toBe(5);
});

test('the declaration names stages, actions and variables', async () => {
  const { client } = await running({ author: { action: 'Checks', variable: 'WHO' } });

  const { pipeline, metadata } = await client.send(new GetPipelineCommand({ name: 'checkout' }));
  const { pipelines } = await client.send(new ListPipelinesCommand({}));

  expect(pipeline?.stages?.map(({ name, actions }) => [name, actions?.map((action) => action.name)])).toEqual([
    ['Source', ['Source']],
    ['Build', ['Build', 'Checks']],
    ['Production', ['Deploy']],
  ]);
  expect(pipeline?.pipelineType).toBe('V2');
  expect(metadata?.pipelineArn).toBe('arn:aws:codepipeline:eu-west-1:123456789012:checkout');
  expect(pipelines?.map(({ name }) => name)).toEqual(['checkout']);
});

test('two services of one pipeline become two of its stages, production last', () => {
  const pipeline = { account: '123456789012', region: 'eu-west-1', name: 'checkout' };

  const made = pipelinesOf([
    { pipeline: { ...pipeline, stage: 'Production' } },
    { pipeline: { ...pipeline, stage: 'Staging' } },
  ]);

  expect(made.map(({ stages }) => stages)).toEqual([['Source', 'Build', 'Staging', 'Production']]);
});

test.each([
  ['an unknown operation', { 'x-amz-target': 'CodePipeline_20150709.Nope' }, '{}', 400, 'UnknownOperationException'],
  ['an unknown service', { 'x-amz-target': 'Nope.Nope' }, '{}', 400, 'UnknownOperationException'],
  [
    'a member of Object',
    { 'x-amz-target': 'CodePipeline_20150709.constructor' },
    '{}',
    400,
    'UnknownOperationException',
  ],
  ['broken JSON', { 'x-amz-target': 'CodePipeline_20150709.GetPipeline' }, '{', 400, 'SerializationException'],
  [
    'a list for an object',
    { 'x-amz-target': 'CodePipeline_20150709.GetPipeline' },
    '[]',
    400,
    'SerializationException',
  ],
  [
    'a number for a text',
    { 'x-amz-target': 'CodePipeline_20150709.GetPipeline' },
    '{"name":1}',
    400,
    'SerializationException',
  ],
])('%s is answered as an error that SDKs read', async (_, headers, body, status, code) => {
  const { url } = await running();
  const authorization =
    'AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/codepipeline/aws4_request, SignedHeaders=host, Signature=0';

  const response = await fetch(url, { method: 'POST', headers: { ...headers, authorization }, body });

  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ __type: code });
});

test('a call without a signature is refused, so that a web page cannot drive the services', async () => {
  const { url, client } = await running();

  const response = await fetch(url, {
    method: 'POST',
    headers: { 'x-amz-target': 'CodePipeline_20150709.StartPipelineExecution' },
    body: '{"name":"checkout"}',
  });

  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
  const { pipelineExecutionSummaries } = await client.send(
    new ListPipelineExecutionsCommand({ pipelineName: 'checkout' }),
  );
  expect(pipelineExecutionSummaries).toEqual([]);
});
