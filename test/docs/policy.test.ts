import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { loadPolicy } from '../../lib/policy/load.ts';
import { meanings } from '../../lib/policy/meanings.ts';
import { When } from '../../lib/policy/policy.ts';
import { policySchema } from '../../lib/policy/schema.ts';

const page = readFileSync('docs/policy.md', 'utf8');

/** The rows of the page's tables, by the key in their first cell. */
const rows = new Map(
  page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(2, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
    .map(([key = '', ...cells]) => [key.replaceAll('`', ''), cells]),
);

const Node = z.object({
  properties: z.record(z.string(), z.unknown()).default({}),
  items: z.unknown().optional(),
  default: z.unknown().optional(),
  enum: z.array(z.string()).default([]),
  description: z.string().optional(),
});
type Key = { readonly key: string; readonly node: z.infer<typeof Node> };

const keys = keysOf(policySchema(), '');

test.each(keys)(
  '$key has a meaning for editors, and a row with it, its words, its default and an example',
  ({ key, node }) => {
    const row = rows.get(key.replace('rules[].when.', '')) ?? [];
    const [meaning = '', byDefault = '', example = ''] = row;

    expect(node.description).toBe(meanings[key]);
    expect(meaning).toContain(meanings[key]);
    for (const word of node.enum) expect(meaning).toContain(`\`${word}\``);
    if (typeof node.default === 'string' || typeof node.default === 'boolean')
      expect(byDefault).toBe(`\`${node.default}\``);
    expect(example).not.toBe('');
  },
);

test('no key is explained that a policy does not have', () => {
  expect(Object.keys(meanings).toSorted()).toEqual(keys.map(({ key }) => key).toSorted());
});

test.each(keys.filter(({ key }) => key.startsWith('rules[].when.')))('the example of $key is one', ({ key }) => {
  const name = key.replace('rules[].when.', '');
  const example = rows.get(name)?.at(-1)?.replaceAll('`', '') ?? '';

  expect(When.parse(parse(`${name}: ${example}`))).toHaveProperty(name);
});

test('the whole policy of the page loads, and so do its rules', () => {
  const [whole = '', rules = ''] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text);

  expect(loadPolicy(whole, 'docs/policy.md').services).toHaveLength(1);
  expect(loadPolicy(stringify({ ...parse(whole), ...parse(rules) }), 'docs/policy.md').rules).toHaveLength(3);
});

function keysOf(schema: unknown, path: string): readonly Key[] {
  const node = Node.parse(schema);
  const below = Object.entries(node.properties).flatMap(([name, inner]) =>
    keysOf(inner, path === '' ? name : `${path}.${name}`),
  );
  const entries = node.items === undefined ? [] : keysOf(node.items, `${path}[]`);
  return [...(path === '' || path.endsWith('[]') ? [] : [{ key: path, node }]), ...below, ...entries];
}
