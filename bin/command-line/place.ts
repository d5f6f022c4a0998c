import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { AwsClients } from '../../lib/aws/clients.ts';
import type { Vault } from '../../lib/decision/vault.ts';
import type { RuntimeFile } from '../../lib/embedded/data-dir.ts';
import type { Chance, ClockPort } from '../../lib/hold/ports.ts';
import type { Table } from '../../lib/hold/table.ts';
import { nearest } from '../../lib/policy/contradictions.ts';
import { builtInPolicy } from '../../lib/policy/default.ts';
import { loadPolicy } from '../../lib/policy/load.ts';
import type { Person, PolicyInForce, Service } from '../../lib/policy/policy.ts';
import { Failure, UsageError } from './failure.ts';
import { readNeeded } from './input.ts';

/** The options that say where the ledger is. */
export type PlaceOptions = {
  readonly data?: string;
  readonly table?: string;
  readonly policy?: string;
  readonly secret?: string;
};

/** Directory of a local runtime where none is named. */
export const defaultDataDir = '.stopship';

/** The file in a data directory that holds the policy of its runtime, for the other commands. */
export const policyCopy = 'policy.yaml';

/** A ledger with what a command needs beside it. */
export type Place = {
  readonly table: Table;
  readonly policy: PolicyInForce;
  readonly vault: Vault;
  readonly clock: ClockPort;
  readonly chance: Chance;
  readonly clients: AwsClients;
  /** Null in an account. */
  readonly runtime: RuntimeFile | null;
};

/** Adds the options that say where the ledger is. */
export function addPlaceOptions(command: Command): Command {
  return command
    .option('--data <dir>', `data directory of a local runtime (default: ${defaultDataDir})`)
    .option('--table <name>', "table of an account's ledger; needs --policy, and the caller's own credentials")
    .option('--policy <file>', 'policy of that account');
}

/** Opens the ledger that the options name. Throws a Failure, or a SetupError when no runtime is there. */
export async function openPlace(options: PlaceOptions): Promise<Place> {
  const { systemChance: chance, systemClock: clock } = await import('../../lib/aws/ports.ts');
  const { dynamoTable } = await import('../../lib/aws/dynamo-table.ts');
  const { vaultOf } = await import('../../lib/aws/vault.ts');
  if (options.table === undefined) {
    const local = await openRuntime(options);
    if (local.runtime.dynamodbEndpoint === null) {
      throw new Failure(
        'That runtime keeps its ledger in memory, where no other command can look: start it without --ledger memory.',
      );
    }
    const { clients, policy, runtime } = local;
    const table = dynamoTable({ documents: () => clients.dynamodb(), tableName: runtime.table, clock, chance });
    return { table, policy, vault: vaultOf(async () => await localSecrets(options)), clock, chance, clients, runtime };
  }
  if (options.data !== undefined)
    throw new UsageError('Give either --data (a local runtime) or --table (an account), not both.');
  if (options.policy === undefined)
    throw new UsageError('With --table give the policy of that account too: --policy FILE.');
  const { awsClients } = await import('../../lib/aws/clients.ts');
  const clients = awsClients();
  const tableName = options.table;
  return {
    table: dynamoTable({ documents: () => clients.dynamodb(), tableName, clock, chance }),
    policy: await readPolicy(options.policy),
    vault: vaultOf(async () => await secretsOfAccount(clients, options.secret)),
    clock,
    chance,
    clients,
    runtime: null,
  };
}

/** A local runtime that says it is running: how to reach it, and its policy. */
export async function openRuntime(
  options: PlaceOptions,
): Promise<Pick<Place, 'policy' | 'clients'> & { readonly runtime: RuntimeFile }> {
  const { runtimeOf } = await import('../../lib/embedded/data-dir.ts');
  const { awsClients } = await import('../../lib/aws/clients.ts');
  const dir = options.data ?? defaultDataDir;
  const runtime = runtimeOf(dir);
  if (!isRunning(runtime.pid)) {
    throw new Failure(
      `The runtime of ${resolve(dir)} ended without a word: start it again with \`stopship serve --data ${dir}\`; nothing it kept is lost.`,
    );
  }
  const policy = policyOfRuntime(dir);
  const clients = awsClients({
    endpoint: runtime.awsEndpoint,
    dynamodbEndpoint: runtime.dynamodbEndpoint ?? runtime.awsEndpoint,
    region: policy.services[0]?.pipeline.region ?? 'eu-west-1',
    credentials: { accessKeyId: callerAccessKey, secretAccessKey: 'local' },
  });
  return { runtime, policy, clients };
}

/** Not the key under which the runtime itself calls: what a person does from here is never taken for its own doing. */
const callerAccessKey = 'STOPSHIPCLI';

/** The policy of a file. Throws a PolicyError that names its every problem. */
export async function readPolicy(file: string): Promise<PolicyInForce> {
  return loadPolicy(await readNeeded(file), file);
}

/** A service of the policy by its name. Throws a Failure that says which there are. */
export function serviceNamed(policy: PolicyInForce, name: string): Service {
  const service = policy.services.find((one) => one.name === name);
  if (service !== undefined) return service;
  throw new Failure(
    `The policy has no service ${JSON.stringify(name)}${among(
      name,
      policy.services.map((one) => one.name),
      'services',
    )}`,
  );
}

/** A person of the policy by their id. Throws a Failure that says who there is. */
export function personNamed(policy: PolicyInForce, id: string): Person {
  const person = policy.people.find((one) => one.id === id);
  if (person !== undefined) return person;
  throw new Failure(
    `The policy has nobody with the id ${JSON.stringify(id)}${among(
      id,
      policy.people.map((one) => one.id),
      'people',
    )}`,
  );
}

/** Posts events to a runtime and answers its JSON with the status. Throws a Failure when nobody answers. */
export async function postEvents(
  runtime: RuntimeFile,
  body: string,
): Promise<{ readonly status: number; readonly answer: unknown }> {
  try {
    const response = await fetch(new URL('/events', runtime.url), { method: 'POST', body });
    return { status: response.status, answer: await response.json() };
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    throw new Failure(`The runtime at ${runtime.url} does not answer: is it still running?`);
  }
}

function among(meant: string, names: readonly string[], what: string): string {
  if (names.length === 0) return `: it names no ${what}.`;
  const near = nearest(meant, names);
  return near === null ? `; its ${what} are ${names.join(', ')}.` : `: did you mean ${near}?`;
}

/** The policy under which the runtime was started; it left a copy unless it was started without one. */
function policyOfRuntime(dir: string): PolicyInForce {
  const file = join(resolve(dir), policyCopy);
  return existsSync(file) ? loadPolicy(readFileSync(file, 'utf8'), file) : builtInPolicy;
}

async function localSecrets(options: PlaceOptions) {
  const { Secrets } = await import('../../lib/aws/vault.ts');
  const file = join(resolve(options.data ?? defaultDataDir), 'secrets.json');
  return Secrets.parse(JSON.parse(await readNeeded(file)));
}

async function secretsOfAccount(clients: AwsClients, SecretId: string | undefined) {
  if (SecretId === undefined) throw new UsageError('With --table name the secret of that account too: --secret ARN.');
  const { Secrets } = await import('../../lib/aws/vault.ts');
  const { GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const { SecretString } = await (await clients.secretsManager()).send(new GetSecretValueCommand({ SecretId }));
  return Secrets.parse(JSON.parse(SecretString ?? '{}'));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
