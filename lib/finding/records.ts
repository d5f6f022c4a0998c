import type { Reading } from './finding.ts';
import { type Cut, type Cutter, ListCutter } from './list-cutter.ts';
import { linesOf, type RecordPlace, readRecord, readText, textMax } from './read.ts';

/** The text of one record and its number in the input, from 1. `place`: where it stands; null when it is the whole input. */
export type RecordText = { readonly text: string; readonly number: number; readonly place: RecordPlace | null };

/** What a record is. The whole input may be anything that `readText` takes. */
export function readingsOf({ text, place }: RecordText): readonly Reading[] {
  return place === null ? readText(text) : readRecord(text, place);
}

/** Takes an input piece by piece; gives its records as soon as they are whole, and at the end what is left. */
export type Splitter = {
  readonly push: (piece: string) => readonly RecordText[];
  readonly end: () => readonly RecordText[];
};

/** Characters of an input that is one record, whatever it is: what `readText` says of a whole is more exact. */
export const wholeMax = 1_000_000;

/**
 * Cuts an input of any length into records, so that reading it takes the memory of one: the lines of NDJSON, the elements of a
 * list, those of `{"findings":[…]}` and of the other wrappers, and JSON values one after another. A record longer than
 * `textMax` is given cut to one character more, which `readText` refuses.
 *
 * No library does this: parsers of streams end at the first fault, which is to cost one record and not the rest, and keep
 * neither the text of a value, which says where it is broken, nor its length, by which it is refused.
 */
export function splitter(): Splitter {
  let head: string | null = '';
  let cutter: Cutter | null = null;
  let count = 0;
  function numbered(cuts: readonly Cut[]): readonly RecordText[] {
    return cuts.map((cut) => {
      count += 1;
      return { ...cut, number: count };
    });
  }
  function push(piece: string): readonly RecordText[] {
    if (cutter !== null) return numbered(cutter.push(piece));
    head = `${head}${piece}`;
    if (head.length <= wholeMax) return [];
    cutter = linesOf(head.slice(0, wholeMax)) === null ? new ListCutter(wholeMax) : lineCutter();
    const cuts = cutter.push(head);
    head = null;
    return numbered(cuts);
  }
  function end(): readonly RecordText[] {
    return cutter === null ? [{ text: head ?? '', number: 1, place: null }] : numbered(cutter.end());
  }
  return { push, end };
}

function lineCutter(): Cutter {
  let open = '';
  let line = 0;
  let count = 0;
  function taken(text: string): readonly Cut[] {
    line += 1;
    if (text.trim() === '') return [];
    count += 1;
    return [{ text, place: { path: `[${count - 1}]`, line: line - 1, column: 0 } }];
  }
  function push(piece: string): readonly Cut[] {
    const [first = '', ...rest] = piece.split('\n');
    open = capped(open, first);
    if (rest.length === 0) return [];
    const whole = [open, ...rest.slice(0, -1)];
    open = rest.at(-1) ?? '';
    return whole.flatMap(taken);
  }
  return { push, end: () => taken(open) };
}

/** Both texts as one, which stops growing once it is too long to be read. */
function capped(text: string, more: string): string {
  return text.length > textMax ? text : `${text}${more}`.slice(0, textMax + 1);
}
