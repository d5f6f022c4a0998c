import type { Voted } from '../../decision/decide.ts';
import { type OfferedAction, offeredActions } from '../../decision/rules.ts';
import type { Vote } from '../../decision/vote.ts';
import type { Hold } from '../../hold/hold.ts';
import type { PolicyInForce } from '../../policy/policy.ts';
import type { ReceiptView } from '../views.ts';
import { actionNames, labelOf, thenOf } from './action-words.ts';
import { listed, serviceOf } from './names.ts';
import { stillMissing } from './vote-view.ts';

/** What was recorded, what it still needs, what happens next, by when. `votes` are those on the hold after it. */
export function receiptOf(
  { vote, hold, person, isDecided }: Extract<Voted, { status: 'recorded' }>,
  votes: readonly Vote[],
  policy: PolicyInForce,
): ReceiptView {
  const action = offeredActions.find((offered) => offered === vote.action);
  const service = serviceOf(policy, hold.service);
  const missing =
    isDecided || action === undefined || service === null ? [] : stillMissing(action, hold, votes, service, policy);
  return {
    kind: 'receipt',
    person: person.name,
    hold: { code: hold.code, service: hold.service, stage: hold.stage.stage, title: hold.problem.title },
    action: action === undefined ? actionNames[vote.action] : labelOf(action, hold),
    reason: vote.reason,
    at: vote.at,
    missing,
    ...(action === undefined
      ? { next: 'It stays stopped.', by: null }
      : nextOf(action, hold, isDecided, missing, policy)),
  };
}

function nextOf(
  action: OfferedAction,
  hold: Hold,
  isDecided: boolean,
  missing: readonly string[],
  policy: PolicyInForce,
): Pick<ReceiptView, 'next' | 'by'> {
  if (!isDecided) return { next: `${listed(missing)} decides next, through a link of their own.`, by: hold.deadline };
  switch (action) {
    case 'remediation-approved':
    case 'workaround-accepted':
    case 'risk-accepted':
      return { next: `It is verified now. ${thenOf(action, hold, policy)} You are told either way.`, by: null };
    case 'roll-back':
      return { next: `It is carried out now. ${thenOf(action, hold, policy)}`, by: null };
    case 'dispute-confirmed':
    case 'reassess':
      return {
        next: `The findings are judged anew now. ${thenOf(action, hold, policy)} You are told either way.`,
        by: null,
      };
    case 'dispute':
      return { next: 'Security is told and confirms or refuses it. It stays stopped meanwhile.', by: hold.deadline };
    case 'dispute-refused':
      return { next: 'Everybody is told. It stays stopped, and somebody has to decide.', by: hold.deadline };
    case 'change-plan':
      return {
        next: 'Everybody is told the new plan. It stays stopped, and somebody has to decide.',
        by: hold.deadline,
      };
    case 'more-time':
      return {
        next: 'Everybody is told the new time. It stays stopped, and somebody has to decide.',
        by: hold.deadline,
      };
    case 'keep-halted':
      return {
        next: 'Everybody is told, and so is the next level. It stays stopped, and somebody has to decide.',
        by: hold.deadline,
      };
    default:
      return action satisfies never;
  }
}
