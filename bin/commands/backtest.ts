import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { instantOf } from '../../lib/finding/instant.ts';
import { readText } from '../../lib/finding/read.ts';
import { type Backtest, backtest, type RunningBacktest, type Tally } from '../../lib/policy/backtest.ts';
import { backtestChart } from '../command-line/backtest-chart.ts';
import { backtestTable } from '../command-line/backtest-table.ts';
import { Failure, UsageError } from '../command-line/failure.ts';
import { recordsIn } from '../command-line/input.ts';
import { intelligenceOf, tellOfList } from '../command-line/known-exploited.ts';
import { readPolicy } from '../command-line/place.ts';
import { progressBarOf, say, sayJson, tell, visible } from '../command-line/terminal.ts';

/** `stopship backtest`: what a policy would have done. */
export function addBacktest(program: Command): void {
  program
    .command('backtest')
    .description('say what a policy would have done about findings, or what would change from another; touches nothing')
    .argument('<file...>', 'events, findings, lists or NDJSON of any length; - reads stdin')
    .requiredOption(
      '--policy <file>',
      'the policy to try; given twice, the second is the one it would replace',
      collected,
    )
    .option('--kev <file>', "CISA's catalogue of known exploited vulnerabilities (JSON)")
    .option('--svg <file>', 'write the counts as one picture')
    .option('--json', 'one record')
    .addHelpText(
      'after',
      `
A hold is one per problem and stage, however many findings report it. It lasts as long as its service's plan (fix and test)
or, without one, until its deadline. Rules and waivers are applied as of now; whether a release introduces a finding is not
known here. Exits 1 when something could not be read.

Examples:
  $ stopship backtest --policy new.yaml --policy policy.yaml findings.ndjson
  $ aws inspector2 list-findings | stopship backtest --policy policy.yaml --svg holds.svg -`,
    )
    .action(backtestFiles);
}

type Options = {
  readonly policy: readonly string[];
  readonly kev?: string;
  readonly svg?: string;
  readonly json?: boolean;
};

function collected(file: string, before: readonly string[] = []): readonly string[] {
  return [...before, file];
}

async function backtestFiles(files: readonly string[], { policy: policies, kev, svg, json }: Options): Promise<void> {
  const [file = '', other = null, ...more] = policies;
  if (more.length > 0)
    throw new UsageError('Give --policy once or twice: the policy to try, and the one it would replace.');
  const policy = await readPolicy(file);
  const against = other === null ? null : await readPolicy(other);
  const intelligence = await intelligenceOf(kev, instantOf(Date.now()));
  const running = backtest({ policy, against, intelligence });
  const counts: Counts = { findings: 0, ignored: 0, rejected: 0 };
  for (const input of files) await addFile(input, running, counts);
  const report = running.report();
  const tried = { file, hash: policy.hash, against: against === null ? null : { file: other, hash: against.hash } };
  if (svg !== undefined)
    await writePicture(svg, backtestChart(report, { title: titleOf(file, other), isComparison: against !== null }));
  if (json === true) sayJson(recordOf(report, counts, tried));
  else for (const line of backtestTable(report, { isComparison: against !== null })) say(line);
  if (json !== true) tell(summaryOf(report, counts));
  tellOfList(intelligence);
  if (counts.rejected > 0) process.exitCode = 1;
}

type Counts = { findings: number; ignored: number; rejected: number };

async function addFile(file: string, running: RunningBacktest, counts: Counts): Promise<void> {
  const bar = progressBarOf(`${visible(file)}:`);
  for await (const { text, number } of recordsIn(file, (done, all) =>
    bar.at(done, all, `${counts.findings} findings`),
  )) {
    for (const reading of readText(text)) {
      if (reading.status === 'finding') {
        counts.findings += 1;
        running.add(reading.finding);
      } else counts[reading.status] += 1;
      if (reading.status !== 'rejected') continue;
      bar.end();
      const { message, path } = reading.error;
      tell(visible(`${file}, record ${number}: ${path === '' ? '' : `${path} `}${message}`));
    }
  }
  bar.end();
}

/** Throws a Failure where the file cannot be written. */
async function writePicture(file: string, picture: string): Promise<void> {
  try {
    await writeFile(file, picture);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new Failure(`${file} cannot be written (${String(error.code)}): name a file in a folder that is there.`);
  }
}

function titleOf(file: string, other: string | null): string {
  return other === null ? `What ${file} would halt` : `What would change from ${other} to ${file}`;
}

function summaryOf({ findings }: Backtest, { findings: read, ignored, rejected }: Counts): string {
  const parts = [
    `${read} findings read`,
    ...(findings.notOpen > 0 ? [`${findings.notOpen} of them closed or suppressed`] : []),
    ...(ignored > 0 ? [`${ignored} records ignored`] : []),
    ...(rejected > 0 ? [`${rejected} rejected`] : []),
  ];
  return `${parts.join(', ')}.`;
}

type Tried = {
  readonly file: string;
  readonly hash: string;
  readonly against: { readonly file: string | null; readonly hash: string } | null;
};

function recordOf(
  report: Backtest,
  { findings: read, ignored, rejected }: Counts,
  { against, ...policy }: Tried,
): unknown {
  const { open, notOpen, unclaimed } = report.findings;
  return {
    policy,
    against,
    findings: { read, open, notOpen, unclaimed, ignored, rejected },
    holds: countsOf(report.holds),
    services: report.services.map(countsOf),
    rules: report.rules.map(countsOf),
    vulnerabilities: report.vulnerabilities.map(countsOf),
    assumed: report.assumed.map(({ service, ms }) => ({ service, hours: hoursOf(ms) })),
    waivers: report.waivers.map(({ waiver, state }) => ({ ...waiver, state })),
  };
}

/** Times as hours; they are milliseconds inside. */
function countsOf<Counted extends Tally>({ msBefore, msAfter, ...counts }: Counted) {
  return { ...counts, hoursBefore: hoursOf(msBefore), hoursAfter: hoursOf(msAfter) };
}

function hoursOf(ms: number): number {
  return Math.round(ms / 36_000) / 100;
}
