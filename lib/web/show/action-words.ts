import { nameOf, releaseName } from '../../brief/facts.ts';
import { capital } from '../../brief/plain.ts';
import { clockOf } from '../../brief/recipients.ts';
import { scoreInWords } from '../../brief/risk.ts';
import { stepsOf } from '../../decision/roll-back.ts';
import { hasEntered, type OfferedAction } from '../../decision/rules.ts';
import { pendingVerificationFor } from '../../decision/verify.ts';
import { type Action, actions, type Hold } from '../../hold/hold.ts';
import type { PolicyInForce } from '../../policy/policy.ts';
import { differenceOf } from '../../risk/difference.ts';
import { lengthOf } from '../time.ts';
import { listed, serviceOf } from './names.ts';

/** A decision as a noun: in votes, quorums and records. */
export const actionNames = {
  'remediation-approved': 'The fix is in',
  'workaround-accepted': 'Ship with the workaround',
  'risk-accepted': 'Ship and patch later',
  'roll-back': 'Take the change out',
  'more-time': 'More time',
  'keep-halted': 'Keep it stopped',
  dispute: 'Dispute the score',
  'dispute-confirmed': 'Confirm the changed score',
  'dispute-refused': 'Refuse the changed score',
  reassess: 'Rate it anew',
  'change-plan': 'Change the plan',
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
  'dispute-confirmed': 'confirm the changed score',
  'dispute-refused': 'refuse the changed score',
  reassess: 'rate it anew',
  'change-plan': 'change the plan',
} as const satisfies Record<Action, string>;

/** The action of this name; null for a name that is none. */
export function actionNamed(name: unknown): Action | null {
  return actions.find((action) => action === name) ?? null;
}

/** A choice on the decision page, by what can end the hold. */
export function labelOf(action: OfferedAction, hold: Hold): string {
  switch (action) {
    case 'workaround-accepted':
      return hold.plan.workaround === undefined
        ? actionNames[action]
        : `${actionNames[action]}: ${hold.plan.workaround}`;
    case 'roll-back':
      return hasEntered(hold) ? `Roll ${hold.stage.stage} back` : takenOut(hold);
    case 'dispute-confirmed':
    case 'dispute-refused':
      return `${actionNames[action]}: ${hold.dispute === null ? '' : ratedIn(hold.dispute)}`;
    case 'remediation-approved':
      return remediationLabels[hold.evidence];
    default:
      return actionNames[action];
  }
}

const remediationLabels = {
  'before-stage': 'The fix is in: resume when the scan shows it',
  'behind-stage': 'The fix is in one release: let that one pass',
  ordered: 'I attest that the fix is in: let the release I name pass',
} as const satisfies Record<Hold['evidence'], string>;

function takenOut({ release }: Hold): string {
  return release === null
    ? actionNames['roll-back']
    : `${actionNames['roll-back']}: stop ${releaseName(release)} and revert it`;
}

function ratedIn({ score, severity }: NonNullable<Hold['dispute']>): string {
  return scoreInWords(score, severity);
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
    case 'roll-back':
      return afterRollBack(hold);
    case 'dispute-confirmed':
      return `${hold.dispute === null ? '' : `${capital(differenceOf(hold.ratings.at(-1) ?? hold.dispute, hold.dispute))}. `}It is judged anew under it: where the policy no longer halts, ${hold.stage.stage} opens, decided by you; else the new score counts and it stays stopped.`;
    case 'dispute-refused':
      return `The score stays as it is, and both stay on the record with your reason. It stays stopped.${endsEarlier(hold)}`;
    case 'dispute':
      return `Someone of security confirms or refuses your vector; both scores stay on the record. It stays stopped meanwhile.${endsEarlier(hold)}`;
    case 'reassess':
      return `A vector that is as bad or worse counts at once; a milder one waits for someone else of security. It stays stopped.${endsEarlier(hold)}`;
    case 'change-plan':
      return `What you leave empty stays as planned. Everybody is told, and votes for the plan of before count no more.${endsEarlier(hold)}`;
    case 'more-time':
      return `The time to decide is extended and everybody is told. It stays stopped.${endsEarlier(hold)}`;
    case 'keep-halted':
      return `Recorded with your reason; it stays stopped${nextLevel(hold, policy)}.${endsEarlier(hold)}`;
    default:
      return action satisfies never;
  }
}

function afterRollBack(hold: Hold): string {
  const { stage } = hold.stage;
  if (!hasEntered(hold))
    return `The release is stopped and does not enter ${stage}; what runs there is untouched. It stays stopped until the revert, or a fix, is scanned clean.`;
  const to = hold.wayBack?.to ?? null;
  if (hold.wayBack === null)
    return `Nobody looked yet where ${stage} can go back to: open this page again in a minute.`;
  if (to === null) return `${capital(stepsOf(hold))}.`;
  const name = to.commit?.slice(0, 7) ?? to.executionId.slice(0, 8);
  return `${stage} goes back to release ${name}${to.startedAt === null ? '' : ` of ${to.startedAt.slice(0, 10)}`}. ${broughtBack(to.brings)} What came since is lost, and so are logs and memory of what runs: keep them first. It stays stopped until evidence.`;
}

/** What a rollback brings back with it. */
function broughtBack(brings: readonly string[] | null): string {
  if (brings === null) return 'Which flaws that brings back is not known: its image is not scanned.';
  if (brings.length === 0) return 'The scanner sees no open finding on its image.';
  return `That brings back what the scanner sees on its image: ${listed(brings.slice(0, 5))}${brings.length > 5 ? ` and ${brings.length - 5} more` : ''}.`;
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
  return hold.decision === null || hold.decision.state === 'carried-out'
    ? ''
    : ' It replaces the decision that is being carried out now.';
}
