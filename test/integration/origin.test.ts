import { expect, test } from 'vitest';
import type { Runtime } from '../../lib/embedded/runtime.ts';
import type { HoldJson, WholeHoldJson } from '../../lib/web/show/api.ts';
import { aFinding, aVector, v31 } from '../risk/builders.ts';
import { json, startWorld, until } from './world.ts';

const waiting = 'sha256:d0406162a81777e5fe3eb5835fec5d4436ca750a1e12e367474efc39cc62cfbf';
const production = `sha256:${'77'.repeat(32)}`;

test('of two images the page, the JSON and the ledger say whether the release that waits introduces the flaw', async () => {
  const { runtime } = await startWorld({ ledger: 'memory' });
  try {
    // The scanner knows both images; openssl is flawed in both, libxml2 only in the one that waits, and log4j only in production.
    await runtime.takeInFinding(flaw(runtime, 1, 'CVE-2021-44228', 'log4j', production));
    await runtime.takeInFinding(flaw(runtime, 2, 'CVE-2024-0001', 'openssl', production));
    await runtime.takeInFinding(flaw(runtime, 3, 'CVE-2024-0001', 'openssl', waiting));
    await runtime.takeInFinding(flaw(runtime, 4, 'CVE-2024-0002', 'libxml2', waiting));
    runtime.go();

    const inherited = await compared(runtime, 'CVE-2024-0001');
    const introduced = await compared(runtime, 'CVE-2024-0002');

    expect(inherited.origin).toMatchObject({
      introduced: false,
      comparison: { since: '2026-03-01T00:00:00.000Z', shares: [{ name: 'CVE-2024-0001', score: 9.8 }] },
    });
    expect(introduced.origin).toMatchObject({ introduced: true, comparison: { brings: [{ name: 'CVE-2024-0002' }] } });
    expect(await page(runtime, inherited)).toContain('it is already in production since 1 Mar');
    expect(await page(runtime, introduced)).toContain('This release introduces it: production, scanned ');
  } finally {
    await runtime.stop();
  }
});

function flaw({ ports }: Runtime, n: number, vulnerabilityId: string, name: string, digest: string) {
  const repository = ports.policy.services.find((service) => service.name === 'checkout')?.resources[0] ?? '';
  const arn = `${repository.replaceAll('*', '')}/${digest}`;
  return aFinding({
    id: `arn:aws:inspector2:eu-central-1:123456789012:finding/${n}`,
    vulnerabilityId,
    vectors: [aVector(v31.critical98)],
    packages: [{ name, version: '1', fixedIn: '2', path: null, ecosystem: 'os' }],
    resources: [{ type: 'AWS_ECR_CONTAINER_IMAGE', id: arn, original: arn, digest }],
    firstObservedAt: '2026-03-01T00:00:00.000Z',
  });
}

/** The hold on a vulnerability, once its release was compared. */
async function compared(runtime: Runtime, vulnerability: string): Promise<WholeHoldJson> {
  return await until(async () => {
    const holds = await json<readonly HoldJson[]>(runtime, '/api/holds');
    const found = holds.find(({ problem }) => problem.vulnerabilities.includes(vulnerability));
    const whole = found === undefined ? null : await json<WholeHoldJson>(runtime, `/api/holds/${found.id}`);
    return whole !== null && whole.origin !== null && whole.origin.introduced !== null ? whole : null;
  });
}

async function page(runtime: Runtime, { id }: WholeHoldJson): Promise<string> {
  return await (await fetch(`${runtime.url}/holds/${id}`)).text();
}
