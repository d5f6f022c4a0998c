import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Finding } from '../../lib/finding/finding.ts';
import { readText, readValue } from '../../lib/finding/read.ts';
import { documents } from '../mutation/documents.ts';
import { halts, policies } from '../mutation/judging.ts';
import { dataOf, silentLoss } from '../mutation/losses.ts';
import { play } from '../mutation/run.ts';
import { samples, sampleText } from './samples.ts';

const values = samples().flatMap((name) => {
  try {
    return [JSON.stringify(JSON.parse(sampleText(name)))];
  } catch {
    return [];
  }
});

const odd = fc.constantFrom<unknown[]>(
  null,
  0,
  -1,
  1e308,
  Number.NaN,
  true,
  '',
  ' ',
  'N/A',
  '\ud800',
  '\u202e',
  'x'.repeat(3000),
  '__proto__',
  [],
  {},
  [null],
  [[[]]],
  { '': 0 },
  { toString: null, valueOf: null },
  '[',
  '"{}"',
);
const mutation = fc.record({ where: fc.nat(), how: fc.constantFrom('delete', 'replace', 'rename'), value: odd });

test('whatever is missing or odd in a finding, reading answers and every finding is whole', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.nat(values.length - 1), fc.array(mutation, { minLength: 1, maxLength: 6 }), (at, mutations) => {
      const value = mutations.reduce(mutated, JSON.parse(values[at] ?? 'null'));
      for (const reading of readValue(value)) {
        seen.add(reading.status);
        if (reading.status === 'finding') {
          expect(Finding.safeParse(reading.finding).success).toBe(true);
          expect(reading.finding.dialect).not.toBe('ordered');
        }
        if (reading.status === 'rejected') expect(reading.error.message).not.toBe('');
      }
    }),
    { seed: 20260917, numRuns: 4000 },
  );
  expect([...seen].toSorted()).toEqual(['finding', 'ignored', 'rejected']);
});

test('every mutated finding ends assessed, ignored or rejected, and none loses a halt in silence', () => {
  const { broken, silent, ...counts } = play(1500, 20261125);

  expect({ broken, silent }).toEqual({ broken: [], silent: [] });
  expect(Math.min(counts.assessed, counts.ignored, counts.rejected)).toBeGreaterThan(0);
});

test.each(
  policies.map((policy) => ({ policy, because: policy.rules.length > 2 ? 'any rule' : policy.rules[0]?.because })),
)('no datum of a finding that halts for $because can be lost in silence', ({ policy }) => {
  const halting = documents().filter(({ value }) => halts(readValue(value)[0], policy));

  const lost = halting.flatMap((document) =>
    dataOf(document).flatMap((path) => silentLoss(document, path, policy) ?? []),
  );

  expect(halting.length).toBeGreaterThan(0);
  expect(lost).toEqual([]);
});

test('whatever JSON arrives, reading answers', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (text) => {
      expect(readText(text).length).toBeGreaterThan(0);
    }),
    { seed: 3, numRuns: 1000 },
  );
});

test('whatever text arrives, reading answers', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(readText(text).length).toBeGreaterThan(0);
    }),
    { seed: 4, numRuns: 1000 },
  );
});

type Mutation = { readonly where: number; readonly how: string; readonly value: unknown };

/** Changes one field somewhere in `value`, chosen by number. */
function mutated(value: unknown, { where, how, value: put }: Mutation): unknown {
  const fields = fieldsOf(value);
  const [holder, key] = fields[where % Math.max(fields.length, 1)] ?? [];
  if (holder === undefined || key === undefined) return put;
  if (how === 'replace') Reflect.set(holder, key, put);
  else {
    if (how === 'rename') Reflect.set(holder, `${key}X`, Reflect.get(holder, key));
    Reflect.deleteProperty(holder, key);
  }
  return value;
}

function fieldsOf(value: unknown): readonly (readonly [object, string])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[value, key] as const, ...fieldsOf(inner)]);
}
