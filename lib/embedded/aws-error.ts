import { z } from 'zod';

/** An error as an AWS service answers it. `code` is what SDKs show as the error's name. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
  }
}

/**
 * Parses the input of a call. Throws the `ValidationException` of the AWS front door, which names every member that
 * breaks a constraint, or `SerializationException` when a member has another type.
 */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues;
  const mistyped = issues.find((issue) => issue.code === 'invalid_type' && valueAt(input, issue.path) != null);
  if (mistyped !== undefined)
    throw new AwsError('SerializationException', `${pathText(mistyped.path)}: unexpected type`);
  const texts = issues.map((issue) => constraintText(issue, valueAt(input, issue.path)));
  throw new AwsError(
    'ValidationException',
    `${texts.length} validation error${texts.length === 1 ? '' : 's'} detected: ${texts.join('; ')}`,
  );
}

/** A required text under an AWS constraint. `pattern` is anchored here and shown as AWS shows it. */
export function member(limits: { min?: number; max?: number; pattern?: string }): z.ZodType<string> {
  let schema = z.string();
  if (limits.max !== undefined)
    schema = schema.max(limits.max, `Member must have length less than or equal to ${limits.max}`);
  if (limits.min !== undefined)
    schema = schema.min(limits.min, `Member must have length greater than or equal to ${limits.min}`);
  if (limits.pattern !== undefined)
    schema = schema.regex(
      new RegExp(`^(?:${limits.pattern})$`),
      `Member must satisfy regular expression pattern: ${limits.pattern}`,
    );
  return schema;
}

/** One of a fixed set of words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): z.ZodType<Word> {
  return z.enum(words, {
    error: (issue) => (issue.input == null ? notNull : `Member must satisfy enum value set: [${words.join(', ')}]`),
  });
}

/** A page's size. */
export function pageSize(max: number): z.ZodType<number | null | undefined> {
  return z
    .number()
    .int()
    .min(1, 'Member must have value greater than or equal to 1')
    .max(max, `Member must have value less than or equal to ${max}`)
    .nullish();
}

/** One page of a list, and the token of the next; throws `code` for a token that is not ours. */
export function page<T>(
  items: readonly T[],
  size: number,
  token: string | null | undefined,
  code = 'InvalidNextTokenException',
): { readonly items: readonly T[]; readonly nextToken: string | undefined } {
  const from = token ? offsetOf(token) : 0;
  if (from === null) throw new AwsError(code, 'The next token was specified in an invalid format.');
  const next = from + size;
  return {
    items: items.slice(from, next),
    nextToken: next < items.length ? Buffer.from(`page:${next}`).toString('base64') : undefined,
  };
}

function offsetOf(token: string): number | null {
  const match = /^page:(\d{1,9})$/.exec(Buffer.from(token, 'base64').toString());
  return match === null ? null : Number(match[1]);
}

const notNull = 'Member must not be null';

function constraintText(issue: z.core.$ZodIssue, value: unknown): string {
  const absent = value === undefined || value === null;
  const shown = absent ? 'null' : `'${typeof value === 'string' ? value.slice(0, 400) : JSON.stringify(value)}'`;
  return `Value ${shown} at '${pathText(issue.path)}' failed to satisfy constraint: ${absent ? notNull : issue.message}`;
}

// AWS counts list members from one and names them `list.1.member.name`.
function pathText(path: readonly PropertyKey[]): string {
  return path.map((step) => (typeof step === 'number' ? `${step + 1}.member` : String(step))).join('.');
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, step) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return Reflect.get(value, step);
  }, input);
}
