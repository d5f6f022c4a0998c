import { z } from 'zod';
import { Instant, later } from '../finding/instant.ts';
import { type Action, actions, type Hold } from '../hold/hold.ts';
import { type HoldChange, nextWake } from '../hold/ledger.ts';
import { leaveErrand } from '../hold/outbox.ts';
import type { Table, Write } from '../hold/table.ts';
import type { Clock, Person, Service } from '../policy/policy.ts';
import { type ActionRule, isQuorum, type OfferedAction, rolesOf, ruleOf } from './rules.ts';

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
});

/** The end of a day in UTC, written as `2026-12-31`; null when it is no day. */
export function endOf(day: string): Instant | null {
  const parsed = Instant.safeParse(`${day.trim()}T23:59:59.999Z`);
  return parsed.success ? parsed.data : null;
}

/** All votes on a hold, on every revision, oldest revision first. */
export async function votesOn(table: Table, holdId: string): Promise<readonly Vote[]> {
  return (await table.query(`HOLD#${holdId}`, 'VOTE#')).map((item) => Vote.parse(item));
}

/** The write that keeps a vote; a later vote of the person on the same revision replaces it, the events keep both. */
export function keepVote(holdId: string, vote: Vote): Write {
  const sk = `VOTE#${String(vote.revision).padStart(5, '0')}#${vote.personId}`;
  return { put: { pk: `HOLD#${holdId}`, sk, ...vote } };
}

/** The votes that count together: for one action on one revision, by people who still have a part in the service. */
export function countedVotes(
  votes: readonly Vote[],
  action: Action,
  revision: number,
  service: Service,
): readonly { readonly person: string; readonly roles: ReturnType<typeof rolesOf> }[] {
  return votes
    .filter((vote) => vote.action === action && vote.revision === revision)
    .map((vote) => ({ person: vote.personId, roles: rolesOf(vote.personId, service) }));
}

/**
 * What a vote does to its hold: with the last vote of the quorum the decision. Decisions that leave the hold open take
 * effect here and raise the revision; one that resumes is verified by the workflow first.
 */
export function changeByVote(
  hold: Hold,
  action: OfferedAction,
  vote: Vote,
  others: readonly Vote[],
  setting: { readonly service: Service; readonly clock: Clock; readonly person: Person },
): HoldChange {
  const rule = ruleOf(action, hold);
  const votes = [
    ...others.filter(({ personId, revision }) => personId !== vote.personId || revision !== vote.revision),
    vote,
  ];
  const counted = countedVotes(votes, action, hold.revision, setting.service);
  const voted = {
    kind: 'voted',
    actor: vote.personId,
    data: { action, reason: vote.reason, revision: vote.revision, ...vote.fields },
  } as const;
  const also = [keepVote(hold.id, vote)];
  if (!isQuorum(rule, counted)) return { happenings: [voted], also };
  const decided = {
    kind: 'decided',
    actor: vote.personId,
    data: { action, by: counted.map(({ person }) => person).join(', ') },
  } as const;
  const errand = leaveErrand({ kind: 'callback', holdId: hold.id }, `decided-${hold.head.n + 2}`, vote.at);
  const effect = effectOf(
    hold,
    action,
    vote,
    rule,
    counted.map(({ person }) => person),
    setting.clock,
  );
  return { ...effect, happenings: [voted, decided], also: [...also, errand] };
}

function effectOf(
  hold: Hold,
  action: OfferedAction,
  vote: Vote,
  rule: ActionRule,
  by: readonly string[],
  clock: Clock,
): Pick<HoldChange, 'set' | 'raises' | 'notice'> {
  switch (action) {
    case 'remediation-approved':
    case 'workaround-accepted':
    case 'risk-accepted': {
      // What is accepted is accepted for one release: the one that this vote saw.
      const seen = action === 'remediation-approved' ? [] : [['execution', hold.release?.executionId ?? ''] as const];
      const fields = Object.fromEntries([
        ...rule.fields.map((name) => [name, vote.fields[name] ?? ''] as const),
        ...seen,
      ]);
      const { reason, at } = vote;
      const decision = { action, revision: hold.revision, by, at, reason, fields, state: 'verifying' } as const;
      return { set: { decision, wantsVerify: true } };
    }
    case 'more-time': {
      const hours = Number(vote.fields.hours);
      const deadline = later(hold.deadline > vote.at ? hold.deadline : vote.at, hours * 3_600_000);
      return {
        set: { deadline, wakeAt: nextWake(vote.at, clock.remind, deadline), decision: null },
        raises: true,
        notice: { kind: 'more-time', hours, by: vote.personId },
      };
    }
    case 'keep-halted':
      return {
        set: { decision: null, level: hold.level + 1, wakeAt: nextWake(vote.at, clock.remind, hold.deadline) },
        raises: true,
        notice: { kind: 'kept-halted', by: vote.personId, reason: vote.reason },
      };
    default:
      return action satisfies never;
  }
}
