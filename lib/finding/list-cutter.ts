import { pathTo } from './envelope.ts';
import {
  backslash,
  brace,
  bracket,
  bracketsMax,
  closingBrace,
  closingBracket,
  comma,
  endOfString,
  lineBreak,
  quote,
} from './nesting.ts';
import { bareMax, type RecordPlace, textMax, wrappers } from './read.ts';

/** A record as it was cut out of an input. */
export type Cut = { readonly text: string; readonly place: RecordPlace };

/** Cuts an input into its records. */
export type Cutter = { readonly push: (piece: string) => readonly Cut[]; readonly end: () => readonly Cut[] };

/**
 * Cuts JSON values one after another. One that grows beyond `wholeMax` while a list is open in it that wraps findings (it is
 * that list, or such as `{"findings":[…]}`) gives the elements of the list, each as a record, and nothing of what is around it. A
 * list of nothing but numbers and the like, or that is nested too deeply where it is looked at, stays whole, so that it is refused
 * as a whole.
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
  #cut: Cut[] = [];
  /** Lines and, in its line, characters before the record that it is in. */
  #line = 0;
  #column = 0;
  /** Values before the one that it is in, path of the list in it that is cut, and elements of that list so far. */
  #values = 0;
  #list = '';
  #index = 0;

  constructor(wholeMax: number) {
    this.#wholeMax = wholeMax;
    this.#looksAt = wholeMax;
  }

  push(piece: string): readonly Cut[] {
    this.#text = this.#text.slice(this.#start) + piece;
    this.#at -= this.#start;
    this.#start = 0;
    this.#scan();
    if (this.#isSkipping) this.#moveTo(Math.min(this.#at, this.#text.length));
    else if (this.#elements === 0 && this.#at - this.#start > this.#looksAt) this.#lookForList();
    if (this.#at - this.#start > textMax) this.#refuse();
    return this.#taken();
  }

  end(): readonly Cut[] {
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
    this.#moveTo(this.#at + 1);
    if (this.#elements !== 0) this.#values += 1;
    this.#elements = 0;
    this.#looksAt = this.#wholeMax;
    this.#isSkipping = false;
  }

  #endRecord(end: number): void {
    if (!this.#isSkipping) this.#take(end);
    this.#moveTo(this.#at + 1);
    this.#isSkipping = false;
  }

  #lookForList(): void {
    const list = openList(this.#text.slice(this.#start, this.#at));
    this.#looksAt = 2 * (this.#at - this.#start);
    if (
      list === null ||
      this.#depth > bracketsMax ||
      bareList.test(this.#text.slice(this.#start + list.from, this.#at))
    )
      return;
    this.#list = list.path;
    this.#index = 0;
    this.#moveTo(this.#start + list.from);
    this.#at = this.#start;
    this.#isInString = false;
    this.#depth = list.depth;
    this.#elements = list.depth;
    this.#scan();
  }

  /** One character too long: whoever reads the record refuses it by its length. */
  #refuse(): void {
    this.#add(this.#text.slice(this.#start, this.#start + textMax + 1));
    this.#isSkipping = true;
  }

  #take(end: number): void {
    const text = this.#text.slice(this.#start, end);
    if (text.trim() === '') return;
    this.#moveTo(this.#start + text.length - text.trimStart().length);
    this.#add(text.trim());
  }

  #add(text: string): void {
    const value = this.#values === 0 ? '' : `[${this.#values}]`;
    const path = this.#elements === 0 ? value : pathTo(pathTo(value, this.#list), `[${this.#index}]`);
    this.#cut.push({ text, place: { path, line: this.#line, column: this.#column } });
    if (this.#elements === 0) this.#values += 1;
    else this.#index += 1;
  }

  /** The record begins here: what was before counts into its place. */
  #moveTo(start: number): void {
    const lines = this.#text.slice(this.#start, start).split('\n');
    this.#line += lines.length - 1;
    this.#column = (lines.length === 1 ? this.#column : 0) + (lines.at(-1) ?? '').length;
    this.#start = start;
  }

  #taken(): readonly Cut[] {
    const cut = this.#cut;
    this.#cut = [];
    return cut;
  }
}

type OpenList = { readonly from: number; readonly depth: number; readonly path: string };

/** So many elements that are neither object, list nor text: numbers, `true`, `null`. */
const bareList = new RegExp(`^(?:[^"{}[\\],]+,){${bareMax}}`);

/** The list that wraps findings and is open at the end of the text: where its elements begin, at which depth and path they are. */
function openList(text: string): OpenList | null {
  let list: OpenList | null = null;
  // Paths of the objects around, by their depth.
  const paths: string[] = [];
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
      const path = depth === 0 ? '' : pathTo(paths[depth] ?? '', key);
      depth += 1;
      if (isWrapper) paths[depth] = path;
      if (isWrapper && character === brace) wrapping = depth;
      if (isWrapper && character === bracket && list === null) list = { from: at + 1, depth, path };
    } else if (character === closingBrace || character === closingBracket) {
      depth -= 1;
      wrapping = Math.min(wrapping, depth);
      if (list !== null && depth < list.depth) list = null;
    }
  }
  return list;
}

const wrapperKeys: ReadonlySet<string> = new Set(wrappers);
