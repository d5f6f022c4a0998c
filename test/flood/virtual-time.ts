import { type Instant, instantOf } from '../../lib/finding/instant.ts';
import type { ClockPort } from '../../lib/hold/ports.ts';

/** Time that passes only when nothing else is left to do: waiting costs nothing, and every run of one seed is the same. */
export type VirtualTime = ClockPort & {
  /** Milliseconds since the beginning. */
  ms(): number;
  /** Lets time pass until `isOver`, or until nothing waits any more. */
  run(isOver: () => boolean): Promise<void>;
};

type Timer = { readonly at: number; readonly n: number; readonly wake: () => void };

/** Virtual time that begins at an instant. */
export function virtualTime(begin: Instant): VirtualTime {
  const start = Date.parse(begin);
  const heap: Timer[] = [];
  let now = 0;
  let n = 0;
  return {
    now: () => instantOf(start + Math.floor(now)),
    ms: () => now,
    wait: (ms) =>
      new Promise((wake) => {
        n += 1;
        push(heap, { at: now + Math.max(0, ms), n, wake });
      }),
    async run(isOver) {
      for (;;) {
        // Everything that follows from the last step happens at its time: promises settle before an immediate runs.
        await new Promise((settled) => setImmediate(settled));
        if (isOver()) return;
        const next = pop(heap);
        if (next === undefined) return;
        now = next.at;
        next.wake();
      }
    },
  };
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.n < b.n);
}

function push(heap: Timer[], timer: Timer): void {
  heap.push(timer);
  let at = heap.length - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!swapIfBefore(heap, at, parent)) return;
    at = parent;
  }
}

function pop(heap: Timer[]): Timer | undefined {
  const [first] = heap;
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  heap[0] = last;
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    const [a, b] = [heap[left], heap[left + 1]];
    if (a === undefined) return first;
    const least = b !== undefined && isBefore(b, a) ? left + 1 : left;
    if (!swapIfBefore(heap, least, at)) return first;
    at = least;
  }
}

function swapIfBefore(heap: Timer[], at: number, other: number): boolean {
  const [a, b] = [heap[at], heap[other]];
  if (a === undefined || b === undefined || !isBefore(a, b)) return false;
  heap[at] = b;
  heap[other] = a;
  return true;
}
