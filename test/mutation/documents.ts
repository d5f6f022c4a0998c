import { isRecord } from '../../lib/finding/field.ts';
import { readValue } from '../../lib/finding/read.ts';
import { samples, sampleText } from '../finding/samples.ts';

/** A real document that holds one finding: the event or list as it came, with the other findings taken out. */
export type Document = {
  readonly name: string;
  readonly value: unknown;
  /** Where in the document the finding itself is. */
  readonly at: readonly string[];
};

/** Every finding of every sample, in a document of its own, and one that Inspector details as known to be exploited. */
export function documents(): readonly Document[] {
  const asSampled = allSampled();
  const plain = asSampled.find(({ name }) => name.startsWith('inspector2/inspector-guide-ecr-package'));
  if (plain === undefined) throw new RangeError('the sample of a package in an image is there');
  const exploited: Document = { ...plain, name: `${plain.name} exploited`, value: clone(plain.value) };
  const finding = at(exploited.value, exploited.at);
  if (typeof finding === 'object' && finding !== null)
    Reflect.set(finding, 'cisaData', { dateAdded: '2023-07-28T00:00:00Z', action: 'Apply updates' });
  return [...asSampled, exploited];
}

function allSampled(): readonly Document[] {
  return samples().flatMap((name) => {
    const value = parsed(sampleText(name));
    return singly(value).flatMap((single, index): readonly Document[] => {
      const at = placeOfFinding(single);
      const isOne = readValue(single).length === 1;
      return at === null || !isOne ? [] : [{ name: `${name}[${index}]`, value: single, at }];
    });
  });
}

/** A copy that can be changed. */
export function clone(value: unknown): unknown {
  return structuredClone(value);
}

/** Every field below a place of a document, as a path. */
export function fieldsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...fieldsOf(inner, [...path, key])]);
}

/** What is at a path of a document; undefined where there is nothing. */
export function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** Takes a field, or an element of a list, out of a document. */
export function takeOut(value: unknown, path: readonly string[]): void {
  const holder = at(value, path.slice(0, -1));
  const key = path.at(-1) ?? '';
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else if (typeof holder === 'object' && holder !== null) Reflect.deleteProperty(holder, key);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

/** The document once for each of its findings, with the list that holds them cut down to that one. */
function singly(value: unknown): readonly unknown[] {
  const lists = [[], ...fieldsOf(value)].filter((path) => {
    const list = at(value, path);
    return Array.isArray(list) && list.length > 1 && list.every((one) => isFinding(one));
  });
  const [list] = lists;
  if (list === undefined) return [value];
  const all = at(value, list);
  return (Array.isArray(all) ? all : []).map((one) => {
    if (list.length === 0) return [one];
    const copy = clone(value);
    const holder = at(copy, list.slice(0, -1));
    if (typeof holder === 'object' && holder !== null) Reflect.set(holder, list.at(-1) ?? '', [one]);
    return copy;
  });
}

function placeOfFinding(value: unknown): readonly string[] | null {
  return [[], ...fieldsOf(value)].find((path) => isFinding(at(value, path))) ?? null;
}

function isFinding(value: unknown): boolean {
  return isRecord(value) && ownFields.some((field) => Object.hasOwn(value, field));
}

const ownFields = [
  'findingArn',
  'ProductArn',
  'GeneratorId',
  'AwsAccountId',
  'finding_info',
  'class_uid',
  'scan-status',
];
