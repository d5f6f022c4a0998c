import { recipientsOf } from '../brief/recipients.ts';
import type { SubscriptionFault } from '../brief/subscription.ts';
import type { Hold } from '../hold/hold.ts';
import { changeHold, openHolds } from '../hold/ledger.ts';
import { leaveErrand } from '../hold/outbox.ts';
import type { ClockPort } from '../hold/ports.ts';
import type { Table } from '../hold/table.ts';
import type { PolicyInForce } from '../policy/policy.ts';
import { isReached, type Told, toldAbout } from './told.ts';

export type MissedDeps = { readonly table: Table; readonly clock: ClockPort; readonly policy: PolicyInForce };

/**
 * Orders the brief of each open hold for whoever was told of it while no address of theirs took the message, and confirmed one
 * between two comparisons of the subscriptions. The workflow of the hold sends it.
 */
export async function orderMissed(
  deps: MissedDeps,
  before: readonly SubscriptionFault[],
  now: readonly SubscriptionFault[],
): Promise<void> {
  const confirmed = deafIn(before).filter((personId) => !deafIn(now).includes(personId));
  for (const hold of confirmed.length === 0 ? [] : await openHolds(deps.table)) {
    const told = await toldAbout(deps.table, hold.id);
    const missed = confirmed.filter(
      (personId) => isRecipient(deps.policy, hold, personId) && hasMissed(told, personId),
    );
    for (const personId of missed) await order(deps, hold.id, personId);
  }
}

/** Ids of the people whom no e-mail reaches: each brief goes by e-mail, not each by SMS. */
export function deafIn(faults: readonly SubscriptionFault[]): readonly string[] {
  return faults.flatMap(({ kind, personId, channel }) =>
    personId !== null && channel === 'email' && (kind === 'missing' || kind === 'unconfirmed') ? [personId] : [],
  );
}

/** Whether everything that a person was told left for no address of theirs. */
export function hasMissed(told: readonly Told[], personId: string): boolean {
  const own = told.filter((one) => one.personId === personId);
  return own.length > 0 && !own.some(isReached);
}

function isRecipient(policy: PolicyInForce, hold: Hold, personId: string): boolean {
  const service = policy.services.find(({ name }) => name === hold.service);
  return (
    service !== undefined && recipientsOf(service, policy, hold.level).some(({ person }) => person.id === personId)
  );
}

async function order({ table, clock }: MissedDeps, holdId: string, personId: string): Promise<void> {
  await changeHold(table, holdId, clock.now, (hold) =>
    hold.status === 'closed'
      ? null
      : {
          set: { wantsNotify: true },
          also: [
            { put: { pk: `HOLD#${holdId}`, sk: `MISSED#${personId}`, personId } },
            leaveErrand({ kind: 'callback', holdId }, `missed-${personId}`, clock.now()),
          ],
        },
  );
}
