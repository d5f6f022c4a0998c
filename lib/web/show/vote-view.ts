import { nameOf } from '../../brief/facts.ts';
import { countedVotes, voidOf } from '../../decision/agreement.ts';
import {
  type ActionRule,
  missingSeats,
  type OfferedAction,
  offeredActions,
  rolesOf,
  ruleOf,
} from '../../decision/rules.ts';
import type { Vote } from '../../decision/vote.ts';
import type { Hold, HoldEvent } from '../../hold/hold.ts';
import { type PolicyInForce, roles, type Service } from '../../policy/policy.ts';
import type { QuorumView, VoteView } from '../views.ts';
import { actionNames } from './action-words.ts';
import { seatInWords, serviceOf } from './names.ts';

/** Everybody's votes, oldest first; those that count no more say why. */
export function voteViews(
  hold: Hold,
  votes: readonly Vote[],
  events: readonly HoldEvent[],
  policy: PolicyInForce,
): readonly VoteView[] {
  const service = serviceOf(policy, hold.service);
  return votes
    .toSorted((a, b) => (a.at < b.at ? -1 : 1))
    .map((vote) => ({
      person: nameOf(policy.people, vote.personId),
      action: actionNames[vote.action],
      reason: vote.reason,
      at: vote.at,
      revision: vote.revision,
      void: whyVoid(vote, hold, events, service, policy.hash),
    }));
}

/** Every decision that somebody voted for on the present revision: who did, and whom it still misses. */
export function quorumViews(hold: Hold, votes: readonly Vote[], policy: PolicyInForce): readonly QuorumView[] {
  const service = serviceOf(policy, hold.service);
  if (service === null) return [];
  return offeredActions.flatMap((action) => {
    const counted = countedVotes(votes, action, { hold, service, policyHash: policy.hash }).voters;
    if (counted.length === 0) return [];
    return [
      {
        action: actionNames[action],
        has: counted.map(({ person }) => nameOf(policy.people, person)),
        needs: stillMissing(action, hold, votes, service, policy),
      },
    ];
  });
}

/** Whose votes an action still misses, by the names of those who could give them; empty when none. `also` votes as well. */
export function stillMissing(
  action: OfferedAction,
  hold: Hold,
  votes: readonly Vote[],
  service: Service,
  policy: PolicyInForce,
  also: string | null = null,
): readonly string[] {
  const before = countedVotes(votes, action, { hold, service, policyHash: policy.hash }).voters;
  const voters =
    also === null || before.some(({ person }) => person === also)
      ? before
      : [...before, { person: also, roles: rolesOf(also, service) }];
  const rule: ActionRule = ruleOf(action, hold);
  return missingSeats(rule, voters).map((seat) =>
    seatInWords(
      service,
      policy.people,
      roles.filter((role) => seat.split(' or ').includes(role)),
      voters.map(({ person }) => person),
    ),
  );
}

function whyVoid(
  vote: Vote,
  hold: Hold,
  events: readonly HoldEvent[],
  service: Service | null,
  policyHash: string,
): string | null {
  if (service === null) return 'the policy no longer has this service';
  const why = voidOf(vote, { hold, service, policyHash });
  switch (why) {
    case null:
      return null;
    case 'revision':
      return wasCarriedOut(vote, events)
        ? 'the decision it belonged to was carried out, and a new revision began'
        : `it was for revision ${vote.revision}; the facts have changed, this is revision ${hold.revision}`;
    case 'policy':
      return 'the policy has changed since';
    case 'release':
      return 'it was for another release than the one that is there now';
    case 'no-role':
      return 'the policy gives this person no part any more';
    default:
      return why satisfies never;
  }
}

/** The event that completes a decision stands right behind its last vote. */
function wasCarriedOut(vote: Vote, events: readonly HoldEvent[]): boolean {
  return events.some(({ kind, data }, at) => {
    const last = events[at - 1];
    return (
      kind === 'decided' &&
      data.action === vote.action &&
      last?.kind === 'voted' &&
      last.data.revision === vote.revision
    );
  });
}
