import { expect, test } from 'vitest';
import type { Finding } from '../../lib/finding/finding.ts';
import { type Backtest, backtest, unnamed } from '../../lib/policy/backtest.ts';
import type { PolicyInForce } from '../../lib/policy/policy.ts';
import { aFinding, aVector, calm, v31 } from '../risk/builders.ts';
import { aPolicy, aServiceEntry, NOON } from './builders.ts';

const strict = [{ then: 'halt', because: 'high', when: { scoreAtLeast: 7 } }];
const lax = [{ then: 'halt', because: 'critical', when: { scoreAtLeast: 9 } }];
const hour = 3_600_000;

test('many findings of one package are one hold, and other packages are other holds', () => {
  const findings = [
    critical('openssl', 'CVE-2024-0001'),
    critical('openssl', 'CVE-2024-0002'),
    critical('zlib', 'CVE-2024-0003'),
  ];

  const { holds, vulnerabilities } = run(findings, aPolicy({ rules: lax }));

  expect(holds).toMatchObject({ after: 2, gained: 2, before: 0, lost: 0, kept: 0 });
  expect(vulnerabilities.map(({ name, after }) => [name, after])).toEqual([
    ['CVE-2024-0001', 1],
    ['CVE-2024-0002', 1],
    ['CVE-2024-0003', 1],
  ]);
});

test('a stricter policy gains holds, a laxer one loses them, what both halt is kept', () => {
  const findings = [critical('openssl', 'CVE-2024-0001'), high('zlib', 'CVE-2024-0003')];

  const stricter = run(findings, aPolicy({ rules: strict }), aPolicy({ rules: lax }));
  const laxer = run(findings, aPolicy({ rules: lax }), aPolicy({ rules: strict }));

  expect(stricter.holds).toMatchObject({ before: 1, after: 2, gained: 1, lost: 0, kept: 1 });
  expect(laxer.holds).toMatchObject({ before: 2, after: 1, gained: 0, lost: 1, kept: 1 });
  expect(laxer.rules.map(({ name, lost, kept }) => [name, lost, kept])).toEqual([
    ['high', 1, 0],
    ['critical', 0, 1],
  ]);
  expect(laxer.vulnerabilities[0]).toMatchObject({ name: 'CVE-2024-0003', lost: 1, kept: 0 });
});

test('a hold is the same under a service that was renamed, since its stage is', () => {
  const renamed = aPolicy({ rules: lax, services: [aServiceEntry({ name: 'till' })] });

  const { holds, services } = run([critical('openssl', 'CVE-2024-0001')], renamed, aPolicy({ rules: lax }));

  expect(holds).toMatchObject({ kept: 1, gained: 0, lost: 0 });
  expect(services).toMatchObject([{ name: 'till', kept: 1 }]);
});

test.each([
  ['its plan', { plan: { fix: '4h', test: '2h' } }, 6 * hour, []],
  ['what is known of its plan', { plan: { fix: '3h', owner: 'dee' } }, 3 * hour, []],
  [
    "its service's deadline without one",
    { clock: { deadline: '12h' } },
    12 * hour,
    [{ service: 'checkout', ms: 12 * hour }],
  ],
  ["the policy's deadline at last", {}, 24 * hour, [{ service: 'checkout', ms: 24 * hour }]],
])('a hold lasts as long as %s', (_, parts, ms, assumed) => {
  const policy = aPolicy({ rules: lax, services: [aServiceEntry(parts)] });

  const report = run([critical('openssl', 'CVE-2024-0001')], policy);

  expect(report.holds.msAfter).toBe(ms);
  expect(report.assumed).toEqual(assumed);
});

test('in audit mode a hold is recorded and stops no line; to enforce is to gain it', () => {
  const audit = aPolicy({ rules: lax, mode: 'audit' });
  const findings = [critical('openssl', 'CVE-2024-0001')];

  expect(run(findings, audit).holds).toMatchObject({ after: 0, audit: 1, msAfter: 0 });
  expect(run(findings, aPolicy({ rules: lax }), audit).holds).toMatchObject({
    before: 0,
    after: 1,
    gained: 1,
    audit: 0,
  });
});

test('closed and suppressed findings halt nothing, and those of no service are counted by themselves', () => {
  const elsewhere = { ...critical('zlib', 'CVE-2024-0002'), resources: [] };
  const findings: readonly Finding[] = [
    { ...critical('openssl', 'CVE-2024-0001'), state: 'closed' },
    { ...critical('openssl', 'CVE-2024-0001'), state: 'suppressed' },
    elsewhere,
  ];

  const report = run(findings, aPolicy({ rules: lax }));

  expect(report.findings).toEqual({ open: 1, notOpen: 2, unclaimed: 1 });
  expect(report.holds.after).toBe(0);
});

test('a waiver that nothing needs is unused, one that has ended is said to be, one that lets something pass is neither', () => {
  const waivers = [
    aWaiver('CVE-2024-0001', '2026-12-31'),
    aWaiver('CVE-2024-0002', '2026-12-31'),
    aWaiver('CVE-2024-0003', '2026-11-30'),
  ];
  const findings = [
    critical('openssl', 'CVE-2024-0001'),
    aFinding({ vulnerabilityId: 'CVE-2024-0002', severity: 'low', score: 2, threat: calm }),
    critical('zlib', 'CVE-2024-0003'),
  ];

  const report = run(findings, aPolicy({ rules: lax, waivers }));

  expect(report.waivers.map(({ waiver, state }) => [waiver.vulnerability, state])).toEqual([
    ['CVE-2024-0002', 'unused'],
    ['CVE-2024-0003', 'ended'],
  ]);
  expect(report.holds.after).toBe(1);
});

test('a hold without a public id stands under a name of its own', () => {
  const { vulnerabilities } = run([{ ...critical('openssl', 'x'), vulnerabilityId: null }], aPolicy({ rules: lax }));

  expect(vulnerabilities).toMatchObject([{ name: unnamed, after: 1 }]);
});

function run(findings: readonly Finding[], policy: PolicyInForce, against: PolicyInForce | null = null): Backtest {
  const running = backtest({ policy, against, intelligence: { now: NOON, kev: null } });
  for (const finding of findings) running.add(finding);
  return running.report();
}

function critical(name: string, vulnerabilityId: string): Finding {
  return aFinding({ ...flaw(name, vulnerabilityId), vectors: [aVector(v31.critical98)], severity: 'critical' });
}

function high(name: string, vulnerabilityId: string): Finding {
  return aFinding({ ...flaw(name, vulnerabilityId), score: 7.2, severity: 'high' });
}

function flaw(name: string, vulnerabilityId: string): Parameters<typeof aFinding>[0] {
  return {
    vulnerabilityId,
    threat: calm,
    packages: [{ name, version: '1', fixedIn: null, path: null, ecosystem: 'os' }],
  };
}

function aWaiver(vulnerability: string, until: string) {
  return { service: 'checkout', vulnerability, kind: 'risk', because: 'not reachable', by: ['rui'], until };
}
