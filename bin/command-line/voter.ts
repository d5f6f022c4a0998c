import type { Command } from 'commander';
import { proveFactor } from '../../lib/decision/factor.ts';
import { matchesPattern } from '../../lib/policy/binding.ts';
import type { Person } from '../../lib/policy/policy.ts';
import { Failure, UsageError } from './failure.ts';
import { type Place, personNamed } from './place.ts';
import { visible } from './terminal.ts';

/** The options that say who somebody is. */
export type VoterOptions = { readonly as?: string; readonly totp?: string };

/** Adds the options that say who somebody is. */
export function addVoterOptions(command: Command): Command {
  return command
    .option('--as <person>', 'who you are in the policy; with --table your AWS identity must be theirs')
    .option('--totp <code>', 'what your authenticator shows now (local runtime)');
}

/** Who acts: in an account whom the policy takes the caller's AWS identity for, on a local runtime whom `--as` names. */
export async function voterOf(place: Place, options: VoterOptions): Promise<Person> {
  if (place.runtime === null) return await signedIn(place, options);
  if (options.as === undefined) throw new UsageError('Say who you are: --as PERSON.');
  return personNamed(place.policy, options.as);
}

/** Proves who sits at this machine by the code of their authenticator, which is used up whatever becomes of the vote. */
export async function prove(place: Place, person: Person, { totp }: VoterOptions): Promise<void> {
  if (totp === undefined) {
    throw new UsageError('Prove who you are: --totp with the six digits that your authenticator shows.');
  }
  const proof = await proveFactor(place, person.id, totp, place.clock.now());
  if (!proof.ok) throw new Failure(proofErrors[proof.why]);
  const used = await place.table.transact([proof.write]);
  if (!used.ok) throw new Failure(proofErrors.used);
}

const proofErrors = {
  'not-enrolled': 'You have no authenticator yet: stopship people enroll gives you one.',
  wrong: 'This code is not right: give the six digits that your authenticator shows now.',
  used: 'This code was used already: wait for the next one, at most 30 seconds.',
  paused: 'Too many of your codes were wrong: wait some minutes.',
  busy: 'Another try with your code came in at the same moment: try again.',
} as const;

/** Whom the policy takes the caller's AWS identity for. Never ambiguous: two people are nobody. */
async function signedIn(place: Place, { as }: VoterOptions): Promise<Person> {
  const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
  const { Arn } = await new STSClient().send(new GetCallerIdentityCommand());
  const matching = place.policy.people.filter(
    ({ aws }) => Arn !== undefined && aws.some((pattern) => matchesPattern(pattern, Arn)),
  );
  const [person, ...others] = as === undefined ? matching : matching.filter(({ id }) => id === as);
  if (person === undefined)
    throw new Failure(
      `The policy does not take ${visible(Arn ?? 'the caller')} for ${as ?? 'anybody'}: see "aws" of its people.`,
    );
  if (others.length > 0)
    throw new Failure(
      `The policy takes ${visible(Arn ?? 'the caller')} for several people (${matching.map(({ id }) => id).join(', ')}): say which with --as.`,
    );
  return person;
}
