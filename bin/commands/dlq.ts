import type { Command } from 'commander';
import type { AwsClients } from '../../lib/aws/clients.ts';
import type { DeadLetter } from '../../lib/aws/dead-letters.ts';
import { queueNames } from '../../lib/embedded/sqs.ts';
import { readText } from '../../lib/finding/read.ts';
import { Failure, UsageError } from '../command-line/failure.ts';
import { defaultDataDir, openRuntime } from '../command-line/place.ts';
import { aligned, columns, cut, say, sayJson, tell, visible } from '../command-line/terminal.ts';

type Options = {
  readonly data?: string;
  readonly queue?: string;
  readonly to?: string;
  readonly all?: boolean;
  readonly json?: boolean;
};

/** `stopship dlq`: the events that could not be taken, and sending them on their way again. */
export function addDlq(program: Command): void {
  const dlq = program
    .command('dlq')
    .description('look into the dead-letter queue: events that could not be taken')
    .addHelpText(
      'after',
      '\nExamples:\n  $ stopship dlq list\n  $ stopship dlq show ID\n  $ stopship dlq redrive ID\n  $ stopship dlq redrive --all --queue https://sqs.eu-west-1.amazonaws.com/…',
    );
  onQueue(dlq.command('list', { isDefault: true }).description('list what lies there'))
    .option('--json', 'one letter a line (NDJSON)')
    .action(list);
  onQueue(dlq.command('show').description('print one event as it came').argument('<id>', 'its id')).action(show);
  onQueue(
    dlq
      .command('redrive')
      .description('send events on their way again, once the cause is mended')
      .argument('[id...]', 'their ids'),
  )
    .option('--all', 'everything that lies there')
    .option('--to <url>', 'queue to send to (default: the one that this dead-letter queue serves)')
    .action(redriveThem);
}

function onQueue(command: Command): Command {
  return command
    .option('--data <dir>', `data directory of a local runtime (default: ${defaultDataDir})`)
    .option('--queue <url>', "dead-letter queue of an account, with the caller's own credentials");
}

/** Letters that one command looks at. */
const lettersMax = 1_000;

async function list(options: Options): Promise<void> {
  const { letters } = await opened(options);
  for (const letter of options.json === true ? letters : []) sayJson(recordOf(letter));
  if (options.json === true) return;
  if (letters.length === 0) return say('Every event was taken.');
  const rows = letters.map((letter) => {
    const { id, sent, tries, what, error } = recordOf(letter);
    return [id, sent ?? '', `${tries}`, visible(what), visible(error ?? 'no reason kept')];
  });
  for (const line of aligned([['ID', 'SENT', 'TRIES', 'EVENT', 'BECAUSE'], ...rows])) say(cut(line, columns(160)));
}

async function show(id: string, options: Options): Promise<void> {
  const { letters } = await opened(options);
  say(letterNamed(letters, id).body);
}

async function redriveThem(ids: readonly string[], options: Options): Promise<void> {
  if (ids.length === 0 && options.all !== true) throw new UsageError('Name the events to send again, or give --all.');
  if (ids.length > 0 && options.all === true) throw new UsageError('Give ids or --all, not both.');
  const { redrive, sourceOf } = await import('../../lib/aws/dead-letters.ts');
  const { client, queueUrl, letters } = await opened(options);
  const to = options.to ?? (await sourceOf(client, queueUrl));
  if (to === null)
    throw new Failure('No one queue is served by that dead-letter queue: name the queue to send to with --to.');
  const chosen = options.all === true ? letters : ids.map((id) => letterNamed(letters, id));
  for (const letter of chosen) await redrive(client, queueUrl, to, letter);
  tell(`Sent ${chosen.length} ${chosen.length === 1 ? 'event' : 'events'} on the way again.`);
}

async function opened(options: Options) {
  const { deadLetters, putDown } = await import('../../lib/aws/dead-letters.ts');
  const { clients, queueUrl } = await queueOf(options);
  const client = await clients.sqs();
  const letters = await deadLetters(client, queueUrl, lettersMax);
  await putDown(client, queueUrl, letters);
  return { client, queueUrl, letters };
}

async function queueOf({ data, queue }: Options): Promise<{ readonly clients: AwsClients; readonly queueUrl: string }> {
  if (queue === undefined) {
    const { clients } = await openRuntime(data === undefined ? {} : { data });
    const { GetQueueUrlCommand } = await import('@aws-sdk/client-sqs');
    const { QueueUrl } = await (await clients.sqs()).send(
      new GetQueueUrlCommand({ QueueName: queueNames.deadLetters }),
    );
    return { clients, queueUrl: QueueUrl ?? '' };
  }
  if (data !== undefined)
    throw new UsageError('Give either --data (a local runtime) or --queue (an account), not both.');
  const { awsClients } = await import('../../lib/aws/clients.ts');
  return { clients: awsClients(), queueUrl: queue };
}

function letterNamed(letters: readonly DeadLetter[], id: string): DeadLetter {
  const found = letters.find((letter) => letter.id === id);
  if (found !== undefined) return found;
  throw new Failure(`No event ${visible(id)} lies there: \`stopship dlq list\` lists those that do.`);
}

function recordOf({ id, sentAt, tries, body, error }: DeadLetter) {
  return { id, sent: sentAt === null ? null : new Date(sentAt).toISOString(), tries, what: whatIn(body), error };
}

/** What an event is about, in a few words. */
function whatIn(body: string): string {
  const [reading, ...others] = readText(body);
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  if (reading?.status === 'finding') return `${reading.finding.title}${more}`;
  return reading?.status === 'rejected' ? reading.error.message : 'no finding';
}
