import { z } from 'zod';
import { AwsError } from './aws-error.ts';
import type { Attributes } from './filter-policy.ts';

/** A call of the query protocol: one flat form. */
export type Form = z.infer<typeof Form>;
export const Form = z.record(z.string(), z.string());

/** What a publisher sends. */
export type Message = {
  readonly subject: string | null;
  readonly text: string;
  readonly attributes: Attributes;
  /** The attributes as texts, for the mailbox. */
  readonly shown: Readonly<Record<string, string>>;
  readonly bodyFor: (protocol: string) => string;
};

/** @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: 256 KB */
const messageBytesMax = 262_144;

/** Reads a message from a form whose members begin with `prefix`. Throws what SNS answers to one that it refuses. */
export function messageOf(form: Form, prefix: string): Message {
  const text = form[`${prefix}Message`] ?? '';
  const subject = form[`${prefix}Subject`];
  if (text === '') throw invalid('Empty message');
  if (Buffer.byteLength(text) > messageBytesMax) throw invalid('Message too long');
  if (subject !== undefined && !isSubject(subject)) throw invalid('Subject');
  const { attributes, shown } = messageAttributes(form, `${prefix}MessageAttributes.entry.`);
  const bodies = form[`${prefix}MessageStructure`] === 'json' ? bodiesOf(text) : null;
  return {
    subject: subject ?? null,
    text,
    attributes,
    shown,
    bodyFor: (protocol) => (bodies === null ? text : (bodies[protocol] ?? bodies.default ?? '')),
  };
}

// "Subjects must be ASCII text that begins with a letter, number, or punctuation mark; must not include line breaks or
// control characters; and must be less than 100 characters long."
function isSubject(subject: string): boolean {
  return /^[\x21-\x7e][\x20-\x7e]{0,98}$/.test(subject);
}

function bodiesOf(text: string): Readonly<Record<string, string>> {
  let bodies: unknown;
  try {
    bodies = JSON.parse(text);
  } catch {
    throw invalid('Message Structure - JSON message body failed to parse');
  }
  const parsed = z.record(z.string(), z.unknown()).safeParse(bodies);
  if (!parsed.success) throw invalid('Message Structure - JSON message body failed to parse');
  const texts = Object.entries(parsed.data).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  if (!texts.some(([protocol]) => protocol === 'default'))
    throw invalid('Message Structure - No default entry in JSON message body');
  return Object.fromEntries(texts);
}

function messageAttributes(
  form: Form,
  prefix: string,
): { readonly attributes: Attributes; readonly shown: Record<string, string> } {
  const attributes: Record<string, Attributes[string]> = {};
  const shown: Record<string, string> = {};
  for (const entry of membersOf(form, prefix)) {
    const name = form[`${entry}Name`] ?? '';
    const type = form[`${entry}Value.DataType`] ?? '';
    const value = form[`${entry}Value.StringValue`] ?? form[`${entry}Value.BinaryValue`] ?? '';
    if (!/^(String|Number|Binary)(\..+)?$/.test(type))
      throw new AwsError(
        'ParameterValueInvalid',
        `The message attribute '${name}' has an invalid message attribute type.`,
      );
    if (value === '')
      throw new AwsError(
        'ParameterValueInvalid',
        `The message attribute '${name}' must contain non-empty message attribute value.`,
      );
    attributes[name] = valuesOf(name, type, value);
    shown[name] = value;
  }
  return { attributes, shown };
}

function valuesOf(name: string, type: string, value: string): Attributes[string] {
  if (type.startsWith('Number')) {
    if (!Number.isFinite(Number(value)))
      throw new AwsError('ParameterValueInvalid', `Could not cast message attribute '${name}' value to number.`);
    return [Number(value)];
  }
  if (type !== 'String.Array') return [value];
  try {
    return z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).parse(JSON.parse(value));
  } catch {
    throw new AwsError('ParameterValueInvalid', `The message attribute '${name}' is no JSON array.`);
  }
}

/** The prefixes of a list in a form: `<list><n>.`, in the order of n. */
export function membersOf(form: Form, list: string): readonly string[] {
  const numbers = Object.keys(form)
    .filter((key) => key.startsWith(list))
    .map((key) => Number.parseInt(key.slice(list.length), 10));
  return [...new Set(numbers)].sort((a, b) => a - b).map((number) => `${list}${number}.`);
}

/** SNS's refusal of a parameter. */
export function invalid(what: string): AwsError {
  return new AwsError('InvalidParameter', `Invalid parameter: ${what}`);
}
