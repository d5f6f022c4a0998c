import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { faultsOf } from '../brief/subscription.ts';
import { Settled } from '../hold/controller.ts';
import { loadPolicy } from '../policy/load.ts';
import type { PolicyInForce, StageAddress } from '../policy/policy.ts';
import { type AwsClients, awsClients } from './clients.ts';
import { codePipeline } from './code-pipeline.ts';
import { dynamoTable } from './dynamo-table.ts';
import { findingSource } from './finding-source.ts';
import { kevFeedAt } from './kev-feed.ts';
import { report, safeError } from './log.ts';
import { type Ports, portsOf, systemChance, systemClock } from './ports.ts';
import { snsNotifier } from './sns-notifier.ts';
import { subscriptionsOf } from './subscriptions.ts';
import { Secrets, vaultOf } from './vault.ts';
import { workflowEngine } from './workflow-engine.ts';

/** A step bound to AWS: what Lambda calls. The ports come from the environment, on the first call. */
export function onAws<Event, Answer>(
  step: (ports: Ports, event: Event, clients: AwsClients) => Promise<Answer>,
): (event: Event) => Promise<Answer> {
  const clients = awsClients();
  let ports: Ports | null = null;
  return async (event) => {
    try {
      ports ??= portsFrom(process.env, clients, policyBeside());
      return await step(ports, event, clients);
    } catch (error) {
      report('step.failed', error);
      throw safeError(error);
    }
  };
}

/** Where the functions find their surroundings. Each has only what it needs; what is missing is said when it is used. */
type Environment = { readonly [name: string]: string | undefined };

/** The ports of an account: the environment names its resources. */
export function portsFrom(env: Environment, clients: AwsClients, policy: PolicyInForce): Ports {
  const chance = systemChance;
  const clock = systemClock;
  const topicArns = listOf(env.TOPIC_ARNS);
  const remote = env.STAGE_FUNCTION;
  const notifier = env.NOTIFY_FUNCTION;
  return portsOf({
    table: dynamoTable({ documents: () => clients.dynamodb(), tableName: needed(env, 'TABLE_NAME'), clock, chance }),
    pipeline: codePipeline(() => clients.codepipeline()),
    notifier: snsNotifier(
      () => clients.sns(),
      topicArns,
      () => Date.now(),
    ),
    findings: findingSource(
      () => clients.inspector2(),
      () => clients.securityHub(),
    ),
    workflow: workflowEngine(() => clients.sfn(), env.STATE_MACHINE_ARN ?? ''),
    vault: vaultOf(() => secretsOf(clients, needed(env, 'SECRET_ARN'))),
    subscriptionFaults: async () => faultsOf(await subscriptionsOf(await clients.sns(), topicArns), policy),
    clock,
    chance,
    policy,
    publicAddress: () => needed(env, 'PUBLIC_ADDRESS'),
    owner: `${hostname()}-${process.pid}`,
    ourRoles: listOf(env.ROLES),
    ...(env.KEV_ADDRESS === undefined ? {} : { kevFeed: kevFeedAt(env.KEV_ADDRESS) }),
    ...(remote === undefined ? {} : { reconcile: (stage: StageAddress) => reconcileThere(clients, remote, stage) }),
    ...(notifier === undefined ? {} : { tellDue: () => tellDueThere(clients, notifier) }),
  });
}

async function secretsOf(clients: AwsClients, SecretId: string): Promise<Secrets> {
  const { GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const { SecretString } = await (await clients.secretsManager()).send(new GetSecretValueCommand({ SecretId }));
  return Secrets.parse(JSON.parse(SecretString ?? '{}'));
}

/** Asks the stage controller's function: only its role may switch a transition on. */
async function reconcileThere(clients: AwsClients, name: string, stage: StageAddress): Promise<Settled> {
  const { isFailed, text } = await invoked(clients, name, { action: 'reconcile', stage });
  return isFailed
    ? { state: 'unsettled', why: `the stage controller failed: ${text.slice(0, 200)}` }
    : Settled.parse(JSON.parse(text));
}

/** Asks the function that tells people: only its role may send. */
async function tellDueThere(clients: AwsClients, name: string): Promise<number> {
  const { isFailed, text } = await invoked(clients, name, { action: 'due' });
  if (isFailed) throw new Error(`people could not be told: ${text.slice(0, 200)}`);
  return z.object({ told: z.number() }).parse(JSON.parse(text)).told;
}

async function invoked(
  clients: AwsClients,
  FunctionName: string,
  payload: unknown,
): Promise<{ readonly isFailed: boolean; readonly text: string }> {
  const { InvokeCommand } = await import('@aws-sdk/client-lambda');
  const answer = await (await clients.lambda()).send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) }),
  );
  return { isFailed: answer.FunctionError !== undefined, text: answer.Payload?.transformToString() ?? '' };
}

/** The policy that the deployment put beside the code. */
function policyBeside(): PolicyInForce {
  const file = join(import.meta.dirname, 'policy.yaml');
  return loadPolicy(readFileSync(file, 'utf8'), file);
}

function needed(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined || value === '')
    throw new Error(`the environment variable ${name} is not set: deploy the stack again`);
  return value;
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').filter((one) => one !== '');
}
