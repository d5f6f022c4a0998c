import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { policyText } from '../policy/builders.ts';
import { records, stopship } from './run.ts';

let dir = '';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stopship-policy-'));
  const waiver = {
    service: 'checkout',
    vulnerability: 'CVE-2024-0001',
    kind: 'risk',
    because: 'not reachable',
    by: ['rui'],
  };
  await writeFile(path('ended.json'), policyText({ waivers: [{ ...waiver, until: '2020-01-31' }] }));
  await writeFile(path('endless.json'), policyText({ waivers: [waiver] }));
});

afterAll(async () => {
  await rm(dir, { recursive: true });
});

test('a waiver that has ended is a warning, and the policy is fine', async () => {
  const { code, out, err } = await stopship(['policy', 'check', path('ended.json')]);

  expect(code).toBe(0);
  expect(out).toContain('ok');
  expect(err).toMatch(/^warning {2}.*ended\.json:1:\d+ waivers\[0\]\.until is past/);
});

test('warnings and mistakes are records that say which they are', async () => {
  const ended = await stopship(['policy', 'check', '--json', path('ended.json')]);
  const endless = await stopship(['policy', 'check', '--json', path('endless.json')]);

  expect(records(ended.out)).toMatchObject([{ level: 'warning', line: 1, path: 'waivers[0].until' }]);
  expect(endless.code).toBe(1);
  expect(records(endless.out)).toMatchObject([{ level: 'mistake', path: 'waivers[0].until', message: 'is missing' }]);
});

function path(name: string): string {
  return join(dir, name);
}
