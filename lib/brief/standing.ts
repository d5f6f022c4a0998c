import type { Hold } from '../hold/hold.ts';
import { releaseName } from './facts.ts';
import { quoted } from './plain.ts';

/** Where the release is that the hold is about; `next` when none is known. */
export type Place = 'waiting' | 'inside' | 'next';

/** Where the release of a hold is. */
export function placeOf(hold: Hold): Place {
  if (hold.release === null || hold.release.position === 'none') return 'next';
  return hold.release.position === 'in-stage' ? 'inside' : 'waiting';
}

/** The release in the words of its readers: `the checkout release 3f9c1ab`. */
export function theRelease(hold: Hold): string {
  if (hold.release === null || placeOf(hold) === 'next') return `the next ${hold.service} release`;
  return `the ${hold.service} release ${releaseName(hold.release)}`;
}

/**
 * How things stand, as the clause that opens a brief. It says "stopped" only of a release that is known to be: a pending
 * hold is NOT HALTED, and a release inside the stage goes on there.
 */
export function standingOf(hold: Hold): string {
  const stage = hold.stage.stage;
  const release = theRelease(hold);
  if (hold.status === 'closed') return `the way into ${stage} is open again for ${hold.service}`;
  const inside = placeOf(hold) === 'inside';
  if (hold.status === 'pending')
    return `NOT HALTED: ${release} ${inside ? `is already inside ${stage}` : `can still enter ${stage}`}`;
  if (inside) return `${release} is already inside ${stage}`;
  return placeOf(hold) === 'next' ? `${release} will stop before ${stage}` : `${release} is stopped before ${stage}`;
}

/** What joins the standing to the problem: nothing that still moves is "stopped because of". */
export function causeOf(hold: Hold): 'because of' | 'with' {
  return hold.status === 'pending' || placeOf(hold) === 'inside' ? 'with' : 'because of';
}

/** What the halt covers, what it does not, and what a person has to do where the halt cannot. Sentences. */
export function reachOf(hold: Hold, reader: 'technical' | 'plain'): readonly string[] {
  return hold.status === 'closed' ? [] : [...haltReachOf(hold, reader), flawReach(hold)];
}

/** Whether the flaw is known to be only in the release that waits: a scan of what runs does not show it. */
export function isUntouched(hold: Hold): boolean {
  if (hold.status !== 'in-force' || placeOf(hold) !== 'waiting' || !isInRelease(hold)) return false;
  const origin = originOf(hold);
  return origin?.introduced === true && origin.comparison.shares.length === 0;
}

/** Whether what runs is known to have the flaw too: production had it before the release came. */
export function isInherited(hold: Hold): boolean {
  const origin = originOf(hold);
  return origin !== null && origin.introduced !== null && origin.comparison.shares.length > 0;
}

/** The comparison of the release that the hold is about with the one in production; null when it is of another, or none was made. */
export function originOf({ origin, release }: Hold): Hold['origin'] {
  return origin === null || origin.release !== (release?.executionId ?? null) ? null : origin;
}

/** What is broken, in a few words for a sentence: the title and where it sits, as the report has them. */
export function problemOf(hold: Hold): string {
  return quoted(hold.problem.title);
}

/** What the halt covers, without where the flaw is. Sentences; none while nothing has to be said. */
export function haltReachOf(hold: Hold, reader: 'technical' | 'plain'): readonly string[] {
  if (hold.status === 'closed') return [];
  const { stage, name } = hold.stage;
  const pending = 'We asked for the halt, have no confirmation yet, and keep trying.';
  if (placeOf(hold) !== 'inside') return hold.status === 'pending' ? [pending] : [];
  return [
    reader === 'plain'
      ? 'Ending it there needs a person.'
      : `Ending it there needs a person: StopPipelineExecution on pipeline ${name}, execution ${hold.release?.executionId ?? 'unknown'}.`,
    hold.status === 'pending' ? pending : `The halt came after it had entered; later releases wait before ${stage}.`,
  ];
}

function flawReach(hold: Hold): string {
  if (hold.evidence === 'behind-stage') return `The flaw is in what already runs in ${hold.stage.stage}.`;
  if (isUntouched(hold)) return `${hold.stage.stage} itself is untouched.`;
  if (isInherited(hold)) return `The flaw is in what already runs in ${hold.stage.stage} too.`;
  if (placeOf(hold) === 'inside' && isInRelease(hold)) return 'The flaw is in this release, on its way into what runs.';
  return `Whether what already runs in ${hold.stage.stage} has the flaw too is not known.`;
}

/** Only equal digests say that the flawed image is the one that the release brings. */
function isInRelease(hold: Hold): boolean {
  const flawed = hold.worst[0]?.digest ?? null;
  return hold.evidence === 'before-stage' && flawed !== null && flawed === hold.release?.digest;
}
