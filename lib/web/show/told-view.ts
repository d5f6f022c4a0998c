import { nameOf } from '../../brief/facts.ts';
import { rolesOf } from '../../decision/rules.ts';
import { mayResume } from '../../decision/tell.ts';
import type { Told } from '../../decision/told.ts';
import type { Vote } from '../../decision/vote.ts';
import type { Hold, HoldEvent } from '../../hold/hold.ts';
import type { PolicyInForce } from '../../policy/policy.ts';
import type { ToldView } from '../views.ts';
import { serviceOf } from './names.ts';

/** Everybody who was told of a hold, by the last message that each was sent, in the order in which they first were. */
export function toldViews(
  hold: Hold,
  told: readonly Told[],
  policy: PolicyInForce,
  answers: Answers = { events: [], votes: [] },
): readonly ToldView[] {
  const service = serviceOf(policy, hold.service);
  const last = new Map(told.map((one) => [one.personId, one]));
  return [...last.values()].map((one) => {
    const isReached = one.email || one.sms;
    const before = told.some(({ personId, email, sms }) => personId === one.personId && (email || sms));
    return {
      person: nameOf(policy.people, one.personId),
      roles: service === null ? [] : rolesOf(one.personId, service),
      channels: [one.email ? 'e-mail' : null, one.sms ? 'SMS' : null]
        .filter((channel) => channel !== null)
        .join(' and '),
      at: one.at,
      reached: isReached,
      remark: isReached
        ? silenceOf(hold, one.personId, policy, answers)
        : before
          ? 'an earlier message left, the last one did not'
          : 'no address they confirmed took the message',
    };
  });
}

/** What tells who answered: the timeline and the votes of a hold. */
export type Answers = { readonly events: readonly HoldEvent[]; readonly votes: readonly Vote[] };

/** That somebody who could have let it run gave no vote while a deadline passed; null for everybody else. */
function silenceOf(hold: Hold, personId: string, policy: PolicyInForce, { events, votes }: Answers): string | null {
  const service = serviceOf(policy, hold.service);
  const isLate = events.some(({ kind, actor }) => kind === 'escalated' && actor === 'clock');
  const hasVoted = votes.some((vote) => vote.personId === personId);
  if (service === null || hold.status === 'closed' || hold.decision !== null || !isLate || hasVoted) return null;
  return mayResume(personId, hold, service) ? 'has not answered in time' : null;
}

/** Names of those whose last message left for no address they confirmed. */
export function notReached(told: readonly Told[], policy: PolicyInForce): readonly string[] {
  const last = new Map(told.map((one) => [one.personId, one]));
  return [...last.values()]
    .filter(({ email, sms }) => !(email || sms))
    .map(({ personId }) => nameOf(policy.people, personId));
}
