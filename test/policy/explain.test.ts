import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { builtInPolicy } from '../../lib/policy/default.ts';
import { explainPolicy, ruleInWords } from '../../lib/policy/explain.ts';
import { loadPolicy } from '../../lib/policy/load.ts';
import { policySchema } from '../../lib/policy/schema.ts';
import { aPolicy, aServiceEntry } from './builders.ts';

const example = readFileSync('test/fixtures/policy/checkout.yaml', 'utf8');

test('a policy reads as sentences', () => {
  const sentences = explainPolicy(loadPolicy(example, 'policy.yaml'));

  expect(sentences).toContain('Halt when the score is at least 9: "critical".');
  expect(sentences).toContain('Halt when it is known to be exploited: "known exploited".');
  expect(sentences).toContain('Within 1d somebody decides on a hold; those who may are reminded every 1h.');
  expect(sentences).toContain(
    'CVE-2024-0001 in checkout does not halt until 2026-12-31T23:59:59.999Z (risk, by ola, rui): not reachable. What is still open then halts.',
  );
  expect(sentences.every((sentence) => /[.]$/.test(sentence) && !sentence.includes('undefined'))).toBe(true);
});

test.each([
  [{}, 'An exploit that nobody has seen is taken as possible: no score falls for want of news.'],
  [{ exploitMaturity: 'reported' }, 'Scores fall where no exploit is reported, as CVSS has it with its threat metric.'],
  [{ onConflict: 'source' }, "Where publishers of vectors disagree, the scanner's own choice counts."],
  [{ mode: 'audit' }, 'Audit mode: nothing is halted; what would halt is recorded.'],
  [
    { clock: { escalate: [['rui'], ['ana', 'dee']], quiet: '22:00-07:00 Europe/Lisbon' } },
    'When nobody does, rui, then ana and dee are told, 4h between two levels.',
  ],
  [{ clock: { quiet: '22:00-07:00 UTC' } }, 'From 22:00 to 07:00 UTC nothing but a first brief is sent.'],
  [
    { services: [aServiceEntry({ plan: { fix: '4h', test: '90m' } })] },
    'Mending checkout takes 4h of work and 90m of test.',
  ],
  [{ services: [aServiceEntry({ stakeholders: {} })] }, 'Nobody is told of checkout.'],
])('of %o a policy says so', (parts, sentence) => {
  expect(explainPolicy(aPolicy(parts))).toContain(sentence);
});

test.each([
  ['none', 'nothing in front of it'],
  ['user', 'a login in front of it'],
  ['administrator', 'an administrator login in front of it'],
])('what stands in front of a service is said: %s', (authentication, words) => {
  const sentences = explainPolicy(aPolicy({ services: [aServiceEntry({ authentication, mode: 'audit' })] }));

  expect(sentences).toContainEqual(
    expect.stringContaining(`Checkout (internet, ${words}, restricted data, essential criticality, in audit mode)`),
  );
});

test('a policy that tells nobody of unclaimed findings says so', () => {
  expect(explainPolicy(builtInPolicy).at(-1)).toMatch(/^Nobody is told/);
});

test('conditions are joined, and what counts when unknown is said', () => {
  const when = { scoreAtLeast: 7, fix: 'available', introduced: false } as const;

  expect(ruleInWords({ then: 'halt', because: 'it', when, unknownCounts: true })).toBe(
    'halt when the score is at least 7 and the fix is available and this release does not introduce it, also when that is unknown',
  );
  expect(ruleInWords({ then: 'watch', because: 'all', when: {}, unknownCounts: false })).toBe('watch always');
});

test('the JSON Schema takes the documented policy and refuses an unknown key', () => {
  const schema = z.fromJSONSchema(policySchema());

  expect(schema.safeParse(parse(example)).error?.issues).toBeUndefined();
  expect(schema.safeParse({ ...parse(example), rulez: [] }).success).toBe(false);
  expect(JSON.stringify(policySchema())).not.toContain('readOnly');
});
