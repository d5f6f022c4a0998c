import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { awsClients } from '../../lib/aws/clients.ts';
import { codePipeline } from '../../lib/aws/code-pipeline.ts';
import { stage } from '../builders.ts';

const closings: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closings.splice(0)) close();
});

test.each([
  ['ThrottlingException', 'PipelineThrottled'],
  ['PipelineNotFoundException', 'StageUnknown'],
  ['AccessDeniedException', 'AccessDeniedException'],
])('%s of CodePipeline is one call, and %s to the caller', async (type, name) => {
  const { endpoint, calls } = await refusing(type);
  const clients = awsClients({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret' },
  });

  await expect(codePipeline(clients.codepipeline).state(stage)).rejects.toMatchObject({ name });
  expect(calls()).toBe(1);
});

/** A CodePipeline that refuses whatever it is asked. */
async function refusing(type: string) {
  let calls = 0;
  const server = createServer((_, response) => {
    calls += 1;
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ __type: type, message: 'Rate exceeded' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closings.push(() => server.close());
  return { endpoint: `http://127.0.0.1:${Object(server.address()).port}`, calls: () => calls };
}
