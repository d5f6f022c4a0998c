import type { Chance } from '../../lib/hold/ports.ts';

/** Seeded randomness: the same seed draws the same numbers, on every machine. */
export type Random = Chance & {
  /** A whole number from 0 up to, not including, `count`. */
  below(count: number): number;
  /** True with this probability. */
  is(probability: number): boolean;
  /** One of the list. Throws a RangeError for an empty list. */
  pick<T>(list: readonly T[]): T;
};

/** Randomness of a seed, by mulberry32: 32 bits of state are enough to draw schedules. */
export function randomOf(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  function fraction(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
  function below(count: number): number {
    return Math.floor(fraction() * count);
  }
  return {
    fraction,
    below,
    bytes: (count) => Uint8Array.from({ length: count }, () => below(256)),
    is: (probability) => fraction() < probability,
    pick(list) {
      const one = list[below(list.length)];
      if (one === undefined) throw new RangeError('there is nothing to pick from');
      return one;
    },
  };
}

/** Randomness of one part of a run (its schedule, its faults, its third happening): leaving out another part does not change it. */
export function randomFor(seed: number, part: number): Random {
  return randomOf((Math.imul(seed, 0x85ebca6b) ^ Math.imul(part + 1, 0xc2b2ae35)) | 0);
}
