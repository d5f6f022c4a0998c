import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesPattern, servicesFor } from '../../lib/policy/binding.ts';
import { aFinding, imageArn } from '../risk/builders.ts';
import { aPolicy, aServiceEntry } from './builders.ts';

const repository = 'arn:aws:ecr:eu-west-1:123456789012:repository/checkout';

test.each([
  ['the repository', repository, repository],
  ['the repository with a star', `${repository}*`, imageArn],
  ['the repository without a star, of an image', repository, imageArn],
  ['the repository, of an image written with @', repository, `${repository}@sha256:${'a'.repeat(64)}`],
  ['the image itself', imageArn, imageArn],
  ['a star for the account', 'arn:aws:ecr:*:*:repository/checkout', imageArn],
  [
    'a function, of its version',
    'arn:aws:lambda:eu-west-1:123456789012:function:pay',
    'arn:aws:lambda:eu-west-1:123456789012:function:pay:$LATEST',
  ],
  ['an instance', 'arn:aws:ec2:*:123456789012:instance/i-0abc', 'arn:aws:ec2:eu-west-1:123456789012:instance/i-0abc'],
])('a pattern that is %s binds', (_, pattern, id) => {
  expect(namesFor(pattern, id)).toEqual(['checkout']);
});

test.each([
  ['another repository', repository, `${repository}-admin/sha256:${'a'.repeat(64)}`],
  ['another account', repository, imageArn.replace('123456789012', '210987654321')],
  ['a repository below', repository, repository.replace('checkout', 'team/checkout')],
  ['other case', repository.toUpperCase(), repository],
  [
    'a longer id',
    'arn:aws:ec2:eu-west-1:123456789012:instance/i-0abc',
    'arn:aws:ec2:eu-west-1:123456789012:instance/i-0abcd',
  ],
])('%s does not bind', (_, pattern, id) => {
  expect(namesFor(pattern, id)).toEqual([]);
});

test('an id as it was sent binds as well as the completed one', () => {
  const resource = {
    type: 'Instance',
    id: 'arn:aws:ec2:eu-west-1:123456789012:instance/i-0abc',
    original: 'i-0abc',
    digest: null,
  };
  const policy = aPolicy({ services: [aServiceEntry({ resources: ['i-0abc'] })] });

  expect(servicesFor(aFinding({ resources: [resource] }), policy)).toHaveLength(1);
});

test('every service with a matching pattern claims the finding, once', () => {
  const pipeline = { account: '123456789012', region: 'eu-west-1', name: 'checkout', stage: 'Staging' };
  const policy = aPolicy({
    services: [
      aServiceEntry({ resources: [`${repository}*`, repository] }),
      aServiceEntry({ name: 'staging', pipeline }),
    ],
  });

  expect(servicesFor(aFinding(), policy).map(({ name }) => name)).toEqual(['checkout', 'staging']);
});

test('a finding without resources binds to nothing', () => {
  expect(
    servicesFor(aFinding({ resources: [] }), aPolicy({ services: [aServiceEntry({ resources: ['*'] })] })),
  ).toEqual([]);
});

test('what a person ordered binds to the service that it names, and to no other', () => {
  const resource = { type: 'Service', id: 'checkout', original: 'checkout', digest: null };
  const pipeline = { account: '123456789012', region: 'eu-west-1', name: 'other', stage: 'Production' };
  const policy = aPolicy({ services: [aServiceEntry(), aServiceEntry({ name: 'other', pipeline, resources: ['*'] })] });

  const claimed = servicesFor(aFinding({ dialect: 'ordered', resources: [resource] }), policy);

  expect(claimed.map(({ name }) => name)).toEqual(['checkout']);
});

test('a star matches what a regular expression would match', () => {
  const piece = fc.string({ unit: fc.constantFrom('a', 'b', '.', '$', '\n'), maxLength: 6 });
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 4 }),
      fc.array(piece, { maxLength: 5 }),
      (pieces, filling) => {
        const pattern = pieces.join('*');
        const filled = pieces.map((one, at) => (at === 0 ? one : (filling[at] ?? '') + one)).join('');
        const byRegex = new RegExp(`^${pieces.map((one) => one.replaceAll(/[.$]/g, '\\$&')).join('[^]*')}$`);

        expect(matchesPattern(pattern, filled)).toBe(true);
        expect(matchesPattern(pattern, filling.join(''))).toBe(byRegex.test(filling.join('')));
      },
    ),
  );
});

test('a pattern of many stars is answered without going back', () => {
  const hostile = `${'*a'.repeat(5_000)}b`;

  expect(matchesPattern(hostile, 'a'.repeat(100_000))).toBe(false);
});

function namesFor(pattern: string, id: string): readonly string[] {
  const policy = aPolicy({ services: [aServiceEntry({ resources: [pattern] })] });
  const finding = aFinding({ resources: [{ type: '', id, original: '', digest: null }] });
  return servicesFor(finding, policy).map(({ name }) => name);
}
