import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { GetPipelineStateCommand } from '@aws-sdk/client-codepipeline';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { ListTopicsCommand } from '@aws-sdk/client-sns';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, expect, test, vi } from 'vitest';
import { awsClients } from '../../lib/aws/clients.ts';

const caller = { region: 'eu-west-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const servers: Server[] = [];

afterEach(() => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

test('a client is made once', async () => {
  const clients = awsClients(caller);

  expect(await clients.sns()).toBe(await clients.sns());
});

test('CodePipeline is called once, even when it fails', async () => {
  const { url, calls } = await startService(500);
  const pipelines = await awsClients({ ...caller, endpoint: url }).codepipeline();

  await expect(pipelines.send(new GetPipelineStateCommand({ name: 'checkout' }))).rejects.toThrow();

  expect(calls).toHaveLength(1);
});

test('an endpoint of the environment is used, and one that is given wins', async () => {
  const [named, given] = [await startService(400), await startService(400)];
  vi.stubEnv('AWS_ENDPOINT_URL_SNS', named.url);

  await expect((await awsClients(caller).sns()).send(new ListTopicsCommand())).rejects.toThrow();
  expect([named.calls.length, given.calls.length]).toEqual([1, 0]);

  await expect(
    (await awsClients({ ...caller, endpoint: given.url }).sns()).send(new ListTopicsCommand()),
  ).rejects.toThrow();
  expect([named.calls.length, given.calls.length]).toEqual([1, 1]);
});

test('DynamoDB has an endpoint of its own', async () => {
  const [dynamodb, others] = [await startService(400), await startService(400)];
  const clients = awsClients({ ...caller, endpoint: others.url, dynamodbEndpoint: dynamodb.url });

  const get = new GetCommand({ TableName: 'ledger', Key: { pk: 'P', sk: 'S' } });
  await expect((await clients.dynamodb()).send(get)).rejects.toThrow();
  await expect((await clients.sfn()).send(new ListExecutionsCommand())).rejects.toThrow();

  expect(dynamodb.calls).toEqual(['DynamoDB_20120810.GetItem']);
  expect(others.calls).toEqual(['AWSStepFunctions.ListExecutions']);
});

test('a request without an answer is given up', async () => {
  const { url, calls } = await startService('silent');
  const pipelines = await awsClients({ ...caller, endpoint: url, requestTimeoutMs: 100 }).codepipeline();

  const call = pipelines.send(new GetPipelineStateCommand({ name: 'checkout' }));

  await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(calls).toHaveLength(1);
});

/** A service that answers everything with one status or is silent, and notes what it was asked. */
async function startService(status: number | 'silent') {
  const calls: unknown[] = [];
  const server = createServer((request, response) => {
    calls.push(request.headers['x-amz-target']);
    request.resume();
    if (status !== 'silent') response.writeHead(status).end('{}');
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, calls };
}
