import type { Finding } from '../finding/finding.ts';
import type { Unknown } from '../risk/assessment.ts';
import { type RuleMatch, rulesOn } from './judge.ts';
import { type Judged, judged } from './judged.ts';
import { verdicts } from './policy.ts';
import type { Verdict } from './verdict.ts';

/**
 * What is not known of a finding, and what each could change in its verdict by the rules of the policy: what a rule turns on
 * first. One entry a datum, save for vectors, of which each unusable one says its own mistake. Data on which no rule turns are
 * named all the same.
 */
export function unknownsIn(of: Judged): readonly Unknown[] {
  const { finding, assessment, service, policy, verdict, intelligence, introduced = null } = of;
  const byRule = new Map<string, string>();
  for (const matched of [...rulesOn({ finding, assessment, service, introduced, now: intelligence.now }, policy)].sort(
    haltsFirst,
  )) {
    for (const datum of matched.unknown) {
      if (!byRule.has(datum)) byRule.set(datum, couldChange(matched, verdict.verdict));
    }
  }
  const others = assessment.unknowns.filter(({ datum }) => !byRule.has(datum));
  return [
    ...[...byRule].map(([datum, text]) => ({ datum, couldChange: text })),
    ...others.map(({ datum, couldChange: bearing }) => ({ datum, couldChange: probedInWords(of, datum, bearing) })),
  ];
}

function haltsFirst(one: RuleMatch, other: RuleMatch): number {
  return verdicts.indexOf(other.rule.then) - verdicts.indexOf(one.rule.then);
}

function couldChange({ rule, matches }: RuleMatch, verdict: Verdict['verdict']): string {
  if (matches) return `counts as matching "${rule.because}" (${rule.then}) until it is known`;
  if (verdicts.indexOf(rule.then) <= verdicts.indexOf(verdict))
    return `could match "${rule.because}" too (${rule.then})`;
  return `could lift ${verdict} to ${rule.then} ("${rule.because}")`;
}

/** A finding in which a datum is as bad as it can be; null for data that have no worst value. */
type Worst = (finding: Finding) => Finding;

const worst: Readonly<Record<string, Worst>> = {
  severity: (finding) => ({ ...finding, severity: 'critical' }),
  epss: (finding) => withThreat(finding, { epss: 1 }),
  knownExploited: (finding) => withThreat(finding, { knownExploited: true }),
  exploitAvailable: (finding) => withThreat(finding, { exploitAvailable: true }),
};

function withThreat(finding: Finding, threat: Partial<Finding['threat']>): Finding {
  return { ...finding, threat: { ...finding.threat, ...threat } };
}

/** What a datum bears on, and the verdict under its worst value. */
function probedInWords(of: Judged, datum: string, bearing: string): string {
  const change = Object.hasOwn(worst, datum) ? worst[datum] : undefined;
  if (change === undefined) return bearing;
  const { verdict, reasons } = judged({ ...of, finding: change(of.finding) }).verdict;
  if (verdicts.indexOf(verdict) <= verdicts.indexOf(of.verdict.verdict))
    return `${bearing}; by itself it changes no verdict of this policy`;
  return `${bearing}; could lift ${of.verdict.verdict} to ${verdict} ("${reasons[0]?.because ?? 'a rule'}")`;
}
