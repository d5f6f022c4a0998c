import type { Finding } from '../finding/finding.ts';
import { type Instant, msOf } from '../finding/instant.ts';
import { bands, type Risk } from '../risk/assessment.ts';
import { ssvcDecisions, ssvcOf } from '../risk/ssvc.ts';
import type { Service, When } from './policy.ts';

/** What a rule is held against. */
export type Case = {
  readonly finding: Finding;
  readonly assessment: Risk;
  /** Null when no service claims the finding. */
  readonly service: Service | null;
  readonly now: Instant;
  /** Whether the release that waits introduces it. @default null: unknown */
  readonly introduced?: boolean | null;
};

/**
 * Whether a condition holds. `unknown` names the datum that is missing; `unknown-holds` is a score that nobody gave, not even
 * as a label: the condition counts as holding, and the datum is still named.
 */
export type Holds =
  | { readonly holds: 'yes' | 'no' }
  | { readonly holds: 'unknown' | 'unknown-holds'; readonly datum: string };

type Condition = keyof When;

/** Every condition that a rule sets, with whether it holds. */
export function conditionsOf(when: When, on: Case): readonly Holds[] {
  const set = conditionNames.filter((name) => when[name] !== undefined);
  return set.map((name) => conditions[name](when, on));
}

const yes: Holds = { holds: 'yes' };
const no: Holds = { holds: 'no' };

const conditions: Readonly<Record<Condition, (when: When, on: Case) => Holds>> = {
  scoreAtLeast: ({ scoreAtLeast = 0 }, { assessment: { score } }) =>
    score === null ? { holds: 'unknown-holds', datum: 'score' } : test(score >= scoreAtLeast),
  severityAtLeast: ({ severityAtLeast = 'none' }, { assessment: { severity } }) =>
    severity === null
      ? { holds: 'unknown-holds', datum: 'score' }
      : test(bands.indexOf(severity) >= bands.indexOf(severityAtLeast)),
  epssAtLeast: ({ epssAtLeast = 0 }, { assessment }) =>
    known(assessment.threat.epss, 'epss', (epss) => epss >= epssAtLeast),
  knownExploited: ({ knownExploited }, { assessment }) =>
    known(assessment.threat.knownExploited, 'knownExploited', (is) => is === knownExploited),
  exploitAvailable: ({ exploitAvailable }, { assessment }) =>
    known(assessment.threat.exploitAvailable, 'exploitAvailable', (is) => is === exploitAvailable),
  fix: ({ fix }, { assessment }) => known(assessment.threat.fix, 'fix', (is) => is === fix),
  ssvc: ({ ssvc = 'defer' }, { assessment }) => isAsUrgent(assessment, ssvc),
  exposure: ({ exposure }, { service }) => known(service, 'exposure', (is) => is.exposure === exposure),
  dataClass: ({ dataClass }, { service }) => known(service, 'dataClass', (is) => is.dataClass === dataClass),
  criticality: ({ criticality }, { service }) => known(service, 'criticality', (is) => is.criticality === criticality),
  kind: ({ kind }, { finding }) =>
    finding.isKindSaid ? test(finding.kind === kind) : { holds: 'unknown', datum: 'kind' },
  ecosystem: ({ ecosystem = '' }, { finding }) => isOfEcosystem(finding, ecosystem.toLowerCase()),
  ageDaysAtLeast: ({ ageDaysAtLeast = 0 }, { finding, now }) =>
    known(finding.firstObservedAt, 'age', (first) => msOf(now) - msOf(first) >= ageDaysAtLeast * dayMs),
  introduced: ({ introduced }, { introduced: is = null }) => known(is, 'introduced', (truth) => truth === introduced),
  service: ({ service: name }, { service }) => test(service?.name === name),
};

const dayMs = 86_400_000;

const conditionNames: readonly Condition[] = [
  'scoreAtLeast',
  'severityAtLeast',
  'epssAtLeast',
  'knownExploited',
  'exploitAvailable',
  'fix',
  'ssvc',
  'exposure',
  'dataClass',
  'criticality',
  'kind',
  'ecosystem',
  'ageDaysAtLeast',
  'introduced',
  'service',
];

function test(holds: boolean): Holds {
  return holds ? yes : no;
}

function known<T>(value: T | null, datum: string, isSo: (value: T) => boolean): Holds {
  return value === null ? { holds: 'unknown', datum } : test(isSo(value));
}

// The tree takes unknown exploitation as none. Where knowing it could make the decision urgent enough, the condition is unknown.
function isAsUrgent({ ssvc, threat }: Risk, least: (typeof ssvcDecisions)[number]): Holds {
  const reaches = (exploitation: typeof ssvc.exploitation) =>
    ssvcDecisions.indexOf(ssvcOf({ ...ssvc, exploitation }).decision) >= ssvcDecisions.indexOf(least);
  if (reaches(ssvc.exploitation)) return yes;
  if (threat.exploitAvailable === null && reaches('public poc')) return { holds: 'unknown', datum: 'exploitAvailable' };
  if (threat.knownExploited === null && reaches('active')) return { holds: 'unknown', datum: 'knownExploited' };
  return no;
}

function isOfEcosystem(finding: Finding, ecosystem: string): Holds {
  if (finding.packages.some((pack) => pack.ecosystem === ecosystem)) return yes;
  const isUnsaid = finding.packages.length === 0 || finding.packages.some((pack) => pack.ecosystem === null);
  return isUnsaid && hasPackages(finding) ? { holds: 'unknown', datum: 'ecosystem' } : no;
}

function hasPackages(finding: Finding): boolean {
  return finding.kind === 'package' || finding.kind === 'image-scan';
}
