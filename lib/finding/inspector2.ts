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
  presence,
  probability,
  type Read,
  score,
  severityOf,
  text,
  textOrNull,
  word,
  worst,
} from './field.ts';
import type { Finding, Package, PublishedVector, Reading } from './finding.ts';
import { findingIdOf } from './identity.ts';
import { placeIn, resourceOf } from './resource.ts';
import { type Untrusted, untrusted } from './untrusted.ts';

/** Reads a finding in the shape of Inspector's events, of `ListFindings`, of its console's reports and of on-demand scans. */
export function readInspector2(value: unknown, { path, envelope }: Place): Reading {
  const raw = fieldsOf(value);
  const id = findingIdOf(raw.findingArn, raw.arn);
  if (id === null) {
    return rejected(
      'has no findingArn, so it cannot be told from other findings: send it with the ARN that Inspector gave it',
      pathTo(path, 'findingArn'),
    );
  }
  const saidKind = kindOf(raw);
  const kind = saidKind ?? 'package';
  const place = placeIn(id);
  const account = raw.awsAccountId ?? place.account ?? envelope.account;
  const region = place.region ?? envelope.region;
  const { packageVulnerabilityDetails: details, codeVulnerabilityDetails: code } = raw;
  const adjusted = raw.inspectorScoreDetails.adjustedCvss;
  const packages = details.vulnerablePackages.map(packageOf);
  return {
    status: 'finding',
    finding: {
      id,
      dialect: 'inspector2',
      kind,
      isKindSaid: saidKind !== null,
      state: stateOf(raw.status),
      title: raw.title,
      description: raw.description,
      vulnerabilityId:
        kind === 'code' ? (code.detectorId ?? code.ruleId) : (details.vulnerabilityId ?? vulnerabilityIn(raw.title)),
      severity: severityOf(raw.severity),
      score: worst([raw.inspectorScore, adjusted.score]),
      vectors: distinct([...details.cvss.map((entry) => vectorOf(entry, false)), vectorOf(adjusted, true)]),
      threat: {
        epss: raw.epss.score,
        knownExploited: raw.cisaData.dateAdded ? true : null,
        exploitAvailable: anyOf([
          raw.exploitAvailable,
          firstInstant(raw.exploitabilityDetails.lastKnownExploitAt) === null ? null : true,
        ]),
        fix: fixOf(raw.fixAvailable, packages),
      },
      packages,
      file: kind === 'code' ? (code.filePath.filePath ?? code.filePath.fileName) : null,
      ports: kind === 'network' ? portsOf(raw.networkReachabilityDetails.openPortRange) : null,
      resources: raw.resources.map((resource) =>
        resourceOf({
          type: resource.type,
          id: resource.id,
          account: resource.details.awsEcrContainerImage.registry ?? account,
          region: resource.region ?? region,
          digest: resource.details.awsEcrContainerImage.imageHash,
          repository: resource.details.awsEcrContainerImage.repositoryName,
        }),
      ),
      account,
      region,
      firstObservedAt: firstInstant(raw.firstObservedAt),
      updatedAt: firstInstant(raw.updatedAt, raw.lastObservedAt) ?? envelope.time,
      eventId: envelope.eventId,
      orderedBy: null,
    },
  };
}

/** Whether a mend exists: as the scanner says, else as the packages show. */
export function fixOf(said: boolean | null, packages: readonly Package[]): Finding['threat']['fix'] {
  if (said !== null) return said ? 'available' : 'none';
  return packages.some(({ fixedIn }) => fixedIn !== null) ? 'available' : null;
}

/** A public id that a title names, for findings that do not name it elsewhere. */
export function vulnerabilityIn(title: string): Untrusted | null {
  const id = /\b(?:CVE-\d{4}-\d{4,19}|GHSA(?:-[0-9a-z]{4}){3})\b/i.exec(title)?.[0];
  return id === undefined ? null : untrusted(id);
}

/** A port range in words; null when no port is named. */
export function portsOf(range: { readonly begin: number | null; readonly end: number | null }): Untrusted | null {
  const { begin, end } = range;
  if (begin === null && end === null) return null;
  return untrusted(begin === null || end === null || begin === end ? `${begin ?? end}` : `${begin}-${end}`);
}

/** Published vectors without repetitions and without entries that say nothing. A score without a vector still counts. */
export function distinct(vectors: readonly PublishedVector[]): readonly PublishedVector[] {
  const seen = new Set<string>();
  return vectors.filter(({ vector, score: published, source, adjusted }) => {
    const key = `${vector} ${published} ${adjusted} ${source}`;
    if ((vector === '' && published === null) || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** What Inspector's status means. A word we do not know leaves the finding open. */
export function stateOf(status: string): Finding['state'] {
  if (status === 'SUPPRESSED') return 'suppressed';
  return status === 'CLOSED' ? 'closed' : 'open';
}

const fieldsOf = group({
  findingArn: identifier,
  arn: identifier,
  awsAccountId: textOrNull,
  type: word,
  title: text,
  description: text,
  severity: word,
  status: word,
  firstObservedAt: anything,
  lastObservedAt: anything,
  updatedAt: anything,
  inspectorScore: score,
  inspectorScoreDetails: group({
    adjustedCvss: group({ score, scoringVector: text, scoreSource: text, cvssSource: text }),
  }),
  epss: group({ score: probability }),
  exploitAvailable: flag,
  exploitabilityDetails: group({ lastKnownExploitAt: anything }),
  cisaData: group({ dateAdded: presence }),
  fixAvailable: flag,
  packageVulnerabilityDetails: group({
    vulnerabilityId: textOrNull,
    cvss: list({ baseScore: score, scoringVector: text, source: text }),
    vulnerablePackages: list({
      name: text,
      version: text,
      fixedInVersion: textOrNull,
      filePath: textOrNull,
      packageManager: textOrNull,
    }),
  }),
  codeVulnerabilityDetails: group({
    detectorId: textOrNull,
    ruleId: textOrNull,
    filePath: group({ filePath: textOrNull, fileName: textOrNull }),
  }),
  networkReachabilityDetails: group({
    openPortRange: group({ begin: count, end: count }),
    protocol: word,
    networkPath: presence,
  }),
  resources: list({
    type: text,
    id: text,
    region: textOrNull,
    details: group({
      awsEcrContainerImage: group({ imageHash: textOrNull, repositoryName: textOrNull, registry: textOrNull }),
    }),
  }),
});
type Inspector2 = Read<typeof fieldsOf>;

/** As its type says, else as its details show; null when neither does. */
function kindOf({ type, packageVulnerabilityDetails, ...raw }: Inspector2): Finding['kind'] | null {
  const said = kindWords.get(type);
  if (said !== undefined) return said;
  const { detectorId, ruleId, filePath } = raw.codeVulnerabilityDetails;
  if (detectorId !== null || ruleId !== null || filePath.filePath !== null) return 'code';
  const { openPortRange, protocol, networkPath } = raw.networkReachabilityDetails;
  if (openPortRange.begin !== null || openPortRange.end !== null || protocol !== '' || networkPath) return 'network';
  const { vulnerabilityId, vulnerablePackages } = packageVulnerabilityDetails;
  return vulnerabilityId !== null || vulnerablePackages.length > 0 ? 'package' : null;
}

const kindWords: ReadonlyMap<string, Finding['kind']> = new Map([
  ['PACKAGE_VULNERABILITY', 'package'],
  ['NETWORK_REACHABILITY', 'network'],
  ['CODE_VULNERABILITY', 'code'],
]);

function packageOf(raw: Inspector2['packageVulnerabilityDetails']['vulnerablePackages'][number]): Package {
  const ecosystem = raw.packageManager === null ? null : untrusted(raw.packageManager.toLowerCase());
  return { name: raw.name, version: raw.version, fixedIn: raw.fixedInVersion, path: raw.filePath, ecosystem };
}

type CvssEntry =
  | Inspector2['packageVulnerabilityDetails']['cvss'][number]
  | Inspector2['inspectorScoreDetails']['adjustedCvss'];

function vectorOf(entry: CvssEntry, adjusted: boolean): PublishedVector {
  if ('baseScore' in entry)
    return { vector: entry.scoringVector, score: entry.baseScore, source: entry.source, adjusted };
  return { vector: entry.scoringVector, score: entry.score, source: entry.scoreSource || entry.cvssSource, adjusted };
}
