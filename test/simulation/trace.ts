/** What happened in a run: who did what, in order, what was reached, and what must not have happened. */
export type Log = {
  /** The text is made only for who reads the trace. */
  say(who: string, what: string | (() => string)): void;
  /** Counts a situation that the run came into. */
  reach(situation: string): void;
  /** Counts a call of a port by who called what and the fault that it met. */
  called(site: string, fault: string): void;
  violate(invariant: string, what: string): void;
  /** Takes violations that are not final: the next sweep may mend what they name. */
  trial(): Verdict;
  readonly lines: readonly string[];
  readonly reached: ReadonlyMap<string, number>;
  /** How often each `site: fault` came about. */
  readonly calls: ReadonlyMap<string, number>;
  readonly violations: readonly string[];
};

/** What was found wrong. */
export type Verdict = Pick<Log, 'violate' | 'reach' | 'violations'>;

/** An empty log that reads the run's time, in milliseconds; without `isTracing` it keeps no lines. */
export function logOf(elapsed: () => number, isTracing: boolean): Log {
  const lines: string[] = [];
  const violations: string[] = [];
  const reached = new Map<string, number>();
  const calls = new Map<string, number>();
  function say(who: string, what: string | (() => string)): void {
    if (!isTracing) return;
    const text = typeof what === 'string' ? what : what();
    lines.push(`${(elapsed() / 1000).toFixed(3).padStart(11)}s  ${who.padEnd(14)} ${text}`);
  }
  return {
    say,
    reach: (situation) => void reached.set(situation, (reached.get(situation) ?? 0) + 1),
    called(site, fault) {
      const name = `${site}: ${fault}`;
      calls.set(name, (calls.get(name) ?? 0) + 1);
    },
    violate(invariant, what) {
      violations.push(`${invariant}: ${what}`);
      say('!!', `${invariant} VIOLATED: ${what}`);
    },
    trial() {
      const found: string[] = [];
      return { violate: (invariant, what) => void found.push(`${invariant}: ${what}`), reach() {}, violations: found };
    },
    lines,
    reached,
    calls,
    violations,
  };
}
