import type { Outcome } from '../views.ts';

const words = {
  remediated: 'fixed',
  workaround: 'passed with a workaround',
  'risk-accepted': 'risk accepted',
  'rolled-back': 'rolled back',
  'not-affected': 'not affected',
  evidence: 'ended on evidence',
} as const satisfies Record<Outcome, string>;

/** How a hold ended, in words. */
export function outcomeWords(outcome: Outcome | null): string {
  return outcome === null ? 'still open' : words[outcome];
}
