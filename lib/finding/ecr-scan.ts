import { type Envelope, ignored, type Place, pathTo, rejected } from './envelope.ts';
import { group, isRecord, type Read, text, textOrNull, texts, word } from './field.ts';
import { type Reading, type Severity, severities } from './finding.ts';
import { findingIdOf } from './identity.ts';
import { imageArn, resourceOf } from './resource.ts';
import { untrusted } from './untrusted.ts';

/**
 * Reads the `detail` of an `ECR Image Scan` event, which tells how many flaws of each severity a scan found, not which. Only
 * a complete scan that counts nothing closes; one that failed is no clean scan.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
export function readEcrScan(value: unknown, { path, envelope }: Place): Reading {
  const raw = fieldsOf(value);
  const name = raw['repository-name'];
  const status = raw['scan-status'];
  const counts = raw['finding-severity-counts'];
  // What was counted is there, whether or not the scan is said to be complete; only a clean scan has to say so.
  if (status !== 'COMPLETE' && !(status === '' && hasFound(counts))) {
    return ignored(
      untrusted(
        `is a scan of ${name || 'an image'} that is ${status || 'not said to be complete'}, which is not a clean scan`,
      ),
    );
  }
  const repository = repositoryOf(raw, envelope);
  if (repository === null) {
    return rejected(
      'does not say which repository was scanned: send the event as ECR made it',
      pathTo(path, 'repository-name'),
    );
  }
  if (counts === null) {
    return rejected(
      'does not say what the scan found: send the event with its finding-severity-counts, which are {} when it found nothing',
      pathTo(path, 'finding-severity-counts'),
    );
  }
  const digest = raw['image-digest'];
  const label = digest ?? raw['image-tags'][0] ?? null;
  const id = findingIdOf(label === null ? repository : `${repository}@${label}`);
  if (id === null) return rejected('does not say which repository was scanned', pathTo(path, 'repository-name'));
  return {
    status: 'finding',
    finding: {
      id,
      dialect: 'ecr-scan',
      kind: 'image-scan',
      isKindSaid: true,
      state: hasFound(counts) ? 'open' : 'closed',
      title: untrusted(`Image scan of ${name || repository}: ${inWords(counts)}`),
      description: untrusted(''),
      vulnerabilityId: null,
      severity: worstOf(counts),
      score: null,
      vectors: [],
      threat: { epss: null, knownExploited: null, exploitAvailable: null, fix: null },
      packages: [],
      file: null,
      ports: null,
      resources: [
        resourceOf({
          type: untrusted('AWS_ECR_CONTAINER_IMAGE'),
          id: untrusted(repository),
          account: envelope.account,
          region: envelope.region,
          digest,
          repository: null,
        }),
      ],
      account: envelope.account,
      region: envelope.region,
      firstObservedAt: null,
      updatedAt: envelope.time,
      eventId: envelope.eventId,
      orderedBy: null,
    },
  };
}

/** Flaws that a scan counted, by severity. */
type Counts = ReadonlyMap<string, number>;

const fieldsOf = group({
  'scan-status': word,
  'repository-name': text,
  'image-digest': textOrNull,
  'image-tags': texts,
  'finding-severity-counts': countsOf,
});
type EcrScan = Read<typeof fieldsOf>;

/** Null when there are no counts at all. A count that is no number counts as one: it does not say that nothing was found. */
function countsOf(value: unknown): Counts | null {
  if (!isRecord(value)) return null;
  const entries = Object.entries(value).filter(([label]) => label !== 'TOTAL');
  return new Map(
    entries.map(([label, number]) => [label.toUpperCase(), typeof number === 'number' && number >= 0 ? number : 1]),
  );
}

function hasFound(counts: Counts | null): boolean {
  return counts !== null && [...counts.values()].some((number) => number > 0);
}

function worstOf(counts: Counts): Severity | null {
  return severities.findLast((severity) => (counts.get(severity.toUpperCase()) ?? 0) > 0) ?? null;
}

function inWords(counts: Counts): string {
  const found = [...counts]
    .filter(([, number]) => number > 0)
    .map(([label, number]) => `${number} ${label.toLowerCase()}`);
  return found.length === 0 ? 'nothing found' : found.join(', ');
}

function repositoryOf(raw: EcrScan, envelope: Envelope): string | null {
  const name = raw['repository-name'];
  if (name.startsWith('arn:')) return name;
  const arn = envelope.resources.find((resource) => resource.includes(':repository/'));
  if (arn !== undefined) return arn;
  if (name === '' || envelope.account === null || envelope.region === null) return name === '' ? null : name;
  return imageArn(envelope.region, envelope.account, name, null);
}
