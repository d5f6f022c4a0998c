import { exposedOf } from '../../brief/attack.ts';
import { type BriefFacts, releaseName } from '../../brief/facts.ts';
import { percent } from '../../brief/likelihood.ts';
import { planOf, workaroundOf } from '../../brief/options.ts';
import { isUntouched } from '../../brief/standing.ts';
import { duration, moment } from '../../brief/time.ts';
import { waysForward } from '../../brief/ways-forward.ts';
import { ruleOf } from '../../decision/rules.ts';
import type { Action } from '../../hold/hold.ts';
import { type Likelihood, likelihoodWithin, type Option, type OptionKind } from '../../risk/options.ts';
import type { OptionView } from '../views.ts';
import { seatInWords } from './names.ts';

/** The ways forward side by side; each cell says only what the hold, its plan and its policy support. */
export function optionViews(facts: BriefFacts): readonly OptionView[] {
  if (facts.hold.status === 'closed') return [];
  return waysForward(facts)
    .filter((option) => option.kind !== 'roll-back' || canBeTakenOut(facts))
    .map((option) => ({
      name: nameOf(option, facts),
      work: workOf(option, facts),
      readyWhen: readyWhen(option, facts),
      riskMeanwhile: riskInWords(option, facts),
      exposed: exposedInWords(option, facts),
      dates: datesOf(option),
      agrees: agreeing(actionOf[option.kind], facts),
    }));
}

/** A decision in a few words, beside the others: when it would be over, and who is exposed until then; null where that stays as it is. */
export function glanceOf(action: Action, facts: BriefFacts | null): string | null {
  const option = facts === null ? undefined : waysForward(facts).find(({ kind }) => actionOf[kind] === action);
  if (facts === null || option === undefined) return null;
  return `${soonOf(option, facts)}; ${riskOf(option, facts)}.`;
}

function soonOf({ kind, readyAt }: Option, { zone, now }: BriefFacts): string {
  if (kind === 'roll-back') return 'At once, and its work waits for the fix';
  if (kind !== 'fix-now') return 'As soon as it is agreed';
  return readyAt === null ? 'When is not known' : `Ready about ${moment(readyAt, zone, now)}`;
}

function riskOf({ kind, exposed }: Option, facts: BriefFacts): string {
  switch (exposed) {
    case 'nobody':
      return 'nobody is exposed';
    case 'users-if-workaround-fails':
      return 'nobody is exposed while the workaround holds';
    case 'users':
      return `${exposedOf(facts.service)} ${isIn(facts) ? 'stay exposed' : 'exposed'} until ${endOfExposure[kind]}`;
    case 'unknown':
      return 'whether anybody is exposed is not known';
    default:
      return exposed satisfies never;
  }
}

const endOfExposure = {
  'fix-now': 'then',
  'switch-off': 'then',
  'roll-back': 'it has gone back',
  'ship-and-patch-later': 'it is patched',
} as const satisfies Record<OptionKind, string>;

/** Chance of exploitation within a window of milliseconds, with what it rests on, or that no figure exists. */
export function riskWithin(window: number, { hold }: Pick<BriefFacts, 'hold'>): string {
  return likelihoodInWords(likelihoodWithin(window, hold.assessment.threat), window);
}

const actionOf = {
  'fix-now': 'remediation-approved',
  'switch-off': 'workaround-accepted',
  'roll-back': 'roll-back',
  'ship-and-patch-later': 'risk-accepted',
} as const satisfies Record<OptionKind, Action>;

/** Nothing can be taken out while it is not known which release has the flaw, unless it is in what runs. */
function canBeTakenOut({ hold }: BriefFacts): boolean {
  return hold.evidence === 'behind-stage' || (hold.release !== null && hold.release.position !== 'none');
}

function isIn({ hold }: BriefFacts): boolean {
  return hold.evidence === 'behind-stage' || hold.release?.position === 'in-stage';
}

function nameOf({ kind }: Option, facts: BriefFacts): string {
  const { hold } = facts;
  switch (kind) {
    case 'fix-now':
      return 'Fix now';
    case 'switch-off':
      return `Workaround: ${workaroundOf(facts) ?? ''}`;
    case 'roll-back':
      return isIn(facts) || hold.release === null
        ? `Roll back ${hold.stage.stage}`
        : `Take the change out: revert ${releaseName(hold.release)}`;
    case 'ship-and-patch-later':
      return isIn(facts) ? 'Leave it in and patch later' : 'Ship as it is and patch later';
    default:
      return kind satisfies never;
  }
}

function workOf({ kind }: Option, facts: BriefFacts): string {
  switch (kind) {
    case 'fix-now':
      return planOf(facts);
    case 'switch-off':
      return `The workaround itself has no hours planned; the fix still takes its own (${planOf(facts)})`;
    case 'roll-back':
      return 'No hours planned; the work of the change waits until the fix';
    case 'ship-and-patch-later':
      return `The same later (${planOf(facts)})`;
    default:
      return kind satisfies never;
  }
}

function readyWhen({ kind, readyAt, delay, beforeLaunch }: Option, { hold, zone, now }: BriefFacts): string {
  if (kind === 'ship-and-patch-later') return 'As soon as it is accepted';
  if (kind === 'switch-off') return 'As soon as it is in place and accepted';
  if (readyAt === null || delay === null) return 'Not known';
  const isLate = delay === 0 && hold.openedAt < now;
  const about = isLate ? 'Was due by now and is late' : `About ${moment(readyAt, zone, now)}, in ${duration(delay)}`;
  return `${about}${launchInWords(beforeLaunch)}`;
}

function launchInWords(beforeLaunch: number | null): string {
  if (beforeLaunch === null) return '';
  return beforeLaunch >= 0
    ? `; ${duration(beforeLaunch)} before the launch`
    : `; ${duration(-beforeLaunch)} after the launch`;
}

function riskInWords(option: Option, facts: BriefFacts): string {
  const { kind, window, likelihood, bringsBack } = option;
  if (kind === 'switch-off') return 'What the workaround leaves open; no figure exists for that';
  if (likelihood.kind === 'none') return isUntouched(facts.hold) ? 'None by this release: it does not run' : 'None';
  if (option.exposed === 'unknown') return 'Not known: whether what runs has the flaw too';
  const risk = likelihoodInWords(likelihood, window);
  if (kind !== 'roll-back') return risk;
  const back =
    bringsBack === null
      ? 'What the last good release had comes back; nobody looked at it for this yet'
      : bringsBack.length === 0
        ? 'The last good release has no open finding that the scanner knows of'
        : `It brings back ${bringsBack.slice(0, 5).join(', ')}${bringsBack.length > 5 ? ` and ${bringsBack.length - 5} more` : ''}`;
  return `${risk} ${back}`;
}

function likelihoodInWords(likelihood: Likelihood, window: number | null): string {
  const within =
    window === null
      ? ''
      : ` in ${window < 48 * hour ? `${Math.max(1, Math.round(window / hour))} h` : duration(window)}`;
  const basis = '(an estimate, reckoned from the published one for 30 days)';
  switch (likelihood.kind) {
    case 'none':
      return 'None.';
    case 'estimate':
      return `${percent(likelihood.probability)}${within} ${basis}.`;
    case 'under-way':
      return likelihood.atLeast === null
        ? 'No figure exists, but it is known to be exploited already.'
        : `At least ${percent(likelihood.atLeast)}${within} ${basis}: it is known to be exploited already, so the true chance is higher.`;
    case 'unknown':
      return window === null ? 'Not known: no time is planned.' : 'No figure exists.';
    default:
      return likelihood satisfies never;
  }
}

const hour = 3_600_000;

function exposedInWords({ exposed }: Option, facts: BriefFacts): string {
  const { hold } = facts;
  switch (exposed) {
    case 'nobody':
      return `Nobody by this release: it never reached ${hold.stage.stage}`;
    case 'users-if-workaround-fails':
      return `Nobody if it holds; if it does not, ${exposedOf(facts.service)}`;
    case 'users':
      return `${exposedOf(facts.service)}${isIn(facts) ? ': the flaw is in what already runs' : ', until it is patched'}`;
    case 'unknown':
      return `Not known: whether what runs in ${hold.stage.stage} has the flaw too`;
    default:
      return exposed satisfies never;
  }
}

/** What an option does to the dates that standards may set; the dates themselves stand below. */
function datesOf({ obligations }: Option): string {
  const said = obligations.flatMap(({ standard, due, isKept }) =>
    due === null ? [] : [`${standard}: ${isKept === null ? 'not known' : isKept ? 'in time' : 'too late'}`],
  );
  return said.length === 0 ? 'None that we know of' : `${said.join('; ')}, where it applies`;
}

/** Whom a decision needs, by its rule. */
function agreeing(action: (typeof actionOf)[OptionKind], { hold, service, people }: BriefFacts): string {
  return ruleOf(action, hold)
    .seats.map((roles) => seatInWords(service, people, roles))
    .join(', and ');
}
