import { readAsff } from './asff.ts';
import { readEcrScan } from './ecr-scan.ts';
import {
  envelopeOf,
  eventOf,
  ignored,
  noEnvelope,
  type Place,
  pathTo,
  reasonNotFinding,
  rejected,
} from './envelope.ts';
import { count, isRecord } from './field.ts';
import { dialects, type Reading } from './finding.ts';
import { readInspector2 } from './inspector2.ts';
import { jsonFault } from './json-fault.ts';
import { bracketsMax, isTooDeep } from './nesting.ts';
import { readOcsf } from './ocsf.ts';
import { findingOfOrder, Order, orderedDetailType, orderedSource } from './ordered.ts';
import { untrusted } from './untrusted.ts';

/** Characters of one text that are read at once. */
export const textMax = 20_000_000;

/** A list that begins with so many numbers and the like is refused as a whole, not value by value. */
export const bareMax = 1_000;

/** Lists, wrappers and texts within texts around a finding that are opened. */
export const nestingMax = 100;

/**
 * What each record of a text is: JSON, or one JSON value a line (NDJSON). The place of a reading in the answer is the
 * record's index. Never throws: text that cannot be read is one rejected reading that says where and how to mend it.
 */
export function readText(text: string): readonly Reading[] {
  if (text.length > textMax) return [tooLong('')];
  if (isTooDeep(text)) return [tooDeep(bracketsMax, '')];
  const bare = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const whole = parsed(bare);
  if (whole.ok) return read(whole.value, outermost, 0);
  if (bare.trim() === '')
    return [rejected('is empty: write findings into it as JSON, for example {"findings":[…]}', '')];
  const lines = linesOf(bare);
  return lines === null ? [notJson(bare, '', 0)] : lines.flatMap(readLine);
}

/** Where a record stands in a long input: its path, and the lines and, in its line, the characters before it. */
export type RecordPlace = { readonly path: string; readonly line: number; readonly column: number };

/** As `readText`, of one record that was cut out of a longer input: what is said of it says where it stands there. */
export function readRecord(text: string, place: RecordPlace): readonly Reading[] {
  const { path } = place;
  if (text.length > textMax) return [tooLong(path)];
  if (isTooDeep(text)) return [tooDeep(bracketsMax, path)];
  const whole = parsed(text);
  return whole.ok ? read(whole.value, { ...outermost, path }, 0) : [notJson(text, path, place.line, place.column)];
}

/** What each record of a parsed JSON value is, whatever wraps it: events, lists, queue and topic records, JSON in a text. */
export function readValue(value: unknown): readonly Reading[] {
  return read(value, outermost, 0);
}

const outermost: Place = { path: '', envelope: noEnvelope };

function read(value: unknown, place: Place, nesting: number): readonly Reading[] {
  if (nesting > nestingMax) return [tooDeep(nestingMax, '')];
  if (Array.isArray(value)) return readList(value, place, nesting);
  if (typeof value === 'string') return readJsonIn(value, place, nesting);
  if (!isRecord(value)) return [rejected('is neither an object nor a list: send findings as JSON objects', place.path)];
  if (typeof value['detail-type'] === 'string') return readEvent(value, place, nesting);
  const dialect = dialectOf(value);
  if (dialect !== null) return [readers[dialect](value, place)];
  const reason = reasonOf(value);
  return reason === null ? readWrapped(value, place, nesting) : [ignored(reason)];
}

function readList(values: readonly unknown[], place: Place, nesting: number): readonly Reading[] {
  if (values.length === 0) return [ignored('holds no finding')];
  if (values.length > bareMax && values.slice(0, bareMax).every(isBare))
    return [rejected(`is a list of ${values.length} bare values: send findings as JSON objects`, place.path)];
  return values.flatMap((value, index) =>
    read(value, { ...place, path: pathTo(place.path, `[${index}]`) }, nesting + 1),
  );
}

function isBare(value: unknown): boolean {
  return value === null || typeof value === 'number' || typeof value === 'boolean';
}

function readJsonIn(text: string, place: Place, nesting: number): readonly Reading[] {
  if (isTooDeep(text)) return [tooDeep(bracketsMax, place.path)];
  const inner = parsed(text);
  return inner.ok ? read(inner.value, place, nesting + 1) : [notJson(text, place.path, 0)];
}

function tooLong(path: string): Reading {
  return rejected(
    'is larger than 20 MB: split it, for example into lines of one finding each, and send the parts',
    path,
  );
}

function tooDeep(most: number, path: string): Reading {
  return rejected(`is nested deeper than ${most} levels: send the findings themselves`, path);
}

function readEvent(value: Fields, place: Place, nesting: number): readonly Reading[] {
  const event = eventOf(value);
  const { detail, 'detail-type': type } = event;
  const inside: Place = { path: pathTo(place.path, 'detail'), envelope: envelopeOf(event) };
  if (event.source === orderedSource && type === orderedDetailType) return [readOrder(detail, inside)];
  const reason = reasonNotFinding(event);
  if (reason !== null) return [ignored(reason)];
  if (isRecord(detail) && !Array.isArray(detail.findings)) {
    if (type === 'Inspector2 Finding' || type === 'OnDemand AMI Scan Findings') return [readInspector2(detail, inside)];
    if (type === 'ECR Image Scan') return [readEcrScan(detail, inside)];
  }
  if (detail === undefined)
    return [rejected('is an event without detail: send the event as its source made it', inside.path)];
  return read(detail, inside, nesting + 1);
}

/** Who may send such an event may also send a finding that halts: an order needs no more trust than they have. */
function readOrder(detail: unknown, { path }: Place): Reading {
  const order = Order.safeParse(detail);
  if (order.success) return { status: 'finding', finding: findingOfOrder(order.data) };
  const [issue] = order.error.issues;
  const field = (issue?.path ?? []).map(String).join('.');
  return rejected(
    `is no order that stopship gave (${untrusted(issue?.message)}): use stopship halt`,
    pathTo(path, field),
  );
}

type Fields = { readonly [key: string]: unknown };

const readers = { inspector2: readInspector2, asff: readAsff, ocsf: readOcsf } as const;

/** The dialect of a bare finding by the fields that only it has, so that one without its id is still told what is missing. */
function dialectOf(value: Fields): keyof typeof readers | null {
  if (has(value, 'findingArn', 'packageVulnerabilityDetails', 'inspectorScore', 'awsAccountId')) return 'inspector2';
  if (has(value, 'finding_info', 'class_uid', 'type_uid')) return isOcsfFinding(value) ? 'ocsf' : null;
  if (isNativeGuardDuty(value)) return null;
  return has(value, 'ProductArn', 'GeneratorId', 'RecordState', 'AwsAccountId') ? 'asff' : null;
}

function has(value: Fields, ...keys: readonly string[]): boolean {
  return keys.some((key) => Object.hasOwn(value, key));
}

/** Finding classes of OCSF are numbered from 2001; others are activity, inventory and the like. */
function isOcsfFinding(value: Fields): boolean {
  const typeUid = count(value.type_uid);
  const classUid = count(value.class_uid) ?? (typeUid === null ? null : Math.floor(typeUid / 100));
  return classUid === null || (classUid >= 2000 && classUid < 3000);
}

function isNativeGuardDuty(value: Fields): boolean {
  return has(value, 'Service', 'service') && has(value, 'AccountId', 'accountId') && !has(value, 'ProductArn');
}

/** Why an object without an event around it is no finding; null when it may hold one. */
function reasonOf(value: Fields): string | null {
  if (isNativeGuardDuty(value)) return 'is a native GuardDuty finding; stopship reads GuardDuty through Security Hub';
  if (isRecord(value.Notification)) return 'is the notice of an automation about what it did, not a finding';
  if (has(value, 'class_uid', 'type_uid')) return 'is an OCSF event of another class, not a finding';
  const isTopicNotice = value.Type === 'SubscriptionConfirmation' || value.Type === 'UnsubscribeConfirmation';
  return isTopicNotice ? 'is a notice of an SNS topic about its subscription, not a finding' : null;
}

/** Opens the first wrapper that the object is. */
function readWrapped(value: Fields, place: Place, nesting: number): readonly Reading[] {
  const key = wrappers.find((wrapper) => isOpenable(value[wrapper]));
  if (key !== undefined) return read(value[key], { ...place, path: pathTo(place.path, key) }, nesting + 1);
  return [unknown(value, place.path)];
}

/** Names under which findings are wrapped: lists of them, API answers, queue and topic records, input of automations. */
export const wrappers = [
  ...[
    'findings',
    'Findings',
    'Records',
    'data',
    'detail',
    'body',
    'Body',
    'Sns',
    'Message',
    'Messages',
    'finding',
    'Finding',
  ],
  ...['event', 'Event', 'input', 'Input', 'payload', 'Payload'],
] as const;

function isOpenable(value: unknown): boolean {
  return typeof value === 'object' ? value !== null : typeof value === 'string' && /^\s*[[{"]/.test(value);
}

function unknown(value: Fields, path: string): Reading {
  if (Object.keys(value).length === 0) return rejected('is an empty object: send the finding itself', path);
  if (has(value, 'cve') || has(value, 'affected_packages')) {
    const message =
      'is one entry of vulnerabilities[] of an OCSF finding: send the whole finding, whose finding_info.uid is its identity';
    return rejected(message, pathTo(path, 'finding_info.uid'));
  }
  return rejected(`is no finding in any dialect that stopship reads (${foreignDialects.join(', ')})`, path);
}

// An order is our own and never comes from outside.
const foreignDialects = dialects.filter((dialect) => dialect !== 'ordered');

type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false };

function parsed(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return { ok: false };
    throw error;
  }
}

function notJson(text: string, path: string, linesBefore: number, columnsBefore = 0): Reading {
  const fault = jsonFault(text);
  const column = fault === null ? 0 : fault.column + (fault.line === 1 ? columnsBefore : 0);
  const where = fault === null ? '' : ` at line ${linesBefore + fault.line}, column ${column}: ${fault.message}`;
  return rejected(`is not JSON${where}`, path);
}

type Line = { readonly text: string; readonly number: number };

/** The lines of NDJSON; null when neither of the first two is a JSON object, so that the whole is one broken text. */
export function linesOf(text: string): readonly Line[] | null {
  const lines = text
    .split('\n')
    .flatMap((line, index) => (line.trim() === '' ? [] : [{ text: line, number: index + 1 }]));
  const isNdjson =
    lines.length > 1 && lines.slice(0, 2).some((line) => /^\s*[[{]/.test(line.text) && parsed(line.text).ok);
  return isNdjson ? lines : null;
}

function readLine(line: Line, index: number): readonly Reading[] {
  const path = `[${index}]`;
  const value = parsed(line.text);
  return value.ok ? read(value.value, { ...outermost, path }, 0) : [notJson(line.text, path, line.number - 1)];
}
