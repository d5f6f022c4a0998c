import { z } from 'zod';
import { type Finding, type PublishedVector, severities } from '../finding/finding.ts';
import { later } from '../finding/instant.ts';
import { untrusted } from '../finding/untrusted.ts';
import { riskOf } from '../risk/assess.ts';
import type { Band } from '../risk/assessment.ts';
import { bandOf, vectorLengthMax } from '../risk/cvss.ts';
import { isBaseMetric, metricsIn, vectorOf } from '../risk/cvss-metrics.ts';
import { metricWords } from '../risk/metric-words.ts';
import { authentications, criticalities, dataClasses, exposures } from '../risk/setting.ts';
import { bandOfLabel, labelOf } from '../risk/severity.ts';
import { weigh } from '../risk/vectors.ts';
import { judge, waiverFor } from './judge.ts';
import type { Judgeable, Judged } from './judged.ts';
import { type PolicyInForce, type Service, settingOf, verdicts } from './policy.ts';

/** One fact that would change the verdict: `if` it needs a login it scores `score` and is judged `verdict`. */
export type Counterfactual = z.infer<typeof Counterfactual>;
export const Counterfactual = z.object({
  /** A clause that fits after "if". */
  if: z.string(),
  /** The score in that case; null when none is known, or the flaw would be gone. */
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

function outcomeOf(of: Judgeable): Pick<Counterfactual, 'score' | 'verdict'> {
  const { finding, service, policy, intelligence, introduced } = of;
  const risk = riskOf(finding, settingOf(service, policy), intelligence);
  const { verdict } = judge(finding, risk, service, policy, intelligence.now, introduced);
  return finding.state === 'open' ? { score: risk.score, verdict } : { score: null, verdict: 'pass' };
}

type Flip = { readonly words: string; readonly changed: Judgeable };

/** Every single change of a fact that applies here, with its words. */
function flipsOf(of: Judgeable): readonly Flip[] {
  return [
    ...vectorFlips(of, metricClauses.filter(isAboutLogin)),
    ...serviceFlips(of),
    { words: 'the fix is in', changed: withFinding(of, { state: 'closed' }) },
    ...threatFlips(of),
    ...vectorFlips(
      of,
      metricClauses.filter((clause) => !isAboutLogin(clause)),
    ),
    ...originFlips(of),
    ...labelFlips(of),
    ...policyFlips(of),
  ];
}

/** Every clause that a value of a base metric makes, in any generation: who may attack first, as people argue about that first. */
const metricClauses: readonly string[] = [
  ...new Set(
    (['4.0', '3.1', '2.0'] as const).flatMap((version) =>
      [...metricWords(version)].flatMap(([metric, words]) =>
        isBaseMetric(version, metric) ? Object.values(words) : [],
      ),
    ),
  ),
];

/** The clauses about logins, which are the first of each generation. */
const isAboutLogin = (clause: string) => /login|administrator/.test(clause);

/** One clause made true of every vector of the finding that can say it. */
function vectorFlips(of: Judgeable, clauses: readonly string[]): readonly Flip[] {
  return clauses.flatMap((clause) => {
    const vectors = of.finding.vectors.map((one) => ({ ...one, vector: withClause(one.vector, clause) }));
    const isChanged = vectors.some(({ vector }, at) => vector !== of.finding.vectors[at]?.vector);
    const severity = labelUnder(of, vectors);
    return isChanged ? [{ words: `it ${clause}`, changed: withFinding(of, { vectors, severity }) }] : [];
  });
}

/** A label that says what the vector says was read off it, and follows it; one that says something else stands by itself. */
function labelUnder(of: Judgeable, vectors: Finding['vectors']): Finding['severity'] {
  const { severity } = of.finding;
  const [before, after] = [baseBandOf(of, of.finding.vectors), baseBandOf(of, vectors)];
  return severity !== null && after !== null && bandOfLabel(severity) === before ? labelOf(after) : severity;
}

/** The band of the vector that would count; null when none can be scored. */
function baseBandOf({ finding, service, policy }: Judgeable, vectors: Finding['vectors']): Band | null {
  const setting = settingOf(service, policy);
  const [chosen] = weigh(vectors, { setting, threat: finding.threat, isStated: finding.orderedBy !== null }).vectors;
  return chosen === undefined ? null : bandOf(chosen.baseScore);
}

/** A vector of which a clause is true; as it is where it is true already, or where its generation cannot say it. */
function withClause(vector: PublishedVector['vector'], clause: string): PublishedVector['vector'] {
  const read = metricsIn(vector, vectorLengthMax);
  if (!read.ok) return vector;
  for (const [metric, words] of metricWords(read.version)) {
    const value = Object.keys(words).find((each) => words[each] === clause);
    if (value === undefined || !isBaseMetric(read.version, metric)) continue;
    if (read.metrics.get(metric) === value) return vector;
    const changed = untrusted(vectorOf(read.version, new Map([...read.metrics, [metric, value]])));
    // Generations share words, but not all values: v3 knows no medium complexity.
    return metricsIn(changed, vectorLengthMax).ok ? changed : vector;
  }
  return vector;
}

const exposureWords = {
  internet: 'it is reachable from the internet',
  internal: 'it is not reachable from the internet',
  isolated: 'its network is isolated',
} as const satisfies Record<Service['exposure'], string>;

const authenticationWords = {
  none: 'no login stands in front of the service',
  user: 'a login stands in front of the service',
  administrator: 'an administrator login stands in front of the service',
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
    ...othersOf(dataClasses, service.dataClass).map((dataClass) => flip(`its data are ${dataClass}`, { dataClass })),
    ...othersOf(criticalities, service.criticality).map((criticality) =>
      flip(`its criticality is ${criticality}`, { criticality }),
    ),
  ];
}

const fixWords = {
  available: 'a fix is available',
  none: 'no fix exists',
  'wont-fix': 'its maker refuses a fix',
} as const satisfies Record<NonNullable<Finding['threat']['fix']>, string>;

function threatFlips(of: Judgeable): readonly Flip[] {
  const { threat } = of.finding;
  const flip = (words: string, facts: Partial<Finding['threat']>) => ({
    words,
    changed: withFinding(of, { threat: { ...threat, ...facts } }),
  });
  return [
    threat.knownExploited === true
      ? flip('it is not known to be exploited', { knownExploited: false })
      : flip('it is known to be exploited', { knownExploited: true }),
    threat.exploitAvailable === true
      ? flip('no exploit is public', { exploitAvailable: false })
      : flip('an exploit is public', { exploitAvailable: true }),
    ...othersOf(['available', 'none', 'wont-fix'] as const, threat.fix).map((fix) => flip(fixWords[fix], { fix })),
    ...thresholds(of.policy, 'epssAtLeast').map((least) =>
      threat.epss !== null && threat.epss >= least
        ? flip(`its EPSS is below ${least}`, { epss: Math.max(0, least - 0.001) })
        : flip(`its EPSS is ${least} or more`, { epss: least }),
    ),
  ];
}

const originWords = [
  { words: 'this release introduces it', introduced: true },
  { words: 'this release does not introduce it', introduced: false },
] as const;

/** Whether production has it already turns a verdict only where a rule asks for it. */
function originFlips(of: Judgeable): readonly Flip[] {
  return originWords
    .filter(({ introduced }) => introduced !== of.introduced)
    .map(({ words, introduced }) => ({ words, changed: { ...of, introduced } }));
}

function labelFlips(of: Judgeable): readonly Flip[] {
  return othersOf(severities, of.finding.severity).map((severity) => ({
    words: `the scanner calls it ${severity}`,
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
      words: `it has been known here for ${days} days`,
      changed: withFinding(of, { firstObservedAt: later(intelligence.now, -days * 86_400_000) }),
    })),
    ...(waiver === undefined
      ? []
      : [{ words: 'its waiver has ended', changed: { ...of, policy: { ...policy, waivers } } }]),
    ...(isAudit
      ? [
          {
            words: 'its policy is enforced, not audited',
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
