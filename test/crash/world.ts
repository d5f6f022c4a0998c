import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EnableStageTransitionCommand, StartPipelineExecutionCommand } from '@aws-sdk/client-codepipeline';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { z } from 'zod';
import { awsClients } from '../../lib/aws/clients.ts';
import { codeNow } from '../../lib/embedded/people.ts';
import { instantOf } from '../../lib/finding/instant.ts';
import type { Random } from '../simulation/random.ts';
import type { Place } from './machine.ts';
import { account, region, type Service, services } from './policy.ts';

/** What the runtime said yes to: it must not be lost, whenever it dies. */
export type Journal = {
  /** Findings by their ARN, as they were last accepted. */
  readonly findings: Map<string, Accepted>;
  readonly votes: { readonly holdId: string; readonly personId: string }[];
};

/** A finding that was accepted: by intake itself, or by the bus that hands it on. */
export type Accepted = { readonly event: string; readonly service: Service; readonly updatedAt: string };

/** A journal of a machine to which nothing happened yet. */
export function emptyJournal(): Journal {
  return { findings: new Map(), votes: [] };
}

/** The SDK's clients as anybody on this machine makes them. */
export function clientsOf(place: Place) {
  return awsClients({
    endpoint: place.awsEndpoint,
    dynamodbEndpoint: place.dynamodbEndpoint,
    region,
    credentials: { accessKeyId: 'SOMEBODY', secretAccessKey: 'local' },
    requestTimeoutMs: 20_000,
  });
}

/**
 * Does things until the runtime is dead: findings arrive and close, releases come and are scanned, people vote, and enable
 * what is halted. Only what was answered with yes is in the journal. Throws nothing: a dead runtime answers nobody.
 */
export async function loadUntilDead(place: Place, random: Random, journal: Journal): Promise<void> {
  const clients = clientsOf(place);
  const digests = new Map<Service, string>();
  const acts = [
    ...Array.from({ length: 9 }, () => () => report(place, clients, random, journal)),
    ...Array.from({ length: 3 }, () => () => closeOne(place, clients, random, journal)),
    ...Array.from({ length: 3 }, () => () => release(clients, random, digests)),
    ...Array.from({ length: 3 }, () => () => scan(place, random, digests)),
    ...Array.from({ length: 4 }, () => () => vote(place, random, journal)),
    () => enable(clients, random),
  ];
  async function worker(): Promise<void> {
    for (;;) {
      try {
        await random.pick(acts)();
      } catch (error) {
        if (isDead(error)) return;
        throw error;
      }
      await sleep(random.below(30));
    }
  }
  await Promise.all([worker(), worker()]);
}

/** The connection was refused or cut: nobody is there any more, and what was asked last may or may not have been done. */
function isDead(error: unknown): boolean {
  const text = error instanceof Error ? `${error.name} ${error.message} ${String(error.cause)}` : '';
  return /fetch failed|ECONNREFUSED|ECONNRESET|socket hang up|EPIPE|terminated|other side closed/i.test(text);
}

type Clients = ReturnType<typeof clientsOf>;

async function report(place: Place, clients: Clients, random: Random, journal: Journal): Promise<void> {
  const service = random.pick(services);
  const updatedAt = new Date().toISOString();
  const arn = `arn:aws:inspector2:${region}:${account}:finding/${randomUUID().replaceAll('-', '')}`;
  const digest = `sha256:${String(random.below(9)).repeat(64)}`;
  const flaw = { service, arn, digest, name: `package-${random.below(4)}`, score: random.is(0.8) ? 9.8 : 7.5 };
  const event = eventOf(flaw, 'ACTIVE', updatedAt);
  if (await send(place, clients, random, event)) journal.findings.set(arn, { event, service, updatedAt });
}

async function closeOne(place: Place, clients: Clients, random: Random, journal: Journal): Promise<void> {
  const known = [...journal.findings.entries()];
  if (known.length === 0) return;
  const [arn, accepted] = random.pick(known);
  const updatedAt = new Date().toISOString();
  const before: { detail: object } = JSON.parse(accepted.event);
  const event = JSON.stringify({ ...before, detail: { ...before.detail, status: 'CLOSED', updatedAt } });
  if (await send(place, clients, random, event)) journal.findings.set(arn, { ...accepted, event, updatedAt });
}

/** By HTTP, which runs intake at once, or by the bus, which takes it and hands it on. True when it was accepted. */
async function send(place: Place, clients: Clients, random: Random, event: string): Promise<boolean> {
  if (random.is(0.5)) return (await fetch(`${place.url}/events`, { method: 'POST', body: event })).status === 202;
  const { source, detail, 'detail-type': DetailType } = Event.parse(JSON.parse(event));
  const bus = await clients.eventBridge();
  const entry = { Source: source, DetailType, Detail: JSON.stringify(detail) };
  return (await bus.send(new PutEventsCommand({ Entries: [entry] }))).FailedEntryCount === 0;
}

const Event = z.object({ source: z.string(), 'detail-type': z.string(), detail: z.unknown() });

async function release(clients: Clients, random: Random, digests: Map<Service, string>): Promise<void> {
  const name = random.pick(services);
  const digest = `sha256:${randomUUID().replaceAll('-', '').repeat(2)}`;
  const variables = [
    { name: 'IMAGE_DIGEST', value: digest },
    { name: 'AUTHOR_EMAIL', value: 'dee@example.com' },
  ];
  await (await clients.codepipeline()).send(new StartPipelineExecutionCommand({ name, variables }));
  digests.set(name, digest);
}

async function scan(place: Place, random: Random, digests: ReadonlyMap<Service, string>): Promise<void> {
  const id = digests.get(random.pick(services));
  if (id === undefined) return;
  const body = JSON.stringify({ id, exists: true, scanned: true });
  await fetch(`${place.url}/api/resources`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
}

/** Somebody enables a halted stage in the console. */
async function enable(clients: Clients, random: Random): Promise<void> {
  const stage = { pipelineName: random.pick(services), stageName: 'Production', transitionType: 'Inbound' } as const;
  await (await clients.codepipeline()).send(new EnableStageTransitionCommand(stage));
}

const Messages = z.array(z.object({ personId: z.string().nullable(), body: z.string() }));
const Holds = z.array(z.object({ id: z.string(), code: z.string(), status: z.string() }));
const People = z.array(z.object({ id: z.string(), otpauth: z.string() }));

/** The link to decide on a hold, and the code beside it. */
const linkInMail = /(\/d\/ss1\.[\w.-]+)[^/]*?code (\w{4})/g;
/** How many of the newest links a person chooses from: of older ones hardly any is good yet. */
const triedLinks = 4;

/** A person follows one of the newest links in their mail, and votes. */
async function vote(place: Place, random: Random, journal: Journal): Promise<void> {
  const messages = Messages.parse(await (await fetch(`${place.url}/api/messages`)).json());
  const links = messages
    .filter(({ personId }) => personId === 'rui')
    .flatMap(({ body }) => [...body.matchAll(linkInMail)].map(([, path = '', code = '']) => ({ path, code })))
    .slice(-triedLinks);
  if (links.length === 0) return;
  const { path, code } = random.pick(links);
  const link = `${place.url}${path}`;
  const nonce = /name="nonce" value="([^"]+)"/.exec(await (await fetch(link)).text())?.[1];
  if (nonce === undefined) return;
  const holds = Holds.parse(await (await fetch(`${place.url}/api/holds`)).json());
  const hold = holds.find((one) => one.code === code && one.status === 'in-force');
  if (hold === undefined) return;
  const people = People.parse(await (await fetch(`${place.url}/api/people`)).json());
  const otpauth = people.find(({ id }) => id === 'rui')?.otpauth ?? '';
  const action = random.is(0.5) ? 'keep-halted' : 'remediation-approved';
  const totp = action === 'keep-halted' ? '' : (codeNow(otpauth, instantOf(Date.now()))?.code ?? '');
  const body = new URLSearchParams({ action, reason: 'a vote under load', confirmation: code, totp, nonce });
  const headers = { origin: place.url, 'sec-fetch-site': 'same-origin' };
  const { status } = await fetch(link, { method: 'POST', body, headers });
  if (status === 200) journal.votes.push({ holdId: hold.id, personId: 'rui' });
}

type Flaw = {
  readonly service: Service;
  readonly arn: string;
  readonly digest: string;
  readonly name: string;
  readonly score: number;
};

/** An event of Amazon Inspector on an image of the service. */
function eventOf(flaw: Flaw, status: 'ACTIVE' | 'CLOSED', updatedAt: string): string {
  const { service, arn, digest, name, score } = flaw;
  const scoringVector = `CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:${score > 9 ? 'H' : 'N'}/A:${score > 9 ? 'H' : 'N'}`;
  return JSON.stringify({
    version: '0',
    id: randomUUID(),
    'detail-type': 'Inspector2 Finding',
    source: 'aws.inspector2',
    account,
    time: updatedAt,
    region,
    resources: [],
    detail: {
      findingArn: arn,
      awsAccountId: account,
      status,
      severity: score > 9 ? 'CRITICAL' : 'HIGH',
      type: 'PACKAGE_VULNERABILITY',
      title: `CVE-2026-1000 - ${name}`,
      description: `A flaw in ${name}`,
      inspectorScore: score,
      firstObservedAt: updatedAt,
      updatedAt,
      packageVulnerabilityDetails: {
        vulnerabilityId: 'CVE-2026-1000',
        vulnerablePackages: [{ name, version: '1.0.0' }],
        cvss: [{ baseScore: score, scoringVector, version: '3.1', source: 'NVD' }],
      },
      resources: [
        {
          id: `arn:aws:ecr:${region}:${account}:repository/${service}/${digest}`,
          type: 'AWS_ECR_CONTAINER_IMAGE',
          details: { awsEcrContainerImage: { repositoryName: service, imageHash: digest, registry: account } },
        },
      ],
    },
  });
}
