import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../lib/aws/ports.ts';
import { demoFinding } from '../../lib/embedded/demo.ts';
import type { Runtime } from '../../lib/embedded/runtime.ts';
import { ownAccessKey } from '../../lib/embedded/services.ts';
import { eventsOf, readHold } from '../../lib/hold/ledger.ts';
import { filedReviews } from '../../lib/review/file.ts';
import { type BundledFunction, LambdaProcess, resolved, synthesise } from './bundles.ts';
import { codeOf, decideByLink, mailTo, policyTextByDay, startWorld, strangersClients, until } from './world.ts';

const policyFile = join(mkdtempSync(join(tmpdir(), 'stopship-bundles-')), 'policy.yaml');
const processes = new Map<string, LambdaProcess>();
let runtime: Runtime;
let front: Server;

/** Everything AWS would do around the functions: the HTTP API before `decide`, and Lambda's own API, on one address. */
beforeAll(async () => {
  front = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  const address = await new Promise<string>((resolve) => {
    front.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${Object(front.address()).port}`));
  });
  writeFileSync(policyFile, policyTextByDay());
  const { functions, definition } = synthesise(policyFile, address);
  const workflow: unknown = JSON.parse(resolved(definition, (logicalId) => logicalId));
  ({ runtime } = await startWorld({
    functions: { definition: workflow, invoke: (name, payload) => called(name).invoke(payload) },
    sweepEvery: 2_000,
  }));
  for (const one of functions)
    processes.set(one.logicalId, new LambdaProcess(one.directory, environmentOf(one, address)));
  runtime.go();
}, 240_000);
afterAll(async () => {
  await runtime?.stop();
  for (const one of processes.values()) one.stop();
  front?.close();
  rmSync(dirname(policyFile), { recursive: true, force: true });
});

test('each bundle, with the environment that the template gives it, plays the main path', {
  timeout: 240_000,
}, async () => {
  const bus = await strangersClients(runtime).eventBridge();
  const { PutEventsCommand } = await import('@aws-sdk/client-eventbridge');
  const Detail = JSON.stringify({ findings: JSON.parse(demoFinding(systemClock.now())).Findings });

  await bus.send(
    new PutEventsCommand({
      Entries: [{ Source: 'aws.securityhub', DetailType: 'Security Hub Findings - Imported', Detail }],
    }),
  );
  const holdId = await until(async () => (await runtime.ports.table.listed('HOLDS'))[0]?.id);
  const id = String(holdId);
  const mail = await mailTo(runtime, 'rui', id);
  const hold = await readHold(runtime.ports.table, id);
  const decided = await decideByLink(mail.links[0] ?? '', {
    action: 'more-time',
    reason: 'the fix is being built',
    confirmation: hold?.code ?? '',
    hours: '4',
  });
  expect(decided.status, decided.page).toBe(200);
  const later = await mailTo(runtime, 'rui', id, 'more-time');
  const approved = await decideByLink(later.links[0] ?? '', {
    action: 'remediation-approved',
    reason: 'certifi is updated',
    confirmation: hold?.code ?? '',
    totp: codeOf(runtime, 'rui'),
    release: '8d8d8d8',
    reference: 'change 4711',
  });
  expect(approved.status, approved.page).toBe(200);

  const [pipeline] = runtime.services.pipelines.pipelines;
  if (pipeline === undefined) throw new Error('no pipeline');
  const digest = `sha256:${'8d'.repeat(32)}`;
  runtime.services.pipelines.bring(pipeline, { commit: '8d'.repeat(20), author: 'dee@example.com', digest });
  await until(() => runtime.services.pipelines.rows()[0]?.stages.at(-1)?.waiting?.digest === digest);
  runtime.services.findings.say({
    id: `arn:aws:ecr:eu-central-1:123456789012:repository/repo-poetry/${digest}`,
    exists: true,
    scanned: true,
  });
  const review = await until(async () => (await filedReviews(runtime.ports.table)).find((one) => one.id === id));

  expect(review.outcome).toBe('remediated');
  const kinds = (await eventsOf(runtime.ports.table, id)).map(({ kind }) => kind);
  expect(kinds).toEqual(
    expect.arrayContaining(['opened', 'in-force', 'told', 'voted', 'decided', 'verified', 'closed', 'resumed']),
  );
  await until(() => runtime.services.pipelines.rows()[0]?.stages.at(-1)?.passed?.digest === digest);
  await runtime.summaryNow();
  const called = [...processes].filter(([, one]) => one.calls > 0).map(([logicalId]) => nameOf(logicalId));
  expect(called.toSorted()).toEqual([
    'Await',
    'Decide',
    'Dispatch',
    'Gate',
    'Intake',
    'Notify',
    'Override',
    'Review',
    'Stage',
    'Summary',
    'Sweep',
    'Verify',
  ]);
});

function called(name: string): LambdaProcess {
  const found = [...processes].find(([logicalId]) => logicalId === name || nameOf(logicalId).toLowerCase() === name);
  if (found === undefined) throw new Error(`the app has no function ${name}`);
  return found[1];
}

function nameOf(logicalId: string): string {
  return logicalId.replace(/^Stopship(\w+)Function[0-9A-F]{8}$/, '$1');
}

/** What the template says, where the references are this machine's, and where the services are. */
function environmentOf(one: BundledFunction, front: string): { readonly [name: string]: string } {
  const references: { readonly [name: string]: string } = {
    TABLE_NAME: runtime.table,
    SECRET_ARN: 'stopship',
    TOPIC_ARNS: runtime.topicArns.join(','),
  };
  const given = Object.entries(one.environment).map(([name, value]) => [
    name,
    resolved(value, (logicalId) => references[name] ?? (name === 'ROLES' ? 'stopship-local' : logicalId)),
  ]);
  return {
    ...Object.fromEntries(given),
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: ownAccessKey,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL: runtime.awsEndpoint,
    AWS_ENDPOINT_URL_DYNAMODB: runtime.dynamodbEndpoint ?? '',
    AWS_ENDPOINT_URL_LAMBDA: front,
  };
}

const HttpAnswer = z.object({
  statusCode: z.number(),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const body = Buffer.concat(chunks);
  const url = new URL(request.url ?? '/', 'http://front');
  const invoked = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(url.pathname)?.[1];
  if (invoked !== undefined) {
    const result = await called(decodeURIComponent(invoked)).invoke(JSON.parse(body.toString('utf8')));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
    return;
  }
  const reply = HttpAnswer.parse(await called('decide').invoke(apiEvent(request, url, body)));
  response
    .writeHead(reply.statusCode, reply.headers)
    .end(Buffer.from(reply.body, reply.isBase64Encoded ? 'base64' : 'utf8'));
}

/** A request as the HTTP API hands it on, payload format 2.0. */
function apiEvent(request: IncomingMessage, url: URL, body: Buffer): unknown {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const http = {
    method: request.method,
    path: url.pathname,
    protocol: 'HTTP/1.1',
    sourceIp: '127.0.0.1',
    userAgent: 'test',
  };
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers,
    requestContext: {
      accountId: '123456789012',
      apiId: 'api',
      domainName: url.host,
      domainPrefix: 'api',
      http,
      requestId: '1',
      routeKey: '$default',
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
    body: body.toString('base64'),
    isBase64Encoded: true,
  };
}
