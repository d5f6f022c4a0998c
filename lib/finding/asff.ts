import { firstInstant } from './date.ts';
import { type Place, pathTo, rejected } from './envelope.ts';
import {
  anyOf,
  anything,
  count,
  flag,
  group,
  identifier,
  list,
  probability,
  type Read,
  score,
  severityOf,
  text,
  textOrNull,
  texts,
  word,
  worst,
} from './field.ts';
import type { Finding, Package, PublishedVector, Reading, Severity } from './finding.ts';
import { findingIdOf, inspectorArnIn } from './identity.ts';
import { distinct, fixOf, stateOf as inspectorStateOf, portsOf, vulnerabilityIn } from './inspector2.ts';
import { placeIn, resourceOf } from './resource.ts';
import { type Untrusted, untrusted } from './untrusted.ts';

/**
 * Reads a finding in the AWS Security Finding Format: imported, sent by a custom action, from `GetFindings`, or meant for
 * `BatchImportFindings`.
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-syntax.html
 */
export function readAsff(value: unknown, { path, envelope }: Place): Reading {
  const raw = fieldsOf(value);
  const id = identityOf(raw);
  if (id === null) {
    return rejected(
      'has no Id, so it cannot be told from other findings: send it with the Id that its product gave it',
      pathTo(path, 'Id'),
    );
  }
  const saidKind = kindOf(raw);
  const kind = saidKind ?? 'package';
  const place = placeIn(id);
  const account = raw.AwsAccountId ?? place.account ?? envelope.account;
  const region = raw.Region ?? raw.Resources[0]?.Region ?? place.region ?? envelope.region;
  const packages = raw.Vulnerabilities.flatMap((one) => one.VulnerablePackages.map(packageOf));
  return {
    status: 'finding',
    finding: {
      id,
      dialect: 'asff',
      kind,
      isKindSaid: saidKind !== null,
      state: stateOf(raw),
      title: raw.Title,
      description: raw.Description,
      vulnerabilityId: vulnerabilityOf(raw, kind),
      severity: severityFrom(raw),
      score: isInspector(raw)
        ? worst([raw.ProductFields['aws/inspector/inspectorScore'], raw.Severity.Original])
        : null,
      vectors: distinct(raw.Vulnerabilities.flatMap((one) => one.Cvss.map(vectorOf))),
      threat: {
        epss: worst([raw.EpssScore, ...raw.Vulnerabilities.map((one) => one.EpssScore)]),
        knownExploited: null,
        exploitAvailable: anyOf(raw.Vulnerabilities.map((one) => one.ExploitAvailable)),
        fix: fixOf(anyOf(raw.Vulnerabilities.map((one) => one.FixAvailable)), packages),
      },
      packages,
      file: kind === 'code' ? fileOf(raw) : null,
      ports: kind === 'network' ? portsFrom(raw) : null,
      resources: raw.Resources.map((resource) =>
        resourceOf({
          type: resource.Type,
          id: resource.Id,
          account: resource.Details.AwsEcrContainerImage.RegistryId ?? account,
          region: resource.Region ?? region,
          digest: resource.Details.AwsEcrContainerImage.ImageDigest,
          repository: resource.Details.AwsEcrContainerImage.RepositoryName,
        }),
      ),
      account,
      region,
      firstObservedAt: firstInstant(raw.FirstObservedAt, raw.CreatedAt),
      updatedAt: firstInstant(raw.UpdatedAt, raw.LastObservedAt, raw.CreatedAt) ?? envelope.time,
      eventId: envelope.eventId,
      orderedBy: null,
    },
  };
}

const severityFieldsOf = group({ Label: word, Normalized: count, Original: score });

const fieldsOf = group({
  Id: identifier,
  ProductArn: text,
  ProductName: word,
  GeneratorId: textOrNull,
  AwsAccountId: textOrNull,
  Region: textOrNull,
  Types: texts,
  Title: text,
  Description: text,
  CreatedAt: anything,
  UpdatedAt: anything,
  FirstObservedAt: anything,
  LastObservedAt: anything,
  RecordState: word,
  Workflow: group({ Status: word }),
  WorkflowState: word,
  Compliance: group({ Status: word, SecurityControlId: textOrNull }),
  Severity: severityFieldsOf,
  FindingProviderFields: group({ Severity: severityFieldsOf, Types: texts }),
  EpssScore: probability,
  ProductFields: group({
    'aws/inspector/FindingArn': identifier,
    'aws/inspector/FindingStatus': word,
    'aws/inspector/inspectorScore': score,
    'aws/securityhub/FindingId': identifier,
    ControlId: textOrNull,
    RuleId: textOrNull,
  }),
  Network: group({ OpenPortRange: group({ Begin: count, End: count }), DestinationPort: count }),
  Vulnerabilities: list({
    Id: textOrNull,
    Cvss: list({ BaseScore: score, BaseVector: text, Source: text, Adjustments: list({ Metric: text }) }),
    EpssScore: probability,
    ExploitAvailable: flag,
    FixAvailable: flag,
    VulnerablePackages: list({
      Name: text,
      Version: text,
      FixedInVersion: textOrNull,
      FilePath: textOrNull,
      PackageManager: textOrNull,
    }),
    CodeVulnerabilities: list({ Cwes: texts, FilePath: group({ FilePath: textOrNull, FileName: textOrNull }) }),
  }),
  Resources: list({
    Type: text,
    Id: text,
    Region: textOrNull,
    Details: group({
      AwsEcrContainerImage: group({ ImageDigest: textOrNull, RepositoryName: textOrNull, RegistryId: textOrNull }),
    }),
  }),
});
type Asff = Read<typeof fieldsOf>;

/** Inspector's ARN where Inspector made the finding, so that it is the same finding in every dialect. */
function identityOf(raw: Asff): Finding['id'] | null {
  const { 'aws/inspector/FindingArn': arn, 'aws/securityhub/FindingId': hubId } = raw.ProductFields;
  const own = isInspector(raw) ? (inspectorArnIn(raw.Id) ?? inspectorArnIn(arn)) : null;
  return findingIdOf(own, raw.Id, inspectorArnIn(hubId), hubId);
}

function isInspector({ Id, ProductArn, ProductName }: Asff): boolean {
  return ProductName === 'INSPECTOR' || ProductArn.endsWith('/aws/inspector') || inspectorArnIn(Id) !== null;
}

/** Null when neither the types nor the shape of the report say what it is. */
function kindOf(raw: Asff): Finding['kind'] | null {
  const types = [...raw.Types, ...raw.FindingProviderFields.Types].join(' ');
  if (isInspector(raw)) {
    if (raw.Vulnerabilities.some((one) => one.CodeVulnerabilities.length > 0)) return 'code';
    return types.includes('Network Reachability') ? 'network' : 'package';
  }
  // A control may name vulnerabilities as examples, and an effect as its type: what it reports is still a setting.
  if (raw.Compliance.Status !== '' || types.includes('Industry and Regulatory Standards')) return 'posture';
  if (raw.Vulnerabilities.length > 0 || types.includes('/Vulnerabilities')) return 'package';
  const isThreat =
    raw.ProductArn.endsWith('/aws/guardduty') || /(?:^| )(?:TTPs|Unusual Behaviors|Effects)(?:\/| |$)/.test(types);
  if (isThreat) return 'threat';
  return types === '' ? null : 'posture';
}

/**
 * Suppressed wins over closed. An archived record is closed when its product archives what it no longer sees (Inspector,
 * Security Hub's own controls); of any other product somebody may have put it away, which is evidence of nothing.
 */
function stateOf(raw: Asff): Finding['state'] {
  const reported = inspectorStateOf(raw.ProductFields['aws/inspector/FindingStatus']);
  if (raw.Workflow.Status === 'SUPPRESSED' || reported === 'suppressed') return 'suppressed';
  const isArchived = raw.RecordState === 'ARCHIVED';
  if (isArchived && !isInspector(raw) && !raw.ProductArn.endsWith('/aws/securityhub')) return 'suppressed';
  const isResolved = raw.Workflow.Status === 'RESOLVED' || raw.WorkflowState === 'RESOLVED';
  const isClosed = isArchived || isResolved || reported === 'closed' || passed.has(raw.Compliance.Status);
  return isClosed ? 'closed' : 'open';
}

const passed: ReadonlySet<string> = new Set(['PASSED', 'NOT_AVAILABLE']);

function vulnerabilityOf(raw: Asff, kind: Finding['kind']): Untrusted | null {
  if (kind === 'posture')
    return (
      raw.Compliance.SecurityControlId ?? raw.ProductFields.ControlId ?? raw.GeneratorId ?? raw.ProductFields.RuleId
    );
  if (kind === 'threat') return raw.Types[0] ?? raw.FindingProviderFields.Types[0] ?? raw.GeneratorId;
  const named = raw.Vulnerabilities.find(({ Id }) => Id !== null)?.Id;
  return named ?? vulnerabilityIn(raw.Title);
}

/** The label of the finding, else of its provider, else the band of a normalised number. */
function severityFrom({ Severity: own, FindingProviderFields: { Severity: provided } }: Asff): Severity | null {
  return severityOf(own.Label) ?? severityOf(provided.Label) ?? bandOf(own.Normalized) ?? bandOf(provided.Normalized);
}

/** @see https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html#Severity */
function bandOf(normalized: number | null): Severity | null {
  if (normalized === null || normalized < 0 || normalized > 100) return null;
  if (normalized >= 90) return 'critical';
  if (normalized >= 70) return 'high';
  if (normalized >= 40) return 'medium';
  return normalized >= 1 ? 'low' : 'informational';
}

function vectorOf(raw: Asff['Vulnerabilities'][number]['Cvss'][number]): PublishedVector {
  return { vector: raw.BaseVector, score: raw.BaseScore, source: raw.Source, adjusted: raw.Adjustments.length > 0 };
}

function packageOf(raw: Asff['Vulnerabilities'][number]['VulnerablePackages'][number]): Package {
  const ecosystem = raw.PackageManager === null ? null : untrusted(raw.PackageManager.toLowerCase());
  return { name: raw.Name, version: raw.Version, fixedIn: raw.FixedInVersion, path: raw.FilePath, ecosystem };
}

function fileOf(raw: Asff): Untrusted | null {
  const flawed = raw.Vulnerabilities.flatMap((one) => one.CodeVulnerabilities)[0]?.FilePath;
  return flawed?.FilePath ?? flawed?.FileName ?? null;
}

/** Security Hub drops Inspector's port range at times; its description keeps it. */
function portsFrom({ Network: network, Title, Description }: Asff): Untrusted | null {
  const { Begin: begin, End: end } = network.OpenPortRange;
  return portsOf({ begin: begin ?? network.DestinationPort, end }) ?? portsIn(Description) ?? portsIn(Title);
}

/** The port range that a sentence of Inspector names. */
export function portsIn(sentence: string): Untrusted | null {
  const [, begin, end] = /\bports?(?: range)? (\d{1,5})(?:\s?-\s?(\d{1,5}))?/i.exec(sentence) ?? [];
  return begin === undefined ? null : portsOf({ begin: Number(begin), end: end === undefined ? null : Number(end) });
}
