import type { Command } from 'commander';
import { z } from 'zod';
import { Failure } from '../command-line/failure.ts';
import { readNeeded } from '../command-line/input.ts';
import { defaultDataDir, openRuntime, postEvents } from '../command-line/place.ts';
import { type Taking, takingsIn } from '../command-line/takings.ts';
import { say, sayJson, tell, verdictWord, visible } from '../command-line/terminal.ts';

type Options = { readonly data?: string; readonly bus?: string; readonly json?: boolean };

/** `stopship send`: puts events into a runtime or onto a bus. */
export function addSend(program: Command): void {
  program
    .command('send')
    .description('send findings to a local runtime, or events to an event bus')
    .argument('<file...>', 'events, findings, lists or NDJSON; - reads stdin')
    .option('--data <dir>', `data directory of a local runtime (default: ${defaultDataDir})`)
    .option('--bus <arn>', "an account's event bus; takes whole events only")
    .option('--json', 'what became of each record (NDJSON)')
    .addHelpText(
      'after',
      `
Exits 1 when something was rejected. A finding that halts was sent well: that exits 0.

Examples:
  $ stopship send finding.json
  $ stopship send event.json --bus arn:aws:events:eu-west-1:123456789012:event-bus/default`,
    )
    .action(send);
}

async function send(files: readonly string[], options: Options): Promise<void> {
  const texts: { readonly file: string; readonly text: string }[] = [];
  for (const file of files) texts.push({ file, text: await readNeeded(file) });
  if (options.bus !== undefined) return await sendToBus(options.bus, texts, options);
  const { runtime } = await openRuntime(options);
  for (const { file, text } of texts) {
    const takings = takingsIn(await postEvents(runtime, text));
    for (const [index, taking] of takings.entries()) {
      if (options.json === true) sayJson({ file, index, ...taking });
      if (taking.status === 'rejected') {
        process.exitCode = 1;
        tell(visible(`${file}: ${taking.error.path} ${taking.error.message}`.replace('  ', ' ')));
      } else if (options.json !== true) say(lineOf(file, index, taking, runtime.url));
    }
  }
}

function lineOf(file: string, index: number, taking: Exclude<Taking, { status: 'rejected' }>, url: string): string {
  const record = visible(`${file}[${index}]`);
  if (taking.status === 'ignored') return `skip   ${record} ${visible(taking.reason)}`;
  const page = taking.holdId === undefined ? '' : `  ${url}/holds/${taking.holdId}`;
  return `${verdictWord(taking.verdict)}  ${record}${page}`;
}

/** An event as it can be put on a bus; the bus gives it its id, account and region. */
const BusEvent = z.object({
  source: z.string().min(1),
  'detail-type': z.string().min(1),
  detail: z.record(z.string(), z.unknown()),
  resources: z.array(z.string()).optional(),
  time: z.iso.datetime({ offset: true }).optional(),
});

/** Entries that one call takes. @see EventBridge API, PutEvents */
const entriesMax = 10;

async function sendToBus(
  bus: string,
  texts: readonly { readonly file: string; readonly text: string }[],
  options: Options,
): Promise<void> {
  const region = /^arn:[^:]+:events:([^:]+):\d{12}:event-bus\/.+$/.exec(bus)?.[1];
  if (region === undefined)
    throw new Failure(
      `${visible(bus)} is no ARN of an event bus, such as arn:aws:events:eu-west-1:123456789012:event-bus/default.`,
    );
  const { awsClients } = await import('../../lib/aws/clients.ts');
  const { PutEventsCommand } = await import('@aws-sdk/client-eventbridge');
  const client = await awsClients({ region }).eventBridge();
  const events = texts.flatMap(({ file, text }) => eventsIn(file, text));
  for (let at = 0; at < events.length; at += entriesMax) {
    const batch = events.slice(at, at + entriesMax);
    const Entries = batch.map(({ event }) => ({
      EventBusName: bus,
      Source: event.source,
      DetailType: event['detail-type'],
      Detail: JSON.stringify(event.detail),
      Resources: event.resources,
      Time: event.time === undefined ? undefined : new Date(event.time),
    }));
    const answer = await client.send(new PutEventsCommand({ Entries }));
    for (const [index, { file }] of batch.entries()) {
      const { EventId, ErrorCode, ErrorMessage } = answer.Entries?.[index] ?? {};
      if (EventId === undefined) process.exitCode = 1;
      if (options.json === true)
        sayJson({ file, index: at + index, eventId: EventId ?? null, error: ErrorMessage ?? ErrorCode ?? null });
      if (EventId === undefined) tell(visible(`${file}: the bus refused it (${ErrorCode}): ${ErrorMessage}`));
      else if (options.json !== true) say(visible(`sent   ${file} as ${EventId}`));
    }
  }
}

function eventsIn(
  file: string,
  text: string,
): readonly { readonly file: string; readonly event: z.infer<typeof BusEvent> }[] {
  const values = valuesIn(text);
  if (values === null)
    throw new Failure(`${visible(file)} is not JSON: \`stopship assess\` says where; nothing was sent.`);
  return values.map((value) => {
    const event = BusEvent.safeParse(value);
    if (event.success) return { file, event: event.data };
    throw new Failure(
      `${visible(file)} holds something that is no whole event (source, detail-type, detail): a bus takes nothing else, and nothing was sent.`,
    );
  });
}

function valuesIn(text: string): readonly unknown[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [value];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  try {
    return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line)]));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}
