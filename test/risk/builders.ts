import type { z } from 'zod';
import { Finding } from '../../lib/finding/finding.ts';
import { instantOf } from '../../lib/finding/instant.ts';
import { assess } from '../../lib/risk/assess.ts';
import type { Assessment } from '../../lib/risk/assessment.ts';
import type { KnownExploitedList } from '../../lib/risk/known-exploited.ts';
import type { Setting } from '../../lib/risk/setting.ts';

export const NOON = instantOf(Date.UTC(2026, 11, 1, 12));

/** A finding on a container image with nothing known but its identity; `parts` are what matters in the test. */
export function aFinding(parts: Partial<z.input<typeof Finding>> = {}): Finding {
  return Finding.parse({
    id: 'arn:aws:inspector2:eu-west-1:123456789012:finding/1',
    dialect: 'inspector2',
    kind: 'package',
    state: 'open',
    title: 'CVE-2024-0001 - openssl',
    description: '',
    vulnerabilityId: 'CVE-2024-0001',
    severity: null,
    score: null,
    vectors: [],
    threat: { epss: null, knownExploited: null, exploitAvailable: null, fix: null },
    packages: [{ name: 'openssl', version: '3.0.1', fixedIn: '3.0.2', path: null, ecosystem: 'os' }],
    file: null,
    ports: null,
    resources: [
      { type: 'AWS_ECR_CONTAINER_IMAGE', id: imageArn, original: imageArn, digest: `sha256:${'a'.repeat(64)}` },
    ],
    account: '123456789012',
    region: 'eu-west-1',
    firstObservedAt: null,
    updatedAt: null,
    eventId: null,
    orderedBy: null,
    ...parts,
  });
}

export const imageArn = `arn:aws:ecr:eu-west-1:123456789012:repository/checkout/sha256:${'a'.repeat(64)}`;

/** A vector as somebody published it. */
export function aVector(vector: string, source = 'NVD', adjusted = false): z.input<typeof Finding>['vectors'][number] {
  return { vector, score: null, source, adjusted };
}

/** What the policy says of a service. */
export function aSetting(parts: Partial<Setting> = {}): Setting {
  return {
    exposure: 'internet',
    authentication: 'none',
    dataClass: 'restricted',
    criticality: 'high',
    onConflict: 'worst',
    exploitMaturity: 'worst',
    ...parts,
  };
}

/** Threat data with everything known and nothing bad. */
export const calm = { epss: 0.01, knownExploited: false, exploitAvailable: false, fix: 'available' } as const;

export const v31 = {
  critical98: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
  high75: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H',
  high71: 'CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:L',
  medium53: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L',
} as const;

/** The golden example: 9.2 as it stands, 7.7 when a login is needed. */
export const golden = 'CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N';

/** The assessment of a finding at noon. */
export function assessed(finding: Finding, setting: Setting | null, kev: KnownExploitedList | null = null): Assessment {
  return assess(finding, setting, { now: NOON, kev });
}
