import { orderOf, rowSk, rowsOf } from '../hold/finding-row.ts';
import { type OpenDeps, openOrJoin } from '../hold/open.ts';
import type { ClockPort } from '../hold/ports.ts';
import { isStillWaived, type Waived, waivedKey } from '../hold/waived.ts';

/**
 * Ends what a waiver of the policy let pass, once the policy does so no longer: a finding that is still open halts, as if it
 * had been reported now. One that was reported anew since was judged then, and needs nothing. False while the waiver runs.
 */
export async function lapse(deps: OpenDeps & { readonly clock: ClockPort }, waived: Waived): Promise<boolean> {
  const now = deps.clock.now();
  const { policy, table } = deps;
  if (isStillWaived(policy, waived, now)) return false;
  const service = policy.services.find(({ name }) => name === waived.service);
  const isEnforced = service !== undefined && (service.mode ?? policy.mode) === 'enforce';
  const row = (await rowsOf(table, waived.problem)).find(({ summary }) => rowSk(summary.id) === waived.finding);
  if (isEnforced && row?.state === 'open' && orderOf(row) === waived.order) {
    const halting = { ...row, verdict: 'halt' as const, reasons: waived.reasons, updatedAt: now };
    await openOrJoin(deps, [{ problem: waived.problem, service, rows: [halting] }], now);
  }
  await table.transact([{ update: waivedKey(waived), change: { set: { endedAt: now }, remove: ['list', 'at'] } }]);
  return true;
}
