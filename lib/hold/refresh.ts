import { scanners } from '../finding/finding.ts';
import { type FindingRow, ratingOf, rowsOf, worstFirst } from './finding-row.ts';
import type { Hold } from './hold.ts';
import { changeHold, existingHold } from './ledger.ts';
import { vulnerabilitiesOf } from './open.ts';
import { leaveErrand } from './outbox.ts';
import type { ClockPort } from './ports.ts';
import type { Table } from './table.ts';

/**
 * Makes a hold agree with the findings of its problem: counts them, rates it by the worst open one. A new severity or
 * other worst findings raise the revision and tell everybody; a severity that falls does not: people confirm it.
 */
export async function refreshHold(
  deps: { readonly table: Table; readonly clock: ClockPort },
  holdId: string,
): Promise<Hold> {
  const before = await existingHold(deps.table, holdId);
  if (before.status === 'closed') return before;
  const rows = worstFirst(await rowsOf(deps.table, before.problem.hash)).filter(
    (row) => row.state === 'open' && row.verdict === 'halt',
  );
  return await changeHold(deps.table, holdId, deps.clock.now, (hold) => changeFor(hold, rows, deps.clock));
}

function changeFor(
  hold: Hold,
  rows: readonly FindingRow[],
  clock: ClockPort,
): ReturnType<Parameters<typeof changeHold>[3]> {
  const [worst] = rows;
  if (hold.status === 'closed' || worst === undefined) return null;
  const isWorse = (worst.assessment.score ?? 10) > (hold.assessment.score ?? 10);
  const news = rows.filter((row) => hold.worst.every(({ id }) => id !== row.summary.id));
  const isFuller = rows.length > hold.findings;
  if (!isWorse && !isFuller) return null;
  // What joined after the verification was not looked at: it voids it.
  const raises = isWorse || hold.closing !== null || rows.slice(0, 3).some((row) => news.includes(row));
  const now = clock.now();
  return {
    set: {
      findings: Math.max(rows.length, hold.findings),
      worst: rows.slice(0, 3).map((row) => row.summary),
      problem: { ...hold.problem, vulnerabilities: vulnerabilitiesOf(rows) },
      ...(isWorse
        ? {
            assessment: worst.assessment,
            reasons: worst.reasons,
            ratings: [
              ...hold.ratings,
              ratingOf(worst.assessment, worst.orderedBy ?? scanners[worst.summary.dialect], worst.reason, now),
            ],
          }
        : {}),
    },
    happenings: [
      {
        kind: 'joined',
        actor: 'dispatch',
        data: { findings: rows.length, score: worst.assessment.score, worst: worst.summary.title },
      },
    ],
    ...(raises
      ? {
          raises: true,
          notice: { kind: 'changed', why: isWorse ? 'a worse finding joined' : 'further findings joined' },
          also: [leaveErrand({ kind: 'callback', holdId: hold.id }, `joined-${hold.head.n}`, now)],
        }
      : {}),
  };
}
