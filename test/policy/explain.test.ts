import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { builtInPolicy } from '../../lib/policy/default.ts';
import { explainPolicy, ruleInWords } from '../../lib/policy/explain.ts';
import { loadPolicy } from '../../lib/policy/load.ts';
import { policySchema } from '../../lib/policy/schema.ts';

const example = readFileSync('test/fixtures/policy/checkout.yaml', 'utf8');

test('a policy reads as sentences', () => {
  const sentences = explainPolicy(loadPolicy(example, 'policy.yaml'));

  expect(sentences).toContain('Halt when the score is at least 9: "critical".');
  expect(sentences).toContain('Halt when it is known to be exploited: "known exploited".');
  expect(sentences).toContain('Within 1d somebody decides on a hold; those who may are reminded every 1h.');
  expect(sentences).toContain(
    'CVE-2024-0001 in checkout does not halt until 2026-12-31T23:59:59.999Z (risk, by ola, rui): not reachable.',
  );
  expect(sentences.every((sentence) => /[.]$/.test(sentence) && !sentence.includes('undefined'))).toBe(true);
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
