import type { MemoryTable } from '../../lib/embedded/memory-table.ts';
import { type Hold, stageKeyOf } from '../../lib/hold/hold.ts';
import { problemItemKey } from '../../lib/hold/ledger.ts';
import { readStage } from '../../lib/hold/stage.ts';
import type { StageAddress } from '../../lib/policy/policy.ts';
import { ourArn, type SimulatedRelease, type SimulatedStage } from './pipelines.ts';
import type { Scanner } from './scanner.ts';
import type { Log, Verdict } from './trace.ts';

/** Watches what enters a stage: I0, that nothing does while a hold is in force, and I12, that only what was decided on does. */
export type ReleaseWatch = {
  /** A hold closed: for one release, or (null) for any. */
  closed(hold: Hold): void;
  /** The problem of a closed hold was looked at anew for another release. */
  clearedAnew(stageKey: string, holdId: string, release: string): void;
  /** What was cleared is history: the stage is free, or the waiver ended. */
  forgotten(stageKey: string, holdIds: readonly string[]): void;
  waiverEnded(holdId: string): void;
  /** What the gate could know at the moment of its read: why this release must not enter. */
  atGate(stage: SimulatedStage, release: SimulatedRelease): Promise<readonly string[]>;
  /** A release is inside. */
  entered(release: SimulatedRelease): void;
  /** A hold was opened: what entered before did not enter under it. */
  opened(holdId: string): void;
  /** A hold says that a release entered under it. */
  accused(holdId: string, release: string): void;
  /** Why the release that waits is not what was decided on; null when it is. */
  strangerTo(stage: SimulatedStage): string | null;
  /** The release that waits enters without a gate. */
  entering(stage: SimulatedStage, release: SimulatedRelease): Promise<void>;
  /** I12 without the gate: what slipped in was looked at by a sweep. */
  atRest(verdict: Verdict): void;
};

/** The releases that a closed hold was cleared for, one after the other; null is any. */
type Cleared = { readonly releases: readonly string[] | null; readonly problem: string; readonly title: string };
type SlippedIn = {
  readonly stage: string;
  readonly release: SimulatedRelease;
  readonly cleared: Cleared;
  readonly opened: number;
};

type Watched = {
  readonly ledger: MemoryTable;
  readonly log: Log;
  readonly scanner: Scanner;
  readonly skew: number;
  opened(problem: string): number;
};

/** A watch that has seen nothing enter yet. `opened` counts the holds that a problem had so far. */
export function releaseWatchOf({ ledger, log, scanner, skew, opened }: Watched): ReleaseWatch {
  const stages = new Map<string, Map<string, Cleared>>();
  const slipped: SlippedIn[] = [];
  /** How often each release entered: a person can roll back to one. */
  const entries = new Map<string, number>();
  const broughtBack = new Set<string>();
  const entriesBefore = new Map<string, ReadonlyMap<string, number>>();

  function of(stageKey: string): Map<string, Cleared> {
    const found = stages.get(stageKey) ?? new Map<string, Cleared>();
    stages.set(stageKey, found);
    return found;
  }

  /** Holds that were over by now; one that is open was opened between our last look and the enable, and is about what enters too. */
  async function openedBefore(problem: string): Promise<number> {
    const state = await ledger.get(problemItemKey(problem));
    return opened(problem) - (state?.hold === undefined ? 0 : 1);
  }

  function strangersTo(stage: SimulatedStage, { id }: SimulatedRelease): readonly (readonly [string, Cleared])[] {
    return [...of(stageKeyOf(stage.address))].filter(([, { releases }]) => releases !== null && !releases.includes(id));
  }

  return {
    closed({ id, stageKey, closing, problem }) {
      const release = closing?.release ?? null;
      const releases = release === null ? null : [release];
      of(stageKey).set(id, { releases, problem: problem.hash, title: problem.title });
    },
    clearedAnew(stageKey, holdId, release) {
      const before = of(stageKey).get(holdId);
      if (before?.releases) of(stageKey).set(holdId, { ...before, releases: [...before.releases, release] });
    },
    forgotten(stageKey, holdIds) {
      for (const id of holdIds) of(stageKey).delete(id);
    },
    waiverEnded(holdId) {
      for (const cleared of stages.values()) cleared.delete(holdId);
    },
    async atGate(stage, release) {
      const held = await holdsInForce(ledger, stage.address);
      const { allow } = await readStage(ledger, stage.address);
      if (allow.has(release.id)) log.reach('allowed release asks the gate');
      return [
        ...(held.length > 0 && !allow.has(release.id) ? [`I0: ${held.join(', ')} is in force`] : []),
        ...strangersTo(stage, release).map(([id, cleared]) => `I12: ${id} was closed for ${cleared.releases}`),
      ];
    },
    entered({ id, backTo }) {
      entries.set(id, (entries.get(id) ?? 0) + 1);
      if (backTo !== null) broughtBack.add(id);
    },
    opened: (holdId) => void entriesBefore.set(holdId, new Map(entries)),
    accused(holdId, release) {
      // A second time a person brought it in.
      if (broughtBack.has(release) && entries.get(release) === 1)
        log.violate('I0', `${holdId} says that ${release} entered past the halt, which was decided on`);
      // By a clock that is wrong the hold was opened earlier than it was.
      if (skew === 0 && entriesBefore.get(holdId)?.get(release) === entries.get(release))
        log.violate('I0', `${holdId} says that ${release} entered under it, which was inside before`);
    },
    strangerTo(stage) {
      const [first] = stage.waiting === null ? [] : strangersTo(stage, stage.waiting);
      return first === undefined ? null : `${first[0]} was closed for ${first[1].releases}`;
    },
    async entering(stage, release) {
      const held = await holdsInForce(ledger, stage.address);
      const { allow } = await readStage(ledger, stage.address);
      // Without the gate, who enables by hand lets releases in until the next sweep: repaired, not prevented.
      if (stage.changedBy !== ourArn) {
        if (held.length > 0) log.reach('release enters a held stage by the enable of a person');
        return;
      }
      if (held.length > 0 && allow.has(release.id)) log.reach('allowed release enters a held stage');
      else if (held.length > 0)
        log.violate('I0', `${release.id} enters ${stage.address.name} while ${held.join(', ')} is in force`);
      for (const [, cleared] of strangersTo(stage, release)) {
        log.reach('superseding release slips in without a gate');
        slipped.push({ stage: stage.address.name, release, cleared, opened: await openedBefore(cleared.problem) });
      }
    },
    atRest(verdict) {
      for (const { stage, release, cleared, opened: before } of slipped) {
        if (opened(cleared.problem) > before || !isFlawed(scanner, stage, cleared, release)) continue;
        verdict.violate('I12', `${release.id} slipped into ${stage} with ${cleared.title}, and no sweep halted it`);
      }
    },
  };
}

/** The truth of the scanner: whether a release has the problem. */
function isFlawed(scanner: Scanner, service: string, { title }: Cleared, { digest }: SimulatedRelease): boolean {
  return scanner.findings().some((finding) => {
    const [resource] = finding.resources;
    const isHere = resource?.id.includes(`/${service}/`) || resource?.id.endsWith(`:${service}`);
    return finding.state === 'open' && finding.title === title && isHere && (resource?.digest ?? digest) === digest;
  });
}

/** Ids of the holds in force on a stage, as the ledger has them now. */
export async function holdsInForce(ledger: MemoryTable, address: StageAddress): Promise<readonly string[]> {
  const key = stageKeyOf(address);
  const holds = await ledger.listed('HOLDS');
  return holds.filter((hold) => hold.stageKey === key && hold.status === 'in-force').map(({ id }) => String(id));
}
