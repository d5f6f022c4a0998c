import type { Command } from 'commander';
import { ticked } from '../../lib/decision/ballot.ts';
import { type FieldName, offeredActions } from '../../lib/decision/rules.ts';
import { type CastOptions, cast } from '../command-line/cast.ts';
import { UsageError } from '../command-line/failure.ts';
import { addPlaceOptions } from '../command-line/place.ts';
import { addVoterOptions } from '../command-line/voter.ts';

type Options = CastOptions & { readonly action: string; readonly reason: string; readonly evidenceKept?: true } & {
  readonly [field in Exclude<FieldName, 'evidenceKept'>]?: string;
};

/** `stopship decide`: a vote from the command line, as a person who proves who they are. */
export function addDecide(program: Command): void {
  addVoterOptions(
    addPlaceOptions(program.command('decide').description('vote on a hold as yourself').argument('<id>', 'the hold')),
  )
    .requiredOption('--action <action>', offeredActions.join(', '))
    .requiredOption('--reason <text>', 'why; it stays on the record')
    .option('--release <name>', 'the release that brings the fix: commit, digest or execution')
    .option('--reference <text>', 'where the fix can be looked up')
    .option('--hours <n>', 'how much more time, in whole hours')
    .option('--until <moment>', 'when an accepted risk or workaround ends')
    .option('--condition <text>', 'under which condition a workaround holds')
    .option('--scope <text>', 'what an accepted risk covers')
    .option('--vector <vector>', 'the CVSS vector as you see it, to dispute or to rate anew')
    .option('--evidence-kept', 'that logs and memory are kept, which a rollback of what runs destroys')
    .option('--evidence-kept-by <name>', 'who kept them')
    .option('--fix <time>', 'time of the fix, such as 4h, to change the plan')
    .option('--test <time>', 'time of its test')
    .option('--workaround <text>', 'what is switched off so that the rest can ship')
    .option('--owner <person>', 'who owns the fix')
    .option('--json', 'what was recorded, as one record')
    .addHelpText(
      'after',
      `
Examples:
  $ stopship decide HOLD --as rui --totp 123456 --action more-time --hours 4 --reason "the fix is in test"
  $ stopship decide HOLD --table stopship-ledger --policy policy.yaml --action keep-halted --reason "no fix yet"`,
    )
    .action(decide);
}

async function decide(id: string, { action: named, reason, ...options }: Options): Promise<void> {
  const action = offeredActions.find((offered) => offered === named);
  if (action === undefined) {
    throw new UsageError(`--action is one of ${offeredActions.join(', ')}, not ${JSON.stringify(named)}.`);
  }
  const { release, reference, hours, until, condition, scope, vector, evidenceKeptBy, fix, test, workaround, owner } =
    options;
  const fields = {
    release,
    reference,
    hours,
    until,
    condition,
    scope,
    vector,
    evidenceKept: options.evidenceKept === true ? ticked : undefined,
    evidenceKeptBy,
    fix,
    test,
    workaround,
    owner,
  };
  await cast(id, { action, reason, ...fields }, options);
}
