import type { Random } from './random.ts';

/** What the world does to one call: nothing, refuse it, do it and lose the answer, do it after the caller gave up, kill the caller. */
export type Fault = 'none' | 'failed' | 'answer lost' | 'late' | 'killed before' | 'killed after';

/** Draws a fault for each call until the world comes to rest. */
export type Faults = { draw(isSwitch: boolean): Fault; end(): void };

/** Switches are few and matter most: they fail this many times as often as other calls. */
const switchFactor = 5;

/** How long after its caller gave up a request can still land, in milliseconds. */
export const lateMax = 5_000;

/** Faults of a run: some runs have none, some many. */
export function faultsOf(random: Random): Faults {
  let rate = random.pick([0, 0.02, 0.08]);
  return {
    draw(isSwitch) {
      if (rate === 0 || !random.is(isSwitch ? rate * switchFactor : rate)) return 'none';
      return random.pick(['failed', 'answer lost', 'late', 'killed before', 'killed after'] as const);
    },
    end() {
      rate = 0;
    },
  };
}
