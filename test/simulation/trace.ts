/** What happened in a run: who did what, in order, what was reached, and what must not have happened. */
export type Log = {
  say(who: string, what: string): void;
  /** Counts a situation that the run came into. */
  reach(situation: string): void;
  violate(invariant: string, what: string): void;
  readonly lines: readonly string[];
  readonly reached: ReadonlyMap<string, number>;
  readonly violations: readonly string[];
};

/** An empty log that reads the run's time, in milliseconds. */
export function logOf(elapsed: () => number): Log {
  const lines: string[] = [];
  const violations: string[] = [];
  const reached = new Map<string, number>();
  function say(who: string, what: string): void {
    lines.push(`${(elapsed() / 1000).toFixed(3).padStart(11)}s  ${who.padEnd(14)} ${what}`);
  }
  return {
    say,
    reach: (situation) => void reached.set(situation, (reached.get(situation) ?? 0) + 1),
    violate(invariant, what) {
      violations.push(`${invariant}: ${what}`);
      say('!!', `${invariant} VIOLATED: ${what}`);
    },
    lines,
    reached,
    violations,
  };
}
