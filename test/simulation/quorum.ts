import type { Role } from '../../lib/policy/policy.ts';
import { voters } from './world-policy.ts';

/** What a decision is about, as far as its quorum depends on it. */
export type Matter = { readonly evidence: string; readonly author: string | null };

/** Leaves the hold open: nothing is let go, so its author may vote and an unknown author needs nobody more. */
const keepsHalted: readonly string[] = [
  ...['more-time', 'keep-halted', 'change-plan', 'reassess', 'roll-back'],
  ...['dispute', 'dispute-refused'],
];

/**
 * Whether these people may take a decision together: the table of the architecture (§8) once more, written for the
 * simulator alone, so that a mistake in lib/decision does not hide itself.
 */
export function isQuorum(action: string, people: readonly string[], { evidence, author }: Matter): boolean {
  const letsGo = !keepsHalted.includes(action);
  if (letsGo && author !== null && people.includes(author)) return false;
  const seats = seatsOf(action, evidence);
  const isFlawLetGo = action === 'risk-accepted' || action === 'workaround-accepted' || isAttested(action, evidence);
  return canSit(isFlawLetGo && author === null ? [...seats, ['security']] : seats, people);
}

function seatsOf(action: string, evidence: string): readonly (readonly Role[])[] {
  switch (action) {
    case 'remediation-approved':
      return [evidence === 'ordered' ? ['security'] : ['release-manager', 'security']];
    case 'workaround-accepted':
      return [['release-manager'], ['security']];
    case 'risk-accepted':
      return [['risk-owner'], ['release-manager', 'security']];
    case 'roll-back':
      return [['release-manager']];
    case 'more-time':
      return [['release-manager', 'security', 'developer']];
    case 'keep-halted':
      return [['release-manager', 'security']];
    case 'dispute':
      return [['developer']];
    case 'change-plan':
      return [['security', 'developer']];
    case 'reassess':
    case 'dispute-confirmed':
    case 'dispute-refused':
      return [['security']];
    default:
      return [[]];
  }
}

function isAttested(action: string, evidence: string): boolean {
  return action === 'remediation-approved' && evidence !== 'before-stage';
}

/** Whether different people can take all seats. */
function canSit(seats: readonly (readonly Role[])[], people: readonly string[]): boolean {
  const [seat, ...others] = seats;
  if (seat === undefined) return true;
  return people.some((one) => {
    const role = Object.entries(voters).find(([person]) => person === one)?.[1];
    return (
      role !== undefined &&
      seat.includes(role) &&
      canSit(
        others,
        people.filter((person) => person !== one),
      )
    );
  });
}
