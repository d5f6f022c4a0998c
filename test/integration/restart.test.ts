import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { codeNow } from '../../lib/embedded/people.ts';
import { instantOf } from '../../lib/finding/instant.ts';
import { decideByLink, until } from './world.ts';

const Started = z.object({ url: z.string(), awsEndpoint: z.string(), dataDir: z.string() });
const Holds = z.array(
  z.object({
    id: z.string(),
    code: z.string(),
    service: z.string(),
    status: z.string(),
    outcome: z.string().nullable(),
    decision: z.string().nullable(),
  }),
);
const Messages = z.array(
  z.object({
    personId: z.string().nullable(),
    holdId: z.string().nullable(),
    channel: z.string(),
    kind: z.string(),
    links: z.array(z.string()),
  }),
);
const People = z.array(z.object({ id: z.string(), otpauth: z.string() }));
const Pipelines = z.array(
  z.object({
    name: z.string(),
    stages: z.array(
      z.object({
        transition: z.string(),
        release: z.object({ digest: z.string().nullable(), position: z.string() }).nullable(),
      }),
    ),
  }),
);
const Reviews = z.array(z.object({ id: z.string(), outcome: z.string() }));

let dataDir: string;
let running: ChildProcess | null = null;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'stopship-restart-'));
});
afterEach(async () => {
  await kill();
  rmSync(dataDir, { recursive: true, force: true });
});

test('a hold goes on from every state in which the machine may die', { timeout: 120_000 }, async () => {
  let url = await start();
  const opened = await checkout(url);
  expect(opened.status).not.toBe('closed');

  url = await restart();
  const inForce = await until(async () => {
    const hold = await checkout(url);
    return hold.status === 'in-force' && hold;
  });
  expect(await transition(url)).toBe('disabled');
  const link = await until(async () => await linkTo(url, 'rui', inForce.id));

  url = await restart();
  const decided = await decideByLink(link, {
    action: 'remediation-approved',
    reason: 'certifi is updated',
    confirmation: inForce.code,
    totp: await totp(url, 'rui'),
  });
  expect(decided.status).toBe(200);

  url = await restart();
  await until(async () => (await checkout(url)).decision === 'remediation-approved');
  expect(await transition(url)).toBe('disabled');
  const flawed = await waitingDigest(url);
  await post(url, '/releases', new URLSearchParams({ service: 'checkout' }));
  await until(async () => ![null, flawed].includes(await waitingDigest(url)));

  url = await restart();
  await until(async () => (await post(url, '/scans', new URLSearchParams({ service: 'checkout' }))) < 400);

  url = await restart();
  await until(async () => (await checkout(url)).status === 'closed');
  await until(async () => (await transition(url)) === 'enabled');
  const review = await until(async () =>
    (await read(url, '/api/reviews', Reviews)).find(({ id }) => id === inForce.id),
  );
  expect(review.outcome).toBe('remediated');
  const told = (await read(url, '/api/messages', Messages)).filter(
    ({ personId, holdId, kind, channel }) =>
      personId === 'eva' && holdId === inForce.id && kind === 'opened' && channel === 'email',
  );
  expect(told).toHaveLength(1);
});

test('a second runtime on one data directory is refused in one sentence', async () => {
  await start();

  const second = spawn(process.execPath, ['bin/stopship.js', 'serve', '--data', dataDir], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  second.stderr.on('data', (text) => {
    said += String(text);
  });
  const code = await new Promise((resolve) => second.on('exit', resolve));

  expect(code).toBe(1);
  expect(said.trim()).toBe(`${dataDir} is in use by another runtime: stop it, or name another directory with --data.`);
});

async function start(): Promise<string> {
  const child = spawn(process.execPath, ['bin/stopship.js', 'serve', '--demo', '--data', dataDir, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running = child;
  for await (const line of createInterface({ input: child.stdout })) return Started.parse(JSON.parse(line)).url;
  throw new Error('the runtime did not start');
}

async function kill(): Promise<void> {
  const child = running;
  running = null;
  if (child === null || child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

async function restart(): Promise<string> {
  await kill();
  return await start();
}

async function read<T>(url: string, path: string, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(await (await fetch(`${url}${path}`)).json());
}

async function checkout(url: string): Promise<z.infer<typeof Holds>[number]> {
  return await until(async () => (await read(url, '/api/holds', Holds)).find(({ service }) => service === 'checkout'));
}

async function production(url: string) {
  return (await read(url, '/api/pipelines', Pipelines)).find(({ name }) => name === 'checkout')?.stages.at(-1);
}

async function transition(url: string): Promise<string | undefined> {
  return (await production(url))?.transition;
}

async function waitingDigest(url: string): Promise<string | null> {
  const release = (await production(url))?.release;
  return release?.position === 'waiting' ? release.digest : null;
}

/** Links name the address of the runtime that sent them; this one may have another port. */
async function linkTo(url: string, personId: string, holdId: string): Promise<string | null> {
  const messages = await read(url, '/api/messages', Messages);
  const mail = messages.find((one) => one.personId === personId && one.holdId === holdId && one.channel === 'email');
  const [link] = mail?.links ?? [];
  return link === undefined ? null : link.replace(/^https?:\/\/[^/]+/, url);
}

async function totp(url: string, personId: string): Promise<string> {
  const person = (await read(url, '/api/people', People)).find(({ id }) => id === personId);
  return codeNow(person?.otpauth ?? '', instantOf(Date.now()))?.code ?? '';
}

async function post(url: string, path: string, body: URLSearchParams): Promise<number> {
  const headers = { origin: url, 'sec-fetch-site': 'same-origin' };
  return (await fetch(`${url}${path}`, { method: 'POST', body, headers, redirect: 'manual' })).status;
}
