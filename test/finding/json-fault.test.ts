import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonFault } from '../../lib/finding/json-fault.ts';
import { sampleText } from './samples.ts';

describe('the fault of broken JSON is named with its place', () => {
  test.each([
    ['{"a": 1,}', 1, 9, 'a comma stands before this closing bracket'],
    ['[1,\n2,\n]', 3, 1, 'a comma stands before this closing bracket'],
    ['{“a”: 1}', 1, 2, 'a typographic quote'],
    ["{'a': 1}", 1, 2, 'a single quote'],
    ['{"a": 1 "b": 2}', 1, 9, 'a comma or a closing bracket is missing'],
    ['{"a" 1}', 1, 6, 'a colon is missing'],
    ['{"a": // why\n1}', 1, 7, 'a comment'],
    ['{"a": <id>}', 1, 7, 'a placeholder'],
    ['{"a": {"b": 1}', 1, 15, 'the text ends before its closing }'],
    ['["a', 1, 4, 'the text ends inside quotes'],
    ['["a\nb"]', 1, 4, 'a line break or control character'],
    ['["C:\\dir"]', 1, 5, 'a backslash'],
    ['{} {}', 1, 4, 'there is more text after the end'],
    ['[01]', 1, 2, 'this is not a JSON value'],
    ['{"a":\u00a01}', 1, 6, 'a blank stands here that JSON does not know'],
    ['', 1, 1, 'the text ends where a value belongs'],
  ])('%j', (text, line, column, message) => {
    expect(jsonFault(text)).toMatchObject({ line, column, message: expect.stringContaining(message) });
  });

  test('it finds a fault exactly where JSON.parse refuses', () => {
    const sample = sampleText('inspector2/inspector-guide-ec2-package-event.json');
    const cut = fc.record({
      at: fc.nat(sample.length),
      take: fc.nat(3),
      put: fc.string({ unit: 'binary-ascii', maxLength: 3 }),
    });

    fc.assert(
      fc.property(cut, ({ at, take, put }) => {
        const text = sample.slice(0, at) + put + sample.slice(at + take);
        expect(jsonFault(text) === null).toBe(isJson(text));
      }),
      { seed: 7, numRuns: 2000 },
    );
  });

  test('every JSON text is without fault', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(jsonFault(text)).toBeNull();
      }),
      { seed: 8, numRuns: 500 },
    );
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
