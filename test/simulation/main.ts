import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { breakProduction, mutants } from './mutants.ts';
import { nightlyLeast, requiredFrom } from './situations.ts';
import { addTally, emptyTally, missedSituations, rareFaults, type Tally } from './tally.ts';
import type { Chunk } from './worker.ts';

/** By name, since production code is imported only once a mutant has broken it. */
const designs = [
  ...['production', 'count', 'check-then-enable', 'recheck'],
  ...['no-lease', 'short-lease', 'burn-then-vote', 'read-then-vote'],
];

const usage = `usage: npm run simulate -- [--seed N] [--runs N] [--design D | --mutant M] [--ledger memory|dynamodb]
                           [--jobs N] [--minutes N] [--trace] [--nightly] [--json]

Plays the seeds from --seed on (1) until one fails, each --runs (1) a run of production code under a random schedule with
faults. A failing seed is shrunk and told in order. The last line is {"runs","steps","violations","reached"}.

designs that must be caught: ${designs.slice(1).join(' ')}
mutants of production code that must be caught: ${Object.keys(mutants).join(' ')}
--minutes ends a series early, and its summary says how far it came.
From --required-from (${requiredFrom}) runs on a series fails that never came into one of the situations it has to.
--nightly also asks that every call has met every fault ${nightlyLeast} times, and counts them in "calls".`;

/** Seeds that a worker plays at a time. */
const chunkRuns = 50;

process.exitCode = await main(process.argv.slice(2));

/** 0: all clean. 1: a violation, or a long series that did not come into a situation it has to. 2: called wrongly. */
async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args);
  if (options === null) {
    process.stderr.write(`${usage}\n`);
    return 2;
  }
  const { required, isNightly, isProduction } = options;
  const tally = await played(options);
  const missed = isProduction && tally.runs >= required && tally.failed === null ? missedSituations(tally) : [];
  const rare = isNightly && tally.failed === null ? rareFaults(tally, nightlyLeast) : [];
  for (const situation of missed) process.stderr.write(`never reached: ${situation}\n`);
  for (const fault of rare) process.stderr.write(`too rare: ${fault}\n`);
  if (tally.failed !== null) await tell(options, tally.failed);
  process.stdout.write(`${JSON.stringify(summaryOf(tally, isNightly))}\n`);
  return tally.failed !== null || missed.length > 0 || rare.length > 0 ? 1 : 0;
}

type Options = NonNullable<ReturnType<typeof optionsOf>>;

/** Plays all seeds in as many threads as are asked for. */
async function played({ seed, runs, jobs, minutes, given, trace }: Options): Promise<Tally> {
  const tally = emptyTally();
  let next = seed;
  function chunk(): Chunk | null {
    const left = seed + runs - next;
    if (left <= 0 || tally.failed !== null || performance.now() > minutes * 60_000) return null;
    const some = { seed: next, runs: Math.min(left, chunkRuns) };
    next += some.runs;
    return some;
  }
  if (trace) await traceAll(given, seed, runs);
  await Promise.all(
    Array.from({ length: Math.min(jobs, Math.ceil(runs / chunkRuns)) }, () => work(given, chunk, tally)),
  );
  return tally;
}

/** One thread: takes chunk after chunk until there is none. */
function work(given: Options['given'], chunk: () => Chunk | null, tally: Tally): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: given });
    worker.on('error', reject);
    worker.on('exit', () => resolve());
    worker.on('message', (done: Tally) => {
      addTally(tally, done);
      worker.postMessage(chunk());
    });
    worker.postMessage(chunk());
  });
}

async function playerHere({ design, mutant, ledger }: Options['given']) {
  if (mutant !== null) breakProduction(mutant);
  const { playerOf } = await import('./player.ts');
  return await playerOf(design, ledger);
}

async function traceAll(given: Options['given'], seed: number, runs: number): Promise<void> {
  const player = await playerHere(given);
  for (let n = 0; n < runs; n += 1) process.stdout.write(`${(await player.trace(seed + n)).trace.join('\n')}\n`);
  await player.end();
}

/** Tells what went wrong: the shrunk run in order, and how to play the seed again. */
async function tell({ json, given, trace }: Options, failed: NonNullable<Tally['failed']>): Promise<void> {
  const { seed, violation } = failed;
  const again = ['--seed', seed, given.design === 'production' ? '' : `--design ${given.design}`]
    .concat(given.mutant === null ? [] : ['--mutant', given.mutant])
    .filter((part) => part !== '')
    .join(' ');
  if (!json && !trace) {
    const player = await playerHere({ ...given, ledger: 'memory' });
    process.stdout.write(`${(await player.shrink(seed)).trace.join('\n')}\n`);
    await player.end();
  }
  process.stderr.write(`seed ${seed}: ${violation}\nagain: npm run simulate -- ${again}\nwhole: … --trace\n`);
}

function summaryOf({ runs, steps, failed, reached, calls }: Tally, isNightly: boolean) {
  const counts = { runs, steps, violations: failed === null ? 0 : 1, reached: sorted(reached) };
  return isNightly ? { ...counts, calls: sorted(calls) } : counts;
}

function sorted(counts: ReadonlyMap<string, number>): { readonly [name: string]: number } {
  return Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function optionsOf(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string', default: '1' },
        runs: { type: 'string', default: '1' },
        jobs: { type: 'string', default: String(Math.min(availableParallelism(), 4)) },
        design: { type: 'string', default: 'production' },
        mutant: { type: 'string' },
        ledger: { type: 'string', default: 'memory' },
        trace: { type: 'boolean', default: false },
        'required-from': { type: 'string', default: String(requiredFrom) },
        minutes: { type: 'string', default: 'Infinity' },
        nightly: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const { design, ledger, trace, json } = values;
    const [seed, runs, jobs] = [Number(values.seed), Number(values.runs), Number(values.jobs)];
    const required = Number(values['required-from']);
    const minutes = Number(values.minutes);
    const mutant = values.mutant ?? null;
    const isRight = [seed, runs, jobs].every(Number.isSafeInteger) && runs >= 1 && jobs >= 1 && minutes > 0;
    const isKnown = designs.includes(design) && (mutant === null || mutants[mutant] !== undefined);
    if (!isRight || !isKnown || (ledger !== 'memory' && ledger !== 'dynamodb')) return null;
    const isProduction = design === 'production' && mutant === null;
    const given = { design, mutant, ledger } as const;
    return { seed, runs, jobs, required, minutes, given, trace, json, isNightly: values.nightly, isProduction };
  } catch {
    return null;
  }
}
