import type { FindingSource } from '../../lib/decision/findings.ts';
import { Finding, type Finding as OneFinding } from '../../lib/finding/finding.ts';
import type { Instant } from '../../lib/finding/instant.ts';
import { account, region } from './world-policy.ts';

/** What the simulated scanner knows: findings on image digests, and when an image was last scanned. */
export type Scanner = {
  readonly port: FindingSource;
  /** Reports a problem (a package) on an image; the same problem on the same image is the same finding. */
  report(service: string, problem: string, digest: string, state: 'open' | 'closed'): OneFinding;
  scan(digest: string): void;
  /** Deletes the image: its findings read closed, which proves nothing. */
  forget(digest: string): void;
  findings(): readonly OneFinding[];
  /** The newest scan that anybody was told of; empty before the first. */
  lastScanTold(): string;
};

/** A scanner that has seen nothing yet. */
export function scannerOf(now: () => Instant): Scanner {
  const findings = new Map<string, OneFinding>();
  const scans = new Map<string, Instant>();
  const gone = new Set<string>();
  let told = '';
  return {
    report(service, problem, digest, state) {
      const finding = findingOf(service, problem, digest, state, now());
      findings.set(finding.id, finding);
      scans.set(digest, now());
      return finding;
    },
    scan: (digest) => void scans.set(digest, now()),
    forget: (digest) => void gone.add(digest),
    findings: () => [...findings.values()],
    lastScanTold: () => told,
    port: {
      async state({ id }) {
        const finding = [...findings.values()].find((one) => one.id === id);
        if (finding === undefined) return 'not-found';
        return finding.resources.some(({ digest }) => digest !== null && gone.has(digest)) ? 'closed' : finding.state;
      },
      async coverage(resource) {
        if (gone.has(resource)) return { status: 'gone' };
        const at = scans.get(resource);
        if (at === undefined) return { status: 'not-scanned', why: 'never scanned' };
        if (at > told) told = at;
        return { status: 'scanned', at };
      },
      async openOnImage(digest) {
        return [...findings.values()].filter(
          (one) => one.state === 'open' && one.resources.some((resource) => resource.digest === digest),
        );
      },
    },
  };
}

function findingOf(
  service: string,
  problem: string,
  digest: string,
  state: 'open' | 'closed',
  at: Instant,
): OneFinding {
  const image = `arn:aws:ecr:${region}:${account}:repository/${service}/${digest}`;
  return Finding.parse({
    id: `arn:aws:inspector2:${region}:${account}:finding/${problem}-${digest.slice(7, 15)}`,
    dialect: 'inspector2',
    kind: 'package',
    state,
    title: `CVE-2026-0001 - ${problem}`,
    description: 'simulated',
    vulnerabilityId: 'CVE-2026-0001',
    severity: 'critical',
    score: 9.8,
    vectors: [],
    threat: { epss: null, knownExploited: null, exploitAvailable: null, fix: 'available' },
    packages: [{ name: problem, version: '1.0.0', fixedIn: '1.0.1', path: null, ecosystem: 'pip' }],
    file: null,
    ports: null,
    resources: [{ type: 'AwsEcrContainerImage', id: image, original: image, digest }],
    account,
    region,
    firstObservedAt: null,
    updatedAt: at,
    eventId: null,
    orderedBy: null,
  });
}
