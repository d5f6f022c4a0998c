import { happeningsMax, type Playing, type Ran, run, type Without } from './run.ts';

/** Faults that a run can have, at most; those with higher numbers stay. */
const faultsMax = 60;
/** Runs that shrinking may cost. */
const triesMax = 400;

/** A failing run in which as few things happen and fail as were found to be needed, and that is never longer, with its trace. */
export async function shrunk(seed: number, playing: Playing): Promise<Ran> {
  const first = await run(seed, playing);
  const invariant = invariantOf(first);
  let without: Without = { happenings: new Set(), faults: new Set() };
  let { steps } = first;
  let tries = 0;

  /** Whether less comes to the same, and no later. */
  async function fails(candidate: Without): Promise<boolean> {
    tries += 1;
    const ran = await run(seed, { ...playing, without: candidate });
    if (invariantOf(ran) !== invariant || ran.steps > steps) return false;
    steps = ran.steps;
    return true;
  }

  /** Leaves out chunks of one kind, halves first, as long as the run still violates the same invariant. */
  async function drop(kind: keyof Without, count: number): Promise<void> {
    for (let size = Math.ceil(count / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let from = 0; from < count && tries < triesMax; from += size) {
        const chunk = Array.from({ length: size }, (_, at) => from + at).filter((n) => !without[kind].has(n));
        const candidate = { ...without, [kind]: new Set([...without[kind], ...chunk]) };
        if (chunk.length > 0 && (await fails(candidate))) without = candidate;
      }
    }
  }

  await drop('faults', faultsMax);
  await drop('happenings', happeningsMax);
  await drop('faults', faultsMax);
  return await run(seed, { ...playing, without, isTracing: true });
}

function invariantOf({ violations }: Ran): string {
  return violations[0]?.split(':', 1)[0] ?? '';
}
