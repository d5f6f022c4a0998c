import { msOf } from '../finding/instant.ts';
import type { Hold } from './hold.ts';
import { changeHold } from './ledger.ts';
import { leaveErrand } from './outbox.ts';
import type { ClockPort } from './ports.ts';
import type { Table } from './table.ts';

/** Rounds of waiting after which a workflow ends, to stay far below 25,000 events of history; the sweep starts the next. */
export const roundsMax = 500;

/** What a step tells the workflow: the hold, and how many seconds to wait for people. */
export type StepAnswer = { readonly holdId: string; readonly wait: number };

/** Seconds until the hold's clock acts next: at least 1, at most 7 days. */
export function waitOf(hold: Hold, clock: ClockPort): number {
  const seconds = Math.ceil((msOf(hold.wakeAt) - msOf(clock.now())) / 1000);
  return Math.min(Math.max(seconds, 1), 7 * 86_400);
}

/**
 * Whether a hold has something to verify or to carry on with: also what a workflow that ended on the way had begun, so that
 * its successor finishes it.
 */
export function needsVerify(hold: Hold): boolean {
  return hold.wantsVerify || hold.status === 'closed' || hold.closing !== null || hold.decision?.state === 'verifying';
}

/** The workflow waits: keeps its token, and wakes it at once when something is wanted already. */
export async function awaitDecision(
  deps: { readonly table: Table; readonly clock: ClockPort },
  input: { readonly holdId: string; readonly token: string },
): Promise<void> {
  await changeHold(deps.table, input.holdId, deps.clock.now, (hold) => {
    const isWanted = hold.rounds >= roundsMax || needsVerify(hold) || hold.wantsNotify;
    const errand = leaveErrand(
      { kind: 'callback', holdId: hold.id },
      `await-${hold.attempt}-${hold.rounds}`,
      deps.clock.now(),
    );
    return { set: { token: input.token, rounds: hold.rounds + 1 }, also: isWanted ? [errand] : [] };
  });
}
