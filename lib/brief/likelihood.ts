import type { Hold } from '../hold/hold.ts';
import { type Likelihood, likelihoodWithin, patchLaterFor } from '../risk/options.ts';
import { duration } from './time.ts';

/** How likely exploitation is within a window of milliseconds, as a clause with its window and what it rests on. */
export function exploitedWithin(window: number, hold: Hold): string {
  return exploited(likelihoodWithin(window, hold.assessment.threat), lengthOf(window), hold);
}

/** The same of a likelihood that is reckoned already; `time` is its window in words. */
export function exploited(likelihood: Likelihood, time: string, { problem }: Pick<Hold, 'problem'>): string {
  switch (likelihood.kind) {
    case 'none':
      return 'nobody can reach it meanwhile';
    case 'estimate':
      return `the chance of exploitation is ${percent(likelihood.probability)} in ${time} (an estimate, from the one published for 30 days)`;
    case 'under-way':
      return `it is exploited elsewhere already, so the chance in ${time} is ${likelihood.atLeast === null ? 'high, though no figure exists' : `at least ${percent(likelihood.atLeast)}`}`;
    case 'unknown':
      return `how likely exploitation is in ${time} is not known (${noFigureFor(problem)})`;
    default:
      return likelihood satisfies never;
  }
}

/** How long "patch later" is reckoned with, in words: the window that the risk in it stands for. */
export const patchLaterWindow = lengthOf(patchLaterFor);

/** Why there is no figure: estimates are published for flaws with a public number only. */
export function noFigureFor({ vulnerabilities }: Pick<Hold['problem'], 'vulnerabilities'>): string {
  return vulnerabilities.some((id) => /^CVE-/i.test(id))
    ? 'no published estimate reached us'
    : 'estimates are published only for flaws with a public number';
}

/** A probability as people say it; never a certainty that it is not. */
export function percent(share: number): string {
  const points = share * 100;
  if (points > 0 && points < 1) return 'under 1 %';
  if (points > 99 && points < 100) return 'over 99 %';
  return `${Math.round(points)} %`;
}

function lengthOf(ms: number): string {
  const hours = Math.round(ms / 3_600_000);
  return hours >= 48 && hours % 24 === 0 ? `${hours / 24} days` : duration(ms);
}
