import { harmless } from './plain.ts';

/** A part of an e-mail. Only a `link` prints an address; whatever stands in a text is made harmless. */
export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'options'; readonly intro: string; readonly items: readonly string[] }
  | { readonly kind: 'points'; readonly intro: string; readonly items: readonly string[] }
  | { readonly kind: 'link'; readonly label: string; readonly address: string; readonly note: string };

/** A paragraph of the sentences that there are; null leaves none. */
export function text(...sentences: readonly (string | null)[]): Block {
  return { kind: 'text', text: sentences.filter((sentence) => sentence !== null && sentence !== '').join(' ') };
}

/** Plain text of an e-mail: paragraphs wrapped at 76 columns, an address whole on a line of its own. */
export function emailOf(blocks: readonly Block[]): string {
  return `${blocks
    .map(rendered)
    .filter((each) => each !== '')
    .join('\n\n')}\n`;
}

const columns = 76;

function rendered(block: Block): string {
  switch (block.kind) {
    case 'text':
      return wrapped(harmless(block.text), '', '');
    case 'options':
      return [
        wrapped(harmless(block.intro), '', ''),
        ...block.items.map((item, at) => wrapped(harmless(item), `  ${at + 1}. `, '     ')),
      ].join('\n');
    case 'points':
      return [
        wrapped(harmless(block.intro), '', ''),
        ...block.items.map((item) => wrapped(harmless(item), '  - ', '    ')),
      ].join('\n');
    case 'link':
      return `${harmless(block.label)}: ${block.address}\n${wrapped(`(${harmless(block.note)})`, '', '')}`;
    default:
      return block satisfies never;
  }
}

function wrapped(line: string, first: string, next: string): string {
  const lines: string[] = [];
  let current = first;
  let empty = true;
  for (const word of line.split(' ').flatMap(pieces)) {
    if (!empty && current.length + 1 + word.length > columns) {
      lines.push(current);
      current = next;
      empty = true;
    }
    current += empty ? word : ` ${word}`;
    empty = false;
  }
  return empty ? '' : [...lines, current].join('\n');
}

/** A word longer than a line is broken, so that no text can push the rest out of sight. */
function pieces(word: string): readonly string[] {
  const points = [...word];
  const most = columns - 8;
  if (points.length <= most) return [word];
  return Array.from({ length: Math.ceil(points.length / most) }, (_, at) =>
    points.slice(at * most, (at + 1) * most).join(''),
  );
}
