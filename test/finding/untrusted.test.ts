import { describe, expect, test } from 'vitest';
import { untrusted, untrustedMax } from '../../lib/finding/untrusted.ts';

describe('text from outside is cleaned once', () => {
  test.each([
    ['plain text', 'plain text'],
    ['  two\n\n lines\tand  blanks ', 'two lines and blanks'],
    ['CVE\u202e4202-1', 'CVE4202-1'],
    ['\u2066isolate\u2069', 'isolate'],
    ['pay\u200bpal\u200d.\u2060com\ufeff', 'paypal.com'],
    ['bell\u0007 and \u001b[31mred', 'bell and [31mred'],
    ['lone \ud800 and \udc00 surrogates', 'lone and surrogates'],
    ['cafe\u0301', 'café'],
    ['e\u200b\u0301', 'é'],
    ['a \u200b b', 'a b'],
    ['tag\u{e0041}\u{e0042}s', 'tags'],
    ['hidden\u{e0100}\ufe0f selectors', 'hidden selectors'],
    ['not XML \ufffe\uffff', 'not XML'],
    ['“quoted” 100 % <b>&', '“quoted” 100 % <b>&'],
  ])('%j', (dirty, clean) => {
    expect(untrusted(dirty)).toBe(clean);
  });

  test('what is no text is the empty text', () => {
    for (const value of [undefined, null, 7, {}, [], true]) expect(untrusted(value)).toBe('');
  });

  test('long text ends in an ellipsis and never in half a character', () => {
    const long = untrusted('🚨'.repeat(untrustedMax + 1));

    expect([...long]).toHaveLength(untrustedMax);
    expect(long.endsWith('🚨…')).toBe(true);
    expect(long.isWellFormed()).toBe(true);
  });

  test('cleaning twice changes nothing', () => {
    for (const dirty of ['e\u200b\u0301 \u202e x', 'y'.repeat(5000), `${'z '.repeat(800)}`, ' \u0000 ']) {
      expect(untrusted(untrusted(dirty))).toBe(untrusted(dirty));
    }
  });
});
