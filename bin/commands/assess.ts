import type { Command } from 'commander';
import type { Finding, Reading } from '../../lib/finding/finding.ts';
import { instantOf } from '../../lib/finding/instant.ts';
import { readingsOf } from '../../lib/finding/records.ts';
import { servicesFor } from '../../lib/policy/binding.ts';
import { builtInPolicy } from '../../lib/policy/default.ts';
import { type Judged, judged } from '../../lib/policy/judged.ts';
import type { PolicyInForce } from '../../lib/policy/policy.ts';
import { unknownsIn } from '../../lib/policy/unknowns.ts';
import type { Intelligence } from '../../lib/risk/known-exploited.ts';
import { explanationOf } from '../command-line/explanation.ts';
import { type Progress, recordsIn, Unreadable } from '../command-line/input.ts';
import { intelligenceOf, tellOfList } from '../command-line/known-exploited.ts';
import { readPolicy } from '../command-line/place.ts';
import {
  columns,
  cut,
  paint,
  progressBarOf,
  say,
  sayJson,
  tell,
  verdictWord,
  visible,
} from '../command-line/terminal.ts';

type Options = {
  readonly policy?: string;
  readonly kev?: string;
  readonly explain?: boolean;
  readonly json?: boolean;
};

/** `stopship assess`: judges findings and touches nothing. */
export function addAssess(program: Command): void {
  program
    .command('assess')
    .description('judge findings: one line per finding and service that claims it; changes nothing')
    .argument('<file...>', 'events, findings, lists or NDJSON of any length; - reads stdin')
    .option('--policy <file>', 'the policy to judge by (default: built-in rules, no services)')
    .option('--kev <file>', "CISA's catalogue of known exploited vulnerabilities (JSON)")
    .option('--explain', 'the whole reasoning of each verdict')
    .option('--json', 'one record a line (NDJSON)')
    .addHelpText(
      'after',
      `
Exits 3 when a verdict is halt, else 1 when something could not be read.

Examples:
  $ stopship assess finding.json --policy policy.yaml --explain
  $ aws inspector2 list-findings | stopship assess - --json`,
    )
    .action(assessFiles);
}

async function assessFiles(files: readonly string[], options: Options): Promise<void> {
  const policy = options.policy === undefined ? builtInPolicy : await readPolicy(options.policy);
  const intelligence = await intelligenceOf(options.kev, instantOf(Date.now()));
  const counts = { halt: 0, watch: 0, pass: 0, ignored: 0, rejected: 0 };
  for (const file of files) {
    const bar = progressBarOf(`${visible(file)}: assessing`);
    let index = -1;
    for await (const reading of readingsIn(file, (done, all) => bar.at(done, all, `${index + 1} findings`))) {
      index += 1;
      bar.end();
      if (reading.status !== 'finding') {
        counts[reading.status] += 1;
        show({ file, index, ...reading }, options);
        continue;
      }
      for (const assessed of assessedIn(reading.finding, policy, intelligence)) {
        counts[assessed.verdict.verdict] += 1;
        showAssessed(file, index, assessed, options);
      }
    }
    bar.end();
  }
  if (counts.halt + counts.watch + counts.pass > 0) tellOfList(intelligence);
  if (options.json !== true) tell(summaryOf(counts));
  // A halt comes first: a broken neighbour must not hide it.
  if (counts.rejected > 0) process.exitCode = 1;
  if (counts.halt > 0) process.exitCode = 3;
}

/** What each record of a file is, one after another, in the memory of one. */
async function* readingsIn(file: string, progress: Progress): AsyncGenerator<Reading> {
  try {
    for await (const record of recordsIn(file, progress)) yield* readingsOf(record);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    yield { status: 'rejected', error: { message: error.why, path: '' } };
  }
}

function assessedIn(finding: Finding, policy: PolicyInForce, intelligence: Intelligence): readonly Judged[] {
  const services = servicesFor(finding, policy);
  return (services.length === 0 ? [null] : services).map((service) =>
    judged({ finding, service, policy, intelligence }),
  );
}

type Unassessed = { readonly file: string; readonly index: number } & Exclude<Reading, { status: 'finding' }>;

function show(record: Unassessed, { json }: Options): void {
  if (json === true) sayJson(record);
  if (record.status === 'rejected') {
    const { message, path } = record.error;
    tell(visible(`${record.file}${path === '' ? '' : `: ${path}`} ${message}`));
  } else if (json !== true) {
    say(`${paint('dim', 'skip ')}  ${visible(`${record.file}[${record.index}] ${record.reason}`)}`);
  }
}

function showAssessed(file: string, index: number, assessed: Judged, { json, explain }: Options): void {
  if (json === true) sayJson(recordOf(file, index, assessed));
  const lines = explain === true ? explanationOf(assessed) : json === true ? [] : linesOf(assessed);
  for (const line of lines) (json === true ? tell : say)(line);
}

function linesOf(assessed: Judged): readonly string[] {
  const { finding, service, assessment, verdict } = assessed;
  const score = assessment.score?.toFixed(1) ?? '?';
  const id = finding.vulnerabilityId === null ? '' : `${visible(finding.vulnerabilityId)}  `;
  const state = finding.state === 'open' ? '' : ` (${finding.state})`;
  const head = `${score.padStart(4)}  ${id}${service?.name ?? 'no service'}${state}  ${visible(finding.title)}`;
  const because = verdict.reasons.map((reason) => reason.because).join('; ');
  const unknown = [...new Set(unknownsIn(assessed).map(({ datum }) => datum))].join(', ');
  const why = [
    because === '' ? 'no rule matches' : `because ${because}`,
    ...(verdict.wouldHalt ? ['audit mode: it would halt'] : []),
    ...(unknown === '' ? [] : [`not known: ${unknown}`]),
  ].join('; ');
  return [
    `${verdictWord(verdict.verdict)}  ${cut(head, columns() - 7)}`,
    `       ${paint('dim', cut(visible(why), columns() - 7))}`,
  ];
}

function recordOf(file: string, index: number, assessed: Judged): unknown {
  const { finding, service, assessment, verdict } = assessed;
  const [resource] = finding.resources;
  const { fix, epss, knownExploited, exploitAvailable } = assessment.threat;
  const { exploitation, exposure, automatable, humanImpact, decision } = assessment.ssvc;
  return {
    file,
    index,
    status: 'assessed',
    dialect: finding.dialect,
    kind: finding.kind,
    findingId: finding.id,
    vulnerabilityId: finding.vulnerabilityId,
    title: finding.title,
    resource: resource === undefined ? null : { type: resource.type, id: resource.id },
    state: finding.state,
    service: service?.name ?? null,
    scannerSeverity: assessment.scannerSeverity,
    cvss: assessment.cvss,
    threat: { epss, knownExploited, exploitAvailable, fixAvailable: fix === null ? null : fix === 'available' },
    ssvc: { exploitation, exposure, automatable, humanImpact, decision },
    verdict: verdict.verdict,
    reasons: verdict.reasons,
    unknowns: unknownsIn(assessed),
  };
}

function summaryOf(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).flatMap(([name, count]) => (count === 0 ? [] : [`${count} ${name}`]));
  return parts.length === 0 ? 'Nothing was found to assess.' : `${parts.join(', ')}.`;
}
