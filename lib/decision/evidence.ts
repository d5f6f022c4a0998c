import type { Finding } from '../finding/finding.ts';
import type { Instant } from '../finding/instant.ts';
import { type FindingRow, rowsOf } from '../hold/finding-row.ts';
import type { Hold } from '../hold/hold.ts';
import { type Pipeline, type ReleaseDetails, standsBefore } from '../hold/pipeline.ts';
import type { ClockPort } from '../hold/ports.ts';
import { courtOf, judgedUnder, reassessmentOf } from '../hold/reassess.ts';
import type { Table } from '../hold/table.ts';
import type { PolicyInForce } from '../policy/policy.ts';
import { problemOf } from '../policy/problem.ts';
import type { Intelligence } from '../risk/known-exploited.ts';
import type { FindingSource } from './findings.ts';

export type EvidenceDeps = {
  readonly table: Table;
  readonly pipeline: Pipeline;
  readonly findings: FindingSource;
  readonly policy: PolicyInForce;
  readonly clock: ClockPort;
  readonly intelligence: () => Promise<Intelligence>;
};

/** Whether a problem was seen to be gone from what is about to be released. */
export type Evidence =
  /** `release`: the execution it holds for; null when it holds for any. */
  | { readonly gone: true; readonly release: string | null; readonly how: string }
  | { readonly gone: false; readonly missing: string };

/**
 * Looks for evidence at the source. Deleted, unscanned, suppressed, archived, not found and unreadable are never evidence.
 * A scan counts from the moment the hold was opened: then the scanner knew the flaw. Works for open and for closed holds.
 */
export async function lookForEvidence(deps: EvidenceDeps, hold: Hold): Promise<Evidence> {
  const waiting = hold.evidence === 'before-stage' ? await waitingRelease(deps, hold) : null;
  return await lookFor(deps, hold, waiting);
}

/** Looks for evidence on one release, wherever it is by now. */
export async function lookForEvidenceOn(deps: EvidenceDeps, hold: Hold, executionId: string): Promise<Evidence> {
  const release = hold.evidence === 'before-stage' ? await detailsOf(deps, hold, executionId) : null;
  return await lookFor(deps, hold, release);
}

async function lookFor(deps: EvidenceDeps, hold: Hold, release: ReleaseDetails | null): Promise<Evidence> {
  if (hold.evidence === 'ordered')
    return missing('no scanner knows this flaw: someone of security attests that the fix is in');
  // Also those whose severity fell below the line since: only people confirm that, silence does not.
  const rows = (await rowsOf(deps.table, hold.problem.hash)).filter(
    (row) => row.verdict === 'halt' || hold.worst.some(({ id }) => id === row.summary.id),
  );
  const digest = release?.digest ?? null;
  const isFlawed = digest !== null && rows.some((row) => row.summary.digest === digest);
  if (release !== null && digest !== null && !isFlawed && (await isKnown(deps, hold, digest))) {
    return await onNewImage(deps, hold, release, digest);
  }
  const concerned = isFlawed ? rows.filter((row) => row.summary.digest === digest) : rows;
  return await closedAtSource(deps, hold, concerned, release?.executionId ?? null);
}

/** The release that waits before the hold's stage, with what it would deploy; null when none does. */
export async function waitingRelease(deps: EvidenceDeps, hold: Hold): Promise<ReleaseDetails | null> {
  const waiting = standsBefore(await deps.pipeline.state(hold.stage));
  return waiting === null ? null : await detailsOf(deps, hold, waiting);
}

async function detailsOf(deps: EvidenceDeps, hold: Hold, executionId: string): Promise<ReleaseDetails> {
  const service = deps.policy.services.find(({ name }) => name === hold.service);
  const sources = { author: service?.author ?? null, digest: service?.digest ?? null };
  return await deps.pipeline.release(hold.stage, executionId, sources);
}

/** Whether the scanner has ever heard of an image: of one in a repository that it does not scan it never will. */
async function isKnown(deps: EvidenceDeps, hold: Hold, digest: string): Promise<boolean> {
  return (await deps.findings.coverage(digest, resourcesOf(hold))).status !== 'gone';
}

/** The fix came as another image: it was scanned since, and does not show the problem. */
async function onNewImage(deps: EvidenceDeps, hold: Hold, release: ReleaseDetails, digest: string): Promise<Evidence> {
  const scanned = await scannedSince(deps, hold, digest);
  if (!scanned.yes) return missing(`release ${nameOf(release)}: ${scanned.why}`);
  const open = await deps.findings.openOnImage(digest);
  const intelligence = await deps.intelligence();
  const same = open.filter((finding) => isSameProblem(deps.policy, hold, finding, intelligence));
  if (same.length > 0)
    return missing(`release ${nameOf(release)} still shows ${same[0]?.vulnerabilityId ?? 'the problem'}`);
  return {
    gone: true,
    release: release.executionId,
    how: `release ${nameOf(release)} was scanned at ${scanned.at} and does not show the flaw`,
  };
}

/** A finding of the hold's problem that is above the line; milder ones of the same package did not halt it. */
function isSameProblem(policy: PolicyInForce, hold: Hold, finding: Finding, intelligence: Intelligence): boolean {
  if (problemOf(finding, hold.stageKey).hash !== hold.problem.hash) return false;
  const court = courtOf(policy, hold, intelligence);
  return court === null || judgedUnder(finding, reassessmentOf(finding, hold.reassessed), court).halts;
}

/** Every finding reads closed at its source, and its resource still exists and was scanned since. */
export async function closedAtSource(
  deps: EvidenceDeps,
  hold: Hold,
  rows: readonly FindingRow[],
  release: string | null,
): Promise<Evidence> {
  if (rows.length === 0) return missing('the ledger holds no finding that could be looked up');
  for (const { summary } of rows) {
    const state = await deps.findings.state(summary);
    if (state !== 'closed') return missing(`${summary.vulnerabilityId ?? summary.title} reads ${state} at its source`);
    const resource = summary.digest ?? summary.resource;
    if (resource === null) return missing(`${summary.title} names no resource whose scan could be looked up`);
    const scanned = await scannedSince(deps, hold, resource, [summary.resource]);
    if (!scanned.yes) return missing(`${resource}: ${scanned.why}`);
  }
  const how =
    rows.length === 1
      ? 'the finding is closed at its source'
      : `all ${rows.length} findings are closed at their source`;
  return { gone: true, release, how: `${how}, on a resource that was scanned since` };
}

type Scanned = { readonly yes: true; readonly at: Instant } | { readonly yes: false; readonly why: string };

/** In whose repositories the images of the hold's releases are looked for first. */
export function resourcesOf({ worst }: Pick<Hold, 'worst'>): readonly (string | null)[] {
  return worst.map(({ resource }) => resource);
}

async function scannedSince(
  deps: EvidenceDeps,
  hold: Hold,
  resource: string,
  near = resourcesOf(hold),
): Promise<Scanned> {
  const coverage = await deps.findings.coverage(resource, near);
  switch (coverage.status) {
    case 'scanned':
      return coverage.at >= hold.openedAt
        ? { yes: true, at: coverage.at }
        : { yes: false, why: `was last scanned at ${coverage.at}, before the halt` };
    case 'gone':
      return { yes: false, why: 'no longer exists, and what was deleted proves nothing' };
    case 'not-scanned':
    case 'unreadable':
      return { yes: false, why: `is not known to be scanned (${coverage.why})` };
    default:
      return coverage satisfies never;
  }
}

function nameOf(release: ReleaseDetails): string {
  return release.commit?.slice(0, 7) ?? release.executionId;
}

function missing(what: string): Evidence {
  return { gone: false, missing: what };
}
