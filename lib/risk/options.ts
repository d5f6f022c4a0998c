import type { Threat } from '../finding/finding.ts';
import { type Instant, later, msOf } from '../finding/instant.ts';
import type { Obligation } from './obligations.ts';

/** The ways forward that people choose between, in the order in which they are laid out. */
export const optionKinds = ['fix-now', 'switch-off', 'roll-back', 'ship-and-patch-later'] as const;
export type OptionKind = (typeof optionKinds)[number];

/** Where the flaw is now: only in a release that waits, in one that entered the stage, in what already runs, or nobody knows. */
export type Whereabouts = 'waits' | 'entered' | 'runs' | 'unknown';

/** What the ways forward are reckoned from. Durations are in milliseconds; null is not planned or not known. */
export type OptionFacts = {
  readonly now: Instant;
  readonly openedAt: Instant;
  readonly whereabouts: Whereabouts;
  readonly fix: number | null;
  readonly test: number | null;
  /** The affected feature switched off, in words; null when no workaround is planned. */
  readonly workaround: string | null;
  readonly threat: Pick<Threat, 'epss' | 'knownExploited'>;
  readonly obligations: readonly Obligation[];
  readonly launch: Instant | null;
  /** Open vulnerabilities of the release that a roll-back returns to; null when nobody looked. */
  readonly bringsBack: readonly string[] | null;
};

/**
 * How likely exploitation is in a window. `estimate` spreads EPSS evenly over its 30 days; what is known to be exploited is
 * `under-way`, of which that estimate is but the floor; `none` is a flaw that nobody can reach meanwhile.
 */
export type Likelihood =
  | { readonly kind: 'none' }
  | { readonly kind: 'estimate'; readonly probability: number }
  | { readonly kind: 'under-way'; readonly atLeast: number | null }
  | { readonly kind: 'unknown' };

/** What an option does to an obligation: whether the flaw is gone by its date; null where either is not known. */
export type ObligationEffect = {
  readonly standard: string;
  readonly due: Instant | null;
  readonly isKept: boolean | null;
};

/** One way forward, reckoned and not yet in words. */
export type Option = {
  readonly kind: OptionKind;
  /** Work before anything can go: of the fix, of its test. */
  readonly work: { readonly fix: number | null; readonly test: number | null };
  /** When the release, or what takes its place, can go; null when that is not known. */
  readonly readyAt: Instant | null;
  /** How long the way to it takes from now; null when that is not known. */
  readonly delay: number | null;
  /** How long the flaw lies open to those who use the service; null when that is not known. */
  readonly window: number | null;
  readonly likelihood: Likelihood;
  /** Who is exposed meanwhile: nobody, the service's users, those whom a workaround does not cover, or nobody knows. */
  readonly exposed: 'nobody' | 'users' | 'users-if-workaround-fails' | 'unknown';
  readonly obligations: readonly ObligationEffect[];
  /** Time between being ready and the launch: negative when it comes too late; null without launch or end. */
  readonly beforeLaunch: number | null;
  /** What comes back with it; only a roll-back of something that entered brings anything. Null when nobody looked. */
  readonly bringsBack: readonly string[] | null;
};

/** How long "patch later" is reckoned with where nobody named an end, in milliseconds: three days, or the plan if it takes longer. */
export const patchLaterFor = 3 * 86_400_000;

/** How long a roll-back is reckoned with, in milliseconds. */
export const rollBackFor = 3_600_000;

/** The ways forward side by side. Switching off is none where no workaround is planned. */
export function optionsOf(facts: OptionFacts): readonly Option[] {
  const kinds = optionKinds.filter((kind) => kind !== 'switch-off' || facts.workaround !== null);
  return kinds.map((kind) => reckoned(kind, facts));
}

/**
 * The probability of exploitation within a window, supposing that it is as likely every day of the 30 that EPSS speaks of. For a
 * flaw that is known to be exploited that is the least: attacks are under way.
 * @see https://www.first.org/epss/ and NIST CSWP 41, section 3, which sets what is in KEV above any estimate
 */
export function likelihoodWithin(window: number | null, threat: OptionFacts['threat']): Likelihood {
  if (window === 0) return { kind: 'none' };
  const estimate = window === null || threat.epss === null ? null : 1 - (1 - threat.epss) ** (window / epssWindow);
  if (threat.knownExploited === true) return { kind: 'under-way', atLeast: estimate };
  return estimate === null ? { kind: 'unknown' } : { kind: 'estimate', probability: estimate };
}

const epssWindow = 30 * 86_400_000;

function reckoned(kind: OptionKind, facts: OptionFacts): Option {
  const { now, fix, test, threat, launch, openedAt } = facts;
  const planned = fix === null || test === null ? null : fix + test;
  const fixedIn = planned === null ? null : Math.max(0, msOf(later(openedAt, planned)) - msOf(now));
  const { delay, window, goneIn } = spansOf(kind, facts, fixedIn);
  const readyAt = delay === null ? null : later(now, delay);
  return {
    kind,
    work: kind === 'roll-back' ? { fix: null, test: null } : { fix, test },
    readyAt,
    delay,
    window,
    likelihood: likelihoodWithin(window, threat),
    exposed: exposedBy(kind, facts.whereabouts, window),
    obligations: facts.obligations.map((obligation) => effectOn(obligation, now, goneIn)),
    beforeLaunch: launch === null || readyAt === null ? null : msOf(launch) - msOf(readyAt),
    bringsBack: kind === 'roll-back' && facts.whereabouts !== 'waits' ? facts.bringsBack : [],
  };
}

/** From now: until something can go, how long the flaw lies open, and until it is gone. */
type Spans = { readonly delay: number | null; readonly window: number | null; readonly goneIn: number | null };

function spansOf(kind: OptionKind, { whereabouts, fix, test }: OptionFacts, fixedIn: number | null): Spans {
  switch (kind) {
    case 'fix-now':
      return { delay: fixedIn, window: openFor(whereabouts, fixedIn), goneIn: fixedIn };
    case 'switch-off':
      return { delay: 0, window: 0, goneIn: fixedIn };
    case 'roll-back':
      return whereabouts === 'waits' || whereabouts === 'unknown'
        ? { delay: fixedIn, window: openFor(whereabouts, rollBackFor), goneIn: openFor(whereabouts, rollBackFor) }
        : { delay: rollBackFor, window: rollBackFor, goneIn: rollBackFor };
    case 'ship-and-patch-later': {
      const later = Math.max(patchLaterFor, (fix ?? 0) + (test ?? 0));
      return { delay: 0, window: later, goneIn: later };
    }
    default:
      return kind satisfies never;
  }
}

/** How long the flaw lies open until something takes `until`: not at all where it only waits. */
function openFor(whereabouts: Whereabouts, until: number | null): number | null {
  if (whereabouts === 'waits') return 0;
  return whereabouts === 'unknown' ? null : until;
}

function exposedBy(kind: OptionKind, whereabouts: Whereabouts, window: number | null): Option['exposed'] {
  if (kind === 'switch-off') return 'users-if-workaround-fails';
  if (window === 0) return 'nobody';
  return whereabouts === 'unknown' && kind !== 'ship-and-patch-later' ? 'unknown' : 'users';
}

function effectOn({ standard, due }: Obligation, now: Instant, goneIn: number | null): ObligationEffect {
  return { standard, due, isKept: due === null || goneIn === null ? null : later(now, goneIn) <= due };
}
