import type { Finding } from '../finding/finding.ts';
import { type Instant, later } from '../finding/instant.ts';
import { rowsOf } from '../hold/finding-row.ts';
import type { Hold, OpenHold, Release, StageKey } from '../hold/hold.ts';
import { changeHold, existingHold } from '../hold/ledger.ts';
import type { Origin } from '../hold/origin.ts';
import { asksForOrigin, learnProduction, type Production, weaknessKey, weaknessMarks } from '../hold/production.ts';
import { type Court, courtOf, judgedUnder, reassessmentOf } from '../hold/reassess.ts';
import { problemOf } from '../policy/problem.ts';
import { compare, type Weakness } from '../risk/origin.ts';
import { type EvidenceDeps, resourcesOf } from './evidence.ts';
import type { Coverage } from './findings.ts';

/** How long an answer that may change by itself is left as it is, in milliseconds. */
const askAgainAfter = 10 * 60_000;

/** Compares the release that is held with the one in production, once for each release and revision, and keeps the answer. */
export async function learnOrigin(deps: EvidenceDeps, holdId: string): Promise<Hold> {
  const hold = await existingHold(deps.table, holdId);
  if (hold.status === 'closed' || !isDue(hold, deps.clock.now())) return hold;
  const origin = await originOf(deps, hold);
  return await changeHold(deps.table, holdId, deps.clock.now, (current) => {
    if (current.status === 'closed') return null;
    const isNews = (current.origin?.introduced ?? null) !== origin.introduced && asksForOrigin(deps.policy);
    // What would change the verdict is worked out anew where a rule turns on it.
    return { set: { origin, ...(isNews ? { outlook: null } : {}) } };
  });
}

/** The weaknesses that the scanner knows of an image; null when it did not scan it, or does not answer. */
export async function weaknessesOn(
  { findings }: Pick<EvidenceDeps, 'findings'>,
  digest: string,
  stage: StageKey,
): Promise<string | null> {
  const [{ status }, open] = await Promise.all([
    findings.coverage(digest),
    findings.openOnImage(digest).catch(() => null),
  ]);
  return status === 'scanned' && open !== null ? weaknessMarks(open, stage) : null;
}

function isDue({ origin, release, revision }: OpenHold, now: Instant): boolean {
  if (origin === null || origin.revision !== revision || origin.release !== (release?.executionId ?? null)) return true;
  return origin.introduced === null && origin.mayChange && later(origin.at, askAgainAfter) <= now;
}

/** Whether the release that is held introduces the problem: only of images it can be told, and only when both were looked at. */
export async function originOf(deps: EvidenceDeps, hold: OpenHold): Promise<Origin> {
  const { release } = hold;
  const looked = { at: deps.clock.now(), revision: hold.revision, release: release?.executionId ?? null };
  const unknown = (because: string, mayChange = false): Origin => ({ ...looked, introduced: null, because, mayChange });
  if (hold.evidence === 'ordered') return unknown('a person reported it, and no scanner compares releases by it');
  if (hold.evidence === 'behind-stage') return unknown('it is reported on what runs, and only images can be compared');
  if (release === null) return unknown('no release is known that would bring it');
  if (release.digest === null) return unknown('which image the release would deploy is not known');
  const production = await releaseInProduction(deps, hold);
  if (production === null) return unknown('no release is known that passed the stage before');
  if (production.digest === null) return unknown('which image is in production is not known');

  const images = await imagesOf(deps, hold, release, production.digest);
  if (images === null) return unknown('the scanner did not answer', true);
  const { coverage, ...weaknesses } = images;
  if (weaknesses.problem.length === 0)
    return unknown('no finding of it is on the image that the release would deploy', true);
  const known = { ...looked, production: production.executionId };
  const comparison = compare(weaknesses);
  const isScanned = coverage.waiting.status === 'scanned' && coverage.production.status === 'scanned';
  // What an image was not scanned for is not gone from it.
  const careful = isScanned ? comparison : { ...comparison, lowersRisk: false, removesWorst: null };
  if (comparison.brings.length === 0) return { ...known, introduced: false, comparison: careful };
  if (coverage.production.status !== 'scanned')
    return unknown('the image in production is not known to be scanned', true);
  return { ...known, introduced: true, comparison: careful, scannedAt: coverage.production.at };
}

async function releaseInProduction(deps: EvidenceDeps, hold: OpenHold): Promise<Production | null> {
  const service = deps.policy.services.find(({ name }) => name === hold.service);
  return service === undefined ? null : await learnProduction(deps, service);
}

type Images = Parameters<typeof compare>[0] & {
  readonly coverage: { readonly waiting: Coverage; readonly production: Coverage };
};

/** What is known of both images, by the scanner and by the ledger; null when the scanner does not answer. */
async function imagesOf(
  deps: EvidenceDeps,
  hold: OpenHold,
  { digest }: Release,
  production: string,
): Promise<Images | null> {
  const waiting = digest ?? '';
  const near = resourcesOf(hold);
  const [rows, intelligence, covered, onWaiting, onProduction] = await Promise.all([
    rowsOf(deps.table, hold.problem.hash),
    deps.intelligence(),
    Promise.all([deps.findings.coverage(waiting, near), deps.findings.coverage(production, near)]),
    deps.findings.openOnImage(waiting).catch(() => null),
    deps.findings.openOnImage(production).catch(() => null),
  ]);
  const court = courtOf(deps.policy, hold, intelligence);
  if (onWaiting === null || onProduction === null || court === null) return null;
  const kept = (image: string): readonly Finding[] =>
    rows.filter((row) => row.state === 'open' && row.summary.digest === image).map((row) => row.finding);
  const before = [...onWaiting, ...kept(waiting)].map((finding) => seenBy(court, hold, finding));
  return {
    problem: before.filter(({ isHeld }) => isHeld).map(({ weakness }) => weakness),
    waiting: before.map(({ weakness }) => weakness),
    production: [...onProduction, ...kept(production)].map((finding) => seenBy(court, hold, finding).weakness),
    coverage: { waiting: covered[0], production: covered[1] },
  };
}

/** A finding as a weakness of its image, under the hold's re-assessments. `isHeld`: of the hold's problem, and above the line. */
function seenBy(
  court: Court,
  hold: OpenHold,
  finding: Finding,
): { readonly isHeld: boolean; readonly weakness: Weakness } {
  const { assessment, halts } = judgedUnder(finding, reassessmentOf(finding, hold.reassessed), court);
  const problem = problemOf(finding, hold.stageKey).hash;
  return {
    isHeld: problem === hold.problem.hash && halts,
    weakness: weaknessOf({ ...finding, ...assessment }, weaknessKey(finding, hold.stageKey)),
  };
}

function weaknessOf(
  found: Pick<Finding, 'vulnerabilityId' | 'title' | 'threat' | 'firstObservedAt'> & { readonly score: number | null },
  key: string,
): Weakness {
  return {
    key,
    name: found.vulnerabilityId ?? found.title,
    score: found.score,
    isExploited: found.threat.knownExploited === true,
    since: found.firstObservedAt,
  };
}
