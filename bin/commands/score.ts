import type { Command } from 'commander';
import { scoreVector } from '../../lib/risk/cvss.ts';
import { stdinLines } from '../command-line/input.ts';
import { paint, say, sayJson, tell, visible } from '../command-line/terminal.ts';
import { vectorInWords } from '../command-line/vector-words.ts';

/** `stopship score`: computes CVSS scores. */
export function addScore(program: Command): void {
  program
    .command('score')
    .description('compute the score of CVSS vectors, v2 to v4.0')
    .argument('<vector...>', 'vectors; - reads one a line from stdin')
    .option('--json', 'one record a line (NDJSON)')
    .addHelpText(
      'after',
      `
Exits 1 when a vector is not valid.

Example:
  $ stopship score CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N`,
    )
    .action(scoreVectors);
}

async function scoreVectors(names: readonly string[], { json }: { readonly json?: boolean }): Promise<void> {
  const vectors: string[] = [];
  for (const name of names) vectors.push(...(name === '-' ? await stdinLines() : [name]));
  for (const vector of vectors) {
    const score = scoreVector(vector);
    if (!score.ok) process.exitCode = 1;
    if (json === true) sayJson(recordOf(vector, score));
    else if (!score.ok) tell(visible(`${vector} ${score.error}`));
    else sayScored(score.scored, names.length === 1 && names[0] !== '-');
  }
}

type Score = ReturnType<typeof scoreVector>;

function recordOf(vector: string, score: Score): unknown {
  if (!score.ok) return { vector, valid: false, error: score.error };
  const { version, baseScore, score: overall, severity } = score.scored;
  return { vector, valid: true, version, baseScore, score: overall, severity };
}

function sayScored(
  { vector, score, baseScore, severity }: Extract<Score, { ok: true }>['scored'],
  isAlone: boolean,
): void {
  const base = baseScore === score ? '' : ` (base ${baseScore.toFixed(1)})`;
  say(`${paint('bold', score.toFixed(1))} ${severity}${base}  ${visible(vector)}`);
  if (isAlone) for (const line of vectorInWords(vector)) say(`  ${line}`);
}
