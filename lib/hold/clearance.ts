import { stageKeyOf } from './hold.ts';
import type { StageView } from './pipeline.ts';
import { clearedAttribute, isCleared, isCovered, type Stage, stageItemKey } from './stage.ts';
import type { Table } from './table.ts';

/** What it takes to know whether a release was cleared. */
export type ClearanceDeps = {
  readonly table: Table;
  /**
   * Another release waits than the one a hold was cleared for: looks at it. True when the problem is gone from it too, or halts
   * no more; otherwise the problem has been given a new hold.
   */
  readonly clearAnew: (holdId: string, executionId: string) => Promise<boolean>;
};

/** The releases that every closed hold was cleared for, of the one that waits and those that were named. */
export function releasesOf(stage: Stage, waiting: string | null): readonly string[] {
  const named = Object.values(stage.cleared)
    .flatMap((cleared) => [...cleared])
    .filter((release) => release !== '*');
  const releases = new Set(waiting === null ? named : [waiting, ...named]);
  return [...releases].filter((release) => isCleared(stage, release));
}

/** The releases about a stage: those that wait, are at the gate or were refused there, are inside or went through last. */
export function releasesIn(view: StageView): readonly string[] {
  const before = [view.waiting, view.asking, view.refused].filter((id) => id !== null);
  return [...before, ...behind(view)];
}

/** The releases that have entered: inside, and the last one that went through. */
export function behind({ inside, passed }: StageView): readonly string[] {
  return [inside, passed].filter((id) => id !== null);
}

/**
 * What our own last enable may have let in: everything about the stage but what had entered by then. Before our first one it
 * is what may enter yet, by somebody else's.
 */
export function cameSince({ lastEnable }: Stage, view: StageView): readonly string[] {
  const known = lastEnable?.known ?? behind(view);
  return releasesIn(view).filter((id) => !known.includes(id));
}

/** What has entered since our own last enable. */
export function enteredSince(stage: Stage, view: StageView): readonly string[] {
  const entered = behind(view);
  return cameSince(stage, view).filter((id) => entered.includes(id));
}

/** All of them looked at, also after one that is not cleared: each gets its hold. */
export async function isClearedForAll(
  deps: ClearanceDeps,
  stage: Stage,
  releases: readonly string[],
): Promise<boolean> {
  let isCleared = true;
  for (const release of releases) isCleared = (await isClearedFor(deps, stage, release)) && isCleared;
  return isCleared;
}

/**
 * Every hold closed since the halt was cleared for the release that waits now, or for any; the others are looked at anew, all of
 * them: each problem that is still there gets its hold.
 */
export async function isClearedFor(deps: ClearanceDeps, stage: Stage, waiting: string | null): Promise<boolean> {
  if (waiting === null) return true;
  let isCleared = true;
  for (const [holdId, cleared] of Object.entries(stage.cleared)) {
    if (isCovered(cleared, waiting)) continue;
    if (await deps.clearAnew(holdId, waiting)) {
      const unite = { [clearedAttribute(holdId)]: [waiting] };
      await deps.table.transact([{ update: stageItemKey(stageKeyOf(stage.address)), change: { unite } }]);
    } else isCleared = false;
  }
  return isCleared;
}
