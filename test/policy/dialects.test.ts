import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readText } from '../../lib/finding/read.ts';
import { servicesFor } from '../../lib/policy/binding.ts';
import { problemOf } from '../../lib/policy/problem.ts';
import { aPolicy, aServiceEntry } from './builders.ts';

test('the same Inspector finding from Security Hub in both its formats is one finding, one service and one problem', () => {
  const [asff, ocsf] = ['asff/ocsf-examples-inspector.raw.json', 'ocsf/ocsf-examples-inspector.json'].map((file) => {
    const [reading] = readText(readFileSync(`test/fixtures/samples/${file}`, 'utf8'));
    if (reading?.status !== 'finding') throw new Error(`${file} is no finding`);
    return reading.finding;
  });
  if (asff === undefined || ocsf === undefined) throw new Error('two samples are read');
  const policy = aPolicy({
    services: [aServiceEntry({ resources: ['arn:aws:ecr:*:repository/browserhostingstack*'] })],
  });

  expect(ocsf.id).toBe(asff.id);
  expect([asff, ocsf].map((finding) => servicesFor(finding, policy).map(({ name }) => name))).toEqual([
    ['checkout'],
    ['checkout'],
  ]);
  expect(problemOf(ocsf, 'stage')).toEqual(problemOf(asff, 'stage'));
});
