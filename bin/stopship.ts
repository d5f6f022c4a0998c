import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { exitOf } from './command-line/failure.ts';
import { listenToPipes } from './command-line/terminal.ts';
import { addAssess } from './commands/assess.ts';
import { addBacktest } from './commands/backtest.ts';
import { addDecide } from './commands/decide.ts';
import { addDemo } from './commands/demo.ts';
import { addDlq } from './commands/dlq.ts';
import { addGate } from './commands/gate.ts';
import { addHalt } from './commands/halt.ts';
import { addHolds } from './commands/holds.ts';
import { addPeople } from './commands/people.ts';
import { addPlan } from './commands/plan.ts';
import { addPolicy } from './commands/policy.ts';
import { addReassess } from './commands/reassess.ts';
import { addReview } from './commands/review.ts';
import { addScore } from './commands/score.ts';
import { addSend } from './commands/send.ts';
import { addServe } from './commands/serve.ts';

listenToPipes();
const program = new Command('stopship')
  .description(
    'Halts a CodePipeline stage when a vulnerability threatens a release, briefs the people, and resumes it on evidence.',
  )
  .version(version(), '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  .helpCommand('help [command]', 'print the help of a command')
  .showHelpAfterError('(stopship --help says more)')
  .exitOverride();

for (const add of [
  addServe,
  addDemo,
  addAssess,
  addScore,
  addHalt,
  addSend,
  addHolds,
  addDecide,
  addPlan,
  addReassess,
  addReview,
  addGate,
  addDlq,
  addPolicy,
  addBacktest,
  addPeople,
]) {
  add(program);
}
program.addHelpText(
  'after',
  `
Exit codes: 0 fine, 1 failed or something was rejected, 2 wrong usage, 3 a verdict or the gate says halt.

Examples:
  $ stopship serve --demo              watch a real finding halt a release
  $ stopship assess findings.json      judge findings by the built-in rules
  $ stopship gate checkout             may a release of checkout go on?`,
);

try {
  await program.parseAsync();
} catch (error) {
  const exit = error instanceof CommanderError ? { code: error.exitCode === 0 ? 0 : 2, says: null } : exitOf(error);
  if (exit.says !== null) process.stderr.write(`${exit.says}\n`);
  // At once: a runtime that failed half-way has parts which would keep us alive.
  process.exit(exit.code);
}

function version(): string {
  const file: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof file === 'object' && file !== null && 'version' in file ? String(file.version) : 'unknown';
}
