import { type BriefFacts, releaseName } from '../../brief/facts.ts';
import { planOf, readyAt, workaroundOf } from '../../brief/options.ts';
import { chanceWithin, patchLaterDays } from '../../brief/risk.ts';
import { isUntouched, placeOf } from '../../brief/standing.ts';
import { moment } from '../../brief/time.ts';
import { type ActionRule, offeredActions, ruleOf } from '../../decision/rules.ts';
import { msOf } from '../../finding/instant.ts';
import type { Action } from '../../hold/hold.ts';
import type { OptionView } from '../views.ts';
import { seatInWords } from './names.ts';

/** The ways forward side by side; each cell says only what the hold, its plan and its policy support. */
export function optionViews(facts: BriefFacts): readonly OptionView[] {
  if (facts.hold.status === 'closed') return [];
  return [fixNow(facts), withWorkaround(facts), takenOut(facts), asItIs(facts)].filter((option) => option !== null);
}

/** Chance of exploitation within so many days, with its window and what it rests on, or that no figure exists. */
export function riskWithin(days: number, { hold }: Pick<BriefFacts, 'hold'>): string {
  const chance = chanceWithin(days, hold);
  const isKnown = hold.assessment.threat.knownExploited === true;
  const floor = isKnown ? ' It is known to be exploited already, so the true chance is higher.' : '';
  if (chance === null)
    return isKnown ? 'No figure exists, but it is known to be exploited already.' : 'No figure exists.';
  return `${isKnown ? 'At least ' : ''}${chance} in ${inDays(days)} (an estimate, reckoned from the published one for 30 days).${floor}`;
}

/** Whose data or what lies open, in the policy's words. */
export function exposedOf({ service }: Pick<BriefFacts, 'service'>): string {
  return service.holds ?? `the ${service.dataClass} data of ${service.name}`;
}

const day = 86_400_000;

function fixNow(facts: BriefFacts): OptionView {
  const { hold, now, zone } = facts;
  const ready = readyAt(facts);
  const when =
    ready === null
      ? `Not known: ${planOf(facts)}`
      : ready > now
        ? `About ${moment(ready, zone, now)} (${planOf(facts)})`
        : `Was due ${moment(ready, zone, now)} and is late (${planOf(facts)})`;
  const days = ready !== null && ready > now ? (msOf(ready) - msOf(now)) / day : 1;
  return {
    name: 'Fix now',
    readyWhen: when,
    riskMeanwhile: isUntouched(hold) ? `None by this release: it does not run.` : riskWithin(days, facts),
    exposed: meanwhileExposed(facts),
    agrees: agreeing(facts, 'remediation-approved', []),
  };
}

function withWorkaround(facts: BriefFacts): OptionView | null {
  const text = workaroundOf(facts);
  if (text === null) return null;
  return {
    name: `Workaround: ${text}`,
    readyWhen: 'When it is in place; no time is planned for it',
    riskMeanwhile: 'What it leaves open; no figure exists for that.',
    exposed: `Nobody if it holds; if it does not, ${exposedOf(facts)}`,
    agrees: agreeing(facts, 'workaround-accepted', [['release-manager'], ['security']]),
  };
}

function takenOut(facts: BriefFacts): OptionView | null {
  const { hold } = facts;
  const { stage } = hold.stage;
  const place = placeOf(hold);
  if (hold.evidence === 'behind-stage' || place === 'inside') {
    return {
      name: `Roll back ${stage}`,
      readyWhen: 'When somebody does it; no time is planned for it',
      riskMeanwhile: `What the last good release of ${stage} had comes back, perhaps this flaw too. ${riskWithin(1, facts)}`,
      exposed: 'Not known: nobody looked at that release for this',
      agrees: agreeing(facts, 'roll-back', [['release-manager']]),
    };
  }
  if (hold.release === null || place === 'next') return null;
  return {
    name: `Take the change out: revert ${releaseName(hold.release)}`,
    readyWhen: 'When the revert is built; no time is planned for it. Its work waits until the fix',
    riskMeanwhile: isUntouched(hold) ? 'None by this change: it never ran.' : riskWithin(1, facts),
    exposed: meanwhileExposed(facts),
    agrees: agreeing(facts, 'roll-back', [['release-manager']]),
  };
}

function asItIs(facts: BriefFacts): OptionView {
  const isInside = placeOf(facts.hold) === 'inside';
  return {
    name: isInside ? 'Leave it in and patch later' : 'Ship as it is and patch later',
    readyWhen: isInside ? 'It is in already' : 'As soon as it is accepted',
    riskMeanwhile: riskWithin(patchLaterDays, facts),
    exposed: `${exposedOf(facts)}, until it is patched`,
    agrees: agreeing(facts, 'risk-accepted', [['risk-owner'], ['release-manager', 'security']]),
  };
}

function meanwhileExposed(facts: BriefFacts): string {
  const { hold } = facts;
  if (isUntouched(hold)) return `Nobody by this release: it never reached ${hold.stage.stage}`;
  if (hold.evidence === 'behind-stage') return `${exposedOf(facts)}: the flaw is in what already runs`;
  if (placeOf(hold) === 'inside') return `${exposedOf(facts)}: the release is inside already`;
  return `Not known: whether what runs in ${hold.stage.stage} has the flaw too`;
}

/** Whom a decision needs: by its rule where it can be recorded here, else by `planned`, saying that it cannot. */
function agreeing({ hold, service, people }: BriefFacts, action: Action, planned: ActionRule['seats']): string {
  const offered = offeredActions.find((each) => each === action);
  const seats = offered === undefined ? planned : ruleOf(offered, hold).seats;
  const who = seats.map((roles) => seatInWords(service, people, roles)).join(', and ');
  return offered === undefined ? `${who}. It cannot be recorded here yet.` : who;
}

function inDays(days: number): string {
  const hours = Math.max(1, Math.round(days * 24));
  if (hours < 24) return hours === 1 ? 'one hour' : `${hours} hours`;
  const whole = Math.round(days);
  return whole === 1 ? 'one day' : `${whole} days`;
}
