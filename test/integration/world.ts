import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { awsClients } from '../../lib/aws/clients.ts';
import { demoPipelines } from '../../lib/embedded/demo.ts';
import { codeNow, type Received, receivedMessages } from '../../lib/embedded/people.ts';
import { type Runtime, type RuntimeOptions, startRuntime } from '../../lib/embedded/runtime.ts';
import { instantOf } from '../../lib/finding/instant.ts';
import { loadPolicy } from '../../lib/policy/load.ts';
import type { PolicyInForce } from '../../lib/policy/policy.ts';

/** The demo's policy without its quiet hours, as text: whatever the time is as a test runs, people are told at once. */
export function policyTextByDay(): string {
  return readFileSync('lib/embedded/demo-policy.yaml', 'utf8').replace(/, quiet: "[^"]*"/, '');
}

/** The same, loaded. Throws when the quiet hours are written in another way than it knows. */
export function policyByDay(): PolicyInForce {
  const policy = loadPolicy(policyTextByDay(), "the demo's policy by day");
  if (policy.clock.quiet !== undefined) throw new Error('the quiet hours of the demo are still there');
  return policy;
}

/** A runtime on free ports that keeps nothing, with the demo's two services; errors of the background are collected. */
export async function startWorld(
  options: Partial<RuntimeOptions> = {},
): Promise<{ readonly runtime: Runtime; readonly errors: readonly unknown[] }> {
  const policy = policyByDay();
  const errors: unknown[] = [];
  const runtime = await startRuntime({
    policy,
    dataDir: null,
    port: 0,
    ledger: 'dynamodb',
    demo: true,
    pipelines: demoPipelines(policy),
    pace: { step: 20, stage: 200 },
    sweepEvery: 300,
    onError: (error) => errors.push(error),
    ...options,
  });
  return { runtime, errors };
}

/** SDK clients as any program on this machine would make them, with keys that are not stopship's own. */
export function strangersClients(runtime: Runtime) {
  return awsClients({
    endpoint: runtime.awsEndpoint,
    ...(runtime.dynamodbEndpoint === null ? {} : { dynamodbEndpoint: runtime.dynamodbEndpoint }),
    region: 'eu-central-1',
    credentials: { accessKeyId: 'SOMEBODY', secretAccessKey: 'secret' },
  });
}

/** The JSON that the runtime answers. */
export async function json<T>(runtime: Runtime, path: string): Promise<T> {
  const response = await fetch(`${runtime.url}${path}`);
  return await (response.json() as Promise<T>);
}

/** Waits for what comes about by itself, as long as the test may run. */
export async function until<T>(
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) return seen;
    await sleep(50);
  }
}

/** The mail with which a person can decide on a hold. */
export async function mailTo(runtime: Runtime, personId: string, holdId: string, kind = 'opened'): Promise<Received> {
  return await until(() =>
    receivedMessages(runtime.services.mailbox, runtime.ports.policy).find(
      (message) =>
        message.personId === personId &&
        message.holdId === holdId &&
        message.channel === 'email' &&
        message.kind === kind,
    ),
  );
}

/** What a person's authenticator shows now. */
export function codeOf(runtime: Runtime, personId: string): string {
  const otpauth = runtime.people.find(({ id }) => id === personId)?.otpauth ?? '';
  return codeNow(otpauth, instantOf(Date.now()))?.code ?? '';
}

/** Opens a link and posts its form, as a browser without scripts does. */
export async function decideByLink(
  link: string,
  fields: { readonly [field: string]: string },
): Promise<{ readonly status: number; readonly page: string }> {
  const page = await (await fetch(link)).text();
  const nonce = /name="nonce" value="([^"]+)"/.exec(page)?.[1] ?? '';
  const answer = await fetch(link, {
    method: 'POST',
    body: new URLSearchParams({ nonce, ...fields }),
    headers: { origin: new URL(link).origin, 'sec-fetch-site': 'same-origin' },
  });
  return { status: answer.status, page: await answer.text() };
}
