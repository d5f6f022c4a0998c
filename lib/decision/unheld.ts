import { FindingRow } from '../hold/finding-row.ts';
import { type OpenDeps, openOrJoin } from '../hold/open.ts';
import type { ClockPort } from '../hold/ports.ts';
import type { Item } from '../hold/table.ts';
import type { Service } from '../policy/policy.ts';

/**
 * Halts for a finding that was only watched, because it came during an audit, once the policy is enforced: scanners do not
 * report again what did not change. True when it halted.
 */
export async function haltUnheld(
  deps: OpenDeps & { readonly clock: ClockPort },
  service: Service,
  item: Item,
): Promise<boolean> {
  const row = FindingRow.parse(item);
  const isEnforced = (service.mode ?? deps.policy.mode) === 'enforce';
  if (row.state !== 'open' || item.wouldHalt !== true || !isEnforced) return false;
  const problem = item.pk.replace(/^PROBLEM#/, '');
  const rows = [{ ...row, verdict: 'halt' as const }];
  const [opened] = await openOrJoin(deps, [{ problem, service, rows }], deps.clock.now());
  return opened !== undefined && opened.status !== 'stale';
}
