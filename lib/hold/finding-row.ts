import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { Finding, kinds } from '../finding/finding.ts';
import { Instant } from '../finding/instant.ts';
import { Untrusted, untrusted } from '../finding/untrusted.ts';
import type { Verdict } from '../policy/verdict.ts';
import { Assessment } from '../risk/assessment.ts';
import { FindingSummary, type Rating } from './hold.ts';
import type { Table, Write } from './table.ts';

/** A finding as the ledger keeps it under its problem: the newest report of it. */
export type FindingRow = z.infer<typeof FindingRow>;
export const FindingRow = z.object({
  state: z.enum(['open', 'closed', 'suppressed']),
  kind: z.enum(kinds),
  /** Who stopped the line, when a person did. */
  orderedBy: Untrusted.nullable(),
  /** What the reporter says about it, in one line. */
  reason: Untrusted,
  /** When the scanner last changed it; a time in the future counts as the arrival. */
  updatedAt: Instant,
  /** Orders reports of one time: the more severe wins. Closed and suppressed rank below all open ones. */
  rank: z.number(),
  summary: FindingSummary,
  /** What it is assessed by, so that it can be judged anew: long lists and texts are cut. */
  finding: Finding,
  assessment: Assessment,
  verdict: z.enum(['pass', 'watch', 'halt']),
  reasons: z.array(z.object({ rule: z.string(), because: z.string() })).readonly(),
});

/** The row of a report that arrived at `arrival`. */
export function rowOf(finding: Finding, assessment: Assessment, verdict: Verdict, arrival: Instant): FindingRow {
  const reported = finding.updatedAt ?? arrival;
  return {
    state: finding.state,
    kind: finding.kind,
    orderedBy: finding.orderedBy,
    reason: finding.orderedBy === null ? finding.title : finding.description,
    updatedAt: reported > arrival ? arrival : reported,
    rank: finding.state === 'open' ? (assessment.score ?? 10) : -1,
    summary: summaryOf(finding, assessment),
    finding: cutOf(finding),
    assessment,
    verdict: verdict.verdict,
    reasons: verdict.reasons,
  };
}

/** The write that keeps a row unless the ledger has newer data, or data of the same time that is more severe. */
export function keepRow(problem: string, row: FindingRow): Write {
  return {
    put: { pk: `PROBLEM#${problem}`, sk: rowSk(row.summary.id), ...row, order: orderOf(row) },
    when: { any: [{ absent: 'order' }, { most: ['order', orderOf(row)] }] },
  };
}

/** All rows of a problem. */
export async function rowsOf(table: Table, problem: string): Promise<readonly FindingRow[]> {
  return (await table.query(`PROBLEM#${problem}`, 'FINDING#')).map((item) => FindingRow.parse(item));
}

/** The problem is gone as of `at`: what the ledger knows of its findings is older news from then on. */
export async function settleRows(table: Table, problem: string, at: Instant): Promise<void> {
  for (const row of await rowsOf(table, problem))
    if (row.state === 'open')
      await table.transact([keepRow(problem, { ...row, state: 'closed', rank: -1, updatedAt: at })]);
}

/**
 * Worst first; of equals those that were `before`, so that an equal finding changes nothing that people have seen, then in the
 * order of their ids, so that every reader sees one order.
 */
export function worstFirst(
  rows: readonly FindingRow[],
  before: readonly Pick<FindingSummary, 'id'>[] = [],
): readonly FindingRow[] {
  const known = new Set<string>(before.map(({ id }) => id));
  const order = ({ summary }: FindingRow) => `${known.has(summary.id) ? 0 : 1}${summary.id}`;
  return rows.toSorted((a, b) => b.rank - a.rank || (order(a) < order(b) ? -1 : 1));
}

/** What an assessment says of the severity, as the rating of its author. */
export function ratingOf(assessment: Assessment, author: string, reason: Untrusted, at: Instant): Rating {
  return {
    severity: assessment.severity,
    score: assessment.score,
    vector: assessment.cvss?.vector ?? null,
    author,
    reason,
    at,
  };
}

/** Text that orders reports of one finding: by time, and at one time by severity. */
export function orderOf(row: FindingRow): string {
  return `${row.updatedAt}#${(row.rank + 1).toFixed(1).padStart(4, '0')}`;
}

/** Sort key of a finding under its problem. */
export function rowSk(findingId: string): string {
  return `FINDING#${bytesToHex(sha256(utf8ToBytes(findingId))).slice(0, 32)}`;
}

/** An item of the ledger has at most 400 KB; what a finding is assessed by is in its first entries. */
function cutOf(finding: Finding): Finding {
  return {
    ...finding,
    description: untrusted(finding.description, 200),
    vectors: finding.vectors.slice(0, 20),
    packages: finding.packages.slice(0, 20),
    resources: finding.resources.slice(0, 5),
  };
}

function summaryOf(finding: Finding, assessment: Assessment): FindingSummary {
  const first = finding.packages[0];
  const resource = finding.resources.find((one) => one.digest !== null) ?? finding.resources[0];
  return {
    id: finding.id,
    title: finding.title,
    vulnerabilityId: finding.vulnerabilityId,
    resource: resource?.id ?? null,
    digest: resource?.digest ?? null,
    account: finding.account,
    region: finding.region,
    dialect: finding.dialect,
    score: assessment.score,
    severity: assessment.severity,
    package: first === undefined ? finding.file : untrusted(`${first.name} ${first.version}`),
    fixedIn: first?.fixedIn ?? null,
    path: first?.path ?? null,
  };
}
