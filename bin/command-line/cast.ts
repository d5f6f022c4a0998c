import { countedVotes } from '../../lib/decision/agreement.ts';
import { Ballot } from '../../lib/decision/ballot.ts';
import { seatOf, voteSignedIn } from '../../lib/decision/decide.ts';
import { missingSeats, type OfferedAction, offeredActions, ruleOf } from '../../lib/decision/rules.ts';
import { votesOn } from '../../lib/decision/vote.ts';
import type { Hold } from '../../lib/hold/hold.ts';
import { readHold } from '../../lib/hold/ledger.ts';
import type { Person } from '../../lib/policy/policy.ts';
import { Failure, UsageError } from './failure.ts';
import { openPlace, type Place, type PlaceOptions, personNamed } from './place.ts';
import { say, sayJson, tell, visible } from './terminal.ts';
import { prove, type VoterOptions, voterOf } from './voter.ts';

/** What somebody decides, field by field as the page's form has them. */
export type Decided = { readonly action: OfferedAction; readonly reason: string } & {
  readonly [field in Exclude<keyof Ballot, 'action' | 'reason'>]?: string | undefined;
};

export type CastOptions = PlaceOptions & VoterOptions & { readonly json?: boolean };

/**
 * Casts a vote from the command line as a person who proves who they are, and says what it did. `isLight`: for what lets nothing
 * go, on a local runtime the name is enough, and without one it is the first of the service's security.
 */
export async function cast(id: string, decided: Decided, options: CastOptions, isLight = false): Promise<void> {
  const place = await openPlace(options);
  const hold = await readHold(place.table, id);
  if (hold === null) throw new Failure(`There is no hold ${visible(id)}: \`stopship holds\` lists the open ones.`);
  const isUnnamed = isLight && place.runtime !== null && options.as === undefined;
  const person = isUnnamed ? await firstWhoMay(place, hold, decided.action) : await voterOf(place, options);
  await refuseWithoutSeat(place, hold, person, decided.action);
  if (place.runtime !== null && !(isLight && options.totp === undefined)) await prove(place, person, options);
  const voted = await voteSignedIn(place, id, person.id, Ballot.parse(decided));
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

/** The first of the service's security who may, said aloud: whose name stands on the record is no secret to who gave none. */
async function firstWhoMay(place: Place, hold: Hold, action: string): Promise<Person> {
  const service = place.policy.services.find(({ name }) => name === hold.service);
  for (const id of service?.stakeholders.security ?? []) {
    if (!(await choicesOf(place, hold, id)).includes(action)) continue;
    const person = personNamed(place.policy, id);
    tell(`Acting as ${visible(person.name)} (${id}), of ${hold.service}'s security; --as PERSON names somebody else.`);
    return person;
  }
  throw new UsageError(`Nobody of the security of ${hold.service} may do this: say who you are with --as PERSON.`);
}

/** Says before a code is used up what the person may vote for. The vote itself checks it again. */
async function refuseWithoutSeat(place: Place, hold: Hold, person: Person, action: string): Promise<void> {
  const choices = await choicesOf(place, hold, person.id);
  if (choices.includes(action)) return;
  const may = choices.length === 0 ? 'has no vote on this hold' : `may vote here for ${choices.join(', ')}`;
  throw new Failure(`${person.name} has no vote for ${action} on hold ${hold.id}: ${person.id} ${may}.`);
}

async function choicesOf(place: Place, hold: Hold, personId: string): Promise<readonly string[]> {
  return (await seatOf(place, hold, personId, 'decide'))?.choices.map(({ action }) => action) ?? [];
}

type Recorded = Extract<Awaited<ReturnType<typeof voteSignedIn>>, { status: 'recorded' }>;

async function missingFor({ table, policy }: Place, { vote, hold }: Recorded): Promise<readonly string[]> {
  const service = policy.services.find(({ name }) => name === hold.service);
  const action = offeredActions.find((one) => one === vote.action);
  if (service === undefined || action === undefined) return [];
  const matter = { hold, service, policyHash: policy.hash };
  return missingSeats(ruleOf(action, hold), countedVotes(await votesOn(table, hold.id), action, matter, vote).voters);
}
