import type { Command } from 'commander';
import { type CastOptions, cast } from '../command-line/cast.ts';
import { UsageError } from '../command-line/failure.ts';
import { addPlaceOptions } from '../command-line/place.ts';
import { addVoterOptions } from '../command-line/voter.ts';

type Options = CastOptions & {
  readonly fix?: string;
  readonly test?: string;
  readonly workaround?: string;
  readonly owner?: string;
  readonly reason: string;
};

/** `stopship plan`: security or the development lead says what mending takes. */
export function addPlan(program: Command): void {
  addVoterOptions(
    addPlaceOptions(
      program
        .command('plan')
        .description('enter what mending takes: hours of fix and test, the workaround, who owns it')
        .argument('<id>', 'the hold'),
    ),
  )
    .option('--fix <time>', 'time of the fix, such as 4h')
    .option('--test <time>', 'time of its test')
    .option('--workaround <text>', 'what is switched off so that the rest can ship')
    .option('--owner <person>', 'who owns the fix')
    .option('--reason <text>', 'why; it stays on the record', 'the plan as it is known now')
    .option('--json', 'what was recorded, as one record')
    .addHelpText(
      'after',
      `
What you leave out stays as planned. Everybody is told, and votes for the plan of before count no more.
On a local runtime it is entered as the first of the service's security, unless --as names somebody else.

Examples:
  $ stopship plan HOLD --fix 4h --test 2h --workaround "switch off one-click pay" --owner dee
  $ stopship plan HOLD --as dee --fix 4h --test 2h --workaround "switch off one-click pay" --owner dee`,
    )
    .action(plan);
}

async function plan(id: string, { fix, test, workaround, owner, reason, ...options }: Options): Promise<void> {
  if ([fix, test, workaround, owner].every((part) => part === undefined))
    throw new UsageError('Say what changes: --fix, --test, --workaround or --owner.');
  await cast(id, { action: 'change-plan', reason, fix, test, workaround, owner }, options, true);
}
