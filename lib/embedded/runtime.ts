import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { serve } from '@hono/node-server';
import { awsClients } from '../aws/clients.ts';
import { codePipeline } from '../aws/code-pipeline.ts';
import { createTableIfAbsent, dynamoTable } from '../aws/dynamo-table.ts';
import { findingSource } from '../aws/finding-source.ts';
import { gateFunction } from '../aws/gate.ts';
import { peoplePerTopic, syncPeople } from '../aws/people.ts';
import { type Ports, portsOf, systemChance, systemClock } from '../aws/ports.ts';
import { snsNotifier } from '../aws/sns-notifier.ts';
import { subscriptionsOf } from '../aws/subscriptions.ts';
import { newSecrets, vaultOf } from '../aws/vault.ts';
import { workflowEngine } from '../aws/workflow-engine.ts';
import { faultsOf } from '../brief/subscription.ts';
import { endTurns } from '../decision/sendings.ts';
import type { Finding, Reading } from '../finding/finding.ts';
import { readText, readValue } from '../finding/read.ts';
import { stageKeyOf } from '../hold/hold.ts';
import { intake, type TakenIn } from '../hold/intake.ts';
import { refreshKnownExploited } from '../hold/kev-feed.ts';
import { breakLease } from '../hold/lease.ts';
import { StageUnknown } from '../hold/pipeline.ts';
import type { Table } from '../hold/table.ts';
import type { PolicyInForce, Service } from '../policy/policy.ts';
import { workflow } from '../workflow/workflow.ts';
import { runtimeApp } from './app.ts';
import { type DataDir, SetupError } from './data-dir.ts';
import { tellOfDeadLetter } from './dead-letter-alarm.ts';
import { startDynoxide } from './dynoxide.ts';
import { type ErrandRunner, FailedItems, observed, runErrands } from './errands.ts';
import { callHere } from './functions.ts';
import type { Invoke } from './interpreter.ts';
import { daily, isAddress, kevFeedFrom } from './kev.ts';
import { memoryTable } from './memory-table.ts';
import { type DemoPerson, enrolEverybody } from './people.ts';
import type { Pace } from './pipelines.ts';
import { type PipelineOptions, pipelinesOf, withGate } from './releases.ts';
import { ownAccessKey, ownRole, type Services, startServices } from './services.ts';

export type RuntimeOptions = {
  readonly policy: PolicyInForce;
  /** Null: nothing is kept. */
  readonly dataDir: DataDir | null;
  /** 0: any free port. */
  readonly port: number;
  readonly ledger: 'dynamodb' | 'memory';
  /** Enrols everybody and lists their authenticators. */
  readonly demo: boolean;
  readonly onError: (error: unknown) => void;
  /** @default one pipeline per service of the policy, without releases of a story */
  readonly pipelines?: readonly PipelineOptions[];
  readonly pace?: Pace;
  /** The state machine that is interpreted, and who the functions are. @default our own, in this process */
  readonly functions?: { readonly definition: unknown; readonly invoke: Invoke };
  /** CISA's catalogue: a file, which must be one at the start, or an address. Both are read daily. @default no list */
  readonly kev?: string;
  /** Before the second try of an event, in milliseconds; it doubles. @default 500 */
  readonly retryMs?: number;
  /** Between passes of the sweep, in milliseconds. @default 5 s; on AWS it is a minute */
  readonly sweepEvery?: number;
};

/** A running runtime: all of stopship on this machine. */
export interface Runtime {
  readonly url: string;
  readonly awsEndpoint: string;
  readonly dynamodbEndpoint: string | null;
  readonly table: string;
  readonly ports: Ports;
  readonly services: Services;
  readonly people: readonly DemoPerson[];
  readonly topicArns: readonly string[];
  /** Takes in a text as it was posted: an event, findings, a list, NDJSON. */
  takeIn(text: string): Promise<readonly (readonly TakenIn[])[]>;
  takeInFinding(finding: Finding): Promise<readonly TakenIn[]>;
  /** One pass of the sweep now. */
  sweepNow(): Promise<void>;
  /** The summary of today, now. */
  summaryNow(): Promise<void>;
  /** Reads CISA's catalogue when it is time to. */
  feedWhenDue(): Promise<void>;
  /** Lets releases move; until then the pipelines stand still. */
  go(): void;
  stop(): Promise<void>;
}

/** The functions of the workflow, by their names here. */
const ownFunctions = { stage: 'stage', notify: 'notify', await: 'await', verify: 'verify', review: 'review' } as const;

/** Name of the ledger's table on this machine. */
export const localTable = 'stopship';

/** Starts the runtime. Throws a SetupError for what a person can mend. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { policy } = options;
  const { account, region } = policy.services[0]?.pipeline ?? { account: '000000000000', region: 'eu-west-1' };
  const credentials = { accessKeyId: ownAccessKey, secretAccessKey: 'local' };
  const ledger = await startLedger(options);
  const secrets = options.dataDir?.secrets() ?? newSecrets();
  let ports: Ports;
  async function call(name: string, payload: unknown): Promise<unknown> {
    if (options.functions !== undefined) return await options.functions.invoke(name, payload);
    return await (name === 'gate' ? gateFunction(ports, payload, clients) : callHere(name, ports, payload));
  }
  const services = await startServices({
    dataDir: options.dataDir?.path ?? null,
    account,
    region,
    pipelines: withGate(options.pipelines ?? pipelinesOf(policy.services), policy.services),
    pace: options.pace,
    definition: options.functions?.definition ?? workflow(ownFunctions),
    invoke: call,
    deliver: async (event) => {
      if (event.source === 'aws.codepipeline') {
        await call('override', event);
        return;
      }
      for (const reading of readValue(event))
        if (reading.status === 'finding') services.findings.record(reading.finding, event);
      const answer = FailedItems.parse(
        await call('intake', { Records: [{ messageId: event.id, body: JSON.stringify(event) }] }),
      );
      if (answer.batchItemFailures.length > 0)
        throw new Error('intake failed: the log says why, at intake.failed with this id');
    },
    onGivenUp(event, error) {
      options.onError(new Error(`event ${event.id} was given up: ${error}`));
      if (services.givenUp().length === 1) tellOfDeadLetter(ports, event).catch(options.onError);
    },
    retryMs: options.retryMs,
    secrets: { stopship: JSON.stringify(secrets) },
    confirmsAtOnce: (endpoint) => policy.people.some(({ email, sms }) => email === endpoint || sms === endpoint),
    onError: options.onError,
  });
  const clients = awsClients({
    endpoint: services.url,
    dynamodbEndpoint: ledger.endpoint ?? services.url,
    region,
    credentials,
  });
  const clock = systemClock;
  const chance = systemChance;
  const stored: Table =
    ledger.endpoint === null
      ? memoryTable()
      : dynamoTable({ documents: clients.dynamodb, tableName: localTable, clock, chance });
  if (ledger.endpoint !== null)
    await createTableIfAbsent({ documents: clients.dynamodb, tableName: localTable, clock, chance });
  const topicArns = await topicsFor(clients.sns, policy);
  let errands: ErrandRunner | null = null;
  let url = '';
  ports = portsOf({
    table: observed(stored, () => errands?.wake()),
    pipeline: codePipeline(clients.codepipeline),
    notifier: snsNotifier(clients.sns, topicArns, Date.now),
    subscriptionFaults: async () => faultsOf(await subscriptionsOf(await clients.sns(), topicArns), policy),
    findings: findingSource(clients.inspector2, clients.securityHub),
    workflow: workflowEngine(clients.sfn, services.stateMachineArn),
    vault: vaultOf(async () => secrets),
    clock,
    chance,
    policy,
    publicAddress: () => url,
    owner: `runtime-${process.pid}`,
    ourRoles: [ownRole],
    ...(options.kev === undefined ? {} : { kevFeed: kevFeedFrom(options.kev) }),
  });
  if (options.kev !== undefined && !isAddress(options.kev)) await loadCatalogue(ports, options.kev);
  if (ledger.isOurs) {
    for (const service of policy.services) await breakLease(stored, stageKeyOf(service.pipeline));
    await endTurns(stored, clock.now());
  }
  for (const service of policy.services) await refuseUnknownStage(ports, service);
  await syncPeople(await clients.sns(), topicArns, policy);
  const people = options.demo ? await enrolEverybody(ports) : [];

  async function take(readings: readonly Reading[], raw: unknown): Promise<readonly (readonly TakenIn[])[]> {
    for (const reading of readings) if (reading.status === 'finding') services.findings.record(reading.finding, raw);
    return await intake(ports, readings);
  }
  async function sweepNow(): Promise<void> {
    await call('sweep', {});
  }

  const runtime = {
    awsEndpoint: services.url,
    dynamodbEndpoint: ledger.endpoint,
    table: localTable,
    ports,
    services,
    people,
    topicArns,
    takeIn: (text: string) => take(readText(text), parsedOrNull(text)),
    takeInFinding: async (finding: Finding) => (await take([{ status: 'finding', finding }], null))[0] ?? [],
    sweepNow,
    summaryNow: async () => {
      await call('summary', {});
    },
    feedWhenDue: options.kev === undefined ? async () => {} : daily(() => call('feed', {}), clock.now),
    go: () => services.go(),
  };
  const app = runtimeApp({ runtime, css: picoCss(), url: () => url, onError: options.onError });
  const server = await listening(app.fetch, options.port).catch(async (error: unknown) => {
    await services.stop();
    await ledger.stop();
    throw error;
  });
  url = server.url;
  errands = runErrands(ports, call, options.onError);
  const clockwork = runClockwork(runtime, options);
  return {
    ...runtime,
    url,
    async stop() {
      await server.close();
      await clockwork.stop();
      await errands?.stop();
      await services.stop();
      await ledger.stop();
    },
  };
}

/** A file that is no catalogue is said at the start, not when a finding is judged without it. */
async function loadCatalogue(ports: Ports, file: string): Promise<void> {
  const refreshed = await refreshKnownExploited(ports);
  if (refreshed.status === 'refused') throw new SetupError(`${file} ${refreshed.why}.`);
}

/** A service whose stage cannot be halted is said at the start, not when the halt fails. */
async function refuseUnknownStage(ports: Ports, service: Service): Promise<void> {
  try {
    await ports.pipeline.state(service.pipeline);
  } catch (error) {
    if (error instanceof StageUnknown) throw new SetupError(`Service ${service.name}: ${error.message}.`);
    throw error;
  }
}

/** `isOurs`: nobody else uses it, so what a former process left locked is nobody's. */
type Ledger = { readonly endpoint: string | null; readonly isOurs: boolean; stop(): Promise<void> };

/** DynamoDB where the environment names one, else the emulator over the data directory; or memory. */
async function startLedger(options: RuntimeOptions): Promise<Ledger> {
  if (options.ledger === 'memory') return { endpoint: null, isOurs: true, stop: async () => {} };
  const named = process.env.AWS_ENDPOINT_URL_DYNAMODB;
  if (named !== undefined && named !== '') return { endpoint: named, isOurs: false, stop: async () => {} };
  try {
    const { endpoint, stop } = await startDynoxide({ dataFile: options.dataDir?.ledgerFile ?? null });
    return { endpoint, isOurs: true, stop };
  } catch (error) {
    throw new SetupError(error instanceof Error ? error.message : 'the emulator of DynamoDB did not start');
  }
}

async function topicsFor(
  sns: () => ReturnType<ReturnType<typeof awsClients>['sns']>,
  policy: PolicyInForce,
): Promise<readonly string[]> {
  const { CreateTopicCommand } = await import('@aws-sdk/client-sns');
  const count = Math.max(1, Math.ceil(policy.people.length / peoplePerTopic));
  const arns: string[] = [];
  for (let at = 1; at <= count; at += 1) {
    const { TopicArn } = await (await sns()).send(new CreateTopicCommand({ Name: `stopship-people-${at}` }));
    if (TopicArn !== undefined) arns.push(TopicArn);
  }
  return arns;
}

/** The schedules of AWS on this machine: the sweep, the feed, and the summary every hour after half past six UTC. */
function runClockwork(
  runtime: Pick<Runtime, 'sweepNow' | 'summaryNow' | 'feedWhenDue' | 'ports'>,
  options: RuntimeOptions,
): { stop(): Promise<void> } {
  let isStopped = false;
  let wakeUp: () => void = () => {};
  async function loop(): Promise<void> {
    while (!isStopped) {
      try {
        await runtime.sweepNow();
        if (await isSummaryDue(runtime.ports)) await runtime.summaryNow();
        await runtime.feedWhenDue();
      } catch (error) {
        if (!isStopped) options.onError(error);
      }
      if (isStopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, options.sweepEvery ?? 5_000);
        wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
  const running = loop();
  return {
    async stop() {
      isStopped = true;
      wakeUp();
      await running;
    },
  };
}

/** True once an hour: the hour is taken by a write that only one succeeds in. */
async function isSummaryDue({ table, clock }: Ports): Promise<boolean> {
  const now = clock.now();
  if (now.slice(11, 16) < '06:30') return false;
  const key = { pk: `DAY#${now.slice(0, 10)}`, sk: `SUMMARY#${now.slice(11, 13)}` };
  if ((await table.get(key)) !== null) return false;
  return (await table.transact([{ put: { ...key, sentAt: now }, when: { absent: 'sentAt' } }])).ok;
}

async function listening(
  fetch: Parameters<typeof serve>[0]['fetch'],
  port: number,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  return await new Promise((resolve, reject) => {
    const server = serve({ fetch, port, hostname: '127.0.0.1' }, (address) => {
      resolve({
        url: `http://127.0.0.1:${address.port}`,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            if ('closeAllConnections' in server) server.closeAllConnections();
          }),
      });
    });
    server.on('error', (error: Error & { readonly code?: string }) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new SetupError(`Port ${port} is taken: choose another with --port, or 0 for any free one.`)
          : error,
      );
    });
  });
}

function picoCss(): string {
  return readFileSync(createRequire(import.meta.url).resolve('@picocss/pico/css/pico.classless.min.css'), 'utf8');
}

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return text.split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
  }
}
