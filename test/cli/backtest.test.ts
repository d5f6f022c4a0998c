import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wholeMax } from '../../lib/finding/records.ts';
import { aServiceEntry, policyText } from '../policy/builders.ts';
import { records, stopship } from './run.ts';

let dir = '';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stopship-backtest-'));
  await writeFile(
    path('new.yaml'),
    policyText({ rules: [{ then: 'halt', because: 'high', when: { scoreAtLeast: 7 } }] }),
  );
  await writeFile(
    path('old.yaml'),
    policyText({
      rules: [{ then: 'halt', because: 'critical', when: { scoreAtLeast: 9 } }],
      services: [aServiceEntry({ plan: { fix: '4h', test: '2h' } })],
    }),
  );
  await writeFile(path('findings.ndjson'), [aFinding('openssl', 9.8), aFinding('zlib', 7.5)].join('\n'));
});

afterAll(async () => {
  await rm(dir, { recursive: true });
});

test('two policies are compared as a table', async () => {
  const { code, out, err } = await stopship([
    'backtest',
    '--policy',
    path('new.yaml'),
    '--policy',
    path('old.yaml'),
    path('findings.ndjson'),
  ]);

  expect(code).toBe(0);
  expect(out).toMatch(/^all +before +after +gained +lost +kept +hours before +after +change$/m);
  expect(out).toMatch(/^holds +1 +2 +1 +0 +1 +6 h +48 h +\+42 h$/m);
  expect(out).toMatch(/^CVE-2024-7500 +0 +1 +1 +0 +0/m);
  expect(out).toContain('Without a plan, a hold was taken to last until its deadline: checkout 24 h.');
  expect(err).toContain('2 findings read.');
});

test('one policy is counted as a record, from stdin', async () => {
  const list = `[${aFinding('openssl', 9.8)},${aFinding('zlib', 7.5)},${aFinding('curl', 5)}]`;

  const { code, out } = await stopship(['backtest', '--json', '--policy', path('new.yaml'), '-'], list);

  expect(code).toBe(0);
  expect(records(out)).toMatchObject([
    {
      policy: { file: path('new.yaml') },
      against: null,
      findings: { read: 3, open: 3, ignored: 0, rejected: 0, unclaimed: 0 },
      holds: { after: 2, hoursAfter: 48 },
      services: [{ name: 'checkout', after: 2 }],
      rules: [{ name: 'high', after: 2 }],
      assumed: [{ service: 'checkout', hours: 24 }],
    },
  ]);
});

test("what CISA's catalogue lists halts where it is given", async () => {
  const catalogue = path('kev.json');
  const vulnerabilities = [{ cveID: 'CVE-2024-5000', dateAdded: '2024-02-01' }];
  await writeFile(catalogue, JSON.stringify({ vulnerabilities }));
  await writeFile(
    path('exploited.yaml'),
    policyText({ rules: [{ then: 'halt', because: 'known exploited', when: { knownExploited: true } }] }),
  );
  const args = ['backtest', '--json', '--policy', path('exploited.yaml'), '-'];

  const without = await stopship(args, aFinding('curl', 5));
  const withList = await stopship([...args, '--kev', catalogue], aFinding('curl', 5));

  expect(records(without.out)).toMatchObject([{ holds: { after: 0 } }]);
  expect(records(withList.out)).toMatchObject([{ holds: { after: 1 }, rules: [{ name: 'known exploited' }] }]);
});

test('the elements of a long wrapped list are read one by one, and a broken one costs only itself', async () => {
  const filler = `{"findingArn":"arn:filler","title":"${'x'.repeat(wholeMax + 70_000)}"}`;
  const input = `{"findings":[${aFinding('openssl', 9.8)},{"broken": nope},${filler},${aFinding('zlib', 7.5)}]}`;

  const { code, out, err } = await stopship(['backtest', '--json', '--policy', path('new.yaml'), '-'], input);

  expect(code).toBe(1);
  expect(records(out)).toMatchObject([{ findings: { read: 3, rejected: 1 }, holds: { after: 2 } }]);
  expect(err).toContain('-, record 2: is not JSON at line 1, column 12');
});

test('the picture is whole, labelled and escapes what strangers wrote', async () => {
  const hostile = aFinding('zlib', 9.9).replace('CVE-2024-9900', '</text><script>alert(1)</script>');
  const picture = path('holds.svg');

  await stopship(
    ['backtest', '--svg', picture, '--policy', path('new.yaml'), '--policy', path('old.yaml'), '-'],
    hostile,
  );

  const svg = await readFile(picture, 'utf8');
  expect(svg).toMatch(/^<svg [^>]*role="img" aria-labelledby="title what">/);
  expect(svg).toContain('<desc id="what">1 holds in all');
  expect(svg).toContain('prefers-color-scheme: dark');
  expect(svg).toContain('&#60;/text&#62;&#60;script&#62;');
  expect(svg).not.toContain('<script');
});

test.each([
  [[], 2, "required option '--policy <file>'"],
  [['--policy', 'a', '--policy', 'b', '--policy', 'c'], 2, 'Give --policy once or twice'],
  [['--policy', 'none.yaml'], 1, 'none.yaml does not exist'],
  [['--policy', 'policy.example.yaml', '--svg', 'no/such/folder.svg'], 1, 'no/such/folder.svg cannot be written'],
])('%o ends with %i', async (options, code, says) => {
  const ran = await stopship(['backtest', ...options, '-']);

  expect(ran.code).toBe(code);
  expect(ran.err).toContain(says);
});

function path(name: string): string {
  return join(dir, name);
}

function aFinding(name: string, inspectorScore: number): string {
  return JSON.stringify({
    findingArn: `arn:aws:inspector2:eu-west-1:123456789012:finding/${name}`,
    awsAccountId: '123456789012',
    status: 'ACTIVE',
    title: name,
    inspectorScore,
    packageVulnerabilityDetails: {
      vulnerabilityId: `CVE-2024-${inspectorScore * 1000}`,
      vulnerablePackages: [{ name, version: '1' }],
    },
    resources: [{ type: 'AWS_ECR_CONTAINER_IMAGE', id: 'arn:aws:ecr:eu-west-1:123456789012:repository/checkout' }],
  });
}
