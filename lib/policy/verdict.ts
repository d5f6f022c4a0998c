import type { verdicts } from './policy.ts';

/** What we do about a finding in a service, with the rules that made it. */
export type Verdict = {
  readonly verdict: (typeof verdicts)[number];
  readonly reasons: readonly { readonly rule: string; readonly because: string }[];
  /** Audit mode: it would have halted. The verdict is then `watch`. */
  readonly wouldHalt: boolean;
};
