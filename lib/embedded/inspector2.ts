import { z } from 'zod';
import { instantFrom } from '../finding/date.ts';
import { isRecord } from '../finding/field.ts';
import type { Finding } from '../finding/finding.ts';
import { msOf } from '../finding/instant.ts';
import { AwsError, page, pageSize, parseInput } from './aws-error.ts';
import type { FindingsStore, KnownFinding, ScannedResource } from './findings-store.ts';
import type { WireService } from './wire.ts';

/**
 * Amazon Inspector's reads: its own findings, and what it covers. A finding of a resource that is gone reads CLOSED, as
 * Inspector does with what it cannot scan any more.
 * @see https://docs.aws.amazon.com/inspector/v2/APIReference/
 */
export function inspector2(store: FindingsStore): WireService {
  return {
    protocol: 'rest',
    routes: {
      'POST /findings/list': (input) => listFindings(input, store),
      'POST /coverage/list': (input) => listCoverage(input, store),
    },
  };
}

const comparison = z.enum(
  ['EQUALS', 'PREFIX', 'NOT_EQUALS'],
  'Member must satisfy enum value set: [EQUALS, PREFIX, NOT_EQUALS]',
);
const Filters = z.record(z.string(), z.unknown()).nullish();
const TextFilter = z
  .array(z.object({ comparison, value: z.string() }))
  .max(10, 'Member must have length less than or equal to 10');
type TextFilter = z.infer<typeof TextFilter>;

function listFindings(input: unknown, store: FindingsStore): unknown {
  const call = parseInput(
    z.object({ filterCriteria: Filters, maxResults: pageSize(100), nextToken: z.string().nullish() }),
    input,
  );
  const records = store
    .findings()
    .filter(({ finding }) => isInspectors(finding))
    .map((known) => inspectorRecord(known, store.isGone(known.finding)));
  const wanted = records.filter((record) => fits(record.facets, call.filterCriteria, findingFilters));
  const shown = page(wanted, call.maxResults ?? 100, call.nextToken, 'ValidationException');
  return { findings: shown.items.map(({ body }) => body), nextToken: shown.nextToken };
}

function listCoverage(input: unknown, store: FindingsStore): unknown {
  const call = parseInput(
    z.object({ filterCriteria: Filters, maxResults: pageSize(200), nextToken: z.string().nullish() }),
    input,
  );
  const wanted = store
    .resources()
    .filter((resource) => fits(coverageFacets(resource), call.filterCriteria, coverageFilters));
  const shown = page(wanted, call.maxResults ?? 100, call.nextToken, 'ValidationException');
  return { coveredResources: shown.items.map(coverageRecord), nextToken: shown.nextToken };
}

/** Whether Inspector itself found it, in whatever dialect it came. */
function isInspectors(finding: Finding): boolean {
  return /^arn:aws[a-z-]*:inspector2:/.test(finding.id);
}

type Facets = Readonly<Record<string, readonly string[]>>;

const findingFilters = [
  'findingArn',
  'findingStatus',
  'findingType',
  'severity',
  'title',
  'awsAccountId',
  'resourceId',
  'resourceType',
  'ecrImageHash',
  'ecrImageRepositoryName',
  'vulnerabilityId',
] as const;
const coverageFilters = [
  'resourceId',
  'resourceType',
  'accountId',
  'scanStatusCode',
  'scanStatusReason',
  'scanType',
  'ecrRepositoryName',
] as const;

// Values of one filter are alternatives, filters all hold. One that is not known here is refused, never ignored: an
// ignored filter would answer with more than was asked for.
function fits(facets: Facets, criteria: z.infer<typeof Filters>, known: readonly string[]): boolean {
  return Object.entries(criteria ?? {}).every(([name, value]) => {
    if (!known.includes(name))
      throw new AwsError('ValidationException', `Filter '${name.slice(0, 100)}' is not supported on one machine`);
    const filter = parseInput(z.object({ [name]: TextFilter.nullish() }), { [name]: value })[name];
    return !filter || filter.length === 0 || matches(facets[name] ?? [], filter);
  });
}

function matches(values: readonly string[], filter: TextFilter): boolean {
  const excluded = filter.filter((one) => one.comparison === 'NOT_EQUALS');
  const wanted = filter.filter((one) => one.comparison !== 'NOT_EQUALS');
  if (excluded.some(({ value }) => values.includes(value))) return false;
  if (wanted.length === 0) return true;
  return wanted.some((one) =>
    values.some((value) => (one.comparison === 'PREFIX' ? value.startsWith(one.value) : value === one.value)),
  );
}

function inspectorRecord(known: KnownFinding, isGone: boolean): { readonly body: unknown; readonly facets: Facets } {
  const { finding } = known;
  const status = isGone && finding.state === 'open' ? 'CLOSED' : statuses[finding.state];
  const type = types[finding.kind] ?? 'PACKAGE_VULNERABILITY';
  const severity = (finding.severity ?? 'untriaged').toUpperCase();
  const base = isRecord(known.raw) && known.raw.findingArn === finding.id ? withEpochs(known.raw) : madeUp(known);
  const body = {
    type,
    severity,
    title: finding.title,
    description: finding.description,
    awsAccountId: finding.account ?? '000000000000',
    remediation: { recommendation: { text: 'None Provided' } },
    firstObservedAt: seconds(finding.firstObservedAt, known),
    lastObservedAt: seconds(finding.updatedAt, known),
    updatedAt: seconds(finding.updatedAt, known),
    ...(isRecord(base) ? base : {}),
    findingArn: finding.id,
    status,
  };
  const facets = {
    findingArn: [finding.id],
    findingStatus: [status],
    findingType: [type],
    severity: [severity],
    title: [finding.title],
    awsAccountId: [finding.account ?? ''],
    resourceId: finding.resources.flatMap(({ id, original }) => [id, original]),
    resourceType: finding.resources.map((resource) => resource.type),
    ecrImageHash: finding.resources.flatMap(({ digest }) => digest ?? []),
    ecrImageRepositoryName: finding.resources.flatMap(({ id }) => /:repository\/(.+)\/sha256:/.exec(id)?.[1] ?? []),
    vulnerabilityId: finding.vulnerabilityId === null ? [] : [finding.vulnerabilityId],
  };
  return { body, facets };
}

const statuses = { open: 'ACTIVE', closed: 'CLOSED', suppressed: 'SUPPRESSED' } as const;
const types: Readonly<Record<string, string>> = { code: 'CODE_VULNERABILITY', network: 'NETWORK_REACHABILITY' };

// Events write dates as words, the API as seconds: every member whose name ends in `At` is one.
function withEpochs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withEpochs);
  if (!isRecord(value)) return value;
  const members = Object.entries(value).map(([name, inner]) => {
    if (!name.endsWith('At')) return [name, withEpochs(inner)];
    const instant = instantFrom(inner);
    return [name, instant === null ? undefined : msOf(instant) / 1000];
  });
  return Object.fromEntries(members);
}

// What another dialect told of an Inspector finding, in Inspector's own shape.
function madeUp({ finding }: KnownFinding): unknown {
  const isPackage = finding.kind === 'package' || finding.kind === 'image-scan';
  return {
    inspectorScore: finding.score ?? undefined,
    epss: finding.threat.epss === null ? undefined : { score: finding.threat.epss },
    exploitAvailable:
      finding.threat.exploitAvailable === null ? undefined : finding.threat.exploitAvailable ? 'YES' : 'NO',
    fixAvailable: finding.threat.fix === null ? undefined : finding.threat.fix === 'available' ? 'YES' : 'NO',
    packageVulnerabilityDetails: isPackage
      ? {
          vulnerabilityId: finding.vulnerabilityId ?? finding.title,
          source: 'NVD',
          cvss: finding.vectors.flatMap(({ vector, score, source }) =>
            score === null
              ? []
              : [{ baseScore: score, scoringVector: vector, version: versionOf(vector), source: source || 'NVD' }],
          ),
          vulnerablePackages: finding.packages.map(({ name, version, fixedIn, path, ecosystem }) => ({
            name,
            version,
            fixedInVersion: fixedIn ?? undefined,
            filePath: path ?? undefined,
            packageManager: ecosystem?.toUpperCase(),
          })),
        }
      : undefined,
    codeVulnerabilityDetails:
      finding.kind === 'code'
        ? {
            detectorId: finding.vulnerabilityId ?? '',
            detectorName: finding.title,
            cwes: [],
            filePath: {
              filePath: finding.file ?? '',
              fileName: (finding.file ?? '').split('/').at(-1),
              startLine: 1,
              endLine: 1,
            },
          }
        : undefined,
    networkReachabilityDetails: finding.kind === 'network' ? reachability(finding) : undefined,
    resources: finding.resources.map(({ type, original, digest, id }) => ({
      type: digest === null ? type : 'AWS_ECR_CONTAINER_IMAGE',
      id: original,
      region: finding.region ?? undefined,
      details:
        digest === null
          ? undefined
          : {
              awsEcrContainerImage: {
                imageHash: digest,
                registry: finding.account ?? '',
                repositoryName: /:repository\/(.+)\/sha256:/.exec(id)?.[1] ?? '',
              },
            },
    })),
  };
}

function reachability(finding: Finding): unknown {
  const [begin = 0, end = begin] = (finding.ports ?? '0').split('-').map(Number);
  return { openPortRange: { begin, end }, protocol: 'TCP', networkPath: { steps: [] } };
}

function versionOf(vector: string): string {
  return /^CVSS:(\d\.\d)/.exec(vector)?.[1] ?? '2.0';
}

function seconds(instant: Finding['updatedAt'], known: KnownFinding): number {
  return (instant === null ? known.receivedAt : msOf(instant)) / 1000;
}

function coverageRecord(resource: ScannedResource): unknown {
  const [scanStatusCode, scanStatusReason] = statusOf(resource);
  return {
    accountId: resource.account,
    resourceId: resource.id,
    resourceType: resource.type,
    scanType: 'PACKAGE',
    scanStatus: { statusCode: scanStatusCode, reason: scanStatusReason },
    lastScannedAt: resource.scannedAt === null ? undefined : resource.scannedAt / 1000,
  };
}

function coverageFacets(resource: ScannedResource): Facets {
  const [scanStatusCode, scanStatusReason] = statusOf(resource);
  return {
    resourceId: [resource.id],
    resourceType: [resource.type],
    accountId: [resource.account],
    scanStatusCode: [scanStatusCode],
    scanStatusReason: [scanStatusReason],
    scanType: ['PACKAGE'],
    ecrRepositoryName: [/:repository\/(.+?)(?:\/sha256:|$)/.exec(resource.id)?.[1] ?? ''],
  };
}

function statusOf(resource: ScannedResource): readonly [string, string] {
  if (!resource.active) return ['INACTIVE', 'SCAN_ELIGIBILITY_EXPIRED'];
  return resource.scannedAt === null ? ['INACTIVE', 'PENDING_INITIAL_SCAN'] : ['ACTIVE', 'SUCCESSFUL'];
}
