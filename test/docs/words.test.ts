import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { glossary } from '../../lib/web/glossary.ts';

const entries = readFileSync('docs/words.md', 'utf8')
  .split(/\n{2,}/)
  .flatMap((paragraph) => {
    const [, word, meaning] = /^\*\*(.+?)\*\*: (.+)$/s.exec(paragraph) ?? [];
    return word === undefined || meaning === undefined ? [] : [{ word, meaning: meaning.replace(/\s+/g, ' ').trim() }];
  });

test.each(glossary)('the document explains $word as the pages do', ({ word, meaning }) => {
  expect(entries).toContainEqual({ word, meaning });
});

test('the document has the words of the pages in their order, and no other', () => {
  expect(entries.map(({ word }) => word)).toEqual(glossary.map(({ word }) => word));
});
