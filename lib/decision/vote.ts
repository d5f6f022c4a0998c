import { z } from 'zod';
import { Instant } from '../finding/instant.ts';
import { actions } from '../hold/hold.ts';
import type { HoldChange } from '../hold/ledger.ts';
import { leaveErrand } from '../hold/outbox.ts';
import type { Table, Write } from '../hold/table.ts';
import type { PolicyInForce } from '../policy/policy.ts';
import { agreedFields, countedVotes, type Matter } from './agreement.ts';
import { effects } from './effect.ts';
import { isQuorum, type OfferedAction, ruleOf } from './rules.ts';

/** One person's part in a decision, on one revision of one hold. */
export type Vote = z.infer<typeof Vote>;
export const Vote = z.object({
  personId: z.string(),
  action: z.enum(actions),
  revision: z.number().int(),
  reason: z.string(),
  fields: z.record(z.string(), z.string()),
  /** How the person proved to be who they are. */
  factor: z.enum(['code', 'totp', 'signed-in']),
  at: Instant,
  /** Under which policy, for which release, and on which facts as shown (hashes; the release is null where none was known). */
  policyHash: z.string(),
  execution: z.string().nullable(),
  digest: z.string().nullable(),
  shown: z.string(),
});

/** All votes on a hold, on every revision, oldest revision first. */
export async function votesOn(table: Table, holdId: string): Promise<readonly Vote[]> {
  return (await table.query(`HOLD#${holdId}`, 'VOTE#')).map((item) => Vote.parse(item));
}

/** The write that keeps a vote; a later vote of the person on the same revision replaces it, the events keep both. */
export function keepVote(holdId: string, vote: Vote): Write {
  const sk = `VOTE#${String(vote.revision).padStart(5, '0')}#${vote.personId}`;
  return { put: { pk: `HOLD#${holdId}`, sk, ...vote } };
}

/** What a vote does to its hold. `isDecided`: it was the last one of its quorum. */
export type Effect = { readonly change: HoldChange; readonly isDecided: boolean };

/**
 * What a vote does to its hold: with the last vote of the quorum the decision. Decisions that leave the hold open take
 * effect here and raise the revision; those that may end it, or touch the pipeline, are verified by the workflow first.
 */
export function effectOf(
  vote: Vote,
  action: OfferedAction,
  others: readonly Vote[],
  matter: Matter,
  policy: PolicyInForce,
): Effect {
  const { hold } = matter;
  const votes = [
    ...others.filter(({ personId, revision }) => personId !== vote.personId || revision !== vote.revision),
    vote,
  ];
  const counted = countedVotes(votes, action, matter, vote);
  const { reason, revision } = vote;
  const voted = { kind: 'voted', actor: vote.personId, data: { action, reason, revision, ...vote.fields } } as const;
  const also = [keepVote(hold.id, vote)];
  if (!isQuorum(ruleOf(action, hold), counted.voters))
    return { change: { happenings: [voted], also }, isDecided: false };
  const by = counted.voters.map(({ person }) => person);
  const voids = hold.decision === null || hold.decision.state === 'carried-out' ? null : hold.decision.action;
  const decided = { kind: 'decided', actor: vote.personId, data: { action, by: by.join(', '), voids } } as const;
  const errand = leaveErrand({ kind: 'callback', holdId: hold.id }, `decided-${hold.head.n + 2}`, vote.at);
  const effect = effects[action]({
    hold,
    vote,
    by,
    fields: agreedFields(counted.votes),
    action,
    service: matter.service,
    policy,
  });
  return {
    change: { ...effect, happenings: [voted, decided, ...(effect.happenings ?? [])], also: [...also, errand] },
    isDecided: true,
  };
}
