import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import type { Instant } from '../finding/instant.ts';
import { contradictionsIn, type Mistake, nearest, type Path } from './contradictions.ts';
import { Policy, type PolicyInForce } from './policy.ts';
import { keysAt } from './schema.ts';

/** A mistake in a policy file and where it stands; line and column count from 1. */
export type PolicyProblem = {
  readonly line: number;
  readonly column: number;
  /** As one would write it: `services[0].pipeline.account`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
  /** The word that was probably meant; null when none is near. */
  readonly suggestion: string | null;
};

/** Thrown for a policy that cannot be in force. Its message names every problem with its place, one a line. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly file: string;
  readonly problems: readonly PolicyProblem[];

  constructor(file: string, problems: readonly PolicyProblem[]) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super([`the policy has ${count}:`, ...problems.map((problem) => `  ${problemInWords(file, problem)}`)].join('\n'));
    this.file = file;
    this.problems = problems;
  }
}

/** Characters of the largest policy looked at. */
export const policyLengthMax = 1_000_000;

/**
 * Reads a policy file (YAML, or JSON, which is YAML too). `file` is its name, for messages.
 * Throws a PolicyError with all problems of the file: an unknown key is one, as is a name that nobody has. Entries are held
 * against each other only when each is well formed by itself.
 */
export function loadPolicy(text: string, file: string): PolicyInForce {
  if (text.length > policyLengthMax) {
    throw new PolicyError(file, [atStart(`is longer than ${policyLengthMax} characters: is it the right file?`)]);
  }
  if (text.trim() === '') throw new PolicyError(file, [atStart('is empty: begin with "version: 1" and its rules')]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = document.errors.map((error) => ({
    ...placeOf(lines, error.pos[0]),
    path: '',
    message: yamlMessage(error),
    suggestion: null,
  }));
  if (broken.length > 0) throw new PolicyError(file, broken);
  const parsed = Policy.safeParse(contentOf(document, file), { reportInput: true });
  const mistakes = parsed.success
    ? contradictionsIn(parsed.data)
    : withoutEchoes(parsed.error.issues.flatMap(mistakesIn));
  if (!parsed.success || mistakes.length > 0) {
    throw new PolicyError(file, mistakes.map((mistake) => located(mistake, document, lines)).sort(byPlace));
  }
  return inForce(parsed.data);
}

/** What is no mistake, yet wants mending, with its place: a waiver that has ended. Of a text that loads. */
export function policyWarnings(text: string, now: Instant): readonly PolicyProblem[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const { waivers } = Policy.parse(document.toJS());
  return waivers.flatMap(({ until }, at) =>
    until < now ? [located({ path: ['waivers', at, 'until'], message: ended, suggestion: null }, document, lines)] : [],
  );
}

const ended = 'is past, so that this waiver lets nothing pass: take it out, or give it another end';

/** A policy with the hash of what it says: sha256 over its JSON with sorted keys. */
export function inForce(policy: Policy): PolicyInForce {
  return { ...policy, hash: bytesToHex(sha256(utf8ToBytes(canonical(policy)))) };
}

/** A problem as one line: `policy.yaml:3:5 rules[0].thn is no key here: did you mean "then"?` */
export function problemInWords(file: string, { line, column, path, message, suggestion }: PolicyProblem): string {
  const meant = suggestion === null ? '' : `: did you mean ${JSON.stringify(suggestion)}?`;
  return `${file}:${line}:${column} ${path === '' ? 'the policy' : path} ${message}${meant}`;
}

function contentOf(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // What the library throws when aliases would multiply into more than it wants to build.
    if (!(error instanceof ReferenceError)) throw error;
    throw new PolicyError(file, [atStart(`cannot be read: ${error.message}`)]);
  }
}

function yamlMessage({ code, message }: { readonly code: string; readonly message: string }): string {
  if (code === 'DUPLICATE_KEY') return 'gives a key twice: take one out';
  if (code === 'TAB_AS_INDENT') return 'is indented by a tab: use spaces';
  return `is no YAML here: ${message}`;
}

function mistakesIn(issue: z.core.$ZodIssue): readonly Mistake[] {
  const path = pathOf(issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], keysAt(path)));
    case 'invalid_key':
      return [unknownKey(path, keysAt(path.slice(0, -1)))];
    case 'invalid_value': {
      const values = issue.values.map(String);
      const isMissing = issue.input === undefined;
      const given = typeof issue.input === 'string' ? nearest(issue.input, values) : null;
      return [{ path, message: `${isMissing ? 'is missing: it ' : ''}must be ${orList(values)}`, suggestion: given }];
    }
    default:
      return [{ path, message: messageOf(issue), suggestion: null }];
  }
}

// A misspelt key leaves the meant one missing; one mistake is said once.
function withoutEchoes(mistakes: readonly Mistake[]): readonly Mistake[] {
  const meant = mistakes.flatMap(({ path, suggestion }) =>
    suggestion === null ? [] : [inWords([...path.slice(0, -1), suggestion])],
  );
  return mistakes.filter(({ path, message }) => !(message.startsWith('is missing') && meant.includes(inWords(path))));
}

function orList(values: readonly string[]): string {
  return values.join(', ').replace(/, ([^,]*)$/, ' or $1');
}

function unknownKey(path: Path, keys: readonly string[]): Mistake {
  const suggestion = nearest(String(path.at(-1)), keys);
  const known = suggestion === null && keys.length > 0 ? `: known are ${keys.join(', ')}` : '';
  return { path, message: `is no key that a policy has here${known}`, suggestion };
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.input === undefined && issue.code === 'invalid_type') return 'is missing';
  const message = issue.message;
  if (/^(must|is) /.test(message)) return message;
  if (issue.code === 'invalid_type') return `must be ${words[issue.expected] ?? issue.expected}`;
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}${unitOf(issue.origin)}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}${unitOf(issue.origin)}`;
  return issue.code === 'invalid_format' && issue.format === 'email'
    ? 'must be an address such as ana@example.com'
    : message;
}

const words: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list, such as [ana]',
  object: 'keys with values',
  record: 'keys with values',
};

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters long';
  return origin === 'array' ? ' entries long' : '';
}

function pathOf(path: readonly PropertyKey[]): Path {
  return path.map((step) => (typeof step === 'number' ? step : String(step)));
}

function located({ path, message, suggestion }: Mistake, document: Document, lines: LineCounter): PolicyProblem {
  return { ...placeOf(lines, offsetOf(document, path)), path: inWords(path), message, suggestion };
}

// The key itself where the path ends in one, else the nearest thing around it that stands in the file.
function offsetOf(document: Document, path: Path): number {
  if (path.length === 0) return isNode(document.contents) ? (document.contents.range?.[0] ?? 0) : 0;
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)));
    if (pair && isScalar(pair.key)) return pair.key.range?.[0] ?? 0;
  }
  const node: unknown = document.getIn(path, true);
  return isNode(node) ? (node.range?.[0] ?? 0) : offsetOf(document, path.slice(0, -1));
}

function inWords(path: Path): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
}

function placeOf(lines: LineCounter, offset: number): { readonly line: number; readonly column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function byPlace(one: PolicyProblem, other: PolicyProblem): number {
  return one.line - other.line || one.column - other.column;
}

function atStart(message: string): PolicyProblem {
  return { line: 1, column: 1, path: '', message, suggestion: null };
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}
