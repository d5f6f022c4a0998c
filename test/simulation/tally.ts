import type { Ran } from './run.ts';
import { required, siteFaultsOf } from './situations.ts';

/** What several runs came to, added up. */
export type Tally = {
  runs: number;
  steps: number;
  readonly reached: Map<string, number>;
  readonly calls: Map<string, number>;
  /** The first run that failed, by seed. */
  failed: { readonly seed: number; readonly violation: string } | null;
};

export function emptyTally(): Tally {
  return { runs: 0, steps: 0, reached: new Map(), calls: new Map(), failed: null };
}

/** Adds one run. */
export function addRun(tally: Tally, ran: Ran): void {
  tally.runs += 1;
  tally.steps += ran.steps;
  addCounts(tally.reached, ran.reached);
  addCounts(tally.calls, ran.calls);
  const [violation] = ran.violations;
  if (violation !== undefined) keepFailed(tally, { seed: ran.seed, violation });
}

/** Adds what another tally counted. */
export function addTally(tally: Tally, other: Tally): void {
  tally.runs += other.runs;
  tally.steps += other.steps;
  addCounts(tally.reached, other.reached);
  addCounts(tally.calls, other.calls);
  if (other.failed !== null) keepFailed(tally, other.failed);
}

/** Situations that every long enough series of runs has to come into, and did not. */
export function missedSituations({ reached }: Tally): readonly string[] {
  return required.filter((situation) => !reached.has(situation));
}

/** Faults that a call did not meet often enough, with how often it met them. */
export function rareFaults({ calls }: Tally, least: number): readonly string[] {
  return siteFaultsOf([...calls.keys()])
    .filter((name) => (calls.get(name) ?? 0) < least)
    .map((name) => `${name} (${calls.get(name) ?? 0})`);
}

function keepFailed(tally: Tally, failed: NonNullable<Tally['failed']>): void {
  if (tally.failed === null || failed.seed < tally.failed.seed) tally.failed = failed;
}

function addCounts(to: Map<string, number>, from: ReadonlyMap<string, number>): void {
  for (const [name, count] of from) to.set(name, (to.get(name) ?? 0) + count);
}
