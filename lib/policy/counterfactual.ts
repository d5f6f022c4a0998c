import { z } from 'zod';
import { type Finding, type PublishedVector, severities } from '../finding/finding.ts';
import { later } from '../finding/instant.ts';
import { untrusted } from '../finding/untrusted.ts';
import { vectorLengthMax } from '../risk/cvss.ts';
import { metricsIn, vectorOf } from '../risk/cvss-metrics.ts';
import { authentications, criticalities, dataClasses, exposures } from '../risk/setting.ts';
import { waiverFor } from './judge.ts';
import { type Judgeable, type Judged, judged } from './judged.ts';
import { type PolicyInForce, type Service, verdicts } from './policy.ts';
import type { Verdict } from './verdict.ts';

/** One fact that, were it otherwise, would change the verdict: `if` a login were needed it would score `score`, and be `verdict`. */
export type Counterfactual = z.infer<typeof Counterfactual>;
export const Counterfactual = z.object({
  /** A clause that fits after "if". */
  if: z.string(),
  /** The score in that case; null when none is known. */
  score: z.number().nullable(),
  verdict: z.enum(verdicts),
});

/**
 * Every single fact that would change the verdict were it otherwise, found by changing each in turn and judging again, in the
 * order in which people argue. What a person ordered is judged by the rules alone: the order itself is no fact about the flaw.
 * Empty for a finding that is not open.
 */
export function counterfactualsOf(of: Judged): readonly Counterfactual[] {
  if (of.finding.state !== 'open') return [];
  const rules = byRules(of);
  return flipsOf(rules).flatMap(({ words, changed }) => {
    const { score, verdict } = outcomeOf(changed);
    return verdict === outcomeOf(rules).verdict ? [] : [{ if: words, score, verdict }];
  });
}

/** Those that would let a finding pass that halts. */
export function wouldNotHaltIf(counterfactuals: readonly Counterfactual[]): readonly Counterfactual[] {
  return counterfactuals.filter(({ verdict }) => verdict !== 'halt');
}

/**
 * A finding as the rules see it, whoever ordered it. What the list of known exploited flaws says becomes the finding's own, so
 * that each fact can be changed by itself.
 */
function byRules(of: Judged): Judgeable {
  const { finding, assessment, intelligence } = of;
  const dialect = finding.dialect === 'ordered' ? 'inspector2' : finding.dialect;
  return {
    ...of,
    finding: { ...finding, dialect, threat: assessment.threat },
    intelligence: { ...intelligence, kev: null },
  };
}

function outcomeOf(what: Judgeable): { readonly score: number | null; readonly verdict: Verdict['verdict'] } {
  const { assessment, verdict } = judged(what);
  return { score: assessment.score, verdict: what.finding.state === 'open' ? verdict.verdict : 'pass' };
}

type Flip = { readonly words: string; readonly changed: Judgeable };

/** Every single change of a fact that applies here, with its words. */
function flipsOf(of: Judgeable): readonly Flip[] {
  return [
    ...vectorFlips(of, privilegeWords),
    ...serviceFlips(of),
    { words: 'the fix were in', changed: withFinding(of, { state: 'closed' }) },
    ...threatFlips(of),
    ...vectorFlips(of, otherWords),
    ...labelFlips(of),
    ...policyFlips(of),
  ];
}

/** A base metric and the clause that each of its values makes. */
type MetricWords = { readonly metric: string; readonly values: Readonly<Record<string, string>> };

/** Who may attack, which people argue about first; v2 has a name of its own for it. */
const privilegeWords: readonly MetricWords[] = [
  {
    metric: 'PR',
    values: { N: 'no login were needed', L: 'a login were needed', H: 'administrator rights were needed' },
  },
  {
    metric: 'Au',
    values: { N: 'no login were needed', S: 'a login were needed', M: 'several logins were needed' },
  },
];

const otherWords: readonly MetricWords[] = [
  {
    metric: 'AV',
    values: {
      N: 'it worked over any network',
      A: 'it worked from the same network only',
      L: 'it worked on the machine itself only',
      P: 'it needed the machine in hand',
    },
  },
  {
    metric: 'UI',
    values: {
      N: 'nobody had to be led to act',
      R: 'somebody had to be led to act',
      P: 'somebody had to use it as usual',
      A: 'somebody had to be led to act',
    },
  },
  { metric: 'AC', values: { L: 'the attack were easy', M: 'the attack were less easy', H: 'the attack were hard' } },
  {
    metric: 'AT',
    values: { N: 'no particular circumstances were needed', P: 'particular circumstances were needed' },
  },
  ...(['C', 'VC'] as const).map((metric) => impact(metric, 'it revealed')),
  ...(['I', 'VI'] as const).map((metric) => impact(metric, 'it changed')),
  ...(['A', 'VA'] as const).map((metric) => ({
    metric,
    values: {
      N: 'it stopped nothing',
      L: 'it slowed the service only',
      P: 'it slowed the service only',
      H: 'it stopped the service',
      C: 'it stopped the service',
    },
  })),
];

function impact(metric: string, verb: string): MetricWords {
  const some = `${verb} some data only`;
  const all = `${verb} all data`;
  return { metric, values: { N: `${verb} nothing`, L: some, P: some, H: all, C: all } };
}

/** One metric changed alike in every vector of the finding. */
function vectorFlips(of: Judgeable, words: readonly MetricWords[]): readonly Flip[] {
  return words.flatMap(({ metric, values }) =>
    Object.entries(values).flatMap(([value, clause]) => {
      const vectors = of.finding.vectors.map((one) => ({ ...one, vector: withMetric(one.vector, metric, value) }));
      const isChanged = vectors.some(({ vector }, at) => vector !== of.finding.vectors[at]?.vector);
      return isChanged ? [{ words: clause, changed: withFinding(of, { vectors }) }] : [];
    }),
  );
}

/** A vector with another value of a metric; as it is where it has that metric not, or not that value. */
function withMetric(vector: PublishedVector['vector'], metric: string, value: string): PublishedVector['vector'] {
  const read = metricsIn(vector, vectorLengthMax);
  if (!read.ok || !read.metrics.has(metric) || read.metrics.get(metric) === value) return vector;
  const changed = untrusted(vectorOf(read.version, new Map([...read.metrics, [metric, value]])));
  return metricsIn(changed, vectorLengthMax).ok ? changed : vector;
}

const exposureWords = {
  internet: 'it were reachable from the internet',
  internal: 'it were not reachable from the internet',
  isolated: 'its network were isolated',
} as const satisfies Record<Service['exposure'], string>;

const authenticationWords = {
  none: 'no login stood in front of the service',
  user: 'a login stood in front of the service',
  administrator: 'an administrator login stood in front of the service',
} as const satisfies Record<Service['authentication'], string>;

function serviceFlips(of: Judgeable): readonly Flip[] {
  const { service } = of;
  if (service === null) return [];
  const flip = (words: string, facts: Partial<Service>) => ({
    words,
    changed: { ...of, service: { ...service, ...facts } },
  });
  return [
    ...othersOf(exposures, service.exposure).map((exposure) => flip(exposureWords[exposure], { exposure })),
    ...othersOf(authentications, service.authentication).map((authentication) =>
      flip(authenticationWords[authentication], { authentication }),
    ),
    ...othersOf(dataClasses, service.dataClass).map((dataClass) => flip(`its data were ${dataClass}`, { dataClass })),
    ...othersOf(criticalities, service.criticality).map((criticality) =>
      flip(`its criticality were ${criticality}`, { criticality }),
    ),
  ];
}

const fixWords = {
  available: 'a fix were available',
  none: 'no fix existed',
  'wont-fix': 'its maker refused a fix',
} as const satisfies Record<NonNullable<Finding['threat']['fix']>, string>;

function threatFlips(of: Judgeable): readonly Flip[] {
  const { threat } = of.finding;
  const flip = (words: string, facts: Partial<Finding['threat']>) => ({
    words,
    changed: withFinding(of, { threat: { ...threat, ...facts } }),
  });
  return [
    threat.knownExploited === true
      ? flip('it were not known to be exploited', { knownExploited: false })
      : flip('it were known to be exploited', { knownExploited: true }),
    threat.exploitAvailable === true
      ? flip('no exploit were public', { exploitAvailable: false })
      : flip('an exploit were public', { exploitAvailable: true }),
    ...othersOf(['available', 'none', 'wont-fix'] as const, threat.fix).map((fix) => flip(fixWords[fix], { fix })),
    ...thresholds(of.policy, 'epssAtLeast').map((least) =>
      threat.epss !== null && threat.epss >= least
        ? flip(`its EPSS were below ${least}`, { epss: Math.max(0, least - 0.001) })
        : flip(`its EPSS were ${least} or more`, { epss: least }),
    ),
  ];
}

function labelFlips(of: Judgeable): readonly Flip[] {
  return othersOf(severities, of.finding.severity).map((severity) => ({
    words: `the scanner called it ${severity}`,
    changed: withFinding(of, { severity }),
  }));
}

/** What time and people change: its age, a waiver that ends, audit that becomes enforcement. */
function policyFlips(of: Judgeable): readonly Flip[] {
  const { finding, service, policy, intelligence } = of;
  const waiver = waiverFor(finding, service, policy, intelligence.now);
  const waivers = policy.waivers.filter((one) => one !== waiver);
  const isAudit = (service?.mode ?? policy.mode) === 'audit';
  const enforced = service === null ? null : { ...service, mode: 'enforce' as const };
  return [
    ...thresholds(policy, 'ageDaysAtLeast').map((days) => ({
      words: `it had been known here for ${days} days`,
      changed: withFinding(of, { firstObservedAt: later(intelligence.now, -days * 86_400_000) }),
    })),
    ...(waiver === undefined
      ? []
      : [{ words: 'its waiver had ended', changed: { ...of, policy: { ...policy, waivers } } }]),
    ...(isAudit
      ? [
          {
            words: 'its policy were enforced, not audited',
            changed: { ...of, service: enforced, policy: { ...policy, mode: 'enforce' as const } },
          },
        ]
      : []),
  ];
}

function withFinding(of: Judgeable, facts: Partial<Finding>): Judgeable {
  return { ...of, finding: { ...of.finding, ...facts } };
}

/** The numbers at which rules turn, each once, smallest first. */
function thresholds(policy: PolicyInForce, condition: 'epssAtLeast' | 'ageDaysAtLeast'): readonly number[] {
  const set = policy.rules.flatMap(({ when }) => when[condition] ?? []);
  return [...new Set(set)].sort((one, other) => one - other);
}

function othersOf<Word>(words: readonly Word[], but: Word | null): readonly Word[] {
  return words.filter((word) => word !== but);
}
