import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { records, stopship } from './run.ts';

const samples = 'test/fixtures/samples';
const ecrEvent = `${samples}/inspector2/inspector-guide-ecr-package-event.json`;

describe.concurrent('assess', () => {
  test('a finding is one record with every key of the contract', async () => {
    const { code, out } = await stopship(['assess', ecrEvent, '--json']);

    expect(code).toBe(0);
    expect(records(out)).toMatchObject([
      {
        file: ecrEvent,
        index: 0,
        status: 'assessed',
        dialect: 'inspector2',
        kind: 'package',
        vulnerabilityId: 'CVE-2024-6119',
        resource: { type: 'AWS_ECR_CONTAINER_IMAGE' },
        state: 'open',
        service: null,
        cvss: null,
        threat: { knownExploited: null, exploitAvailable: false, fixAvailable: true },
        verdict: 'pass',
      },
    ]);
    expect(Object.keys(records(out)[0] ?? {})).toEqual([
      ...['file', 'index', 'status', 'dialect', 'kind', 'findingId', 'vulnerabilityId', 'title', 'resource', 'state'],
      ...['service', 'scannerSeverity', 'cvss', 'threat', 'ssvc', 'verdict', 'reasons', 'unknowns'],
    ]);
  });

  test('a verdict of halt exits 3, even beside something rejected', async () => {
    const halting = `${samples}/inspector2/inspector-guide-lambda-code-event.json`;

    const { code, out } = await stopship(['assess', halting, `${samples}/malformed/sechub-guide-missing-comma.json`]);

    expect(out).toContain('HALT');
    expect(code).toBe(3);
  });

  test('what is not JSON is rejected with its place, on both outputs', async () => {
    const file = `${samples}/malformed/sechub-guide-missing-comma.json`;

    const { code, out, err } = await stopship(['assess', file, '--json']);

    expect(code).toBe(1);
    expect(records(out)).toEqual([
      { file, index: 0, status: 'rejected', error: { message: expect.stringContaining('line 38'), path: '' } },
    ]);
    expect(err).toContain(`${file} is not JSON at line 38, column 3`);
  });

  test('an empty file, a missing one and a directory are each one sentence', async () => {
    const empty = join(mkdtempSync(join(tmpdir(), 'stopship-cli-')), 'empty.json');
    writeFileSync(empty, '');

    const { code, err } = await stopship(['assess', empty, 'no-such-file.json', 'test']);

    expect(code).toBe(1);
    expect(err.split('\n').slice(0, 3)).toEqual([
      expect.stringContaining('empty.json is empty'),
      'no-such-file.json does not exist: check its path',
      'test is a directory: name its files, for example with *.json',
    ]);
  });

  test('stdin is read, and a service of the policy claims its findings', async () => {
    const policy = 'test/fixtures/policy/checkout.yaml';
    const finding = JSON.stringify({
      findingArn: 'arn:aws:inspector2:eu-west-1:123456789012:finding/1',
      awsAccountId: '123456789012',
      severity: 'CRITICAL',
      status: 'ACTIVE',
      title: 'a flaw\u001b[2J',
      type: 'PACKAGE_VULNERABILITY',
      resources: [
        { type: 'AWS_ECR_CONTAINER_IMAGE', id: 'arn:aws:ecr:eu-west-1:123456789012:repository/checkout/sha256:00' },
      ],
    });

    const { code, out, err } = await stopship(['assess', '-', '--policy', policy, '--explain'], finding);

    expect(err).toBe('1 halt.\n');
    expect(code).toBe(3);
    expect(out).toContain('checkout: internet');
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(out).not.toContain('\u001b');
  });
});
