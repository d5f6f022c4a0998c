import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { builtInPolicy } from '../../lib/policy/default.ts';
import { loadPolicy, PolicyError, type PolicyProblem, policyWarnings } from '../../lib/policy/load.ts';
import { aPolicy, aServiceEntry, NOON, policyText } from './builders.ts';

const example = readFileSync('test/fixtures/policy/checkout.yaml', 'utf8');

test('the documented policy loads, durations in milliseconds and moments as instants', () => {
  const policy = loadPolicy(example, 'policy.yaml');

  expect(policy.clock).toEqual({
    remind: 3_600_000,
    escalate: [['rui'], ['ola']],
    every: 14_400_000,
    deadline: 86_400_000,
    quiet: '22:00-07:00 Europe/Lisbon',
  });
  expect(policy.services[0]).toMatchObject({
    launch: '2026-12-01T09:00:00.000Z',
    plan: { fix: 14_400_000, owner: 'dee' },
  });
  expect(policy.waivers[0]?.until).toBe('2026-12-31T23:59:59.999Z');
});

test('a clock left out is the documented one, and a service replaces only what it says', () => {
  const policy = aPolicy({ clock: { remind: '2h' }, services: [aServiceEntry({ clock: { deadline: '8h' } })] });

  expect(policy.clock).toEqual({ remind: 7_200_000, escalate: [], every: 14_400_000, deadline: 86_400_000 });
  expect({ ...policy.clock, ...policy.services[0]?.clock }).toMatchObject({ remind: 7_200_000, deadline: 28_800_000 });
});

test('the hash is of what the policy says, not of how it is written', () => {
  const { hash } = loadPolicy(example, 'policy.yaml');

  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(loadPolicy(`# a comment\n${example}`, 'other.yaml').hash).toBe(hash);
  expect(loadPolicy(example.replace('scoreAtLeast: 9.0', 'scoreAtLeast: 9.1'), 'policy.yaml').hash).not.toBe(hash);
});

test('the built-in policy knows no service and nobody', () => {
  expect(builtInPolicy).toMatchObject({ services: [], people: [], mode: 'enforce' });
  expect(builtInPolicy.rules.map(({ then, because }) => `${then} ${because}`)).toEqual([
    'halt known exploited',
    'halt critical',
    'watch high',
  ]);
});

test.each([
  ['a misspelt key', 'dataClass: restricted', 'dataClas: restricted', 'services[0].dataClas', 'is no key', 'dataClass'],
  [
    'a misspelt condition',
    'knownExploited',
    'knownExploitd',
    'rules[0].when.knownExploitd',
    'is no key',
    'knownExploited',
  ],
  [
    'a misspelt role',
    'release-manager:',
    'relase-manager:',
    'services[0].stakeholders.relase-manager',
    'is no key',
    'release-manager',
  ],
  ['a misspelt mode', 'mode: enforce', 'mode: enforced', 'mode', 'must be enforce or audit', 'enforce'],
  [
    'a misspelt exposure',
    'exposure: internet',
    'exposure: Internet',
    'services[0].exposure',
    'must be internet, internal or isolated',
    'internet',
  ],
  [
    'an account that is a number',
    '"123456789012", region',
    '123456789012, region',
    'services[0].pipeline.account',
    'in quotation marks',
    null,
  ],
  [
    'a word for a duration',
    'deadline: 24h',
    'deadline: tomorrow',
    'clock.deadline',
    'must be a whole number with s, m, h or d',
    null,
  ],
  [
    'a launch without a zone',
    '2026-12-01T09:00Z',
    '2026-12-01T09:00',
    'services[0].launch',
    'must be a moment with a zone',
    null,
  ],
  ['a day that is none', '"2026-12-31"', '"2026-02-31"', 'waivers[0].until', 'is no day of the calendar', null],
  ['a waiver without an end', ', until: "2026-12-31"', '', 'waivers[0].until', 'is missing', null],
  [
    'a waiver for nobody’s service',
    'service: checkout',
    'service: chekout',
    'waivers[0].service',
    'no service is named "chekout"',
    'checkout',
  ],
  [
    'a stakeholder who is nobody',
    'developer: [dee]',
    'developer: [de]',
    'services[0].stakeholders.developer[0]',
    'nobody under "people" has the id "de"',
    'dee',
  ],
  [
    'an escalation to nobody',
    '[[rui], [ola]]',
    '[[rui], [olaf]]',
    'clock.escalate[1][0]',
    'nobody under "people" has the id "olaf"',
    'ola',
  ],
  ['an owner who is nobody', 'owner: dee', 'owner: deedee', 'services[0].plan.owner', 'nobody under "people"', null],
  ['security that is nobody', 'security: [ana] ', 'security: [anna] ', 'security[0]', 'nobody under "people"', 'ana'],
  [
    'two people with one address',
    'email: rui@',
    'email: ANA@',
    'people[1].email',
    'a second person has the address "ana@example.com"',
    null,
  ],
  ['two people with one id', 'id: rui', 'id: ana', 'people[1].id', 'a second person has the id "ana"', null],
  [
    'a person told without an address',
    ', email: pia@example.com',
    '',
    'services[0].stakeholders.product[0]',
    '"pia" is to be told here, but has no address',
    null,
  ],
  [
    'a time zone that is none',
    'Europe/Lisbon',
    'Europe/Lissabon',
    'clock.quiet',
    'no time zone is named "Europe/Lissabon"',
    null,
  ],
  [
    'a score out of range',
    'scoreAtLeast: 9.0',
    'scoreAtLeast: 90',
    'rules[1].when.scoreAtLeast',
    'must be at most 10',
    null,
  ],
])('%s is a problem with its place', (_, right, wrong, path, message, suggestion) => {
  expect(example).toContain(right);
  const text = example.replace(right, wrong);

  const problem = problemsIn(text).find((one) => one.path === path);

  expect(problem).toMatchObject({ message: expect.stringContaining(message), suggestion });
  const line = text.split('\n')[(problem?.line ?? 0) - 1] ?? '';
  const lastKey =
    path
      .replaceAll(/\[\d+\]/g, '')
      .split('.')
      .at(-1) ?? '';
  expect(line).toContain(path.endsWith('until') && wrong === '' ? 'CVE-2024-0001' : lastKey);
});

test('a misspelt key is one problem with line and column of the key', () => {
  expect(problemsIn(example.replace('    exposure: internet', '    exposre: internet'))).toEqual([
    {
      line: 14,
      column: 5,
      path: 'services[0].exposre',
      message: expect.stringContaining('is no key'),
      suggestion: 'exposure',
    },
  ]);
});

test('all problems of a file are told at once, in its order, in words', () => {
  const text = example.replace('scoreAtLeast: 7.0', 'scoreAtLest: 7.0').replace('mode: enforce', 'mode: enforced');

  expect(messageOf(text).split('\n')).toEqual([
    'the policy has 2 problems:',
    '  policy.yaml:2:1 mode must be enforce or audit: did you mean "enforce"?',
    '  policy.yaml:24:54 rules[2].when.scoreAtLest is no key that a policy has here: did you mean "scoreAtLeast"?',
  ]);
});

test('a waiver that has ended is a warning with its place, and no problem', () => {
  const until = (day: string) => ({
    service: 'checkout',
    vulnerability: `CVE-${day}`,
    kind: 'risk',
    because: 'it',
    by: ['rui'],
    until: day,
  });
  const text = example.replace('2026-12-31', '2026-11-30');

  expect(loadPolicy(text, 'policy.yaml').waivers).toHaveLength(1);
  const line = text.split('\n').findIndex((one) => one.includes('2026-11-30')) + 1;
  expect(policyWarnings(text, NOON)).toMatchObject([
    { line, column: expect.any(Number), path: 'waivers[0].until', message: expect.stringContaining('is past') },
  ]);
  expect(policyWarnings(policyText({ waivers: [until('2026-12-01'), until('2026-11-30')] }), NOON)).toMatchObject([
    { path: 'waivers[1].until' },
  ]);
});

test('a second service with the same name or the same stage is a problem', () => {
  const problems = problemsIn(policyText({ services: [aServiceEntry(), aServiceEntry()] }));

  expect(problems.map(({ path }) => path)).toEqual(['services[1].name', 'services[1].pipeline.stage']);
});

test('staging is a service of its own, on another stage', () => {
  const pipeline = { account: '123456789012', region: 'eu-west-1', name: 'checkout', stage: 'Staging' };
  const policy = aPolicy({ services: [aServiceEntry(), aServiceEntry({ name: 'checkout-staging', pipeline })] });

  expect(policy.services.map(({ name }) => name)).toEqual(['checkout', 'checkout-staging']);
});

test('a rule for a service that is none is a problem', () => {
  const rules = [{ then: 'halt', because: 'mine', when: { service: 'chekout' } }];

  expect(problemsIn(policyText({ rules }))).toMatchObject([{ path: 'rules[0].when.service', suggestion: 'checkout' }]);
});

test.each([
  ['', 'is empty'],
  ['# nothing', 'must be keys with values'],
  ['[]', 'must be keys with values'],
  ['a: [', 'is no YAML here'],
  ['version: 1\nversion: 1', 'gives a key twice'],
  ['version: *nobody', 'cannot be read'],
  ['version: 2\nrules: []', 'version must be 1'],
  ['{"version":1,"rules":[],"__proto__":{}}', '__proto__ is no key'],
])('%j is refused with words', (text, words) => {
  expect(messageOf(text)).toContain(words);
});

test('a file that is no policy by its size is refused unread', () => {
  expect(messageOf('a'.repeat(1_000_001))).toContain('is longer than 1000000 characters');
});

test('aliases that multiply are refused', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefgh'.split('').map((name, at) => {
      const before = 'abcdefgh'[at];
      return `${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`;
    }),
  ].join('\n');

  expect(messageOf(bomb)).toContain('cannot be read');
});

test('any text loads or is refused by a PolicyError', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.string().map((text) => `version: 1\nrules: ${text}`),
      ),
      (text) => {
        let thrown: unknown = null;
        try {
          loadPolicy(text, 'policy.yaml');
        } catch (error) {
          thrown = error;
        }
        expect(thrown).toBeInstanceOf(PolicyError);
      },
    ),
  );
});

function problemsIn(text: string): readonly PolicyProblem[] {
  return errorOf(text).problems;
}

function messageOf(text: string): string {
  return errorOf(text).message;
}

function errorOf(text: string): PolicyError {
  try {
    loadPolicy(text, 'policy.yaml');
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
  throw new Error('the policy loaded without a problem');
}
