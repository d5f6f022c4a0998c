import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { scoreVector } from '../../lib/risk/cvss.ts';
import { metricsIn, vectorOf } from '../../lib/risk/cvss-metrics.ts';

/**
 * Holds every published score of tables of vectors against ours, as many as there are: `npm run vectors -- FILE…`. A table has
 * tabs and a head: `vector base temporal environmental` or `vector score`. Prints a line per table; exit 1 when any differs.
 */
let different = 0;
for (const file of process.argv.slice(2)) {
  const [head = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  const columns = head.split('\t');
  const begun = process.hrtime.bigint();
  const checks = lines.flatMap((line) => {
    const cells = line.split('\t');
    const cell = (name: string) => cells[columns.indexOf(name)] ?? '';
    return columns.includes('score')
      ? [compared(cell('vector'), cell('score'), oursOf(cell('vector'), 'score'))]
      : ['base', 'temporal', 'environmental'].flatMap((group) =>
          cell(group) === '' ? [] : [compared(cell('vector'), cell(group), oursOf(cell('vector'), group))],
        );
  });
  const micros = Number(process.hrtime.bigint() - begun) / 1000 / Math.max(1, checks.length);
  const wrong = checks.filter(({ isEqual }) => !isEqual);
  different += wrong.length;
  for (const { text } of wrong.slice(0, 5)) process.stdout.write(`${text}\n`);
  const right = `${checks.length - wrong.length} of ${checks.length} scores equal`;
  process.stdout.write(`${basename(file)}: ${lines.length} vectors, ${right}, ${micros.toFixed(0)} µs each\n`);
}
process.exitCode = different === 0 ? 0 : 1;

function compared(vector: string, published: string, ours: number | null) {
  return { isEqual: ours === Number(published), text: `  ${vector}: published ${published}, ours ${ours ?? 'none'}` };
}

function oursOf(vector: string, group: string): number | null {
  const whole = scoreVector(group === 'temporal' ? withoutEnvironment(vector) : vector);
  if (!whole.ok) return null;
  return group === 'base' ? whole.scored.baseScore : whole.scored.score;
}

/** A temporal score is the score before any environmental metric is looked at. */
function withoutEnvironment(vector: string): string {
  const read = metricsIn(vector, vector.length);
  if (!read.ok) return vector;
  const kept = [...read.metrics].filter(([metric]) => !/^(M[A-Z]+|[CIA]R|CDP|TD)$/.test(metric));
  return vectorOf(read.version, new Map(kept));
}
