import { type Finding, scanners, severities } from '../finding/finding.ts';
import { type Untrusted, untrusted } from '../finding/untrusted.ts';
import { judge } from '../policy/judge.ts';
import { type PolicyInForce, type Service, settingOf } from '../policy/policy.ts';
import { assess } from '../risk/assess.ts';
import type { Band } from '../risk/assessment.ts';
import { scoreVector } from '../risk/cvss.ts';
import type { Intelligence } from '../risk/known-exploited.ts';
import { type FindingRow, worstFirst } from './finding-row.ts';
import type { FindingSummary, Hold, Reassessment } from './hold.ts';

/** Under what findings are judged anew. */
export type Court = { readonly policy: PolicyInForce; readonly service: Service; readonly intelligence: Intelligence };

/** The vulnerability of a finding, or the finding's own id: what a re-assessment is about. */
export function aboutOf(summary: Pick<FindingSummary, 'vulnerabilityId' | 'id'>): Untrusted {
  return summary.vulnerabilityId ?? summary.id;
}

/** The service of a hold, the policy and what is known of threats as they are now; null when the policy no longer has the service. */
export function courtOf(policy: PolicyInForce, hold: Pick<Hold, 'service'>, intelligence: Intelligence): Court | null {
  const service = policy.services.find(({ name }) => name === hold.service);
  return service === undefined ? null : { policy, service, intelligence };
}

/** The rows of a problem under its re-assessments, worst first; the others stay as they were taken in. */
export function reassessedRows(
  rows: readonly FindingRow[],
  reassessed: readonly Reassessment[],
  court: Court | null,
): readonly FindingRow[] {
  if (court === null || reassessed.length === 0) return worstFirst(rows);
  return worstFirst(
    rows.map((row) => {
      const newest = reassessmentOf(row.summary, reassessed);
      return newest === null ? row : judgedAnew(row, newest, court);
    }),
  );
}

/** A row judged anew by the policy as it is now; with a re-assessment its vector counts in place of all that were published. */
export function judgedAnew(row: FindingRow, reassessment: Reassessment | null, court: Court): FindingRow {
  const { assessment, halts, reasons, verdict } = judgedUnder(row.finding, reassessment, court);
  return {
    ...row,
    assessment,
    reasons,
    verdict: halts ? 'halt' : verdict,
    rank: row.state === 'open' ? (assessment.score ?? 10) : -1,
    summary: { ...row.summary, score: assessment.score, severity: assessment.severity },
  };
}

/** A finding judged by the policy as it is now. `halts` also where audit mode only watches: it is the rules that matter here. */
export function judgedUnder(finding: Finding, reassessment: Reassessment | null, court: Court) {
  const { policy, service, intelligence } = court;
  const found = reassessment === null ? finding : findingUnder(finding, reassessment);
  const assessment = assess(found, settingOf(service, policy), intelligence);
  // An order halts whatever the rules say, until security confirms another vector for it: then the rules judge that.
  const judged = reassessment === null ? found : ({ ...found, dialect: 'inspector2' } as const);
  const { verdict, wouldHalt, reasons } = judge(judged, assessment, service, policy, intelligence.now);
  return { assessment, verdict, reasons, halts: verdict === 'halt' || wouldHalt };
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
    vectors: [{ vector: untrusted(vector), score: null, source: untrusted(by), adjusted: false }],
    score: null,
    // The scanner's label belonged to the vectors that no longer count: left in, it would lift the score again.
    severity: score.ok ? labelOf(score.scored.severity) : finding.severity,
    // A person vouches for it, so that all its metrics stand.
    orderedBy: untrusted(by),
  };
}

function labelOf(band: Band): Finding['severity'] {
  return severities.find((label) => label === band) ?? 'informational';
}
