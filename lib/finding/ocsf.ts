import { portsIn } from './asff.ts';
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
import { distinct, fixOf, stateOf as inspectorStateOf, vulnerabilityIn } from './inspector2.ts';
import { placeIn, resourceOf } from './resource.ts';
import { type Untrusted, untrusted } from './untrusted.ts';

/**
 * Reads a finding in the Open Cybersecurity Schema Framework, versions 0.1 to 1.9: vulnerability, compliance and detection
 * findings, exposures, and the security findings of before 1.1.
 * @see https://schema.ocsf.io/
 */
export function readOcsf(value: unknown, { path, envelope }: Place): Reading {
  const raw = fieldsOf(value);
  const info = raw.finding_info.uid === '' && raw.finding_info.title === '' ? raw.finding : raw.finding_info;
  const id = findingIdOf(inspectorArnIn(info.uid), info.uid, raw.metadata.uid);
  if (id === null) {
    return rejected(
      'has no finding_info.uid, so it cannot be told from other findings: send it with the uid that its product gave it',
      pathTo(path, 'finding_info.uid'),
    );
  }
  const saidKind = kindOf(raw, info);
  const kind = saidKind ?? 'package';
  const place = placeIn(id);
  const account = raw.cloud.account.uid ?? raw.cloud.account_uid ?? place.account ?? envelope.account;
  const region = raw.cloud.region ?? place.region ?? envelope.region;
  const packages = raw.vulnerabilities.flatMap((one) => [...one.affected_packages, ...one.packages].map(packageOf));
  return {
    status: 'finding',
    finding: {
      id,
      dialect: 'ocsf',
      kind,
      isKindSaid: saidKind !== null,
      state: stateOf(raw, id),
      title: info.title || raw.message,
      description: info.desc,
      vulnerabilityId: vulnerabilityOf(raw, info, kind),
      severity: severityFrom(raw),
      score: worst([
        raw.unmapped['ProductFields.aws/inspector/inspectorScore'],
        ...cvssOf(raw).map((one) => one.adjusted_score),
      ]),
      vectors: distinct([...cvssOf(raw).map(publishedOf), ...cvssOf(raw).map(adjustedOf)]),
      threat: {
        epss: worst(raw.vulnerabilities.map((one) => one.cve.epss.score)),
        knownExploited: anyOf(raw.vulnerabilities.flatMap((one) => [one.is_kev, one.cve.is_kev])),
        exploitAvailable: anyOf(raw.vulnerabilities.map((one) => one.is_exploit_available)),
        fix: fixOf(anyOf(raw.vulnerabilities.flatMap((one) => [one.is_fix_available, one.fix_available])), packages),
      },
      packages,
      file: kind === 'code' ? fileOf(raw) : null,
      ports: kind === 'network' ? (portsIn(info.desc) ?? portsIn(info.title)) : null,
      resources: [...raw.resources, ...raw.resource].map((resource) => {
        const image = imageOf(resource);
        return resourceOf({
          type: resource.type,
          id: resource.uid || resource.name,
          account: image.registry ?? resource.owner.account.uid ?? account,
          region: resource.region ?? region,
          digest: image.digest ?? resource.image.uid,
          repository: image.repository,
        });
      }),
      account,
      region,
      firstObservedAt: firstInstant(
        info.first_seen_time_dt,
        info.first_seen_time,
        info.created_time_dt,
        info.created_time,
      ),
      updatedAt: firstInstant(
        info.modified_time_dt,
        info.modified_time,
        raw['finding.info.modified_time_dt'],
        raw.time_dt,
        raw.time,
        raw.event_time,
        info.last_seen_time_dt,
        info.last_seen_time,
        envelope.time,
      ),
      eventId: envelope.eventId,
      orderedBy: null,
    },
  };
}

const infoOf = group({
  uid: identifier,
  title: text,
  desc: text,
  types: texts,
  first_seen_time: anything,
  first_seen_time_dt: anything,
  last_seen_time: anything,
  last_seen_time_dt: anything,
  created_time: anything,
  created_time_dt: anything,
  modified_time: anything,
  modified_time_dt: anything,
  related_events: list({ title: text }),
});
type Info = Read<typeof infoOf>;

const packagesOf = list({
  name: text,
  version: text,
  fixed_in_version: textOrNull,
  path: textOrNull,
  package_manager: textOrNull,
});

const resourcesOf = list({
  type: text,
  uid: text,
  name: text,
  region: textOrNull,
  owner: group({ account: group({ uid: textOrNull }) }),
  image: group({ uid: textOrNull }),
  data: group({
    awsEcrContainerImage: group({ imageHash: textOrNull, repositoryName: textOrNull, registry: textOrNull }),
    awsEcrContainerImageDetails: group({ imageHash: textOrNull, repositoryName: textOrNull, registry: textOrNull }),
    AwsEcrContainerImage: group({ ImageDigest: textOrNull, RepositoryName: textOrNull, RegistryId: textOrNull }),
  }),
});

const fieldsOf = group({
  class_uid: count,
  type_uid: count,
  activity_name: word,
  status: word,
  status_id: count,
  status_code: word,
  state: word,
  severity: word,
  severity_id: count,
  message: text,
  time: anything,
  time_dt: anything,
  event_time: anything,
  'finding.info.modified_time_dt': anything,
  metadata: group({
    uid: identifier,
    event_code: textOrNull,
    product: group({ name: word, feature: group({ uid: textOrNull }) }),
  }),
  cloud: group({ account: group({ uid: textOrNull }), account_uid: textOrNull, region: textOrNull }),
  compliance: group({ status: word, control: textOrNull }),
  finding_info: infoOf,
  finding: infoOf,
  vendor_attributes: group({ severity: word, severity_id: count }),
  unmapped: group({
    'ProductFields.aws/inspector/inspectorScore': score,
    'ProductFields.aws/inspector/FindingStatus': word,
    'ProductFields.ControlId': textOrNull,
    RecordState: word,
  }),
  vulnerabilities: list({
    title: textOrNull,
    is_exploit_available: flag,
    is_fix_available: flag,
    fix_available: flag,
    is_kev: flag,
    cve: group({
      uid: textOrNull,
      is_kev: flag,
      epss: group({ score: probability }),
      cvss: list({
        base_score: score,
        vector_string: text,
        vendor_name: text,
        adjusted_score: score,
        adjusted_vector_string: text,
      }),
    }),
    advisory: group({ uid: textOrNull }),
    cwe: group({ uid: textOrNull }),
    affected_packages: packagesOf,
    packages: packagesOf,
    affected_code: list({ file: group({ path: textOrNull, name: textOrNull }) }),
  }),
  resources: resourcesOf,
  resource: resourcesOf,
});
type Ocsf = Read<typeof fieldsOf>;

/** Null when neither class and types nor the shape of the report say what it is. */
function kindOf(raw: Ocsf, info: Info): Finding['kind'] | null {
  const types = info.types.join(' ');
  const classUid = raw.class_uid ?? Math.floor((raw.type_uid ?? 0) / 100);
  if (types.includes('Network Reachability')) return 'network';
  const isCheck = raw.compliance.status !== '' || checkWords.has(raw.status_code);
  if (classUid === 2003 || isCheck || raw.metadata.product.name === 'PROWLER') return 'posture';
  if (raw.vulnerabilities.some((one) => one.affected_code.length > 0)) return 'code';
  if (classUid === 2002 || raw.vulnerabilities.length > 0) return 'package';
  // Data security (2006), application posture (2007) and exposures report how things stand, not that somebody attacks.
  const isPosture = classUid === 2006 || classUid === 2007 || /exposure|industry and regulatory standards/i.test(types);
  if (isPosture || raw.metadata.product.name.includes('EXPOSURE')) return 'posture';
  return classUid === 0 && types === '' ? null : 'threat';
}

/** How a check of a setting ends, which no detection says. */
const checkWords: ReadonlySet<string> = new Set(['FAIL', 'FAILED', 'PASS', 'PASSED', 'MANUAL', 'MUTED']);

/**
 * Suppressed wins over closed, and a status in words over its number, which some writers get wrong. Archived and deleted
 * records are closed only where Inspector made them: of others somebody may have put them away.
 */
function stateOf(raw: Ocsf, id: string): Finding['state'] {
  const reported = inspectorStateOf(raw.unmapped['ProductFields.aws/inspector/FindingStatus']);
  const status = statusOf(raw);
  if (status === 'SUPPRESSED' || raw.status_code === 'MUTED' || reported === 'suppressed') return 'suppressed';
  if (status === 'DELETED') return 'suppressed';
  if (status === 'ARCHIVED' || raw.unmapped.RecordState === 'ARCHIVED') {
    return inspectorArnIn(id) === null && raw.compliance.status === '' ? 'suppressed' : 'closed';
  }
  const isClosed = closedWords.has(status) || reported === 'closed' || raw.activity_name === 'CLOSE';
  const hasPassed = passedWords.has(raw.compliance.status) || passedWords.has(raw.status_code);
  return isClosed || hasPassed ? 'closed' : 'open';
}

function statusOf(raw: Ocsf): string {
  const said = [raw.status, raw.state].find((one) => knownStatuses.has(one));
  // Prowler numbers every check SUPPRESSED: one that failed is not, unless it is said in words.
  const number = raw.status_code === 'FAIL' ? 0 : (raw.status_id ?? 0);
  return said ?? statuses[number] ?? '';
}

const statuses = ['', 'NEW', 'IN PROGRESS', 'SUPPRESSED', 'RESOLVED', 'ARCHIVED', 'DELETED'] as const;
const closedWords: ReadonlySet<string> = new Set(['RESOLVED', 'CLOSED']);
const knownStatuses: ReadonlySet<string> = new Set([...statuses.slice(1), ...closedWords]);
const passedWords: ReadonlySet<string> = new Set(['PASS', 'PASSED', 'NOT_AVAILABLE']);

function vulnerabilityOf(raw: Ocsf, info: Info, kind: Finding['kind']): Untrusted | null {
  const named = raw.vulnerabilities.map(
    ({ cve, advisory, cwe, title }) =>
      cve.uid ?? advisory.uid ?? (kind === 'code' ? cwe.uid : null) ?? vulnerabilityIn(title ?? ''),
  );
  const found = named.find((one) => one !== null) ?? null;
  if (kind === 'package' || kind === 'code') return found ?? vulnerabilityIn(info.title);
  if (kind === 'threat') return info.types[0] ?? null;
  if (kind === 'network') return null;
  const related = info.related_events.map(({ title }) => vulnerabilityIn(title)).find((one) => one !== null);
  const { event_code: check, product } = raw.metadata;
  return (
    raw.compliance.control ??
    raw.unmapped['ProductFields.ControlId'] ??
    check ??
    related ??
    product.feature.uid ??
    info.types[0] ??
    null
  );
}

function severityFrom(raw: Ocsf): Severity | null {
  const { vendor_attributes: vendor } = raw;
  const byNumber = severityNumbers[raw.severity_id ?? 0] ?? severityNumbers[vendor.severity_id ?? 0] ?? null;
  return severityOf(raw.severity) ?? severityOf(vendor.severity) ?? byNumber;
}

const severityNumbers: readonly (Severity | null)[] = [
  null,
  'informational',
  'low',
  'medium',
  'high',
  'critical',
  'critical',
];

type Cvss = Ocsf['vulnerabilities'][number]['cve']['cvss'][number];

function cvssOf(raw: Ocsf): readonly Cvss[] {
  return raw.vulnerabilities.flatMap((one) => one.cve.cvss);
}

function publishedOf(raw: Cvss): PublishedVector {
  return { vector: raw.vector_string, score: raw.base_score, source: raw.vendor_name, adjusted: false };
}

function adjustedOf(raw: Cvss): PublishedVector {
  return { vector: raw.adjusted_vector_string, score: raw.adjusted_score, source: raw.vendor_name, adjusted: true };
}

function packageOf(raw: Read<typeof packagesOf>[number]): Package {
  const ecosystem = raw.package_manager === null ? null : untrusted(raw.package_manager.toLowerCase());
  return { name: raw.name, version: raw.version, fixedIn: raw.fixed_in_version, path: raw.path, ecosystem };
}

function fileOf(raw: Ocsf): Untrusted | null {
  const file = raw.vulnerabilities.flatMap((one) => one.affected_code)[0]?.file;
  return file?.path ?? file?.name ?? null;
}

function imageOf({ data }: Read<typeof resourcesOf>[number]) {
  const { awsEcrContainerImage: own, awsEcrContainerImageDetails: other, AwsEcrContainerImage: hub } = data;
  return {
    digest: own.imageHash ?? other.imageHash ?? hub.ImageDigest,
    repository: own.repositoryName ?? other.repositoryName ?? hub.RepositoryName,
    registry: own.registry ?? other.registry ?? hub.RegistryId,
  };
}
