import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { aCatalogue, anEntry } from '../risk/build-catalogue.ts';
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

  test("with CISA's catalogue a listed vulnerability is known as exploited, and one it lacks as not", async () => {
    const [listed, other] = ['CVE-2024-6119', 'CVE-2024-9999'].map((cveID) =>
      fileOf(aCatalogue([anEntry({ cveID })], { dateReleased: new Date().toISOString() })),
    );

    const known = await stopship(['assess', ecrEvent, '--json', '--kev', listed ?? '']);
    const lacking = await stopship(['assess', ecrEvent, '--json', '--kev', other ?? '']);

    expect(records(known.out)).toMatchObject([{ threat: { knownExploited: true }, ssvc: { exploitation: 'active' } }]);
    expect(records(lacking.out)).toMatchObject([{ threat: { knownExploited: false } }]);
    expect(known.err + lacking.err).toBe('');
  });

  test('a list that is absent or stale is one line on stderr, however many findings there are', async () => {
    const old = fileOf(aCatalogue([anEntry()]));
    const several = `${samples}/inspector2/report-tool-2024-01.json`;

    const absent = await stopship(['assess', several, several, '--json']);
    const stale = await stopship(['assess', ecrEvent, '--json', '--kev', old]);

    expect(records(absent.out).length).toBeGreaterThan(1);
    expect(absent.err.match(/No KEV list/g)).toHaveLength(1);
    expect(stale.err).toMatch(/^KEV list \d+ days.* old: /);
    expect(records(stale.out)).toMatchObject([{ threat: { knownExploited: null } }]);
  });

  test('a file that is no catalogue is one sentence', async () => {
    const { code, out, err } = await stopship(['assess', ecrEvent, '--kev', fileOf('{"vulnerabilities":[]}')]);

    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain("lists nothing: give CISA's catalogue");
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

    expect(err).toMatch(/\n1 halt\.\n$/);
    expect(code).toBe(3);
    expect(out).toContain('checkout: internet');
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(out).not.toContain('\u001b');
  });
});

function fileOf(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'stopship-cli-')), 'kev.json');
  writeFileSync(file, text);
  return file;
}
