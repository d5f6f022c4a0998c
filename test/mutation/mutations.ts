import type { Random } from '../simulation/random.ts';
import { at, clone, fieldsOf, takeOut } from './documents.ts';

/** What stands where a finding's datum stood: every odd thing that JSON can say, and some that it cannot. */
const oddities: readonly unknown[] = [
  ...[null, true, false, 0, -1, 0.5, 11, 1e21, 1e308, -1e308, 20_261_201, ''],
  ...[
    ' ',
    'N/A',
    'null',
    '[',
    '"{}"',
    '{"findings":[]}',
    '10',
    '9.8',
    '1e400',
    'CVSS:3.1/AV:N',
    '2026-02-30T25:61:61Z',
  ],
  ...[
    '\ud800',
    '\u202e\u200b\u0000',
    '<script>',
    '{{x}}',
    'x'.repeat(5000),
    'é'.repeat(3000),
    '__proto__',
    'constructor',
  ],
  ...[[], {}, [null], [[[]]], [{}], { '': 0 }, { toString: null, valueOf: null, length: 3 }, { then: 'halt' }],
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
];

const ways = ['take-out', 'put', 'rename', 'repeat', 'wrap', 'as-text', 'as-number', 'prototype', 'swap'] as const;

/** Changes a document somewhere, as the seed has it. */
export function mutate(document: unknown, random: Random): unknown {
  const fields = fieldsOf(document);
  if (fields.length === 0) return clone(random.pick(oddities));
  const path = random.pick(fields);
  const holder = at(document, path.slice(0, -1));
  const key = path.at(-1) ?? '';
  if (typeof holder !== 'object' || holder === null) return document;
  const value: unknown = Reflect.get(holder, key);
  const way = random.pick(ways);
  switch (way) {
    case 'take-out':
      takeOut(document, path);
      return document;
    case 'rename':
      takeOut(document, path);
      return set(document, holder, random.pick([`${key}X`, key.toUpperCase(), key.toLowerCase(), '']), value);
    case 'put':
      return set(document, holder, key, random.pick(oddities));
    case 'repeat':
      return set(document, holder, key, [value, value]);
    case 'wrap':
      return set(document, holder, key, random.pick([[value], { value }, { [key]: value }]));
    case 'as-text':
      return set(document, holder, key, JSON.stringify(value) ?? '');
    case 'as-number':
      return set(document, holder, key, typeof value === 'string' ? Number.parseFloat(value) : random.below(200));
    case 'prototype':
      return set(
        document,
        holder,
        random.pick(['__proto__', 'constructor', 'prototype', 'hasOwnProperty']),
        random.pick(oddities),
      );
    case 'swap':
      return set(document, holder, key, at(document, random.pick(fields)));
    default:
      return way satisfies never;
  }
}

/** Damages a text as transport and editors do: cut off, a character changed, a piece doubled or left out. */
export function damage(text: string, random: Random): string {
  const from = random.below(text.length + 1);
  const to = Math.min(text.length, from + random.below(40));
  const way = random.below(4);
  if (way === 0) return text.slice(0, from);
  if (way === 1)
    return text.slice(0, from) + random.pick(['"', '{', ']', ',', '\\', '\u0000', '’', '\n']) + text.slice(from + 1);
  if (way === 2) return text.slice(0, to) + text.slice(from);
  return text.slice(0, from) + text.slice(to);
}

/** As JSON.parse would: `__proto__` is a key like any other, and nothing is in two places. */
function set(document: unknown, holder: object, key: string, value: unknown): unknown {
  if (Array.isArray(holder) && !/^\d+$/.test(key)) return document;
  Object.defineProperty(holder, key, { value: clone(value), enumerable: true, configurable: true, writable: true });
  return document;
}
