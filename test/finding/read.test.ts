import { describe, expect, test } from 'vitest';
import { nestingMax, readText, readValue, textMax } from '../../lib/finding/read.ts';
import { onlyFinding, sampleFinding, sampleObject, sampleText } from './samples.ts';

const event = sampleObject('inspector2/inspector-guide-ecr-package-event.json');
const finding = event.detail;
const asff = sampleObject('asff/ocsf-examples-inspector.raw.json');
const ocsf = sampleObject('ocsf/ocsf-examples-inspector.json');

describe('a finding is found in whatever wraps it', () => {
  const id = 'arn:aws:inspector2:eu-central-1:123456789012:finding/`FINDING_ID`';

  test.each([
    ['an event', event],
    ['a bare finding', finding],
    ['a bare list', [finding]],
    ['Findings', { Findings: [finding] }],
    ['findings', { findings: [finding], nextToken: 'x' }],
    ['data.findings', { data: { findings: [finding] } }],
    ['a queue record', { Records: [{ messageId: '1', body: JSON.stringify(event) }] }],
    ['a topic record', { Records: [{ EventSource: 'aws:sns', Sns: { Message: JSON.stringify(event) } }] }],
    [
      'a topic in a queue',
      { Records: [{ body: JSON.stringify({ Type: 'Notification', Message: JSON.stringify(event) }) }] },
    ],
    ['JSON within a text', JSON.stringify(JSON.stringify(event))],
    ['an event whose detail is a text', { ...event, detail: JSON.stringify(finding) }],
    ['the input of an automation', { input: { Event: event } }],
    [
      'an event of findings',
      {
        ...event,
        'detail-type': 'Security Hub Findings - Imported',
        source: 'aws.securityhub',
        detail: { findings: [finding] },
      },
    ],
  ])('%s', (_name, value) => {
    expect(onlyFinding(readValue(value)).id).toBe(id);
    expect(onlyFinding(readText(JSON.stringify(value))).id).toBe(id);
  });

  test('the event that brought it lends its id, and its time when the finding has none', () => {
    const { updatedAt: _, lastObservedAt: __, ...undated } = Object(finding);

    const read = onlyFinding(readValue({ ...event, detail: undated }));

    expect(read.eventId).toBe('5325facf-a1aa-7d97-6bce-25fde6f6d2fc');
    expect(read.updatedAt).toBe('2024-09-04T16:55:38.000Z');
  });

  test('an on-demand scan of a machine image comes without id, account, time and region', () => {
    const arn = 'arn:aws:inspector2:us-east-1:111122223333:finding/ondemand/9f1c/cea7';
    const detail = {
      findingArn: arn,
      type: 'PACKAGE_VULNERABILITY',
      severity: 'HIGH',
      status: 'ACTIVE',
      resources: [{ type: 'MACHINE_IMAGE', id: 'ami-0abcdef1234567890' }],
    };

    const read = onlyFinding(
      readValue({ source: 'inspector2.ami.ondemand', 'detail-type': 'OnDemand AMI Scan Findings', detail }),
    );

    expect(read).toMatchObject({
      id: arn,
      kind: 'package',
      state: 'open',
      account: '111122223333',
      region: 'us-east-1',
      eventId: null,
    });
    expect(read.resources[0]?.id).toBe('arn:aws:ec2:us-east-1::image/ami-0abcdef1234567890');
  });

  test('the place of a reading is the index of its record', () => {
    const readings = readValue([finding, {}, { 'detail-type': 'Inspector2 Scan', detail: {} }, { findings: [] }, asff]);

    expect(readings.map(({ status }) => status)).toEqual(['finding', 'rejected', 'ignored', 'ignored', 'finding']);
  });

  test('lines of JSON are read one by one, and a broken line names its own line and column', () => {
    const text = `\uFEFF${JSON.stringify(event)}\r\n\n${JSON.stringify(asff)}\n{"Id": “x”}\n${JSON.stringify([ocsf])}\n`;

    const readings = readText(text);

    expect(readings.map(({ status }) => status)).toEqual(['finding', 'finding', 'rejected', 'finding']);
    expect(readings[2]).toMatchObject({ error: { path: '[2]', message: expect.stringContaining('line 4, column 8') } });
  });
});

describe('one finding has one id in every dialect', () => {
  test('Security Hub and OCSF carry the ARN that Inspector gave', () => {
    const arn = 'arn:aws:inspector2:us-east-2:111111111111:finding/faa0d54609b94871badcc83ac7c2add5';
    const inspector = { findingArn: arn, type: 'PACKAGE_VULNERABILITY', title: 'CVE-2023-1255 - openssl' };

    const ids = [inspector, asff, ocsf].map((value) => onlyFinding(readValue(value)));

    expect(ids.map(({ id }) => id)).toEqual([arn, arn, arn]);
    expect(ids.map(({ dialect }) => dialect)).toEqual(['inspector2', 'asff', 'ocsf']);
  });

  test('an id of Security Hub that has its product before the ARN still is the ARN', () => {
    const arn = 'arn:aws:inspector2:us-east-2:111111111111:finding/faa0';
    const ids = [
      { ...asff, Id: `arn:aws:securityhub:us-east-2::product/aws/inspector/${arn}` },
      { ...asff, Id: 'hash', ProductFields: { 'aws/inspector/FindingArn': arn } },
    ].map((value) => onlyFinding(readValue(value)).id);

    expect(ids).toEqual([arn, arn]);
  });

  test('two ids too long to keep stay two', () => {
    const [one, two] = ['a', 'b'].map(
      (end) => onlyFinding(readValue({ ...asff, ProductName: 'x', ProductArn: 'x', Id: 'x'.repeat(5000) + end })).id,
    );

    expect(one).not.toBe(two);
    expect(one?.length).toBeLessThanOrEqual(1000);
  });
});

describe('suppressed is never read as closed', () => {
  const inspectorFields = Object(asff.ProductFields);

  test.each([
    ['Inspector suppressed', { ...Object(finding), status: 'SUPPRESSED' }, 'suppressed'],
    ['Inspector closed', { ...Object(finding), status: 'CLOSED' }, 'closed'],
    ['a status we do not know', { ...Object(finding), status: 'SNOOZED' }, 'open'],
    ['archived by Inspector', { ...asff, RecordState: 'ARCHIVED' }, 'closed'],
    [
      'archived since Inspector suppressed it',
      {
        ...asff,
        RecordState: 'ARCHIVED',
        ProductFields: { ...inspectorFields, 'aws/inspector/FindingStatus': 'SUPPRESSED' },
      },
      'suppressed',
    ],
    ['archived and suppressed', { ...asff, RecordState: 'ARCHIVED', Workflow: { Status: 'SUPPRESSED' } }, 'suppressed'],
    ['resolved', { ...asff, Workflow: { Status: 'RESOLVED' } }, 'closed'],
    [
      'archived by an unknown product',
      { Id: 'x', ProductArn: 'arn:aws:securityhub:us-west-1:1:product/1/default', RecordState: 'ARCHIVED' },
      'suppressed',
    ],
    ['a control that passed', { Id: 'x', ProductArn: 'a', Compliance: { Status: 'PASSED' } }, 'closed'],
    [
      'a control that passed and is suppressed',
      { Id: 'x', ProductArn: 'a', Compliance: { Status: 'PASSED' }, Workflow: { Status: 'SUPPRESSED' } },
      'suppressed',
    ],
    ['OCSF suppressed', { ...ocsf, status: 'Suppressed', activity_name: 'Close' }, 'suppressed'],
    ['OCSF resolved', { ...ocsf, status: 'Resolved' }, 'closed'],
    ['OCSF archived by Inspector', { ...ocsf, status: 'Archived' }, 'closed'],
    ['OCSF deleted', { ...ocsf, status: 'Deleted' }, 'suppressed'],
    ['OCSF by number alone', { ...ocsf, status: undefined, status_id: 3 }, 'suppressed'],
    ['OCSF new, with a number that contradicts', { ...ocsf, status: 'New', status_id: 4 }, 'open'],
  ])('%s', (_name, value, state) => {
    expect(onlyFinding(readValue(value)).state).toBe(state);
  });
});

describe('an odd field never lowers what is known', () => {
  test.each([
    ['text', '9.8', 9.8],
    ['no number', 'high', null],
    ['out of range', 98, null],
    ['not a number at all', { value: 9.8 }, null],
  ])('a score that is %s', (_name, inspectorScore, score) => {
    expect(onlyFinding(readValue({ findingArn: 'x', inspectorScore, severity: 'HIGH' }))).toMatchObject({
      score,
      severity: 'high',
    });
  });

  test('of two scores of the scanner the worse one counts', () => {
    const details = { adjustedCvss: { score: 8.9, version: '3.1' } };

    expect(onlyFinding(readValue({ findingArn: 'x', inspectorScore: 1.2, inspectorScoreDetails: details })).score).toBe(
      8.9,
    );
  });

  test('a label that is missing is taken from where the provider put it', () => {
    const labels = [
      { Severity: { Normalized: 90, Product: 9 } },
      { FindingProviderFields: { Severity: { Label: 'CRITICAL' } } },
      { Severity: { Label: ' critical ' } },
    ].map((part) => onlyFinding(readValue({ Id: 'x', ProductArn: 'y', ...part })).severity);

    expect(labels).toEqual(['critical', 'critical', 'critical']);
  });

  test('unknown threat data is unknown, not "no"', () => {
    expect(onlyFinding(readValue({ findingArn: 'x' })).threat).toEqual({
      epss: null,
      knownExploited: null,
      exploitAvailable: null,
      fix: null,
    });
    expect(
      onlyFinding(
        readValue({
          findingArn: 'x',
          epss: { score: '0.94422' },
          exploitAvailable: 'YES',
          fixAvailable: 'PARTIAL',
          cisaData: { dateAdded: 1 },
        }),
      ).threat,
    ).toEqual({
      epss: 0.94422,
      knownExploited: true,
      exploitAvailable: true,
      fix: 'available',
    });
  });

  test('a vector adjusted by Security Hub stands beside the published one', () => {
    const fragment = sampleObject('ocsf/zenn-vulnerability-fragment-9.8-vs-7.1.json');
    const read = onlyFinding(readValue({ ...ocsf, unmapped: {}, vulnerabilities: [fragment] }));

    expect(read.vectors.map(({ score, source, adjusted }) => [score, source, adjusted])).toEqual([
      [7.1, 'Amazon Linux', false],
      [7.1, 'MITRE', false],
      [9.8, 'NVD', false],
      [7.1, 'NVD', true],
    ]);
    expect(read).toMatchObject({ score: 7.1, vulnerabilityId: 'CVE-2026-42010' });
  });

  test('a CVSS object that is no list is one entry', () => {
    expect(sampleFinding('ocsf/ocsf-examples-rc2.json').vectors).toHaveLength(1);
  });
});

describe('kinds', () => {
  test('an exposure is posture and takes its CVE from the event that it relates to', () => {
    const info = {
      uid: 'exposure-1',
      title: 'Reachable instance',
      types: ['Exposure/Potential Impact'],
      related_events: [{ title: 'CVE-2024-29069 - snapd' }],
    };

    expect(
      onlyFinding(readValue({ class_uid: 2004, severity: 'Critical', finding_info: info, vulnerabilities: [] })),
    ).toMatchObject({
      kind: 'posture',
      severity: 'critical',
      vulnerabilityId: 'CVE-2024-29069',
    });
  });

  test('Inspector through Security Hub keeps network and code apart from packages', () => {
    const network = {
      ...asff,
      Vulnerabilities: [],
      Title: 'Port 22 is reachable',
      Types: ['Software and Configuration Checks/AWS Security Best Practices/Network Reachability'],
      Description: 'the port range 8000-8080 is reachable',
    };
    const code = {
      ...asff,
      Vulnerabilities: [{ Id: 'python/x@v1', CodeVulnerabilities: [{ FilePath: { FilePath: 'src/a.py' } }] }],
    };

    expect(onlyFinding(readValue(network))).toMatchObject({ kind: 'network', ports: '8000-8080' });
    expect(onlyFinding(readValue(code))).toMatchObject({
      kind: 'code',
      file: 'src/a.py',
      vulnerabilityId: 'python/x@v1',
    });
  });
});

describe('an ECR scan', () => {
  const scan = sampleObject('ecr/lambda-go-ecr-image-scan.json');
  const withDetail = (part: object) => readValue({ ...scan, detail: { ...Object(scan.detail), ...part } });

  test('is identified by repository and digest', () => {
    expect(sampleFinding('ecr/lambda-go-ecr-image-scan.json').id).toBe(
      'arn:aws:ecr:eu-north-1:123456789012:repository/tribble-image-scan-test@sha256:d4a96ee9443e641fc100e763a0c10928720b50c6e3ea3342d05d7c3435fc5355',
    );
  });

  test('that is complete and counts nothing closes', () => {
    expect(onlyFinding(withDetail({ 'finding-severity-counts': {} })).state).toBe('closed');
    expect(onlyFinding(withDetail({ 'finding-severity-counts': { CRITICAL: 0 } })).state).toBe('closed');
  });

  test('that found something without a severity stays open', () => {
    expect(onlyFinding(withDetail({ 'finding-severity-counts': { UNDEFINED: 2 } }))).toMatchObject({
      state: 'open',
      severity: null,
    });
    expect(onlyFinding(withDetail({ 'finding-severity-counts': { HIGH: 'many' } }))).toMatchObject({
      state: 'open',
      severity: 'high',
    });
  });

  test('that failed is not a clean scan', () => {
    expect(withDetail({ 'scan-status': 'FAILED', 'finding-severity-counts': {} })).toEqual([
      { status: 'ignored', reason: 'is a scan of tribble-image-scan-test that is FAILED, which is not a clean scan' },
    ]);
  });
});

describe('an order of a person', () => {
  const order = {
    id: 'o-1',
    service: 'checkout',
    title: 'Log in without a password',
    vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    reason: 'seen in the logs',
    cve: null,
    by: 'ana',
    at: '2026-05-01T09:00:00.000Z',
  };
  const ordered = (detail: object) => readValue({ source: 'stopship', 'detail-type': 'stopship Halt Ordered', detail });

  test('is a finding by its own event', () => {
    expect(onlyFinding(ordered(order))).toMatchObject({ dialect: 'ordered', state: 'open', orderedBy: 'ana' });
  });

  test('is no finding by the event of another source, and a broken one says what is wrong', () => {
    expect(
      readValue({ source: 'aws.inspector2', 'detail-type': 'stopship Halt Ordered', detail: order })[0]?.status,
    ).toBe('rejected');
    expect(ordered({ ...order, service: '' })).toMatchObject([
      { status: 'rejected', error: { path: 'detail.service' } },
    ]);
  });
});

describe('a scan of Inspector that failed is said not to be clean', () => {
  test('on demand', () => {
    const detail = { scanStatus: 'FAILED', scanStatusReason: 'UNSUPPORTED_OS' };

    expect(readValue({ 'detail-type': 'Inspector2 OnDemand Scan Complete', source: 'aws.inspector2', detail })).toEqual(
      [{ status: 'ignored', reason: expect.stringContaining('a failed scan is not a clean scan') }],
    );
  });
});

describe('what cannot be read says where and how to mend it', () => {
  test.each([
    ['', 'is empty: write findings into it', ''],
    [' \n\t ', 'is empty', ''],
    ['hello', 'is not JSON at line 1, column 1', ''],
    ['42', 'is neither an object nor a list', ''],
    ['[null]', 'is neither an object nor a list', '[0]'],
    ['{"hello":1}', 'is no finding in any dialect that stopship reads (inspector2, asff, ocsf, ecr-scan)', ''],
    ['{"findings":[{"severity":"HIGH","awsAccountId":"1"}]}', 'has no findingArn', 'findings[0].findingArn'],
    ['{"Findings":[{"ProductArn":"x","Id":" \\u200b "}]}', 'has no Id', 'Findings[0].Id'],
    ['{"class_uid":2002}', 'has no finding_info.uid', 'finding_info.uid'],
    [
      '{"detail-type":"Inspector2 Finding","source":"aws.inspector2","detail":{"title":"x"}}',
      'has no findingArn',
      'detail.findingArn',
    ],
    ['{"detail-type":"Inspector2 Finding","source":"aws.inspector2"}', 'is an event without detail', 'detail'],
    [
      '{"detail-type":"ECR Image Scan","detail":{"scan-status":"COMPLETE"}}',
      'does not say which repository',
      'detail.repository-name',
    ],
    ['{"Records":[{"body":"{oops"}]}', 'is not JSON at line 1, column 2', 'Records[0].body'],
  ])('%j', (text, message, path) => {
    expect(readText(text)).toEqual([
      { status: 'rejected', error: { message: expect.stringContaining(message), path } },
    ]);
  });

  test('an empty list holds no finding', () => {
    expect(readText('{"findings":[]}')).toEqual([{ status: 'ignored', reason: 'holds no finding' }]);
    expect(readText('[]')).toEqual([{ status: 'ignored', reason: 'holds no finding' }]);
  });

  test('events of services that send no findings are ignored', () => {
    expect(readValue({ 'detail-type': 'Object Created', source: 'aws.s3', detail: {} })).toEqual([
      { status: 'ignored', reason: 'is the event "Object Created" from aws.s3, which sends no findings' },
    ]);
  });

  test('more than 20 MB is refused as a whole', () => {
    expect(readText(' '.repeat(textMax + 1))).toEqual([
      { status: 'rejected', error: { message: expect.stringContaining('20 MB'), path: '' } },
    ]);
  });

  const deep = '['.repeat(1_200_000);

  test.each([
    ['lists in lists', `${deep}${']'.repeat(deep.length)}`, ''],
    ['lists that never end', deep, ''],
    ['lists within a finding', `{"findingArn":"x","tags":${deep}}`, ''],
    ['lists within a text', `{"Message":"${deep}"}`, 'Message'],
  ])('%s are refused before they are parsed', (_, text, path) => {
    expect(readText(text)).toEqual([
      { status: 'rejected', error: { message: expect.stringContaining('nested deeper than 1000 levels'), path } },
    ]);
  });

  test('nesting without end is refused', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const texts = Array.from({ length: nestingMax + 5 }).reduce<string>((inner) => `{"findings":${inner}}`, '[]');

    for (const text of [deep, texts]) {
      expect(readText(text)).toEqual([
        { status: 'rejected', error: { message: expect.stringContaining('nested deeper'), path: expect.any(String) } },
      ]);
    }
  });
});

describe('hostile findings', () => {
  test('text is cleaned on the way in', () => {
    const title = 'pay\u200bpal \u202egnp.exe\u0007\ud800';

    expect(
      onlyFinding(readValue({ findingArn: 'x', title, resources: [{ id: 'i-\u200b1', type: 'x' }] })),
    ).toMatchObject({
      title: 'paypal gnp.exe',
      resources: [{ original: 'i-1' }],
    });
  });

  test('__proto__ is data like any other key', () => {
    const text =
      '{"findingArn":"x","__proto__":{"severity":"LOW","status":"CLOSED"},"constructor":{"prototype":{"status":"CLOSED"}}}';

    expect(onlyFinding(readText(text))).toMatchObject({ state: 'open', severity: null });
    expect(readText('{"__proto__":{"findings":[]}}')[0]?.status).toBe('rejected');
    expect(readText('{"detail-type":"__proto__","source":"constructor","detail":{}}')[0]?.status).toBe('ignored');
    expect(Object.hasOwn(Object.prototype, 'severity')).toBe(false);
  });

  test('Markdown, markup and quotes stay as they are, for the sink to escape', () => {
    const read = onlyFinding(readText(sampleText('inspector2/inspector-guide-lambda-package-event.json')));

    expect(read.description).toContain('`Set-Cookie`');
    expect(read.description).not.toContain('\n');
  });
});
