import { type Option, optionsOf, type Whereabouts } from '../risk/options.ts';
import type { BriefFacts } from './facts.ts';
import { workaroundOf } from './options.ts';
import { isUntouched, placeOf } from './standing.ts';

/** The ways forward of a hold, reckoned from its plan, its assessment and where its flaw is. */
export function waysForward(facts: BriefFacts): readonly Option[] {
  const { hold, now } = facts;
  return optionsOf({
    now,
    openedAt: hold.openedAt,
    whereabouts: whereaboutsOf(facts),
    fix: hold.plan.fix ?? null,
    test: hold.plan.test ?? null,
    workaround: workaroundOf(facts),
    threat: hold.assessment.threat,
    obligations: hold.outlook?.obligations ?? [],
    launch: facts.service.launch ?? null,
    bringsBack: hold.wayBack?.to?.brings ?? null,
  });
}

function whereaboutsOf({ hold }: BriefFacts): Whereabouts {
  if (placeOf(hold) === 'inside') return 'entered';
  if (hold.evidence === 'behind-stage') return 'runs';
  return isUntouched(hold) ? 'waits' : 'unknown';
}
