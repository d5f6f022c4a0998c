import type { Command } from 'commander';
import { paint, say, sayJson, visible } from '../command-line/terminal.ts';

/** `stopship demo`: the story from finding to review, headless. */
export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('play the story on a real finding, from halt to review; ends by itself and keeps nothing')
    .option('--json', 'one step a line (NDJSON)')
    .addHelpText('after', '\nExample:\n  $ stopship demo\n\nTo act in the story yourself: stopship serve --demo')
    .action(play);
}

async function play({ json }: { readonly json?: boolean }): Promise<void> {
  const { playDemo } = await import('../../lib/embedded/demo.ts');
  await playDemo((line) => {
    if (json === true) sayJson(line);
    else for (const text of linesOf(line)) say(text);
  });
}

function linesOf({ step, ...facts }: { readonly step: string; readonly [fact: string]: unknown }): readonly string[] {
  const said = Object.entries(facts).filter(([, value]) => value !== undefined && value !== null);
  return [
    paint('bold', step.replaceAll('-', ' ')),
    ...said.map(
      ([name, value]) => `  ${name.padEnd(12)} ${visible(typeof value === 'string' ? value : JSON.stringify(value))}`,
    ),
  ];
}
