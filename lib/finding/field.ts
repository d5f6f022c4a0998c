import type { Severity } from './finding.ts';
import { type Untrusted, untrusted } from './untrusted.ts';

/**
 * Reads one field of a stranger's finding. A reader never fails and never throws: what is absent or odd becomes null
 * (unknown) or the empty text, never a value that would lower a verdict. Readers are plain functions: a lenient schema of a
 * validation library took four times as long as the parsing of the JSON itself.
 */
export type Reader<Value> = (value: unknown) => Value;

/** What a reader makes. */
export type Read<Of> = Of extends Reader<infer Value> ? Value : never;

type Shape = { readonly [field: string]: Reader<unknown> };
type Fields<Of extends Shape> = { readonly [Field in keyof Of]: Read<Of[Field]> };

/** An object whose fields are read in the same way; all of them unknown when it is absent. */
export function group<Of extends Shape>(shape: Of): Reader<Fields<Of>> {
  const readers = Object.entries(shape).map(([name, reader]) => ({ name, reader }));
  const read = (value: { readonly [field: string]: unknown }): Fields<Of> => {
    const fields: { [field: string]: unknown } = {};
    for (const { name, reader } of readers) fields[name] = reader(value[name]);
    // The loop fills every field of the shape with what its reader makes, which the compiler cannot follow.
    return fields as Fields<Of>;
  };
  const absent = read({});
  return (value) => (isRecord(value) ? read(value) : absent);
}

/** The objects of a list. A lone object counts as a list of one: writers differ. */
export function list<Of extends Shape>(shape: Of): Reader<readonly Fields<Of>[]> {
  const read = group(shape);
  return (value) => listOf(value).filter(isRecord).map(read);
}

/** Cleaned text; empty when there is none. */
export function text(value: unknown): Untrusted {
  return untrusted(value);
}

/** Cleaned text; null when there is none, or a word that says so. */
export function textOrNull(value: unknown): Untrusted | null {
  const clean = untrusted(value);
  return clean === '' || absentWords.has(clean) ? null : clean;
}

const absentWords: ReadonlySet<string> = new Set(['N/A', 'NotAvailable', 'Not Available', 'None', 'none', 'null']);

/** The elements of a list that are text. */
export function texts(value: unknown): readonly Untrusted[] {
  return listOf(value).flatMap((one) => textOrNull(one) ?? []);
}

/** Whatever the field holds, for a closer look later. */
export function anything(value: unknown): unknown {
  return value;
}

/** A scanner's id, whole and as it was sent; empty when there is none. */
export function identifier(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : '';
}

/** One of a scanner's fixed words in capitals, trimmed; empty when there is none. */
export function word(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 200).trim().toUpperCase() : '';
}

/** A score from 0 to 10, also written as text. */
export function score(value: unknown): number | null {
  return numberOf(value, 0, 10);
}

/** A probability from 0 to 1, also written as text. */
export function probability(value: unknown): number | null {
  return numberOf(value, 0, 1);
}

/** A number of any use: a port, an id of an enumeration, a count. */
export function count(value: unknown): number | null {
  return numberOf(value, -1, Number.MAX_SAFE_INTEGER);
}

/** Yes or no in any spelling; null when not said. A fix that is there in part is there. */
export function flag(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  const said = word(value);
  if (said === 'YES' || said === 'TRUE' || said === 'PARTIAL') return true;
  return said === 'NO' || said === 'FALSE' ? false : null;
}

/** True when the field holds anything at all. */
export function presence(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** True for what JSON calls an object. */
export function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The severity a word stands for; null for words that say the scanner has not made up its mind, and for unknown ones. */
export function severityOf(label: string): Severity | null {
  return severityWords.get(label) ?? null;
}

const severityWords: ReadonlyMap<string, Severity> = new Map([
  ['FATAL', 'critical'],
  ['CRITICAL', 'critical'],
  ['HIGH', 'high'],
  ['IMPORTANT', 'high'],
  ['MEDIUM', 'medium'],
  ['MODERATE', 'medium'],
  ['LOW', 'low'],
  ['INFORMATIONAL', 'informational'],
  ['INFO', 'informational'],
]);

/** The greatest of the numbers that are known: of several credible values the worst one counts. */
export function worst(numbers: readonly (number | null)[]): number | null {
  return numbers.reduce((most, one) => (one === null || (most !== null && most >= one) ? most : one), null);
}

/** Yes as soon as one says yes; no when one says no and none yes. */
export function anyOf(flags: readonly (boolean | null)[]): boolean | null {
  if (flags.includes(true)) return true;
  return flags.includes(false) ? false : null;
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}

function numberOf(value: unknown, least: number, most: number): number | null {
  const number = typeof value === 'string' && isDecimal.test(value) ? Number(value) : value;
  return typeof number === 'number' && number >= least && number <= most ? number : null;
}

const isDecimal = /^\s*[+-]?\d{1,30}(?:\.\d{0,30})?(?:e[+-]?\d{1,3})?\s*$/i;
