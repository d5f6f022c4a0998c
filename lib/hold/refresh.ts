import type { Instant } from '../finding/instant.ts';
import { untrusted } from '../finding/untrusted.ts';
import type { PolicyInForce } from '../policy/policy.ts';
import { differenceOf } from '../risk/difference.ts';
import type { Intelligence } from '../risk/known-exploited.ts';
import { type FindingRow, ratingOf, rowsOf, worstFirst } from './finding-row.ts';
import type { Dispute, Hold } from './hold.ts';
import { changeHold, existingHold, type HoldChange } from './ledger.ts';
import { exploitedIn, vulnerabilitiesOf } from './open.ts';
import { leaveErrand } from './outbox.ts';
import type { ClockPort } from './ports.ts';
import { aboutOf, courtOf, raterOf, reassessedRows } from './reassess.ts';
import type { Table } from './table.ts';

export type RefreshDeps = {
  readonly table: Table;
  readonly clock: ClockPort;
  readonly policy: PolicyInForce;
  readonly intelligence: () => Promise<Intelligence>;
};

/**
 * Makes a hold agree with the findings of its problem: counts them, rates it by the worst open one. A new severity or
 * other worst findings raise the revision and tell everybody. A severity that falls below the line by itself changes nothing
 * yet: it becomes a dispute, which security confirms or refuses.
 */
export async function refreshHold(deps: RefreshDeps, holdId: string): Promise<Hold> {
  const before = await existingHold(deps.table, holdId);
  if (before.status === 'closed') return before;
  const rows = await rowsOf(deps.table, before.problem.hash);
  const court = courtOf(deps.policy, before, await deps.intelligence());
  return await changeHold(deps.table, holdId, deps.clock.now, (hold) => {
    const now = deps.clock.now();
    const open = reassessedRows(rows, hold.reassessed, court).filter((row) => row.state === 'open');
    const above = open.filter((row) => row.verdict === 'halt');
    return above.length > 0 ? changeFor(hold, worstFirst(above, hold.worst), now) : fallOf(hold, open, now);
  });
}

function changeFor(hold: Hold, rows: readonly FindingRow[], now: Instant): HoldChange | null {
  const [worst] = rows;
  if (hold.status === 'closed' || worst === undefined) return null;
  const isWorse = (worst.assessment.score ?? 10) > (hold.assessment.score ?? 10);
  const news = rows.filter((row) => hold.worst.every(({ id }) => id !== row.summary.id));
  const isFuller = rows.length > hold.findings;
  // What the scanner took back it rates above the line again.
  const isBack = hold.dispute?.origin === 'scanner' && hold.dispute.state === 'open';
  const isNoMilder = (worst.assessment.score ?? 10) >= (hold.assessment.score ?? 10);
  const exploited = exploitedIn(rows).filter((id) => !hold.exploited.includes(id));
  const isExploited = exploited.length > 0;
  if (!isWorse && !isFuller && !isBack && !isExploited) return null;
  // What joined after the verification was not looked at: it voids it.
  const raises =
    isWorse || isBack || isExploited || hold.closing !== null || rows.slice(0, 3).some((row) => news.includes(row));
  return {
    set: {
      findings: Math.max(rows.length, hold.findings),
      worst: rows.slice(0, 3).map((row) => row.summary),
      problem: { ...hold.problem, vulnerabilities: vulnerabilitiesOf(rows) },
      ...(isBack ? { dispute: null } : {}),
      ...(isExploited ? { exploited: [...hold.exploited, ...exploited] } : {}),
      ...(isWorse || (isExploited && isNoMilder) ? { assessment: worst.assessment, reasons: worst.reasons } : {}),
      ...(isWorse
        ? {
            ratings: [...hold.ratings, ratingOf(worst.assessment, raterOf(worst), worst.reason, now)],
          }
        : {}),
    },
    happenings: [
      {
        kind: 'joined',
        actor: 'dispatch',
        data: {
          findings: rows.length,
          score: worst.assessment.score,
          worst: worst.summary.title,
          ...(isExploited ? { exploited: exploited.slice(0, 5).join(', ') } : {}),
        },
      },
    ],
    ...(raises ? tellOf(hold, { kind: 'changed', why: whyOf({ isWorse, isBack, isExploited }) }, now) : {}),
  };
}

function whyOf(news: { readonly isWorse: boolean; readonly isBack: boolean; readonly isExploited: boolean }): string {
  if (news.isExploited) return 'its flaw is now known to be exploited';
  if (news.isWorse) return 'a worse finding joined';
  return news.isBack ? 'the scanner rates it above the line again' : 'further findings joined';
}

/** The scanner's own data fell below the line: said once for each severity that it falls to, and never instead of a person's dispute. */
function fallOf(hold: Hold, open: readonly FindingRow[], now: Instant): HoldChange | null {
  const [worst] = open;
  const { dispute } = hold;
  if (hold.status === 'closed' || hold.closing !== null || worst === undefined) return null;
  if (dispute !== null && dispute.origin !== 'scanner' && dispute.state === 'open') return null;
  const fall = fallTo(worst, now);
  if (dispute?.origin === 'scanner' && dispute.score === fall.score && dispute.vector === fall.vector) return null;
  const difference = differenceOf(hold.ratings.at(-1) ?? fall, fall);
  const { score, severity, vector, reason } = fall;
  return {
    set: { dispute: fall, decision: null },
    happenings: [{ kind: 'disputed', actor: fall.author, data: { score, severity, vector, difference, reason } }],
    ...tellOf(hold, { kind: 'disputed', by: fall.author, difference, reason }, now),
  };
}

function fallTo(worst: FindingRow, now: Instant): Dispute {
  const reason = untrusted(
    `by the policy it no longer halts: ${worst.reasons.map(({ because }) => because).join(', ') || 'no rule matches'}`,
  );
  const rating = ratingOf(worst.assessment, raterOf(worst), reason, now);
  return { ...rating, origin: 'scanner', about: aboutOf(worst.summary), state: 'open' };
}

function tellOf(hold: Hold, notice: Hold['notice']['occasion'], now: Instant): HoldChange {
  const errand = leaveErrand({ kind: 'callback', holdId: hold.id }, `joined-${hold.head.n}`, now);
  return { raises: true, notice, also: [errand] };
}
