import type { Command } from 'commander';
import { scoreVector } from '../../lib/risk/cvss.ts';
import { type CastOptions, cast } from '../command-line/cast.ts';
import { Failure } from '../command-line/failure.ts';
import { addPlaceOptions } from '../command-line/place.ts';
import { addVoterOptions } from '../command-line/voter.ts';

type Options = CastOptions & { readonly vector: string; readonly reason: string };

/** `stopship reassess`: someone of security rates the flaw of a hold anew. */
export function addReassess(program: Command): void {
  addVoterOptions(
    addPlaceOptions(
      program
        .command('reassess')
        .description('rate the flaw of a hold anew, as someone of security')
        .argument('<id>', 'the hold'),
    ),
  )
    .requiredOption('--vector <vector>', 'its CVSS vector as you see it')
    .requiredOption('--reason <text>', 'why; it stays on the record beside the earlier severity')
    .option('--json', 'what was recorded, as one record')
    .addHelpText(
      'after',
      `
A vector that is as bad or worse counts at once. A milder one waits until someone else of security confirms it.
On a local runtime it is entered as the first of the service's security, unless --as names somebody else.

Examples:
  $ stopship reassess HOLD --vector CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H --reason "it needs no login"
  $ stopship reassess HOLD --as ana --totp 123456 --reason "it needs no login" \\
      --vector CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N`,
    )
    .action(reassess);
}

async function reassess(id: string, { vector, reason, ...options }: Options): Promise<void> {
  // Before a code of the authenticator is used up for it.
  const score = scoreVector(vector);
  if (!score.ok) throw new Failure(`--vector ${vector} ${score.error}.`);
  await cast(id, { action: 'reassess', vector, reason }, options, true);
}
