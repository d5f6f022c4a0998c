import { z } from 'zod';
import { instantFrom } from './date.ts';
import type { Severity } from './finding.ts';
import { type Untrusted, untrusted } from './untrusted.ts';

/**
 * A field of a stranger's finding. None ever fails: what is absent or odd becomes null (unknown) or the empty text, never a
 * value that would lower a verdict. `read` must not throw.
 */
export function field<Value>(read: (value: unknown) => Value) {
  return z.unknown().optional().transform(read);
}

/** Cleaned text; empty when there is none. */
export const text = field((value) => untrusted(value));

/** A scanner's id, whole and as it was sent; empty when there is none. */
export const identifier = field((value) =>
  typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '',
);

/** Cleaned text; null when there is none, or a word that says so. */
export const textOrNull = field(textOf);

/** The elements of a list that are text. */
export const texts = field((value) =>
  listOf(value)
    .map(textOf)
    .filter((one) => one !== null),
);

/** One of a scanner's fixed words in capitals, trimmed; empty when there is none. */
export const word = field(wordOf);

/** A score from 0 to 10, also written as text. */
export const score = field((value) => numberOf(value, 0, 10));

/** A probability from 0 to 1, also written as text. */
export const probability = field((value) => numberOf(value, 0, 1));

/** A whole number of any use: a port, an id of an enumeration, a count. */
export const count = field((value) => numberOf(value, -1, Number.MAX_SAFE_INTEGER));

/** Yes or no in any spelling; null when not said. */
export const flag = field(flagOf);

/** A moment in any of the forms that scanners write. */
export const instant = field(instantFrom);

/** True when the field holds anything at all. */
export const presence = field((value) => value !== undefined && value !== null && value !== '');

/** An object whose fields are read in the same way; all of them unknown when it is absent. */
export function group<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.unknown().optional().transform(recordOf).pipe(z.object(shape));
}

/** The objects of a list. A lone object counts as a list of one: writers differ. */
export function list<Shape extends z.ZodRawShape>(shape: Shape) {
  return z
    .unknown()
    .optional()
    .transform((value) => listOf(value).filter(isRecord))
    .pipe(z.array(z.object(shape)));
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

function recordOf(value: unknown): { readonly [key: string]: unknown } {
  return isRecord(value) ? value : nothing;
}

const nothing = {};

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}

function textOf(value: unknown): Untrusted | null {
  const clean = untrusted(value);
  return clean === '' || absentWords.has(clean.toUpperCase()) ? null : clean;
}

const absentWords: ReadonlySet<string> = new Set(['N/A', 'NOTAVAILABLE', 'NOT AVAILABLE', 'NONE', 'NULL']);

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 200).trim().toUpperCase() : '';
}

function numberOf(value: unknown, least: number, most: number): number | null {
  const number = typeof value === 'string' && isDecimal.test(value) ? Number(value) : value;
  return typeof number === 'number' && number >= least && number <= most ? number : null;
}

const isDecimal = /^\s*[+-]?\d{1,30}(?:\.\d{0,30})?(?:e[+-]?\d{1,3})?\s*$/i;

function flagOf(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  const said = wordOf(value);
  if (said === 'YES' || said === 'TRUE' || said === 'PARTIAL') return true;
  return said === 'NO' || said === 'FALSE' ? false : null;
}
