import { parseArgs } from 'node:util';
import { brokenDesigns, production } from './designs.ts';
import { run } from './run.ts';

const usage = `usage: npm run simulate -- [--seed N] [--runs N] [--design D] [--trace] [--json]
designs that must be caught: ${Object.keys(brokenDesigns).join(' ')}`;

process.exitCode = await main(process.argv.slice(2));

/** Plays the seeds from `--seed` on until one fails. 0: all clean, 1: a violation, 2: called wrongly. */
async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args);
  if (options === null) {
    process.stderr.write(`${usage}\n`);
    return 2;
  }
  const { seed, runs, design, shows, json } = options;
  const reached = new Map<string, number>();
  let steps = 0;
  let played = 0;
  let violations: readonly string[] = [];
  while (played < runs && violations.length === 0) {
    const ran = await run(seed + played, design);
    played += 1;
    steps += ran.steps;
    violations = ran.violations;
    for (const [situation, count] of ran.reached) reached.set(situation, (reached.get(situation) ?? 0) + count);
    if (shows || (violations.length > 0 && !json)) process.stdout.write(`${ran.trace.join('\n')}\n`);
    if (violations.length > 0)
      process.stderr.write(
        `seed ${ran.seed}: ${violations.join('; ')}\nagain: npm run simulate -- --seed ${ran.seed}\n`,
      );
  }
  const sorted = [...reached].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const summary = { runs: played, steps, violations: violations.length, reached: Object.fromEntries(sorted) };
  process.stdout.write(`${JSON.stringify(summary)}\n`);
  return violations.length > 0 ? 1 : 0;
}

function optionsOf(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string', default: '1' },
        runs: { type: 'string', default: '1' },
        design: { type: 'string' },
        trace: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const seed = Number(values.seed);
    const runs = Number(values.runs);
    const design = values.design === undefined ? production : brokenDesigns[values.design];
    if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(runs) || runs < 1 || design === undefined) return null;
    return { seed, runs, design, shows: values.trace, json: values.json };
  } catch {
    return null;
  }
}
