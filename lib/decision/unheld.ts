import { FindingRow, orderOf } from '../hold/finding-row.ts';
import { stageKeyOf } from '../hold/hold.ts';
import type { IntakeDeps } from '../hold/intake.ts';
import { type OpenDeps, openOrJoin } from '../hold/open.ts';
import type { ClockPort } from '../hold/ports.ts';
import { asksForOrigin, introducedBy } from '../hold/production.ts';
import { type Court, isListedSince, judgedUnder } from '../hold/reassess.ts';
import type { Item } from '../hold/table.ts';
import { keepWaived } from '../hold/waived.ts';
import { waivedHalt } from '../policy/judged.ts';
import type { Service } from '../policy/policy.ts';

type UnheldDeps = OpenDeps & Pick<IntakeDeps, 'production'> & { readonly clock: ClockPort };

/**
 * Halts for a finding that was only watched and is above the line now: it came during an audit and the policy is enforced, or
 * CISA lists its vulnerability since, or it became known that the release that waits introduces it. Scanners do not report again what did not change. True when it halted.
 */
export async function haltUnheld(deps: UnheldDeps, service: Service, item: Item): Promise<boolean> {
  const row = FindingRow.parse(item);
  if (row.state !== 'open') return false;
  const court = { policy: deps.policy, service, intelligence: await deps.intelligence() };
  const introduced = await introducedNow(deps, service, row);
  const isKnownSince = introduced !== null && introduced !== (item.introduced ?? null);
  if (isKnownSince || isListedSince(row, court))
    return await judgeAnew(deps, { court: { ...court, introduced }, item, row });
  const isEnforced = (service.mode ?? deps.policy.mode) === 'enforce';
  return item.wouldHalt === true && isEnforced && (await halt(deps, court, item, row));
}

type Watched = { readonly court: Court; readonly item: Item; readonly row: FindingRow };

/** What halts now halts first; what stays watched is kept as it was judged, so that the next pass has nothing to do. */
async function judgeAnew(deps: UnheldDeps, { court, item, row }: Watched): Promise<boolean> {
  const judged = judgedUnder(row.finding, null, court);
  const { assessment, verdict } = judged;
  // Never below the rank that it has: the ledger would take it for an older report.
  const rank = Math.max(row.rank, assessment.score ?? 10);
  const summary = { ...row.summary, score: assessment.score, severity: assessment.severity };
  const anew: FindingRow = { ...row, assessment, rank, summary, reasons: verdict.reasons };
  if (verdict.verdict === 'halt' && (await halt(deps, court, item, anew))) return true;
  const waived = waivedHalt(judged);
  const order = orderOf(anew);
  await deps.table.transact([
    {
      put: { ...item, ...anew, order, introduced: court.introduced ?? null, wouldHalt: verdict.wouldHalt },
      when: { equals: ['order', orderOf(row)] },
    },
    ...(waived === null ? [] : [keepWaived(problemIn(item), anew, waived.waiver, waived.reasons)]),
  ]);
  return false;
}

/** Only a policy that asks for it has production looked up. */
async function introducedNow(deps: UnheldDeps, service: Service, row: FindingRow): Promise<boolean | null> {
  if (!asksForOrigin(deps.policy)) return null;
  const stage = stageKeyOf(service.pipeline);
  return introducedBy(row.finding, stage, await deps.production(stage));
}

async function halt(deps: UnheldDeps, { service }: Court, item: Item, row: FindingRow): Promise<boolean> {
  const opening = { problem: problemIn(item), service, rows: [{ ...row, verdict: 'halt' as const }] };
  const [opened] = await openOrJoin(deps, [opening], deps.clock.now());
  return opened?.status === 'opened' || opened?.status === 'joined';
}

function problemIn({ pk }: Item): string {
  return pk.replace(/^PROBLEM#/, '');
}
