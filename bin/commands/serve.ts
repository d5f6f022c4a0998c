import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { DataDir } from '../../lib/embedded/data-dir.ts';
import type { Runtime } from '../../lib/embedded/runtime.ts';
import { builtInPolicy } from '../../lib/policy/default.ts';
import { loadPolicy } from '../../lib/policy/load.ts';
import type { PolicyInForce } from '../../lib/policy/policy.ts';
import { lineOf, UsageError } from '../command-line/failure.ts';
import { readNeeded } from '../command-line/input.ts';
import { defaultDataDir, policyCopy } from '../command-line/place.ts';
import { paint, say, sayJson, tell } from '../command-line/terminal.ts';

type Options = {
  readonly port?: string;
  readonly data?: string;
  readonly policy?: string;
  readonly kev?: string;
  readonly demo?: boolean;
  readonly ledger: string;
  readonly json?: boolean;
};

/** `stopship serve`: all of stopship on this machine. */
export function addServe(program: Command): void {
  program
    .command('serve')
    .description('run all of stopship on this machine, until Ctrl-C')
    .option('--port <n>', 'port of the pages (default: the last one of the data directory, else any free one)')
    .option('--data <dir>', `directory that keeps everything (default: ${defaultDataDir})`)
    .option('--policy <file>', 'services, rules and people')
    .option('--kev <place>', "CISA's catalogue of known exploited vulnerabilities: a file, or https://…, read daily")
    .option('--demo', 'enrol everybody of the policy; without --policy bring a policy and open a story')
    .option('--ledger <kind>', 'dynamodb, or memory, which keeps nothing', 'dynamodb')
    .option('--json', 'the first line says where everything is')
    .addHelpText(
      'after',
      '\nExamples:\n  $ stopship serve --demo\n  $ stopship serve --policy policy.yaml --data ~/stopship --port 8080',
    )
    .action(serve);
}

async function serve(options: Options): Promise<void> {
  const ledger = ledgerOf(options.ledger);
  const named = options.port === undefined ? null : portOf(options.port);
  const { takeDataDir } = await import('../../lib/embedded/data-dir.ts');
  const { startRuntime } = await import('../../lib/embedded/runtime.ts');
  const story =
    options.demo === true && options.policy === undefined ? await import('../../lib/embedded/demo.ts') : null;
  const policyText = await policyTextFor(options);
  const { isAddress } = await import('../../lib/embedded/kev.ts');
  if (options.kev !== undefined && !isAddress(options.kev)) await readNeeded(options.kev);
  const policy = policyText === null ? builtInPolicy : loadPolicy(policyText, options.policy ?? 'the demo policy');
  const keepsNothing = ledger === 'memory' && options.data === undefined;
  const dataDir = keepsNothing ? null : takeDataDir(options.data ?? defaultDataDir);
  const runtime = await startRuntime({
    policy,
    dataDir: ledger === 'memory' ? null : dataDir,
    port: named ?? (await lastPort(dataDir)),
    ledger,
    demo: options.demo === true,
    onError: (error) => tell(`stopship: ${lineOf(error)}`),
    ...(options.kev === undefined ? {} : { kev: options.kev }),
    ...(story === null ? {} : { pipelines: story.demoPipelines(policy) }),
  });
  stopOnSignal(runtime, dataDir);
  if (dataDir !== null) announce(dataDir, runtime, { policyText, isDemo: options.demo === true });
  await story?.openDemo(runtime);
  runtime.go();
  if (options.json === true) sayJson(placeOf(runtime, dataDir));
  (options.json === true ? tell : say)(welcome(runtime, policy, { dataDir, isDemo: options.demo === true }));
}

/** The text of the policy file, or of the demo's own; null means the built-in rules. */
async function policyTextFor({ policy, demo }: Options): Promise<string | null> {
  if (policy !== undefined) return await readNeeded(policy);
  return demo === true ? readFileSync(new URL('../../lib/embedded/demo-policy.yaml', import.meta.url), 'utf8') : null;
}

function ledgerOf(word: string): 'dynamodb' | 'memory' {
  if (word === 'dynamodb' || word === 'memory') return word;
  throw new UsageError(`--ledger is dynamodb or memory, not ${JSON.stringify(word)}.`);
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`--port is a number from 0 to 65535, not ${JSON.stringify(text)}.`);
}

const portFile = 'port';

/** The port of the last time, so that links sent then still lead here; 0, any free one, when it is taken or none is known. */
async function lastPort(dataDir: DataDir | null): Promise<number> {
  const file = dataDir === null ? '' : join(dataDir.path, portFile);
  if (file === '' || !existsSync(file)) return 0;
  const port = Number(readFileSync(file, 'utf8').trim());
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return 0;
  return await new Promise((resolve) => {
    const probe = createServer();
    probe.on('error', () => resolve(0));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(port)));
  });
}

/** Leaves in the data directory what the other commands need. */
function announce(
  dataDir: DataDir,
  runtime: Runtime,
  { policyText, isDemo }: { readonly policyText: string | null; readonly isDemo: boolean },
): void {
  const { url, awsEndpoint, dynamodbEndpoint, table } = runtime;
  const copy = join(dataDir.path, policyCopy);
  if (policyText === null) rmSync(copy, { force: true });
  else writeFileSync(copy, policyText, { mode: 0o600 });
  writeFileSync(join(dataDir.path, portFile), `${new URL(url).port}\n`);
  dataDir.announce({ pid: process.pid, url, awsEndpoint, dynamodbEndpoint, table, demo: isDemo });
}

function placeOf({ url, awsEndpoint, dynamodbEndpoint, table }: Runtime, dataDir: DataDir | null): unknown {
  return { url, awsEndpoint, dynamodbEndpoint, table, dataDir: dataDir?.path ?? null };
}

/** One Ctrl-C reaches us twice when npm passes it on too; only a later one is a second one. */
const sameSignalMs = 500;

/** The first signal stops children in order, the second ends the process at once. */
function stopOnSignal(runtime: Runtime, dataDir: DataDir | null): void {
  let stoppingSince: number | null = null;
  async function stop(signal: 'SIGINT' | 'SIGTERM'): Promise<void> {
    const now = Date.now();
    if (stoppingSince !== null) {
      if (now - stoppingSince > sameSignalMs) process.exit(signal === 'SIGINT' ? 130 : 143);
      return;
    }
    stoppingSince = now;
    tell('Stopping. Nothing that was accepted is lost; Ctrl-C again ends at once.');
    try {
      await runtime.stop();
      dataDir?.release();
      process.exit(0);
    } catch (error) {
      tell(`stopship did not stop in order: ${lineOf(error)}`);
      process.exit(1);
    }
  }
  process.on('SIGINT', () => void stop('SIGINT'));
  process.on('SIGTERM', () => void stop('SIGTERM'));
}

type Setting = { readonly dataDir: DataDir | null; readonly isDemo: boolean };

function welcome({ url }: Runtime, policy: PolicyInForce, { dataDir, isDemo }: Setting): string {
  return [
    `stopship runs at ${paint(['bold', 'underline'], url)}`,
    '',
    ...nextSteps(url, policy, isDemo),
    '',
    dataDir === null
      ? 'It keeps nothing: all ends with Ctrl-C.'
      : `It keeps everything in ${dataDir.path}. Ctrl-C stops it.`,
  ].join('\n');
}

function nextSteps(url: string, policy: PolicyInForce, isDemo: boolean): readonly string[] {
  if (isDemo) {
    return [
      `  1. Open ${url} to see the pipelines and what is halted.`,
      `  2. Read at ${url}/mailbox what each person was told, and open a link as that person.`,
      '  3. Decide, and watch the stage resume on evidence.',
    ];
  }
  if (policy.services.length === 0) {
    return [
      '  No service is protected yet: findings are judged by the built-in rules, nothing halts.',
      '  Write a policy and start again with --policy policy.yaml (stopship policy schema helps your editor).',
    ];
  }
  return [
    `  It protects ${policy.services.map(({ name }) => name).join(', ')}.`,
    '  stopship people enroll ID    gives a person a second factor',
    '  stopship send finding.json   sends it a finding',
  ];
}
