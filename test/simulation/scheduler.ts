import { type Instant, instantOf } from '../../lib/finding/instant.ts';
import type { Random } from './random.ts';

/** Something that runs: a function on AWS, which ends after 30 seconds whatever it does, or what outlives functions. */
export type Process = {
  readonly name: string;
  /** What it does, whichever run of it this is: `sweep`, `stage`, … */
  readonly role: string;
  readonly endsAt: number;
  isDead: boolean;
  readonly kill: () => void;
};

/** A process was killed, or ran out of its time. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** A pause that can be cut short. */
export type Pause = { readonly over: Promise<'time' | 'cut'>; readonly cut: () => void };

/** Decides who goes on next. Processes stand still at each call of a port until it is their turn, so a schedule is a list of draws. */
export type Scheduler = ReturnType<typeof schedulerOf>;

/** Longest life of a function, in milliseconds: the time-out that lib/infra gives them. */
export const functionLife = 30_000;
/** That of the sweep, which calls other functions and waits for them. */
export const sweepLife = 55_000;
/** A call of a port takes up to this, in milliseconds. */
const callMax = 40;
/** The slowest call: the time-out of a request. */
const latencyMax = 5_000;
const begin = Date.UTC(2026, 10, 20, 9);

type Parked = { readonly process: Process; due: number; readonly resume: () => void };

/** A scheduler over seeded randomness. Its time is its own: it passes only as it says. */
export function schedulerOf(random: Random) {
  let ms = begin;
  let parked: Parked[] = [];
  let living: Process[] = [];
  /** Calls that really leave this process: only with the emulator. */
  const away = new Set<Promise<unknown>>();

  function park(process: Process, due: number): { readonly over: Promise<void>; readonly entry: Parked | null } {
    if (process.isDead) return { over: new Promise<void>(() => undefined), entry: null };
    const { promise, resolve } = Promise.withResolvers<void>();
    const entry = { process, due, resume: resolve };
    parked.push(entry);
    return { over: promise, entry };
  }

  /** Most calls are quick, some take long: only so do others overtake a process within one of its steps. */
  function latency(slowness: number): number {
    return random.is(slowness) ? random.below(random.is(0.5) ? 400 : latencyMax) : 0;
  }

  function bury(process: Process): void {
    process.isDead = true;
    living = living.filter((one) => one !== process);
    parked = parked.filter((entry) => entry.process !== process);
  }

  /** The request without a caller that lands next, by a given time. */
  function nextRequest(by: number): Parked | undefined {
    return parked
      .filter(({ process, due }) => process.role === 'late' && due <= by)
      .toSorted((a, b) => a.due - b.due)[0];
  }

  /** Until every process stands still again: ticks come after all promises, so only what is really away is waited for. */
  async function stillness(): Promise<void> {
    await afterPromises();
    while (away.size > 0) {
      await Promise.allSettled(away);
      await afterPromises();
    }
  }

  /** Lets one that stood still go on to where it stands still again. */
  async function goOn(entry: Parked): Promise<void> {
    parked = parked.filter((one) => one !== entry);
    entry.resume();
    await stillness();
  }

  return {
    /** The time; `skew` is how many milliseconds the clock that is read goes before the true one. */
    now: (skew = 0): Instant => instantOf(ms + skew),
    /** Milliseconds since the run began. */
    elapsed: (): number => ms - begin,
    /** Stands still until it is this process's turn; `slowness` is the share of slow calls. */
    turn: (process: Process, slowness = 0.1): Promise<void> => park(process, ms + latency(slowness)).over,
    wait: (process: Process, forMs: number): Promise<void> => park(process, ms + forMs).over,
    pause(process: Process, forMs: number): Pause {
      const { over, entry } = park(process, ms + forMs);
      let isCut = false;
      return {
        over: over.then(() => (isCut ? 'cut' : 'time')),
        cut() {
          if (entry === null || !parked.includes(entry)) return;
          isCut = true;
          entry.due = Math.min(entry.due, ms);
        },
      };
    },
    /** A call that may leave this process, which no step goes past. */
    async outside<T>(call: Promise<T>): Promise<T> {
      away.add(call);
      try {
        return await call;
      } finally {
        away.delete(call);
      }
    },
    stillness,
    /** Runs a process to its end. Rejects with `Killed` when it is killed or outlives its time. */
    async run<T>(
      { name, role }: Pick<Process, 'name' | 'role'>,
      life: number,
      act: (process: Process) => Promise<T>,
    ): Promise<T> {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const process: Process = {
        name,
        role,
        endsAt: ms + life,
        isDead: false,
        kill() {
          bury(process);
          reject(new Killed(`${name} was killed`));
        },
      };
      living.push(process);
      act(process).then(
        (value) => {
          bury(process);
          resolve(value);
        },
        (error: unknown) => {
          bury(process);
          reject(error);
        },
      );
      return await promise;
    },
    /** Lets one process go on to its next call; false when all stand still for now. */
    async step(): Promise<boolean> {
      for (const process of living) if (process.endsAt <= ms) process.kill();
      const ready = parked.filter(({ due }) => due <= ms);
      if (ready.length === 0) {
        await stillness();
        return parked.some(({ due }) => due <= ms);
      }
      const entry = random.pick(ready);
      ms += random.below(callMax);
      await goOn(entry);
      return true;
    },
    /** Lets time pass, up to what is due next. */
    pass(forMs: number): void {
      ms += forMs;
    },
    /** Lets a longer time pass at once: requests that are on their way land before. */
    async leap(forMs: number): Promise<void> {
      const endsAt = ms + forMs;
      for (let next = nextRequest(endsAt); next !== undefined; next = nextRequest(endsAt)) {
        ms = Math.max(ms, next.due);
        await goOn(next);
      }
      ms = endsAt;
    },
    /** Milliseconds until somebody who waits goes on; null when nobody waits. */
    untilNext(): number | null {
      if (parked.length === 0) return null;
      let next = Number.POSITIVE_INFINITY;
      for (const { due } of parked) if (due < next) next = due;
      return Math.max(0, next - ms);
    },
    /** Functions that run now. */
    functions: (): readonly Process[] => living.filter(({ endsAt }) => Number.isFinite(endsAt)),
  };
}

function afterPromises(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
