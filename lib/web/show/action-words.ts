import { releaseName } from '../../brief/facts.ts';
import { clockOf } from '../../brief/recipients.ts';
import type { OfferedAction } from '../../decision/rules.ts';
import { pendingVerificationFor } from '../../decision/verify.ts';
import type { Action, Hold } from '../../hold/hold.ts';
import type { PolicyInForce } from '../../policy/policy.ts';
import { lengthOf } from '../time.ts';
import { listed, nameOf, serviceOf } from './names.ts';

/** A decision as a noun: in votes, quorums and records. */
export const actionNames = {
  'remediation-approved': 'The fix is in',
  'workaround-accepted': 'Ship with the workaround',
  'risk-accepted': 'Ship and patch later',
  'roll-back': 'Take the change out',
  'more-time': 'More time',
  'keep-halted': 'Keep it stopped',
  dispute: 'Dispute the score',
  'dispute-confirmed': 'Confirm the score',
  'dispute-refused': 'Refuse the dispute',
} as const satisfies Record<Action, string>;

/** A decision as what somebody votes to do. */
export const actionVerbs = {
  'remediation-approved': 'approve the remediation',
  'workaround-accepted': 'ship with the workaround',
  'risk-accepted': 'ship and patch later',
  'roll-back': 'take the change out',
  'more-time': 'give more time',
  'keep-halted': 'keep it stopped',
  dispute: 'dispute the score',
  'dispute-confirmed': 'confirm the score',
  'dispute-refused': 'refuse the dispute',
} as const satisfies Record<Action, string>;

/** The action of this name; null for a name that is none. */
export function actionNamed(name: unknown): Action | null {
  const names: readonly Action[] = [
    'remediation-approved',
    'workaround-accepted',
    'risk-accepted',
    'roll-back',
    'more-time',
    'keep-halted',
    'dispute',
    'dispute-confirmed',
    'dispute-refused',
  ];
  return names.find((action) => action === name) ?? null;
}

/** A choice on the decision page, by what can end the hold. */
export function labelOf(action: OfferedAction, hold: Hold): string {
  if (action === 'workaround-accepted' && hold.plan.workaround !== undefined)
    return `${actionNames[action]}: ${hold.plan.workaround}`;
  if (action !== 'remediation-approved') return actionNames[action];
  switch (hold.evidence) {
    case 'before-stage':
      return 'The fix is in: resume when the scan shows it';
    case 'behind-stage':
      return 'The fix is in one release: let that one pass';
    case 'ordered':
      return 'I attest that the fix is in: let the release I name pass';
    default:
      return hold.evidence satisfies never;
  }
}

/** What happens after a decision of this kind, in a sentence or two. */
export function thenOf(action: OfferedAction, hold: Hold, policy: PolicyInForce): string {
  switch (action) {
    case 'remediation-approved':
      return afterRemediation(hold);
    case 'workaround-accepted':
      return `${letsGo(hold)} At the end of the day you name ${hold.stage.stage} is halted again, unless it is fixed.`;
    case 'risk-accepted':
      return `${letsGo(hold)} The flaw goes with it: at the end of the day you name ${hold.stage.stage} is halted again, unless it is fixed.`;
    case 'more-time':
      return `The time to decide is extended and everybody is told. It stays stopped.${endsEarlier(hold)}`;
    case 'keep-halted':
      return `Recorded with your reason; it stays stopped${nextLevel(hold, policy)}.${endsEarlier(hold)}`;
    default:
      return action satisfies never;
  }
}

function afterRemediation(hold: Hold): string {
  const { stage } = hold.stage;
  switch (hold.evidence) {
    case 'before-stage':
      return `${stage} opens when a scan of the release that waits shows that the flaw is gone, and not before.`;
    case 'behind-stage':
      return `Only the release you name may enter ${stage}, once it waits there. A scan has to show the fix within ${lengthOf(pendingVerificationFor)}, or ${stage} is halted again.`;
    case 'ordered':
      return `${stage} opens once the release you name waits there. No scanner checks it: your word is the evidence.`;
    default:
      return hold.evidence satisfies never;
  }
}

/** What an acceptance lets go: one release by name, and no other. */
function letsGo({ release, stage }: Hold): string {
  return release === null
    ? `No release waits yet: it lets the next one that does enter ${stage.stage}, and no other.`
    : `Release ${releaseName(release)} may pass into ${stage.stage}, and no other.`;
}

function nextLevel(hold: Hold, policy: PolicyInForce): string {
  const service = serviceOf(policy, hold.service);
  const level = (service === null ? policy.clock : clockOf(service, policy)).escalate[hold.level] ?? [];
  return level.length === 0 ? '' : `, and ${listed(level.map((id) => nameOf(policy.people, id)))} hear of it too`;
}

function endsEarlier(hold: Hold): string {
  return hold.decision === null ? '' : ' It replaces the decision that is being carried out now.';
}
