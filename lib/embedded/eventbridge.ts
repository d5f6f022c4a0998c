import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isRecord } from '../finding/field.ts';
import { parseInput } from './aws-error.ts';
import type { AwsEvent, EventQueue } from './event-queue.ts';
import type { Caller, WireService } from './wire.ts';

/**
 * Amazon EventBridge's `PutEvents`, on every bus alike. Unlike AWS it takes sources that begin with `aws.`: on one machine
 * the sender stands in for the scanner.
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function eventbridge(options: {
  readonly queue: EventQueue;
  readonly account: string;
  readonly region: string;
  readonly now?: (() => number) | undefined;
}): WireService {
  return {
    protocol: 'json',
    target: 'AWSEvents',
    version: '1.1',
    actions: { PutEvents: (input, caller) => putEvents(input, caller, options) },
  };
}

const Entry = z.object({
  Source: z.string().nullish(),
  DetailType: z.string().nullish(),
  Detail: z.string().nullish(),
  Resources: z.array(z.string()).nullish(),
  Time: z.number().nullish(),
  EventBusName: z.string().nullish(),
});
type Entry = z.infer<typeof Entry>;

async function putEvents(input: unknown, caller: Caller, options: Parameters<typeof eventbridge>[0]): Promise<unknown> {
  const { Entries } = parseInput(
    z.object({
      Entries: z
        .array(Entry)
        .min(1, 'Member must have length greater than or equal to 1')
        .max(10, 'Member must have length less than or equal to 10'),
    }),
    input,
  );
  const read = Entries.map((entry) =>
    eventOf(entry, caller.region || options.region, options.account, (options.now ?? Date.now)()),
  );
  const events = read.flatMap((one) => ('event' in one ? one.event : []));
  await options.queue.accept(events);
  return {
    FailedEntryCount: read.length - events.length,
    Entries: read.map((one) =>
      'event' in one ? { EventId: one.event.id } : { ErrorCode: one.code, ErrorMessage: one.message },
    ),
  };
}

type Read = { readonly event: AwsEvent } | { readonly code: string; readonly message: string };

function eventOf(entry: Entry, region: string, account: string, now: number): Read {
  for (const name of ['Source', 'DetailType', 'Detail'] as const)
    if (!entry[name])
      return {
        code: 'InvalidArgument',
        message: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
      };
  const detail = objectOf(entry.Detail ?? '');
  if (detail === null) return { code: 'MalformedDetail', message: 'Detail is malformed.' };
  return {
    event: {
      version: '0',
      id: randomUUID(),
      'detail-type': entry.DetailType ?? '',
      source: entry.Source ?? '',
      account,
      time: timeOf(entry.Time == null ? now : entry.Time * 1000, now),
      region,
      resources: entry.Resources ?? [],
      detail,
    },
  };
}

function objectOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** ISO 8601 to the second, as events carry it; now when the sender's time is none. */
export function timeOf(ms: number, now: number): string {
  const date = new Date(Math.abs(ms) > 8.64e15 ? now : ms);
  return date.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
