import {
  backslash,
  brace,
  bracket,
  closingBrace,
  closingBracket,
  comma,
  endOfString,
  lineBreak,
  quote,
} from './nesting.ts';
import { textMax, wrappers } from './read.ts';

/** Cuts an input into the texts of its records. */
export type Cutter = { readonly push: (piece: string) => readonly string[]; readonly end: () => readonly string[] };

/**
 * Cuts JSON values one after another. One that grows beyond `wholeMax` while a list is open in it that wraps findings (it is
 * that list, or such as `{"findings":[…]}`) gives the elements of the list, each as a record, and nothing of what is around it.
 *
 * It counts brackets and skips texts, and leaves it to the reading of each record to say what is wrong with it.
 */
export class ListCutter implements Cutter {
  readonly #wholeMax: number;
  #text = '';
  /** Where the scan stands in the text, and where the record begins that it is in. */
  #at = 0;
  #start = 0;
  #isInString = false;
  #depth = 0;
  /** Depth of the elements that are records; 0 where a whole value is one, -1 behind the list whose elements were. */
  #elements = 0;
  /** Length of a value at which to look again for a list in it. */
  #looksAt: number;
  /** What is scanned belongs to no record any more. */
  #isSkipping = false;
  #cut: string[] = [];

  constructor(wholeMax: number) {
    this.#wholeMax = wholeMax;
    this.#looksAt = wholeMax;
  }

  push(piece: string): readonly string[] {
    this.#text = this.#text.slice(this.#start) + piece;
    this.#at -= this.#start;
    this.#start = 0;
    this.#scan();
    if (this.#isSkipping) this.#start = Math.min(this.#at, this.#text.length);
    else if (this.#elements === 0 && this.#at - this.#start > this.#looksAt) this.#lookForList();
    if (this.#at - this.#start > textMax) this.#refuse();
    return this.#taken();
  }

  end(): readonly string[] {
    if (!this.#isSkipping) this.#take(this.#text.length);
    return this.#taken();
  }

  #scan(): void {
    for (; this.#at < this.#text.length; this.#at += 1) {
      const character = this.#text.charCodeAt(this.#at);
      if (this.#isInString) {
        if (character === backslash) this.#at += 1;
        else if (character === quote) this.#isInString = false;
      } else if (character === quote) this.#isInString = true;
      else if (character === brace || character === bracket) this.#depth += 1;
      else if (character === closingBrace || character === closingBracket) this.#close();
      else if (character === comma && this.#depth === this.#elements && this.#depth > 0) this.#endRecord(this.#at);
      // Whatever stands outside of every value ends with its line, so that it spoils nothing behind it.
      else if (character === lineBreak && this.#depth === 0) this.#endRecord(this.#at);
    }
  }

  #close(): void {
    this.#depth = Math.max(0, this.#depth - 1);
    if (this.#elements === 0) {
      if (this.#depth === 0) this.#endRecord(this.#at + 1);
    } else if (this.#depth === this.#elements - 1) {
      this.#endRecord(this.#at);
      this.#elements = -1;
      this.#isSkipping = true;
    }
    if (this.#depth === 0) this.#beginValue();
  }

  #beginValue(): void {
    this.#start = this.#at + 1;
    this.#elements = 0;
    this.#looksAt = this.#wholeMax;
    this.#isSkipping = false;
  }

  #endRecord(end: number): void {
    if (!this.#isSkipping) this.#take(end);
    this.#start = this.#at + 1;
    this.#isSkipping = false;
  }

  #lookForList(): void {
    const list = openList(this.#text.slice(this.#start, this.#at));
    this.#looksAt = 2 * (this.#at - this.#start);
    if (list === null) return;
    this.#start += list.from;
    this.#at = this.#start;
    this.#isInString = false;
    this.#depth = list.depth;
    this.#elements = list.depth;
    this.#scan();
  }

  /** One character too long: whoever reads the record refuses it by its length. */
  #refuse(): void {
    this.#cut.push(this.#text.slice(this.#start, this.#start + textMax + 1));
    this.#isSkipping = true;
  }

  #take(end: number): void {
    const text = this.#text.slice(this.#start, end).trim();
    if (text !== '') this.#cut.push(text);
  }

  #taken(): readonly string[] {
    const cut = this.#cut;
    this.#cut = [];
    return cut;
  }
}

/** The list that wraps findings and is open at the end of the text: where its elements begin, and at which depth they are. */
function openList(text: string): { readonly from: number; readonly depth: number } | null {
  let list: { readonly from: number; readonly depth: number } | null = null;
  let key = '';
  let depth = 0;
  // How many of the open brackets, from the outermost on, are objects around a list of findings.
  let wrapping = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === quote) {
      const end = endOfString(text, at);
      if (list === null && depth === wrapping) key = text.slice(at + 1, Math.min(end, at + 20));
      at = end;
    } else if (character === brace || character === bracket) {
      const isWrapper = depth === wrapping && (depth === 0 || wrapperKeys.has(key));
      depth += 1;
      if (isWrapper && character === brace) wrapping = depth;
      if (isWrapper && character === bracket && list === null) list = { from: at + 1, depth };
    } else if (character === closingBrace || character === closingBracket) {
      depth -= 1;
      wrapping = Math.min(wrapping, depth);
      if (list !== null && depth < list.depth) list = null;
    }
  }
  return list;
}

const wrapperKeys: ReadonlySet<string> = new Set(wrappers);
