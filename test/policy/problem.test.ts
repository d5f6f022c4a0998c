import { expect, test } from 'vitest';
import { problemOf } from '../../lib/policy/problem.ts';
import { aFinding, imageArn } from '../risk/builders.ts';

const stage = '123456789012/eu-west-1/checkout/Production';
const openssl = { name: 'openssl', version: '3.0.1', fixedIn: '3.0.2', path: null, ecosystem: 'os' };
const instance = 'arn:aws:ec2:eu-west-1:123456789012:instance/i-0abc';
const onInstance = [{ type: 'Instance', id: instance, original: instance, digest: null }];

test('one weakness reported in three dialects is one problem', () => {
  const inspector = aFinding({ dialect: 'inspector2', title: 'CVE-2024-0001 - openssl', packages: [openssl] });
  const asff = aFinding({
    dialect: 'asff',
    title: 'openssl: flaw',
    packages: [{ ...openssl, fixedIn: null, ecosystem: null }],
  });
  const ocsf = aFinding({ dialect: 'ocsf', severity: 'high', packages: [{ ...openssl, path: 'usr/lib' }] });

  const keys = [inspector, asff, ocsf].map((finding) => problemOf(finding, stage));

  expect(new Set(keys.map(({ hash }) => hash)).size).toBe(1);
  expect(keys[0]).toEqual({
    key: `["${stage}","package","openssl"]`,
    hash: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
});

test.each([
  ['another vulnerability of the package', { vulnerabilityId: 'CVE-2024-0002' }],
  ['another image', { resources: onInstance }],
  ['another order of packages', { packages: [openssl, { ...openssl, name: 'zlib' }] }],
  ['packages turned round', { packages: [{ ...openssl, name: 'zlib' }, openssl] }],
  ['other case', { packages: [{ ...openssl, name: 'OpenSSL' }] }],
])('%s is the same problem of a package', (_, parts) => {
  expect(problemOf(aFinding(parts), stage)).toEqual(problemOf(aFinding(), stage));
});

test('another package or another stage is another problem', () => {
  const hashes = [
    problemOf(aFinding(), stage),
    problemOf(aFinding({ packages: [{ ...openssl, name: 'zlib' }] }), stage),
    problemOf(aFinding(), stage.replace('Production', 'Staging')),
    problemOf(aFinding({ packages: [] }), stage),
  ].map(({ hash }) => hash);

  expect(new Set(hashes).size).toBe(hashes.length);
});

test.each([
  [
    'code',
    { kind: 'code', vulnerabilityId: 'python/sql-injection', file: 'app/db.py' },
    ['code', 'python/sql-injection', 'app/db.py'],
  ],
  ['network', { kind: 'network', ports: '22', resources: onInstance }, ['network', instance, '22']],
  ['image scan', { kind: 'image-scan' }, ['image-scan', imageArn.replace(/\/sha256.*/, '')]],
  ['posture', { kind: 'posture', vulnerabilityId: 'EC2.7', resources: onInstance }, ['posture', 'EC2.7', instance]],
  [
    'threat',
    { kind: 'threat', vulnerabilityId: 'Recon:EC2/Portscan', resources: onInstance },
    ['threat', 'Recon:EC2/Portscan', instance],
  ],
  ['package without a name', { packages: [] }, ['package', '', 'CVE-2024-0001']],
  [
    'order of a person',
    { dialect: 'ordered', ordered: true, id: 'order-1', title: 'No login' },
    ['ordered', 'No login', 'order-1'],
  ],
] as const)('the key of %s is what one remediation would mend', (_, parts, rest) => {
  expect(JSON.parse(problemOf(aFinding({ ...parts, ...mutable(parts) }), stage).key)).toEqual([stage, ...rest]);
});

test('text from outside cannot reach into the next part of a key', () => {
  const one = aFinding({ kind: 'code', vulnerabilityId: 'a","b', file: 'c' });
  const other = aFinding({ kind: 'code', vulnerabilityId: 'a', file: 'b","c' });

  expect(problemOf(one, stage).hash).not.toBe(problemOf(other, stage).hash);
});

function mutable(parts: object): { packages?: []; resources?: typeof onInstance } {
  return {
    ...('packages' in parts ? { packages: [] } : {}),
    ...('resources' in parts ? { resources: onInstance } : {}),
  };
}
