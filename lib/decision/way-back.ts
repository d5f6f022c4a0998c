import type { Hold, WayBack } from '../hold/hold.ts';
import { changeHold, existingHold } from '../hold/ledger.ts';
import type { ReleaseDetails, ReleaseSources } from '../hold/pipeline.ts';
import type { EvidenceDeps } from './evidence.ts';
import { hasEntered } from './rules.ts';

/** Releases looked at for one that does not have the flawed image itself. */
const lookedAtMax = 5;
/** Vulnerabilities named of what a rollback brings back. */
const broughtMax = 20;

/**
 * Learns where the stage of a hold can go back to once the flawed release has entered it, and what that would bring back, so
 * that the page can say so before anybody chooses. Looks again only when another release runs.
 */
export async function learnWayBack(deps: EvidenceDeps, holdId: string): Promise<Hold> {
  const hold = await existingHold(deps.table, holdId);
  // While a roll-back is carried out, it goes where the voter saw that it goes.
  if (hold.status === 'closed' || hold.decision?.action === 'roll-back') return hold;
  const from = hasEntered(hold) ? await enteredOf(deps, hold) : null;
  if (from === (hold.wayBack?.from ?? null)) return hold;
  const wayBack: WayBack | null = from === null ? null : { from, to: await targetOf(deps, hold, from) };
  return await changeHold(deps.table, holdId, deps.clock.now, (current) =>
    current.status === 'closed' ? null : { set: { wayBack } },
  );
}

/** The flawed release: the one inside where that is it, else the one that last succeeded and runs. */
async function enteredOf(deps: EvidenceDeps, hold: Hold): Promise<string | null> {
  if (hold.evidence !== 'behind-stage') return hold.release?.executionId ?? null;
  const view = await deps.pipeline.state(hold.stage);
  return view.inside ?? view.passed;
}

async function targetOf(deps: EvidenceDeps, hold: Hold, from: string): Promise<WayBack['to']> {
  const service = deps.policy.services.find(({ name }) => name === hold.service);
  const sources: ReleaseSources = { author: service?.author ?? null, digest: service?.digest ?? null };
  const not = [from];
  for (let look = 0; look < lookedAtMax; look += 1) {
    const release = await deps.pipeline.lastGood(hold.stage, not, sources);
    if (release === null) return null;
    if (release.digest === null || hold.worst.every(({ digest }) => digest !== release.digest))
      return await withFindings(deps, release);
    not.push(release.executionId);
  }
  return null;
}

async function withFindings(deps: EvidenceDeps, release: ReleaseDetails): Promise<NonNullable<WayBack['to']>> {
  const { executionId, commit, digest, startedAt } = release;
  return { executionId, commit, digest, startedAt, brings: await broughtBy(deps, digest) };
}

/** What the scanner sees open on an image; null when it never looked at it, so that nothing is taken for clean. */
async function broughtBy(deps: EvidenceDeps, digest: string | null): Promise<NonNullable<WayBack['to']>['brings']> {
  if (digest === null || (await deps.findings.coverage(digest)).status !== 'scanned') return null;
  const open = await deps.findings.openOnImage(digest);
  const ids = open.map(({ vulnerabilityId, id }) => vulnerabilityId ?? id);
  return [...new Set(ids)].slice(0, broughtMax);
}
