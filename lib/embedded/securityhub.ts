import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isRecord } from '../finding/field.ts';
import { AwsError, page, pageSize, parseInput } from './aws-error.ts';
import type { AwsEvent, EventQueue } from './event-queue.ts';
import { timeOf } from './eventbridge.ts';
import type { FindingsStore, KnownFinding } from './findings-store.ts';
import type { Caller, WireService } from './wire.ts';

/**
 * AWS Security Hub: every finding posted so far in its format, and imports, which go out as events.
 * @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/
 */
export function securityhub(options: {
  readonly findings: FindingsStore;
  readonly queue: EventQueue;
  readonly region: string;
  readonly now?: (() => number) | undefined;
}): WireService {
  return {
    protocol: 'rest',
    routes: {
      'POST /findings': (input) => getFindings(input, options.findings),
      'POST /findings/import': (input, caller) => batchImportFindings(input, caller, options),
    },
  };
}

const TextFilters = z
  .array(
    z.object({
      Value: z.string(),
      Comparison: z.enum(['EQUALS', 'PREFIX', 'NOT_EQUALS', 'PREFIX_NOT_EQUALS', 'CONTAINS', 'NOT_CONTAINS']),
    }),
  )
  .max(20);
type TextFilters = z.infer<typeof TextFilters>;

function getFindings(input: unknown, findings: FindingsStore): unknown {
  const call = parseInput(
    z.object({
      Filters: z.record(z.string(), z.unknown()).nullish(),
      MaxResults: pageSize(100),
      NextToken: z.string().nullish(),
      SortCriteria: z.unknown().optional(),
    }),
    input,
  );
  const wanted = findings
    .findings()
    .map(asffOf)
    .filter((record) => fits(record, call.Filters ?? {}));
  const shown = page(wanted, call.MaxResults ?? 100, call.NextToken, 'InvalidInputException');
  return { Findings: shown.items, NextToken: shown.nextToken };
}

type Asff = { readonly [key: string]: unknown };

const filters: Readonly<Record<string, (record: Asff) => readonly unknown[]>> = {
  Id: (record) => [record.Id],
  ProductArn: (record) => [record.ProductArn],
  AwsAccountId: (record) => [record.AwsAccountId],
  GeneratorId: (record) => [record.GeneratorId],
  Title: (record) => [record.Title],
  RecordState: (record) => [record.RecordState],
  WorkflowStatus: (record) => [inner(record.Workflow, 'Status')],
  SeverityLabel: (record) => [inner(record.Severity, 'Label')],
  ResourceId: (record) => inners(record.Resources, 'Id'),
  ResourceType: (record) => inners(record.Resources, 'Type'),
};

// Values of one filter are alternatives, filters all hold. One that is not known here is refused, never ignored.
function fits(record: Asff, wanted: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(wanted).every(([name, value]) => {
    const valuesOf = Object.hasOwn(filters, name) ? filters[name] : undefined;
    const filter = TextFilters.nullish().safeParse(value);
    if (valuesOf === undefined || !filter.success)
      throw new AwsError('InvalidInputException', `Invalid parameter: Filters.${name.slice(0, 100)}`);
    return !filter.data || filter.data.length === 0 || matches(valuesOf(record), filter.data);
  });
}

function matches(values: readonly unknown[], wanted: TextFilters): boolean {
  const isExcluding = ({ Comparison }: TextFilters[number]) => Comparison.includes('NOT_');
  const hits = (filter: TextFilters[number]) =>
    values.some((value) => {
      if (typeof value !== 'string') return false;
      if (filter.Comparison.startsWith('PREFIX')) return value.startsWith(filter.Value);
      return filter.Comparison.endsWith('CONTAINS') ? value.includes(filter.Value) : value === filter.Value;
    });
  const including = wanted.filter((filter) => !isExcluding(filter));
  return !wanted.filter(isExcluding).some(hits) && (including.length === 0 || including.some(hits));
}

function inner(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function inners(values: unknown, name: string): readonly unknown[] {
  return Array.isArray(values) ? values.map((value) => inner(value, name)) : [];
}

// What came as ASFF is answered as it came; what Security Hub would have made of another dialect is made here.
function asffOf(known: KnownFinding): Asff {
  const { finding, raw } = known;
  if (finding.dialect === 'asff' && isRecord(raw)) return raw;
  const region = finding.region ?? 'us-east-1';
  const account = finding.account ?? '000000000000';
  const isInspectors = finding.id.includes(':inspector2:');
  return {
    SchemaVersion: '2018-10-08',
    Id: finding.id,
    ProductArn: isInspectors
      ? `arn:aws:securityhub:${region}::product/aws/inspector`
      : `arn:aws:securityhub:${region}:${account}:product/${account}/default`,
    ProductName: isInspectors ? 'Inspector' : 'Default',
    CompanyName: isInspectors ? 'Amazon' : 'Personal',
    Region: region,
    GeneratorId: isInspectors ? 'AWSInspector' : finding.dialect,
    AwsAccountId: account,
    Types: [types[finding.kind]],
    FirstObservedAt: finding.firstObservedAt ?? undefined,
    CreatedAt: finding.firstObservedAt ?? new Date(known.receivedAt).toISOString(),
    UpdatedAt: finding.updatedAt ?? new Date(known.receivedAt).toISOString(),
    Severity: { Label: (finding.severity ?? 'informational').toUpperCase() },
    Title: finding.title,
    Description: finding.description,
    Resources: finding.resources.map(({ type, original, digest }) => ({
      Type: digest === null ? type : 'AwsEcrContainerImage',
      Id: original,
      Partition: 'aws',
      Region: region,
      Details: digest === null ? undefined : { AwsEcrContainerImage: { ImageDigest: digest, RegistryId: account } },
    })),
    Vulnerabilities:
      finding.vulnerabilityId === null
        ? undefined
        : [
            {
              Id: finding.vulnerabilityId,
              Cvss: finding.vectors.map(({ vector, score, source }) => ({
                BaseVector: vector,
                BaseScore: score ?? undefined,
                Source: source,
              })),
              VulnerablePackages: finding.packages.map(({ name, version, fixedIn }) => ({
                Name: name,
                Version: version,
                FixedInVersion: fixedIn ?? undefined,
              })),
            },
          ],
    Workflow: { Status: { open: 'NEW', closed: 'RESOLVED', suppressed: 'SUPPRESSED' }[finding.state] },
    // Inspector archives what it no longer sees; of another product an archived record proves nothing, a resolved one does.
    RecordState: finding.state === 'closed' && isInspectors ? 'ARCHIVED' : 'ACTIVE',
  };
}

const types: Readonly<Record<KnownFinding['finding']['kind'], string>> = {
  package: 'Software and Configuration Checks/Vulnerabilities/CVE',
  'image-scan': 'Software and Configuration Checks/Vulnerabilities/CVE',
  code: 'Software and Configuration Checks/Vulnerabilities/Code Vulnerabilities',
  network: 'Software and Configuration Checks/AWS Security Best Practices/Network Reachability',
  posture: 'Software and Configuration Checks/Industry and Regulatory Standards',
  threat: 'TTPs',
};

const required = [
  'AwsAccountId',
  'CreatedAt',
  'Description',
  'GeneratorId',
  'Id',
  'ProductArn',
  'Resources',
  'SchemaVersion',
  'Severity',
  'Title',
  'UpdatedAt',
];

async function batchImportFindings(
  input: unknown,
  caller: Caller,
  options: Parameters<typeof securityhub>[0],
): Promise<unknown> {
  const { Findings } = parseInput(
    z.object({ Findings: z.array(z.record(z.string(), z.unknown())).min(1).max(100) }),
    input,
  );
  const now = (options.now ?? Date.now)();
  const faults = Findings.map(faultOf);
  const imported = Findings.filter((_, index) => faults[index] === null);
  await options.queue.accept(imported.map((finding) => eventOf(finding, caller.region || options.region, now)));
  const failed = Findings.flatMap((finding, index) => {
    const fault = faults[index];
    return fault == null ? [] : { Id: String(finding.Id ?? ''), ErrorCode: 'InvalidInput', ErrorMessage: fault };
  });
  return { FailedCount: failed.length, SuccessCount: imported.length, FailedFindings: failed };
}

function faultOf(finding: Asff): string | null {
  const missing = required.filter(
    (name) => finding[name] === undefined || finding[name] === null || finding[name] === '',
  );
  if (missing.length > 0)
    return `Finding does not adhere to Amazon Finding Format. data should have required property '${missing.join("', '")}'.`;
  const resources = Array.isArray(finding.Resources) ? finding.Resources : [];
  return resources.length === 0
    ? 'Finding does not adhere to Amazon Finding Format. data.Resources should NOT have fewer than 1 items.'
    : null;
}

function eventOf(finding: Asff, region: string, now: number): AwsEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Security Hub Findings - Imported',
    source: 'aws.securityhub',
    account: String(finding.AwsAccountId),
    time: timeOf(now, now),
    region,
    resources: [`${String(finding.ProductArn)}/${String(finding.Id)}`],
    detail: { findings: [{ RecordState: 'ACTIVE', Workflow: { Status: 'NEW' }, ...finding }] },
  };
}
