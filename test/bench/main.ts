import { haltFigures } from './halt.ts';
import { intakeFigures } from './intake.ts';
import type { Figure } from './rounds.ts';

const benches: { readonly [name: string]: () => Promise<readonly Figure[]> } = {
  intake: intakeFigures,
  halt: haltFigures,
};

process.exitCode = await main(process.argv.slice(2));

/** Measures what is named, or everything; a figure is one line as soon as it is there. */
async function main(args: readonly string[]): Promise<number> {
  const isJson = args.includes('--json');
  const named = args.filter((arg) => arg !== '--json');
  if (named.some((name) => !Object.hasOwn(benches, name))) {
    process.stderr.write(`usage: npm run bench -- [${Object.keys(benches).join('|')}] [--json]\n`);
    return 2;
  }
  if (!isJson) process.stdout.write(row('figure', 'ratio', 'min', 'max', 'goal'));
  for (const [name, measure] of Object.entries(benches)) {
    if (named.length > 0 && !named.includes(name)) continue;
    for (const figure of await measure())
      process.stdout.write(isJson ? `${JSON.stringify(rounded(figure))}\n` : lineOf(figure));
  }
  return 0;
}

function lineOf({ name, ratio, min, max, goal }: Figure): string {
  return row(name, ratio.toFixed(2), min.toFixed(2), max.toFixed(2), goal);
}

function row(name: string, ...cells: readonly string[]): string {
  return `${name.padEnd(22)}${cells.map((cell) => cell.padStart(8)).join('')}\n`;
}

function rounded({ ratio, min, max, ...rest }: Figure): Figure {
  return { ...rest, ratio: toHundredths(ratio), min: toHundredths(min), max: toHundredths(max) };
}

function toHundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
