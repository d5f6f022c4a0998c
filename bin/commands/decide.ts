import type { Command } from 'commander';
import { countedVotes } from '../../lib/decision/agreement.ts';
import { Ballot } from '../../lib/decision/ballot.ts';
import { seatOf, voteSignedIn } from '../../lib/decision/decide.ts';
import { proveFactor } from '../../lib/decision/factor.ts';
import { missingSeats, offeredActions, ruleOf } from '../../lib/decision/rules.ts';
import { votesOn } from '../../lib/decision/vote.ts';
import { readHold } from '../../lib/hold/ledger.ts';
import { matchesPattern } from '../../lib/policy/binding.ts';
import type { Person } from '../../lib/policy/policy.ts';
import { Failure, UsageError } from '../command-line/failure.ts';
import { addPlaceOptions, openPlace, type Place, type PlaceOptions, personNamed } from '../command-line/place.ts';
import { say, sayJson, visible } from '../command-line/terminal.ts';

type Options = PlaceOptions & {
  readonly action: string;
  readonly reason: string;
  readonly as?: string;
  readonly totp?: string;
  readonly release?: string;
  readonly reference?: string;
  readonly hours?: string;
  readonly until?: string;
  readonly condition?: string;
  readonly scope?: string;
  readonly json?: boolean;
};

/** `stopship decide`: a vote from the command line, as a person who proves who they are. */
export function addDecide(program: Command): void {
  addPlaceOptions(program.command('decide').description('vote on a hold as yourself').argument('<id>', 'the hold'))
    .requiredOption('--action <action>', offeredActions.join(', '))
    .requiredOption('--reason <text>', 'why; it stays on the record')
    .option('--as <person>', 'who you are in the policy; with --table your AWS identity must be theirs')
    .option('--totp <code>', 'what your authenticator shows now (local runtime)')
    .option('--release <name>', 'the release that brings the fix: commit, digest or execution')
    .option('--reference <text>', 'where the fix can be looked up')
    .option('--hours <n>', 'how much more time, in whole hours')
    .option('--until <moment>', 'when an accepted risk or workaround ends')
    .option('--condition <text>', 'under which condition a workaround holds')
    .option('--scope <text>', 'what an accepted risk covers')
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

async function decide(id: string, options: Options): Promise<void> {
  if (!offeredActions.some((action) => action === options.action)) {
    throw new UsageError(`--action is one of ${offeredActions.join(', ')}, not ${JSON.stringify(options.action)}.`);
  }
  const place = await openPlace(options);
  const person = place.runtime === null ? await signedIn(place, options) : personOf(place, options);
  await refuseWithoutSeat(place, id, person, options.action);
  if (place.runtime !== null) await prove(place, person, options);
  const voted = await voteSignedIn(place, id, person.id, Ballot.parse(ballotOf(options)));
  switch (voted.status) {
    case 'recorded': {
      const missing = voted.isDecided ? [] : await missingFor(place, voted);
      if (options.json === true)
        return sayJson({ holdId: id, action: voted.vote.action, by: person.id, decided: voted.isDecided, missing });
      say(`Recorded: ${voted.vote.action} by ${visible(person.name)} on revision ${voted.vote.revision} of ${id}.`);
      return say(
        voted.isDecided ? 'The quorum is complete: stopship acts on it now.' : `Still missing: ${missing.join('; ')}.`,
      );
    }
    case 'errors':
      throw new Failure(
        Object.entries(voted.errors)
          .map(([field, error]) => `${field}: ${error}`)
          .join('\n'),
      );
    case 'wrong':
    case 'dead':
      throw new Failure(`There is no hold ${id} on which ${person.id} has a part.`);
    default:
      return voted satisfies never;
  }
}

function ballotOf({ action, reason, release, reference, hours, until, condition, scope }: Options) {
  return { action, reason, release, reference, hours, until, condition, scope };
}

function personOf({ policy }: Place, { as }: Options): Person {
  if (as === undefined) throw new UsageError('Say who you are: --as PERSON.');
  return personNamed(policy, as);
}

/** Says before a code is used up what the person may vote for. The vote itself checks it again. */
async function refuseWithoutSeat(place: Place, id: string, person: Person, action: string): Promise<void> {
  const hold = await readHold(place.table, id);
  if (hold === null) throw new Failure(`There is no hold ${visible(id)}: \`stopship holds\` lists the open ones.`);
  const choices = (await seatOf(place, hold, person.id, 'decide'))?.choices.map((choice) => choice.action) ?? [];
  if (choices.some((choice) => choice === action)) return;
  const may = choices.length === 0 ? 'has no vote on this hold' : `may vote here for ${choices.join(', ')}`;
  throw new Failure(`${person.name} has no vote for ${action} on hold ${id}: ${person.id} ${may}.`);
}

/** Proves who sits at this machine by the code of their authenticator, which is used up whatever becomes of the vote. */
async function prove(place: Place, person: Person, { totp }: Options): Promise<void> {
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
async function signedIn(place: Place, { as }: Options): Promise<Person> {
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

type Recorded = Extract<Awaited<ReturnType<typeof voteSignedIn>>, { status: 'recorded' }>;

async function missingFor({ table, policy }: Place, { vote, hold }: Recorded): Promise<readonly string[]> {
  const service = policy.services.find(({ name }) => name === hold.service);
  const action = offeredActions.find((one) => one === vote.action);
  if (service === undefined || action === undefined) return [];
  const matter = { hold, service, policyHash: policy.hash };
  return missingSeats(ruleOf(action, hold), countedVotes(await votesOn(table, hold.id), action, matter, vote).voters);
}
