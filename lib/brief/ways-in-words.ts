import { type Option, patchLaterFor } from '../risk/options.ts';
import { exposedOf } from './attack.ts';
import { authorOf, type BriefFacts, whoIs } from './facts.ts';
import { exploited, patchLaterWindow } from './likelihood.ts';
import { canBeTakenOut, planOf, rollBackOf, workaroundOf } from './options.ts';
import { cut } from './plain.ts';
import { placeOf } from './standing.ts';
import { duration, moment } from './time.ts';
import { waysForward } from './ways-forward.ts';

/** The ways forward as they are reckoned, a sentence or two each: what it costs, what it leaves open, whom it needs. */
export function optionsOf(facts: BriefFacts): readonly string[] {
  return waysForward(facts).flatMap((option) => {
    const words = inWords(option, facts);
    return words === null ? [] : [words];
  });
}

/** The dates of standards that shipping now and patching later would miss, if they apply; null when it misses none. */
export function missedByPatchingLater(facts: BriefFacts): string | null {
  const later = waysForward(facts).find(({ kind }) => kind === 'ship-and-patch-later');
  return later === undefined ? null : missed(later, facts);
}

function inWords(option: Option, facts: BriefFacts): string | null {
  switch (option.kind) {
    case 'fix-now':
      return fixNow(option, facts);
    case 'switch-off':
      return switchOff(facts);
    case 'roll-back':
      return canBeTakenOut(facts) ? rollBackOf(facts) : null;
    case 'ship-and-patch-later':
      return patchLater(option, facts);
    default:
      return option.kind satisfies never;
  }
}

function fixNow({ readyAt, delay, window, likelihood }: Option, facts: BriefFacts): string {
  const { hold, now, zone } = facts;
  const when =
    readyAt === null
      ? ''
      : ` ${delay === 0 ? 'was due by now and is late' : `ready about ${moment(readyAt, zone, now)}`}`;
  const plan = when === '' ? ` ${planOf(facts)}` : `${when} (${planOf(facts)})`;
  const isOpen = hold.evidence === 'behind-stage' || placeOf(hold) === 'inside';
  const meanwhile =
    isOpen && window !== null && window > 0 ? ` Until then ${exploited(likelihood, duration(window), hold)}.` : '';
  return `Fix now:${plan}.${meanwhile} ${evidenceNeeded(facts)}`;
}

function evidenceNeeded({ hold }: BriefFacts): string {
  switch (hold.evidence) {
    case 'before-stage':
      return 'It opens when a scan of the release that waits no longer shows the flaw.';
    case 'behind-stage':
      return 'No scan can show the fix before it ships: whoever approves names the one release that carries it, and the stage halts again if it does not.';
    case 'ordered':
      return 'No scanner sees this flaw: someone of security who did not write the fix confirms that it is gone.';
    default:
      return hold.evidence satisfies never;
  }
}

function switchOff(facts: BriefFacts): string {
  const verb = placeOf(facts.hold) === 'inside' ? 'Keep it' : 'Ship';
  return `${verb} with this workaround: ${workaroundOf(facts, 120) ?? ''}. Needs ${whoIs(facts, 'security')} (security) and ${whoIs(facts, 'release-manager')} (release manager), and a date by which it is fixed.`;
}

function patchLater(option: Option, facts: BriefFacts): string {
  const { hold, service } = facts;
  const name = placeOf(hold) === 'inside' ? 'Leave it in' : 'Ship as it is';
  const time = option.window === null || option.window === patchLaterFor ? patchLaterWindow : duration(option.window);
  const extra = authorOf(facts) === null ? ' and, as the author of the change is not known, one more of security' : '';
  const dates = missed(option, facts);
  return `${name} and patch later, reckoned with ${time}: ${cut(exposedOf(service), 100)} at risk for as long, and ${exploited(option.likelihood, time, hold)}.${dates === null ? '' : ` ${dates}`} Needs ${whoIs(facts, 'risk-owner')} (risk owner) and a second person who did not write it${extra}.`;
}

function missed({ obligations }: Option, { zone, now }: BriefFacts): string | null {
  const late = obligations.flatMap(({ standard, due, isKept }) =>
    // What was due before is missed on every way.
    isKept === false && due !== null && due > now ? [`${standard} (${moment(due, zone, now)})`] : [],
  );
  return late.length === 0 ? null : `Too late for ${late.slice(0, 2).join(' and ')}, if that applies.`;
}
