import { type Decision, Hold } from '../../lib/hold/hold.ts';
import type { Item, Write } from '../../lib/hold/table.ts';
import { isQuorum } from './quorum.ts';
import type { Log, Verdict } from './trace.ts';

/** What somebody meant to vote; who is signed in votes on the revision that stands, and needs no link. */
export type BallotSeen = {
  readonly personId: string;
  readonly holdId: string;
  readonly action: string;
  readonly revision: number | null;
  readonly token: string | null;
};

/** Watches I7: a vote counts once, from an entitled person, for the revision they saw; and that no link burns without its vote. */
export type VoteWatch = {
  voted(ballot: BallotSeen): void;
  /** Looks at a transaction that went through. */
  written(writes: readonly Write[]): void;
  /** The decision that a transaction put on a hold on which these votes lie. */
  decided(hold: Hold, decision: Decision, votes: readonly Item[]): void;
  /** Whether votes that people cast back this decision. */
  isBacked(holdId: string, decision: Decision): boolean;
  /** No quorum lies there without its decision. */
  atRest(items: readonly Item[], policyHash: string, verdict: Verdict): void;
};

/** A watch over votes that knows of none yet. */
export function voteWatchOf(log: Log): VoteWatch {
  const ballots: BallotSeen[] = [];
  const burnt = new Set<string>();

  function meant(holdId: string, personId: string, action: string, revision: number): readonly BallotSeen[] {
    return ballots.filter(
      (ballot) =>
        ballot.holdId === holdId &&
        ballot.personId === personId &&
        ballot.action === action &&
        (ballot.revision === null || ballot.revision === revision),
    );
  }

  function isBacked(holdId: string, { by, action, revision }: Decision): boolean {
    return by.length > 0 && by.every((person) => meant(holdId, person, action, revision).length > 0);
  }

  return {
    voted: (ballot) => void ballots.push(ballot),
    written(writes) {
      const votes = writes.flatMap((write) => ('put' in write && write.put.sk.startsWith('VOTE#') ? [write.put] : []));
      for (const { pk, personId, action, revision } of votes) {
        const known = meant(pk.slice(5), String(personId), String(action), Number(revision));
        if (known.length === 0) log.violate('I7', `${personId} never voted ${action} on ${pk} at revision ${revision}`);
        log.reach('vote recorded');
      }
      for (const selector of linksUsed(writes)) {
        if (votes.length === 0) log.violate('I7', `link ${selector} is used up, and no vote is recorded`);
        if (burnt.has(selector)) log.violate('I7', `link ${selector} voted twice`);
        burnt.add(selector);
      }
    },
    decided(hold, decision, votes) {
      log.reach(`decision ${decision.action}`);
      const counted = votes.filter(
        ({ personId, action, revision }) =>
          decision.by.includes(String(personId)) && action === decision.action && revision === decision.revision,
      );
      if (new Set(counted.map(({ policyHash }) => policyHash)).size > 1)
        log.violate('I7', `${decision.action} on ${hold.id} counts votes under more than one policy`);
      if (!isBacked(hold.id, decision))
        log.violate('I7', `${decision.action} on ${hold.id} names ${decision.by.join(', ')}, who did not all vote so`);
      // Who wrote the release may come out later; verification looks at it again.
      if (!isQuorum(decision.action, decision.by, { evidence: hold.evidence, author: 'somebody else' }))
        log.violate('I7', `${decision.action} on ${hold.id} by ${decision.by.join(', ')} is no quorum`);
    },
    isBacked,
    atRest(items, policyHash, verdict) {
      for (const hold of items) {
        if (hold.sk !== 'STATE' || !hold.pk.startsWith('HOLD#') || hold.status === 'closed') continue;
        const votes = items.filter(
          (item) => item.pk === hold.pk && item.sk.startsWith('VOTE#') && isStanding(item, hold, policyHash),
        );
        for (const action of new Set(votes.map((vote) => String(vote.action)))) {
          const by = votes.filter((vote) => vote.action === action).map(({ personId }) => String(personId));
          // Also with the most that the rules can ask for: an author nobody knows.
          const isFull = isQuorum(action, by, { evidence: String(hold.evidence), author: null });
          if (isFull && (hold.decision === null || hold.decision === undefined))
            verdict.violate(
              'I7',
              `all votes for ${action} lie on ${hold.pk} (${by.join(', ')}), and nothing is decided`,
            );
        }
      }
    },
  };
}

/** For the revision and the release that are there now and under the policy in force, of a decision that would let it go. */
function isStanding(vote: Item, hold: Item, policyHash: string): boolean {
  const { release } = Hold.parse(hold);
  const isForIt = vote.execution === (release?.executionId ?? null) && vote.digest === (release?.digest ?? null);
  const isAcceptance = vote.action === 'risk-accepted' || vote.action === 'workaround-accepted';
  return vote.revision === hold.revision && vote.policyHash === policyHash && isForIt && isAcceptance;
}

function linksUsed(writes: readonly Write[]): readonly string[] {
  return writes.flatMap((write) =>
    'update' in write && write.update.pk.startsWith('LINK#') && write.change.set?.used === true
      ? [write.update.pk.slice(5)]
      : [],
  );
}
