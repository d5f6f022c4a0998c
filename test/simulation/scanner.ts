import type { FindingSource } from '../../lib/decision/findings.ts';
import { Finding, type Finding as OneFinding } from '../../lib/finding/finding.ts';
import type { Instant } from '../../lib/finding/instant.ts';
import { findingOfOrder } from '../../lib/finding/ordered.ts';
import { account, region } from './world-policy.ts';

/** A weakness of the simulation: in an image, in what already runs (a function), or one that a person reports. */
export type Weakness = { readonly name: string; readonly in: 'image' | 'function' };

/** What the simulated scanner knows: findings, and when a resource was last scanned. */
export type Scanner = {
  readonly port: FindingSource;
  /** Reports a weakness of a service; the same weakness on the same resource is the same finding. */
  report(service: string, weakness: Weakness, digest: string, state: OneFinding['state']): OneFinding;
  /** A person stops the line for a flaw that no scanner knows. */
  order(service: string, by: string): OneFinding;
  scan(digest: string): void;
  /** Deletes the image: its findings read closed, which proves nothing. */
  forget(digest: string): void;
  findings(): readonly OneFinding[];
};

/** A scanner that has seen nothing yet. */
export function scannerOf(now: () => Instant): Scanner {
  const findings = new Map<string, OneFinding>();
  const scans = new Map<string, Instant>();
  const gone = new Set<string>();
  let orders = 0;
  return {
    report(service, weakness, digest, state) {
      const finding = findingOf(service, weakness, digest, state, now());
      findings.set(finding.id, finding);
      scans.set(scannedOf(finding), now());
      return finding;
    },
    order(service, by) {
      orders += 1;
      return findingOfOrder({
        id: `order-${orders}`,
        service,
        title: 'Open redirect',
        vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
        reason: 'found by hand',
        cve: null,
        by,
        at: now(),
        believed: null,
      });
    },
    scan: (digest) => void scans.set(digest, now()),
    forget: (digest) => void gone.add(digest),
    findings: () => [...findings.values()],
    port: {
      async state({ id }) {
        const finding = findings.get(id);
        if (finding === undefined) return 'not-found';
        return gone.has(scannedOf(finding)) ? 'closed' : finding.state;
      },
      async coverage(resource) {
        if (gone.has(resource)) return { status: 'gone' };
        const at = scans.get(resource);
        return at === undefined ? { status: 'not-scanned', why: 'never scanned' } : { status: 'scanned', at };
      },
      async openOnImage(digest) {
        return [...findings.values()].filter(
          (one) => one.state === 'open' && one.resources.some((resource) => resource.digest === digest),
        );
      },
    },
  };
}

function scannedOf(finding: OneFinding): string {
  const resource = finding.resources[0];
  return resource?.digest ?? resource?.id ?? '';
}

function resourceOf(service: string, weakness: Weakness, digest: string) {
  if (weakness.in === 'function') {
    const id = `arn:aws:lambda:${region}:${account}:function:${service}`;
    return { type: 'AwsLambdaFunction', id, original: id, digest: null };
  }
  const id = `arn:aws:ecr:${region}:${account}:repository/${service}/${digest}`;
  return { type: 'AwsEcrContainerImage', id, original: id, digest };
}

function findingOf(
  service: string,
  weakness: Weakness,
  digest: string,
  state: OneFinding['state'],
  at: Instant,
): OneFinding {
  const on = weakness.in === 'function' ? 'function' : digest.slice(7, 15);
  return Finding.parse({
    id: `arn:aws:inspector2:${region}:${account}:finding/${weakness.name}-${service}-${on}`,
    dialect: 'inspector2',
    kind: 'package',
    state,
    title: `CVE-2026-0001 - ${weakness.name}`,
    description: 'simulated',
    vulnerabilityId: 'CVE-2026-0001',
    severity: 'critical',
    score: 9.8,
    vectors: [],
    threat: { epss: null, knownExploited: null, exploitAvailable: null, fix: 'available' },
    packages: [{ name: weakness.name, version: '1.0.0', fixedIn: '1.0.1', path: null, ecosystem: 'pip' }],
    file: null,
    ports: null,
    resources: [resourceOf(service, weakness, digest)],
    account,
    region,
    firstObservedAt: null,
    updatedAt: at,
    eventId: null,
    orderedBy: null,
  });
}
