import { nameOf } from '../brief/facts.ts';
import { untrusted } from '../finding/untrusted.ts';
import { type FindingRow, ratingOf, rowsOf } from '../hold/finding-row.ts';
import type { Closing, Decision, Dispute, Hold, Rating, Reassessment } from '../hold/hold.ts';
import type { HoldChange } from '../hold/ledger.ts';
import { aboutOf, type Court, courtOf, judgedAnew, raterOf, reassessmentOf } from '../hold/reassess.ts';
import { differenceOf } from '../risk/difference.ts';
import { disputeNews } from './effect.ts';
import { closedAtSource, type EvidenceDeps } from './evidence.ts';

/** What a severity that security vouches for does: it counts, it ends the hold, it waits for a second person, or not yet. */
export type Reassessed =
  | { readonly result: 'done'; readonly change: HoldChange }
  | { readonly result: 'attested'; readonly closing: Closing; readonly change: HoldChange }
  | { readonly result: 'unproved' | 'refuted'; readonly why: string };

/**
 * Security confirmed a dispute, or that the scanner's own severity fell. Every finding is judged anew by the policy under it:
 * where none halts any more the hold ends as not affected, by this decision of a named person; else the new severity counts.
 */
export async function confirmDispute(deps: EvidenceDeps, hold: Hold, decision: Decision): Promise<Reassessed> {
  const { dispute } = hold;
  const { people } = deps.policy;
  const court = courtOf(deps.policy, hold, await deps.intelligence());
  if (dispute === null || dispute.state !== 'open' || court === null)
    return { result: 'refuted', why: 'there is no dispute to confirm any more' };
  const reassessed = [...hold.reassessed, ...reassessmentIn(dispute)];
  const rows = judgedRows(await rowsOf(deps.table, hold.problem.hash), reassessed, court);
  const [confirmedBy = ''] = decision.by;
  const change = ratedChange(hold, dispute, { rows, reassessed, confirmedBy });
  const standing = rows.filter((row) => stands(row, hold));
  if (standing.some((row) => row.state !== 'closed')) {
    return dispute.origin === 'scanner'
      ? { result: 'refuted', why: 'by the policy the findings halt the stage again' }
      : { result: 'done', change };
  }
  // What the scanner closed meanwhile counts as gone only as it always does: closed at its source, on what was scanned since.
  const closed = standing.length === 0 ? null : await closedAtSource(deps, hold, standing, null);
  if (closed !== null && !closed.gone) return { result: 'unproved', why: closed.missing };
  const difference = differenceOf(hold.ratings.at(-1) ?? dispute, dispute);
  const because = `${difference}; by the policy it no longer halts (brought by ${nameOf(people, dispute.author)}, confirmed by ${nameOf(people, confirmedBy)})`;
  return { result: 'attested', closing: { outcome: 'not-affected', release: null, because, waiver: null }, change };
}

/**
 * Someone of security rates it anew. A severity that is at least as bad counts at once. A milder one, or one under which the
 * policy would no longer halt, becomes a dispute: nobody lowers a severity alone.
 */
export async function reassess(deps: EvidenceDeps, hold: Hold, decision: Decision): Promise<Reassessed> {
  const court = courtOf(deps.policy, hold, await deps.intelligence());
  const [by = ''] = decision.by;
  const [worst] = hold.worst;
  if (court === null || worst === undefined)
    return { result: 'refuted', why: 'the policy no longer knows this service' };
  const { vector = '' } = decision.fields;
  const about = aboutOf(worst);
  const reassessed = [...hold.reassessed, { about, vector, by, at: decision.at }];
  const rows = judgedRows(await rowsOf(deps.table, hold.problem.hash), reassessed, court);
  const row = rows.find(({ summary }) => aboutOf(summary) === about);
  if (row === undefined) return { result: 'refuted', why: 'the finding that it is about is not in the ledger' };
  const rating = ratingOf(row.assessment, by, untrusted(decision.reason), decision.at);
  const dispute: Dispute = { ...rating, vector, origin: 'security', about, state: 'open' };
  const isMilder = (rating.score ?? 10) < (hold.ratings.at(-1)?.score ?? 10) || row.verdict !== 'halt';
  if (!isMilder) return { result: 'done', change: ratedChange(hold, dispute, { rows, reassessed, confirmedBy: null }) };
  return { result: 'done', change: { set: { dispute, decision: null }, ...disputeNews(hold, dispute) } };
}

function reassessmentIn({ origin, about, vector, author, at }: Dispute): readonly Reassessment[] {
  return origin === 'scanner' || vector === null ? [] : [{ about, vector, by: author, at }];
}

/** All rows as the policy judges them now, the open ones first and worst first. */
function judgedRows(
  rows: readonly FindingRow[],
  reassessed: readonly Reassessment[],
  court: Court,
): readonly FindingRow[] {
  return rows
    .map((row) => judgedAnew(row, reassessmentOf(row.summary, reassessed), court))
    .toSorted((a, b) => b.rank - a.rank);
}

/** Whether a finding still stands in the way: it halts, and was not gone before this hold was opened. Suppressed is not gone. */
function stands(row: FindingRow, hold: Hold): boolean {
  return row.verdict === 'halt' && (row.state !== 'closed' || row.updatedAt >= hold.openedAt);
}

/** The new severity on the hold: its rating after all earlier ones, and the assessment of what is worst now. */
function ratedChange(
  hold: Hold,
  dispute: Dispute,
  after: {
    readonly rows: readonly FindingRow[];
    readonly reassessed: readonly Reassessment[];
    readonly confirmedBy: string | null;
  },
): HoldChange {
  const { author, reason, at, about, vector } = dispute;
  const { rows, reassessed, confirmedBy } = after;
  const own = rows.find(({ summary }) => aboutOf(summary) === about);
  const above = rows.filter(({ state, verdict }) => state === 'open' && verdict === 'halt');
  const [worst = own] = above;
  const judged = own === undefined ? dispute : ratingOf(own.assessment, author, reason, at);
  const rating: Rating = {
    ...{ severity: judged.severity, score: judged.score, vector: vector ?? judged.vector, author, reason, at },
    ...(confirmedBy === null ? {} : { confirmedBy }),
  };
  const next =
    worst === undefined || worst === own ? [] : [ratingOf(worst.assessment, raterOf(worst), worst.reason, at)];
  const difference = differenceOf(hold.ratings.at(-1) ?? rating, rating);
  return {
    set: {
      decision: null,
      dispute: null,
      reassessed,
      ratings: [...hold.ratings, rating, ...next],
      ...(worst === undefined ? {} : { assessment: worst.assessment, reasons: worst.reasons }),
      ...(above.length === 0 ? {} : { worst: above.slice(0, 3).map(({ summary }) => summary) }),
    },
    happenings: [
      {
        kind: 'rated',
        actor: author,
        data: {
          score: rating.score,
          severity: rating.severity,
          vector: rating.vector,
          reason,
          difference,
          confirmedBy,
        },
      },
    ],
    raises: true,
    notice: { kind: 'rated', by: author, difference },
  };
}
