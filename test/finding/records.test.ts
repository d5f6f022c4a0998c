import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readText, textMax } from '../../lib/finding/read.ts';
import { type RecordText, readingsOf, splitter, wholeMax } from '../../lib/finding/records.ts';

const finding = { findingArn: 'arn:aws:inspector2:eu-west-1:123456789012:finding/1', title: 'a "quoted] }, text' };
/** Longer than what is kept whole, by more than a piece of the input. */
const padding = 'x'.repeat(wholeMax + 100_000);

test.each([
  ['a small input is one record', JSON.stringify({ findings: [1, 2] }), ['{"findings":[1,2]}']],
  ['lines are records', `{"a":1}\n\n{"a":"${padding}"}\r\n[3]`, ['{"a":1}', `{"a":"${padding}"}\r`, '[3]']],
  [
    'the elements of a list are records',
    `[ {"a":"]"},\n"${padding}", [1,[2]]\n]`,
    ['{"a":"]"}', `"${padding}"`, '[1,[2]]'],
  ],
  [
    'so are those of a wrapped list, wherever it stands',
    JSON.stringify({ token: { tags: [1] }, data: { findings: [{ a: [1, 2] }, padding], more: [3, 4] }, next: [5] }),
    ['{"a":[1,2]}', `"${padding}"`],
  ],
  [
    'values stand one after another',
    `{"findings":["${padding}",2]}{"findings":[3]}\n[4]`,
    [`"${padding}"`, '2', '{"findings":[3]}', '[4]'],
  ],
  ['a long object that wraps nothing is one record', JSON.stringify({ a: [padding] }), [`{"a":["${padding}"]}`]],
  [
    'text outside of values spoils only its line',
    `nope\n[1,"${padding}"]\n{"a":2}`,
    ['nope', '1', `"${padding}"`, '{"a":2}'],
  ],
])('%s', (_, input, texts) => {
  expect(brief(cut(input, 1 + (input.length % 70_000)))).toEqual(brief(texts));
});

test('a record that is too long is refused, and those around it are read', () => {
  const long = JSON.stringify({ ...finding, title: 'x'.repeat(textMax) });
  const short = JSON.stringify(finding);

  for (const input of [`${short}\n${long}\n${short}`, `[${short},${long},${short}]`]) {
    const readings = cut(input, 1_000_000).flatMap(readText);

    expect(readings.map(({ status }) => status)).toEqual(['finding', 'rejected', 'finding']);
    expect(readings[1]).toMatchObject({ error: { message: expect.stringContaining('is larger than 20 MB') } });
  }
});

test('a broken record is refused with its place, and those around it are read', () => {
  const input = `[${JSON.stringify(finding)}, {"findingArn": nope}, ${JSON.stringify({ ...finding, title: padding })}]`;

  const readings = cut(input, 20_001).flatMap(readText);

  expect(readings.map(({ status }) => status)).toEqual(['finding', 'rejected', 'finding']);
  expect(readings[1]).toMatchObject({ error: { message: expect.stringContaining('line 1, column 16') } });
});

test.each([
  ['a list', (all: string) => `[${all}]`],
  ['a wrapped list', (all: string) => `{"next":[1],\n "data": {"findings":\n [${all}]}}`],
])('what is said of the elements of %s is the same as of the whole', (_, around) => {
  const elements = [{}, finding, { findingArn: '' }, 7, [null], { cve: 1 }, { detail: {} }, { title: padding }];
  const input = around(elements.map((element) => JSON.stringify(element, null, 1)).join(' ,\n'));

  const readings = recordsOf(input, 30_001).flatMap(readingsOf);

  expect(readings).toEqual(readText(input));
  expect(readings).toHaveLength(elements.length);
});

test('a line that is broken is refused with its place in the whole', () => {
  const input = `${JSON.stringify(finding)}\n\n{"a": nope}\n{"title":"${padding}"}\n`;

  expect(recordsOf(input, 30_001).flatMap(readingsOf)).toEqual(readText(input));
});

test('a broken element is refused with its line and column in the whole', () => {
  const input = `{"findings":\n[{},\n  {"a": nope}, {"title":"${padding}"}]}`;

  const [, broken] = recordsOf(input, 30_001).flatMap(readingsOf);

  expect(broken).toMatchObject({
    error: { path: 'findings[1]', message: expect.stringContaining('at line 3, column 9') },
  });
});

test('a flat list of numbers is refused as a whole, of any length', () => {
  const many = `[${'1,'.repeat(700_000)}1]`;
  const tooMany = `{"findings":[${'12345678,'.repeat(2_500_000)}1]}`;

  expect(recordsOf(many, 1 << 20).flatMap(readingsOf)).toEqual([
    { status: 'rejected', error: { path: '', message: expect.stringContaining('is a list of 700001 bare values') } },
  ]);
  expect(recordsOf(tooMany, 1 << 20).flatMap(readingsOf)).toMatchObject([
    { error: { message: expect.stringContaining('is larger than 20 MB') } },
  ]);
});

test('what is nested too deeply is refused as a whole, in the same words', () => {
  const input = '['.repeat(1_500_000);

  expect(recordsOf(input, 1 << 20).flatMap(readingsOf)).toEqual(readText(input));
});

test('however an input is cut into pieces, its records are the same', () => {
  const filler = fc.constant(padding);
  const values = fc.array(
    fc.oneof(
      fc.json({ maxDepth: 3 }),
      filler.map((text) => JSON.stringify({ text })),
    ),
    {
      minLength: 1,
      maxLength: 12,
    },
  );
  fc.assert(
    fc.property(
      values,
      fc.constantFrom('list', 'wrapped', 'lines'),
      fc.integer({ min: 20_000, max: 90_000 }),
      (texts, how, size) => {
        const all = [...texts, JSON.stringify({ padding })];
        const list = `[${all.join(', ')}]`;
        const input =
          how === 'list' ? list : how === 'wrapped' ? `{"next":"]","Records":${list}}` : `{}\n${all.join('\n')}`;

        expect(brief(cut(input, size))).toEqual(brief(how === 'lines' ? ['{}', ...all] : all));
      },
    ),
    { seed: 11, numRuns: 20 },
  );
});

function cut(input: string, size: number): readonly string[] {
  return recordsOf(input, size).map(({ text }) => text);
}

function recordsOf(input: string, size: number): readonly RecordText[] {
  const { push, end } = splitter();
  const records: RecordText[] = [];
  for (let at = 0; at < input.length; at += size) records.push(...push(input.slice(at, at + size)));
  records.push(...end());
  expect(records.map(({ number }) => number)).toEqual(records.map((_, at) => at + 1));
  return records;
}

/** Without blanks around, and short enough for a message. */
function brief(texts: readonly string[]): readonly string[] {
  return texts.map((text) => text.trim().replaceAll(padding, 'x…'));
}
