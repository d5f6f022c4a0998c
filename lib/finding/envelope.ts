import { instantFrom } from './date.ts';
import { group, type Read, text, textOrNull, texts, word } from './field.ts';
import type { Reading } from './finding.ts';
import type { Instant } from './instant.ts';
import { type Untrusted, untrusted } from './untrusted.ts';

/** What the event around a finding says; everything is null without one. */
export type Envelope = {
  readonly eventId: Untrusted | null;
  readonly account: Untrusted | null;
  readonly region: Untrusted | null;
  readonly time: Instant | null;
  readonly resources: readonly Untrusted[];
};

export const noEnvelope: Envelope = { eventId: null, account: null, region: null, time: null, resources: [] };

/** Where a record was found and by which event it came. */
export type Place = { readonly path: string; readonly envelope: Envelope };

/** The path of a field below another. */
export function pathTo(path: string, field: string): string {
  return path === '' || field === '' || field.startsWith('[') ? path + field : `${path}.${field}`;
}

/** A record that cannot be read: what is wrong in words that tell how to mend it, and where. */
export function rejected(message: string, path: string): Reading {
  return { status: 'rejected', error: { message, path } };
}

/** A record that is fine but no finding. */
export function ignored(reason: string): Reading {
  return { status: 'ignored', reason };
}

/** An EventBridge event, as far as it concerns us. Only its `detail` may be missing something. */
export const eventOf = group({
  id: textOrNull,
  'detail-type': text,
  source: text,
  account: textOrNull,
  region: textOrNull,
  time: instantFrom,
  resources: texts,
  detail: (detail: unknown) => detail,
});
export type Event = Read<typeof eventOf>;

/** The envelope that an event is. */
export function envelopeOf(event: Event): Envelope {
  return {
    eventId: event.id,
    account: event.account,
    region: event.region,
    time: event.time,
    resources: event.resources,
  };
}

/** Why an event is no finding; null when it may be one. A scan that failed is never reported as a clean one. */
export function reasonNotFinding(event: Event): string | null {
  const type = event['detail-type'];
  const known = notFindings.get(type);
  if (known !== undefined)
    return hasFailed(event.detail) ? `${known}; it failed, and a failed scan is not a clean scan` : known;
  const ours = findingSources.has(event.source) || event.source === '';
  return ours ? null : untrusted(`is the event "${type}" from ${event.source}, which sends no findings`);
}

const findingSources: ReadonlySet<string> = new Set([
  'aws.inspector2',
  'inspector2.ami.ondemand',
  'aws.securityhub',
  'aws.ecr',
]);

const notFindings: ReadonlyMap<string, string> = new Map([
  ['Inspector2 Scan', 'is a notice that Inspector scanned something; what it found arrives as findings of their own'],
  ['Inspector2 Coverage', 'is a notice about what Inspector covers, not a finding'],
  [
    'Inspector2 OnDemand Scan Complete',
    'is a notice that a scan on demand ended; what it found arrives as findings of their own',
  ],
  ['Inspector2 AutoEnable', 'is a notice that Inspector was switched on for new accounts, not a finding'],
  ['ECR Image Action', 'is a notice that an image was pushed or deleted, not a finding'],
  ['ECR Scan Resource Change', 'is a notice that the scanning of a repository changed, not a finding'],
  ['ECR Pull Through Cache Action', 'is a notice that an image was cached, not a finding'],
  ['ECR Replication Action', 'is a notice that an image was copied, not a finding'],
  ['Security Hub Insight Results', 'holds the results of an insight, which are counts, not findings'],
  ['GuardDuty Finding', 'is a native GuardDuty event; stopship reads GuardDuty through Security Hub'],
  ['Step Functions Execution Status Change', 'is a notice about a state machine, not a finding'],
]);

const flatStatusOf = group({ 'scan-status': word, scanStatus: word });
const nestedStatusOf = group({ scanStatus: group({ statusCodeValue: word, reason: word }) });

function hasFailed(detail: unknown): boolean {
  const flat = flatStatusOf(detail);
  const { scanStatus } = nestedStatusOf(detail);
  return [flat['scan-status'], flat.scanStatus, scanStatus.statusCodeValue, scanStatus.reason].some((said) =>
    said.includes('FAIL'),
  );
}
