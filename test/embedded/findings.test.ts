import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { Inspector2Client, ListCoverageCommand, ListFindingsCommand } from '@aws-sdk/client-inspector2';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { BatchImportFindingsCommand, GetFindingsCommand, SecurityHubClient } from '@aws-sdk/client-securityhub';
import { afterEach, expect, test } from 'vitest';
import { type AwsEvent, EventQueue } from '../../lib/embedded/event-queue.ts';
import { eventbridge } from '../../lib/embedded/eventbridge.ts';
import { FindingsStore } from '../../lib/embedded/findings-store.ts';
import { inspector2 } from '../../lib/embedded/inspector2.ts';
import { secretsmanager } from '../../lib/embedded/secretsmanager.ts';
import { securityhub } from '../../lib/embedded/securityhub.ts';
import { openStore } from '../../lib/embedded/store.ts';
import { readText, readValue } from '../../lib/finding/read.ts';
import { endpointOf, eventually } from './endpoint.ts';

const account = '123456789012';
const region = 'eu-west-1';

const closings: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

async function running(deliver: (event: AwsEvent) => void = () => {}, dataDir: string | null = null) {
  const store = openStore(dataDir);
  let now = Date.parse('2026-06-01T12:00:00.000Z');
  const findings = new FindingsStore({ store, now: () => now });
  const events: AwsEvent[] = [];
  const queue = new EventQueue({
    store,
    retryMs: 1,
    deliver: async (event) => {
      deliver(event);
      events.push(event);
      post(event);
    },
  });
  const post = (value: unknown) => {
    for (const reading of readValue(value)) if (reading.status === 'finding') findings.record(reading.finding, value);
  };
  const { wire, config, errors, url } = await endpointOf(
    inspector2(findings),
    securityhub({ findings, queue, region }),
    eventbridge({ queue, account, region }),
    secretsmanager({ secrets: { 'stopship/links': 'hush' }, account, region }),
  );
  closings.push(async () => {
    queue.stop();
    await wire.close();
    store.close();
  });
  return {
    inspector: new Inspector2Client(config),
    hub: new SecurityHubClient(config),
    bus: new EventBridgeClient(config),
    secrets: new SecretsManagerClient(config),
    post,
    findings,
    queue,
    events,
    errors,
    url,
    later: (ms: number) => {
      now += ms;
    },
  };
}

const imageArn = `arn:aws:ecr:${region}:${account}:repository/checkout/sha256:${'a'.repeat(64)}`;
const findingArn = `arn:aws:inspector2:${region}:${account}:finding/f1`;

/** An Inspector finding on the image, as an event brings it. */
function inspectorEvent(detail: Record<string, unknown> = {}) {
  return {
    version: '0',
    id: 'e1',
    'detail-type': 'Inspector2 Finding',
    source: 'aws.inspector2',
    account,
    region,
    time: '2026-05-31T10:00:00Z',
    resources: [imageArn],
    detail: {
      findingArn,
      awsAccountId: account,
      type: 'PACKAGE_VULNERABILITY',
      status: 'ACTIVE',
      severity: 'CRITICAL',
      title: 'CVE-2026-0001 - libfoo',
      description: 'a flaw',
      firstObservedAt: 'Sun May 31 10:00:00.000 UTC 2026',
      lastObservedAt: 'Sun May 31 10:00:00.000 UTC 2026',
      updatedAt: 'Sun May 31 10:00:00.000 UTC 2026',
      packageVulnerabilityDetails: {
        vulnerabilityId: 'CVE-2026-0001',
        source: 'NVD',
        vendorCreatedAt: 'May 1, 2026, 6:02:30 PM',
        vulnerablePackages: [{ name: 'libfoo', version: '1.0' }],
      },
      resources: [
        {
          type: 'AWS_ECR_CONTAINER_IMAGE',
          id: imageArn,
          details: {
            awsEcrContainerImage: {
              imageHash: `sha256:${'a'.repeat(64)}`,
              registry: account,
              repositoryName: 'checkout',
            },
          },
        },
      ],
      ...detail,
    },
  };
}

function coverageOf(inspector: Inspector2Client, value = imageArn) {
  return inspector
    .send(new ListCoverageCommand({ filterCriteria: { resourceId: [{ comparison: 'EQUALS', value }] } }))
    .then(({ coveredResources }) => coveredResources);
}

test('Inspector answers what was posted, with the dates of an event as dates', async () => {
  const { inspector, post } = await running();
  post(inspectorEvent());

  const { findings } = await inspector.send(
    new ListFindingsCommand({
      filterCriteria: {
        ecrImageHash: [{ comparison: 'EQUALS', value: `sha256:${'a'.repeat(64)}` }],
        findingStatus: [{ comparison: 'EQUALS', value: 'ACTIVE' }],
        vulnerabilityId: [{ comparison: 'PREFIX', value: 'CVE-2026-' }],
      },
    }),
  );

  expect(findings).toHaveLength(1);
  expect(findings?.[0]).toMatchObject({
    findingArn,
    status: 'ACTIVE',
    severity: 'CRITICAL',
    updatedAt: new Date('2026-05-31T10:00:00Z'),
  });
  expect(findings?.[0]?.packageVulnerabilityDetails).toMatchObject({
    vulnerabilityId: 'CVE-2026-0001',
    vendorCreatedAt: new Date('2026-05-01T18:02:30Z'),
  });
});

test.each([
  ['another id', { findingArn: [{ comparison: 'EQUALS', value: `${findingArn}x` }] }],
  ['another status', { findingStatus: [{ comparison: 'EQUALS', value: 'CLOSED' }] }],
  ['another image', { ecrImageHash: [{ comparison: 'EQUALS', value: 'sha256:b' }] }],
  ['anything but this id', { findingArn: [{ comparison: 'NOT_EQUALS', value: findingArn }] }],
] as const)('Inspector leaves out what a filter does not name: %s', async (_, filterCriteria) => {
  const { inspector, post } = await running();
  post(inspectorEvent());

  const { findings } = await inspector.send(
    new ListFindingsCommand({ filterCriteria: structuredClone<object>(filterCriteria) }),
  );

  expect(findings).toEqual([]);
});

test('a filter that is not known is refused, because ignoring it would answer too much', async () => {
  const { inspector, hub, post } = await running();
  post(inspectorEvent());

  const one = inspector.send(
    new ListFindingsCommand({ filterCriteria: { vendorSeverity: [{ comparison: 'EQUALS', value: 'x' }] } }),
  );
  const other = hub.send(new GetFindingsCommand({ Filters: { Confidence: [{ Eq: 1 }] } }));

  const refusals = await Promise.allSettled([one, other]);
  expect(refusals).toMatchObject([
    { reason: { name: 'ValidationException' } },
    { reason: { name: 'InvalidInputException' } },
  ]);
});

test('a closed finding means that its resource was scanned clean when it arrived', async () => {
  const { inspector, post, later } = await running();
  post(inspectorEvent());
  later(60_000);

  post(inspectorEvent({ status: 'CLOSED', updatedAt: '2026-06-01T11:00:00Z' }));

  const { findings } = await inspector.send(new ListFindingsCommand({}));
  expect(findings?.map(({ status }) => status)).toEqual(['CLOSED']);
  expect(await coverageOf(inspector)).toMatchObject([
    {
      resourceType: 'AWS_ECR_CONTAINER_IMAGE',
      accountId: account,
      scanStatus: { statusCode: 'ACTIVE', reason: 'SUCCESSFUL' },
      lastScannedAt: new Date('2026-06-01T12:01:00Z'),
    },
  ]);
});

test('a suppressed finding says nothing of a scan', async () => {
  const { inspector, post } = await running();

  post(inspectorEvent({ status: 'SUPPRESSED' }));

  expect(await coverageOf(inspector)).toEqual([]);
});

test('an older report changes nothing, and one from the future does not freeze what is known', async () => {
  const { inspector, post, later } = await running();
  const status = async () => (await inspector.send(new ListFindingsCommand({}))).findings?.[0]?.status;
  post(inspectorEvent({ updatedAt: '2099-01-01T00:00:00Z' }));
  later(60_000);
  post(inspectorEvent({ status: 'CLOSED', updatedAt: '2026-06-01T12:00:30Z' }));
  const afterFuture = await status();

  post(inspectorEvent({ updatedAt: '2026-05-01T00:00:00Z' }));

  expect([afterFuture, await status()]).toEqual(['CLOSED', 'CLOSED']);
});

test('a resource said to be gone is not covered and its findings read closed', async () => {
  const { inspector, post, findings } = await running();
  post(inspectorEvent());

  findings.say({ id: `sha256:${'a'.repeat(64)}`, exists: false, scanned: false });

  expect(await coverageOf(inspector)).toEqual([]);
  expect((await inspector.send(new ListFindingsCommand({}))).findings?.[0]?.status).toBe('CLOSED');
});

test('a resource said to be unscanned stays so when its finding closes, until the next word on it', async () => {
  const { inspector, post, findings, later } = await running();
  post(inspectorEvent());
  findings.say({ id: imageArn, exists: true, scanned: false });
  post(inspectorEvent({ status: 'CLOSED' }));
  const unscanned = await coverageOf(inspector);
  later(60_000);

  findings.say({ id: imageArn, exists: true, scanned: true });

  expect(unscanned?.[0]).toMatchObject({ scanStatus: { statusCode: 'INACTIVE' } });
  expect(unscanned?.[0]).not.toHaveProperty('lastScannedAt');
  expect((await coverageOf(inspector))?.[0]).toMatchObject({
    scanStatus: { statusCode: 'ACTIVE' },
    lastScannedAt: new Date('2026-06-01T12:01:00Z'),
  });
});

test('a new image that somebody says was scanned is covered', async () => {
  const { inspector, findings } = await running();
  const id = `arn:aws:ecr:${region}:${account}:repository/checkout/sha256:${'b'.repeat(64)}`;

  findings.say({ id, exists: true, scanned: true });

  expect(await coverageOf(inspector, id)).toMatchObject([
    { resourceId: id, resourceType: 'AWS_ECR_CONTAINER_IMAGE', scanStatus: { statusCode: 'ACTIVE' } },
  ]);
});

test('Security Hub answers an import as it came, Inspector answers it when it is its own', async () => {
  const { hub, inspector, events } = await running();
  const finding = (Id: string, RecordState: 'ACTIVE' | 'ARCHIVED') => ({
    SchemaVersion: '2018-10-08',
    Id,
    ProductArn: `arn:aws:securityhub:${region}::product/aws/inspector`,
    GeneratorId: 'AWSInspector',
    AwsAccountId: account,
    Types: ['Software and Configuration Checks/Vulnerabilities/CVE'],
    CreatedAt: '2026-05-31T10:00:00Z',
    UpdatedAt: '2026-05-31T10:00:00Z',
    Severity: { Label: 'HIGH' as const },
    Title: 'CVE-2026-0001 - libfoo',
    Description: 'a flaw',
    Resources: [{ Type: 'AwsEcrContainerImage', Id: imageArn }],
    RecordState,
  });

  const answer = await hub.send(
    new BatchImportFindingsCommand({ Findings: [finding(findingArn, 'ACTIVE'), finding('trivy/1', 'ACTIVE')] }),
  );
  const { Findings } = await hub.send(
    new GetFindingsCommand({ Filters: { Id: [{ Comparison: 'EQUALS', Value: 'trivy/1' }] } }),
  );
  const inspectors = await inspector.send(new ListFindingsCommand({}));

  expect(answer).toMatchObject({ SuccessCount: 2, FailedCount: 0 });
  expect(events.map((event) => event['detail-type'])).toEqual(Array(2).fill('Security Hub Findings - Imported'));
  expect(Findings).toMatchObject([{ Id: 'trivy/1', RecordState: 'ACTIVE', Severity: { Label: 'HIGH' } }]);
  expect(inspectors.findings?.map((one) => one.findingArn)).toEqual([findingArn]);
});

test('an import without what the format asks for fails alone', async () => {
  const { url } = await running();
  const authorization =
    'AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/securityhub/aws4_request, SignedHeaders=host, Signature=0';

  const response = await fetch(`${url}/findings/import`, {
    method: 'POST',
    headers: { authorization },
    body: JSON.stringify({ Findings: [{ Id: 'x' }] }),
  });

  expect(await response.json()).toMatchObject({
    FailedCount: 1,
    SuccessCount: 0,
    FailedFindings: [{ Id: 'x', ErrorCode: 'InvalidInput' }],
  });
});

test('every sample that reads as a finding reads the same when its source is asked', async () => {
  const { inspector, hub, findings } = await running();
  const files = ['inspector2', 'asff', 'ocsf'].flatMap((folder) =>
    readFileSync(`test/fixtures/samples/${folder}/INDEX.tsv`, 'utf8')
      .split('\n')
      .map((line) => line.split('\t').find((cell) => cell.endsWith('.json')))
      .flatMap((name) => (name === undefined ? [] : `test/fixtures/samples/${folder}/${name.split('/').at(-1)}`)),
  );
  const states = new Map<string, string>();
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    for (const reading of readText(text)) {
      if (reading.status !== 'finding') continue;
      findings.record(reading.finding, JSON.parse(text));
    }
  }
  for (const { finding } of findings.findings()) states.set(finding.id, finding.state);

  const answered = new Map<string, string>();
  const remember = (records: readonly unknown[] | undefined) => {
    for (const reading of readValue(JSON.parse(JSON.stringify(records))))
      answered.set(
        reading.status === 'finding' ? reading.finding.id : JSON.stringify(reading),
        reading.status === 'finding' ? reading.finding.state : 'unreadable',
      );
  };
  for (const [id] of states) {
    if (id.includes(':inspector2:'))
      remember(
        (
          await inspector.send(
            new ListFindingsCommand({ filterCriteria: { findingArn: [{ comparison: 'EQUALS', value: id }] } }),
          )
        ).findings,
      );
  }
  for (const [id] of states) {
    const { Findings } = await hub.send(
      new GetFindingsCommand({ Filters: { Id: [{ Comparison: 'EQUALS', Value: id }] } }),
    );
    if (!answered.has(id)) remember(Findings);
  }

  expect(states.size).toBeGreaterThan(10);
  expect(answered).toEqual(states);
});

test('PutEvents hands the envelope on, and tells of each entry that is none', async () => {
  const { bus, events, inspector } = await running();
  const { detail, source } = inspectorEvent();

  const answer = await bus.send(
    new PutEventsCommand({
      Entries: [
        {
          Source: source,
          DetailType: 'Inspector2 Finding',
          Detail: JSON.stringify(detail),
          Resources: [imageArn],
          Time: new Date('2026-06-01T11:59:59Z'),
        },
        { Source: source, DetailType: 'Inspector2 Finding', Detail: '{' },
        { Source: source, DetailType: 'Inspector2 Finding' },
      ],
    }),
  );

  expect(answer.FailedEntryCount).toBe(2);
  expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([undefined, 'MalformedDetail', 'InvalidArgument']);
  expect(events).toMatchObject([
    { id: answer.Entries?.[0]?.EventId, time: '2026-06-01T11:59:59Z', region, account, resources: [imageArn], source },
  ]);
  expect((await inspector.send(new ListFindingsCommand({}))).findings).toHaveLength(1);
});

test('an event whose receiver fails comes again, and is kept when it never succeeds', async () => {
  let failures = 2;
  const { bus, events, queue } = await running((event) => {
    if (event.source === 'broken') throw new Error('cannot read it');
    failures -= 1;
    if (failures >= 0) throw new Error('not now');
  });

  await bus.send(
    new PutEventsCommand({ Entries: ['broken', 'fine'].map((Source) => ({ Source, DetailType: 't', Detail: '{}' })) }),
  );

  await eventually(() => events[0]);
  const [given] = await eventually(() => (queue.givenUp().length > 0 ? queue.givenUp() : undefined));
  expect(given).toMatchObject({ event: { source: 'broken' }, error: 'cannot read it' });
  expect(events.map(({ source }) => source)).toEqual(['fine']);
});

test('an event that was answered survives a kill before it was handled', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'stopship-embedded-'));
  const first = await running(() => {
    throw new Error('the process dies here');
  }, dataDir);
  const { detail, source } = inspectorEvent();
  await first.bus.send(
    new PutEventsCommand({
      Entries: [{ Source: source, DetailType: 'Inspector2 Finding', Detail: JSON.stringify(detail) }],
    }),
  );
  await closings.pop()?.();

  const { queue, events } = await running(() => {}, dataDir);
  queue.start();

  expect(await eventually(() => events[0])).toMatchObject({ detail: { findingArn } });
});

test('a secret is read by its name, and an unknown one is not found', async () => {
  const { secrets } = await running();

  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: 'stopship/links' }));
  const unknown = secrets.send(new GetSecretValueCommand({ SecretId: 'nope' }));

  expect(SecretString).toBe('hush');
  await expect(unknown).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('pages of findings have no gap', async () => {
  const { inspector, hub, post } = await running();
  for (let n = 0; n < 5; n += 1) post(inspectorEvent({ findingArn: `${findingArn}-${n}` }));

  const ids = new Set<string | undefined>();
  let nextToken: string | undefined;
  do {
    const shown = await inspector.send(new ListFindingsCommand({ maxResults: 2, nextToken }));
    for (const one of shown.findings ?? []) ids.add(one.findingArn);
    nextToken = shown.nextToken;
  } while (nextToken !== undefined);
  const { Findings, NextToken } = await hub.send(new GetFindingsCommand({ MaxResults: 4 }));

  expect(ids.size).toBe(5);
  expect(Findings).toHaveLength(4);
  expect(NextToken).toBeDefined();
});
