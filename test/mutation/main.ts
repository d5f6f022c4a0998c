import { calledWrongly, valuesOf } from '../arguments.ts';
import { play } from './run.ts';

const usage = 'usage: npm run mutate -- [--runs N] [--seed S]';

process.exitCode = main(process.argv.slice(2));

/** Mutates real findings from `--seed` on. 0: each was read and none lost a halt in silence, 1: otherwise, 2: called wrongly. */
function main(args: readonly string[]): number {
  const values = valuesOf(usage, {
    args: [...args],
    options: { runs: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
  });
  const [runs, seed] = [Number(values.runs), Number(values.seed)];
  if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(seed)) calledWrongly(usage);
  const { broken, silent, ...counts } = play(runs, seed);
  for (const { run, why, text } of broken.slice(0, 10)) {
    process.stderr.write(
      `seed ${run}: ${why}\n  ${text.slice(0, 500)}\n  again: npm run mutate -- --runs 1 --seed ${run}\n`,
    );
  }
  for (const { document, path, became } of silent.slice(0, 10)) {
    process.stderr.write(`${document} without ${path} became ${became}, and nothing is said to be unknown\n`);
  }
  process.stdout.write(`${JSON.stringify({ ...counts, broken: broken.length, silent: silent.length })}\n`);
  return broken.length + silent.length > 0 ? 1 : 0;
}
