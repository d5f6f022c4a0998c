import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CodePipelineClient,
  DisableStageTransitionCommand,
  GetPipelineStateCommand,
  StartPipelineExecutionCommand,
} from '@aws-sdk/client-codepipeline';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { Mailbox } from '../../lib/embedded/mailbox.ts';
import { sns } from '../../lib/embedded/sns.ts';
import { openStore } from '../../lib/embedded/store.ts';
import { sts } from '../../lib/embedded/sts.ts';
import { startWire } from '../../lib/embedded/wire.ts';
import { endpointOf, eventually } from './endpoint.ts';

const authorization =
  'AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/any/aws4_request, SignedHeaders=host, Signature=0';
const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };

const closings: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

async function running() {
  const store = openStore(null);
  const mailbox = new Mailbox(store);
  const broken = {
    protocol: 'json',
    target: 'Broken',
    version: '1.1',
    actions: {
      Call: () => {
        throw new TypeError('a bug of ours');
      },
    },
  } as const;
  const account = '123456789012';
  const services = [sns({ store, mailbox, account, region: 'eu-west-1', url: () => '' }), sts(account), broken];
  const { wire, errors } = await endpointOf(...services);
  closings.push(() => wire.close());
  const post = (body: string, headers: Record<string, string> = {}, path = '/') =>
    fetch(wire.url + path, { method: 'POST', body, headers: { authorization, ...headers } });
  return { wire, errors, post };
}

test.each([
  ['no action', '', 400, '<Code>MissingAction</Code>'],
  ['an unknown action', 'Action=Nope&Version=2010-03-31', 400, '<Code>InvalidAction</Code>'],
  ['a member of Object', 'Action=constructor&Version=2010-03-31', 400, '<Code>InvalidAction</Code>'],
  ['an action of another service', 'Action=ListTopics&Version=2011-06-15', 400, '<Code>InvalidAction</Code>'],
  ['markup for an action', 'Action=%3Cb%3E', 400, '&#60;b&#62;'],
  ['broken percent signs', 'Action=%zz%', 400, '<Code>InvalidAction</Code>'],
  ['a list without numbers', 'Action=Subscribe&Attributes.entry.x.key=a', 400, '<Code>InvalidParameter</Code>'],
])('a form with %s is refused in XML', async (_, body, status, text) => {
  const { post, errors } = await running();

  const response = await post(body, { 'content-type': 'application/x-www-form-urlencoded' });

  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('text/xml');
  expect(await response.text()).toContain(text);
  expect(errors).toEqual([]);
});

test('an unknown path is an unknown operation', async () => {
  const { post } = await running();

  const response = await post('{}', {}, '/nowhere');

  expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([404, 'UnknownOperationException']);
});

test('a body over the limit is refused and the next call is answered', async () => {
  const { post } = await running();

  const large = await post('x'.repeat(9 * 1024 * 1024));
  const next = await post('Action=ListTopics&Version=2010-03-31');

  expect([large.status, next.status]).toEqual([413, 200]);
});

test('a bug of a service is an internal failure that says nothing of it, and the endpoint goes on', async () => {
  const { post, errors } = await running();

  const failed = await post('{}', { 'x-amz-target': 'Broken.Call' });
  const next = await post('Action=GetCallerIdentity&Version=2011-06-15');

  expect(failed.status).toBe(500);
  expect(await failed.json()).toEqual({ __type: 'InternalFailure', message: 'The request processing has failed.' });
  expect(errors).toMatchObject([{ message: 'a bug of ours' }]);
  expect(await next.text()).toContain('<Arn>arn:aws:iam::123456789012:user/AKIA</Arn>');
});

test('a port that is taken is told at once', async () => {
  const { wire } = await running();

  const second = startWire({ services: [], port: Number(new URL(wire.url).port) });

  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('a file that is no store is named, and left alone', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'stopship-embedded-'));
  writeFileSync(join(dataDir, 'services.sqlite'), 'these are not the bytes of a database, but somebody needs them');

  expect(() => openStore(dataDir)).toThrow(/services\.sqlite cannot be opened as a store of stopship: move it away/);
});

test('a transaction that fails leaves nothing behind, neither on disk nor in memory', () => {
  const store = openStore(null);
  const notes = store.documents('note', z.string());
  notes.put('a', 'kept');

  const failing = () =>
    store.transaction(() => {
      notes.put('a', 'changed');
      notes.put('b', 'new');
      throw new Error('no');
    });

  expect(failing).toThrow('no');
  expect(notes.all()).toEqual(['kept']);
});

test('what was answered survives kill -9', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'stopship-embedded-'));
  const production = { pipelineName: 'checkout', stageName: 'Production', transitionType: 'Inbound' } as const;
  const first = await started(dataDir);
  await first.client.send(new DisableStageTransitionCommand({ ...production, reason: 'a flaw' }));
  const { pipelineExecutionId } = await first.client.send(new StartPipelineExecutionCommand({ name: 'checkout' }));
  first.child.kill('SIGKILL');
  await new Promise((resolve) => first.child.once('exit', resolve));

  const second = await started(dataDir);
  const stage = () =>
    second.client
      .send(new GetPipelineStateCommand({ name: 'checkout' }))
      .then(({ stageStates }) => stageStates?.find(({ stageName }) => stageName === 'Production'));
  const inbound = await eventually(async () => (await stage())?.inboundExecution);

  expect(inbound.pipelineExecutionId).toBe(pipelineExecutionId);
  expect((await stage())?.inboundTransitionState).toMatchObject({ enabled: false, disabledReason: 'a flaw' });
});

const hasCli = spawnSync('aws', ['--version']).status === 0;

test.skipIf(!hasCli)('the AWS CLI reads and switches a transition (skipped without it)', async () => {
  const { url } = await started(null);
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'AKIACLI',
    AWS_SECRET_ACCESS_KEY: 's',
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: url,
  };
  const aws = (...words: readonly string[]) =>
    execFileSync('aws', ['codepipeline', ...words, '--output', 'json'], { env, encoding: 'utf8' });

  aws(
    'disable-stage-transition',
    '--pipeline-name',
    'checkout',
    '--stage-name',
    'Production',
    '--transition-type',
    'Inbound',
    '--reason',
    'by hand',
  );
  const { stageStates } = JSON.parse(aws('get-pipeline-state', '--name', 'checkout'));

  expect(stageStates[2].inboundTransitionState).toMatchObject({
    enabled: false,
    disabledReason: 'by hand',
    lastChangedBy: 'arn:aws:iam::123456789012:user/AKIACLI',
  });
});

async function started(dataDir: string | null) {
  const args = [join(import.meta.dirname, 'durable.ts'), ...(dataDir === null ? [] : [dataDir])];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  closings.push(() => child.kill('SIGKILL'));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (line) => resolve(String(line).trim()));
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
  });
  const client = new CodePipelineClient({ endpoint: url, region: 'eu-west-1', credentials, maxAttempts: 1 });
  return { child, client, url };
}
