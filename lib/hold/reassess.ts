import { type Finding, scanners } from '../finding/finding.ts';
import { type Untrusted, untrusted } from '../finding/untrusted.ts';
import { type Judged, judged } from '../policy/judged.ts';
import type { PolicyInForce, Service } from '../policy/policy.ts';
import { scoreVector } from '../risk/cvss.ts';
import { type Intelligence, listingOf } from '../risk/known-exploited.ts';
import { labelOf } from '../risk/severity.ts';
import { type FindingRow, worstFirst } from './finding-row.ts';
import type { FindingSummary, Hold, Reassessment } from './hold.ts';

/** Under what findings are judged anew. */
export type Court = {
  readonly policy: PolicyInForce;
  readonly service: Service;
  readonly intelligence: Intelligence;
  /** Vulnerabilities that a hold knows to be exploited, whatever list this process read last. @default none */
  readonly exploited?: readonly string[];
  /** Whether the release that waits introduces it. @default null: unknown */
  readonly introduced?: boolean | null;
};

/** The vulnerability of a finding, or the finding's own id: what a re-assessment is about. */
export function aboutOf(summary: Pick<FindingSummary, 'vulnerabilityId' | 'id'>): Untrusted {
  return summary.vulnerabilityId ?? summary.id;
}

/** The service of a hold, the policy and what is known of threats as they are now; null when the policy no longer has the service. */
export function courtOf(
  policy: PolicyInForce,
  { service: name, exploited, origin }: Pick<Hold, 'service' | 'exploited' | 'origin'>,
  intelligence: Intelligence,
): Court | null {
  const service = policy.services.find((one) => one.name === name);
  return service === undefined
    ? null
    : { policy, service, intelligence, exploited, introduced: origin?.introduced ?? null };
}

/**
 * The rows of a problem under its re-assessments, and under what CISA listed since, worst first; the others stay as they were
 * taken in. A listing makes no row milder, whatever else changed in the policy meanwhile.
 */
export function reassessedRows(
  rows: readonly FindingRow[],
  reassessed: readonly Reassessment[],
  court: Court | null,
): readonly FindingRow[] {
  if (court === null) return worstFirst(rows);
  return worstFirst(
    rows.map((row) => {
      const newest = reassessmentOf(row.summary, reassessed);
      if (newest !== null) return judgedAnew(row, newest, court);
      return isListedSince(row, court) ? listedRow(row, court) : row;
    }),
  );
}

/** Whether it became known that a row's vulnerability is exploited only after the row was taken in. */
export function isListedSince(
  { finding: { vulnerabilityId }, assessment }: FindingRow,
  court: Pick<Court, 'intelligence' | 'exploited'>,
): boolean {
  if (assessment.threat.knownExploited === true || vulnerabilityId === null) return false;
  return listingOf(court.intelligence, vulnerabilityId) !== null || isExploitedBy(court, vulnerabilityId);
}

function listedRow(row: FindingRow, court: Court): FindingRow {
  const anew = judgedAnew(row, null, court);
  return row.verdict === 'halt' && anew.verdict !== 'halt' ? { ...anew, verdict: 'halt', reasons: row.reasons } : anew;
}

function isExploitedBy({ exploited = [] }: Pick<Court, 'exploited'>, vulnerabilityId: string | null): boolean {
  return vulnerabilityId !== null && exploited.includes(vulnerabilityId);
}

/** A row judged anew by the policy as it is now; with a re-assessment its vector counts in place of all that were published. */
export function judgedAnew(row: FindingRow, reassessment: Reassessment | null, court: Court): FindingRow {
  const { assessment, halts, verdict } = judgedUnder(row.finding, reassessment, court);
  return {
    ...row,
    assessment,
    reasons: verdict.reasons,
    verdict: halts ? 'halt' : verdict.verdict,
    rank: row.state === 'open' ? (assessment.score ?? 10) : -1,
    summary: { ...row.summary, score: assessment.score, severity: assessment.severity },
  };
}

/** A finding judged by the policy as it is now. `halts` also where audit mode only watches: it is the rules that matter here. */
export function judgedUnder(
  finding: Finding,
  reassessment: Reassessment | null,
  court: Court,
): Judged & { readonly halts: boolean } {
  const { policy, service, intelligence, introduced = null } = court;
  const known = isExploitedBy(court, finding.vulnerabilityId)
    ? { ...finding, threat: { ...finding.threat, knownExploited: true } }
    : finding;
  // An order halts whatever the rules say, until security confirms another vector for it: then the rules judge that.
  const found = reassessment === null ? known : findingUnder(known, reassessment);
  const all = judged({ finding: found, service, policy, intelligence, introduced });
  return { ...all, halts: all.verdict.verdict === 'halt' || all.verdict.wouldHalt };
}

/** The newest re-assessment of a vulnerability; null when there is none. */
export function reassessmentOf(
  finding: Pick<FindingSummary, 'vulnerabilityId' | 'id'>,
  reassessed: readonly Reassessment[],
): Reassessment | null {
  return reassessed.findLast(({ about }) => about === aboutOf(finding)) ?? null;
}

/** Who rates a row: the person who ordered it, else its scanner. */
export function raterOf(row: FindingRow): string {
  return row.orderedBy ?? scanners[row.summary.dialect];
}

function findingUnder(finding: Finding, { vector, by }: Reassessment): Finding {
  const score = scoreVector(vector);
  return {
    ...finding,
    dialect: finding.dialect === 'ordered' ? 'inspector2' : finding.dialect,
    vectors: [{ vector: untrusted(vector), score: null, source: untrusted(by), adjusted: false }],
    score: null,
    // The scanner's label belonged to the vectors that no longer count: left in, it would lift the score again.
    severity: score.ok ? labelOf(score.scored.severity) : finding.severity,
    // A person vouches for it, so that all its metrics stand.
    orderedBy: untrusted(by),
  };
}
