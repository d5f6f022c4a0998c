import { expect, test, vi } from 'vitest';
import { intakeFunction } from '../../lib/aws/functions.ts';
import { openHolds } from '../../lib/hold/ledger.ts';
import type { Table } from '../../lib/hold/table.ts';
import { aWorld } from '../builders.ts';

/** A finding of Inspector on `checkout`, as the queue brings it. */
function aRecord(messageId: string, packageName: string) {
  const arn = 'arn:aws:ecr:eu-west-1:123456789012:repository/checkout/sha256:aaaa';
  const detail = {
    findingArn: `arn:aws:inspector2:eu-west-1:123456789012:finding/${messageId}`,
    awsAccountId: '123456789012',
    status: 'ACTIVE',
    severity: 'CRITICAL',
    type: 'PACKAGE_VULNERABILITY',
    title: `CVE-2026-1 - ${packageName}`,
    inspectorScore: 9.8,
    updatedAt: '2026-12-01T11:00:00Z',
    packageVulnerabilityDetails: {
      vulnerabilityId: 'CVE-2026-1',
      vulnerablePackages: [{ name: packageName, version: '1' }],
      cvss: [],
    },
    resources: [{ id: arn, type: 'AWS_ECR_CONTAINER_IMAGE' }],
  };
  const body = JSON.stringify({ source: 'aws.inspector2', 'detail-type': 'Inspector2 Finding', detail });
  return { messageId, body };
}

test('a record that always fails is given back alone, and the others of its batch open their holds', async () => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const world = await aWorld();
  const isPoison = (writes: Parameters<Table['transact']>[0]) => JSON.stringify(writes).includes('poison');
  const table: Table = {
    ...world.table,
    transact: async (writes) => {
      if (isPoison(writes)) throw new Error('ValidationException: Item size has exceeded the maximum allowed size');
      return await world.table.transact(writes);
    },
  };
  const Records = ['curl', 'poison', 'zlib', 'openssl'].map((name) => aRecord(name, name));

  const answer = await intakeFunction({ ...world.ports, table }, { Records });

  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'poison' }] });
  expect(await openHolds(world.table)).toHaveLength(3);
  vi.restoreAllMocks();
});
