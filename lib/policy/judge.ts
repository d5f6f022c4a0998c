import type { Finding } from '../finding/finding.ts';
import type { Instant } from '../finding/instant.ts';
import type { Assessment, Unknown } from '../risk/assessment.ts';
import { isByLabelAlone } from '../risk/severity.ts';
import { type Case, conditionsOf } from './conditions.ts';
import { ruleInWords } from './explain.ts';
import { type PolicyInForce, type PolicyWaiver, type Rule, type Service, verdicts } from './policy.ts';
import type { Verdict } from './verdict.ts';

/**
 * What the policy does about a finding in a service (null when no service claims it): the most severe verdict of all matching
 * rules. All conditions of a rule must hold; one whose datum is unknown does not, unless the rule says `unknownCounts`, and the
 * datum is named either way. A score that nobody gave, not even as a label, counts as holding.
 *
 * `posture` and `threat` findings are assessed by their label alone, so a rule acts on them only when its `when.kind` names
 * them; the built-in rules do not.
 *
 * What a person ordered halts whatever the rules say, and no waiver lets it pass: that person decides, not the file.
 *
 * A waiver of the policy that has not ended, and audit mode (the service's own mode comes before the policy's), turn a halt
 * into a watch; the verdict says which.
 */
export function judge(
  finding: Finding,
  assessment: Assessment,
  service: Service | null,
  policy: PolicyInForce,
  now: Instant,
): Verdict {
  const on: Case = { finding, assessment, service, now };
  const judged = policy.rules.filter((rule) => actsOn(rule, finding)).map((rule) => ({ rule, ...match(rule, on) }));
  const matching = judged.filter(({ matches }) => matches).map(({ rule }) => rule);
  const isOrdered = finding.dialect === 'ordered';
  const verdict = isOrdered ? 'halt' : mostSevere(matching);
  const reasons = [...(isOrdered ? [order] : []), ...matching.filter((rule) => rule.then === verdict).map(reasonOf)];
  const unknowns = mergedUnknowns(assessment, judged, verdict);
  if (verdict !== 'halt') return { verdict, reasons, unknowns, wouldHalt: false };
  const waiver = isOrdered ? undefined : waiverFor(finding, service, policy, now);
  if (waiver) return { verdict: 'watch', reasons: [waivedBy(waiver), ...reasons], unknowns, wouldHalt: false };
  const mode = service?.mode ?? policy.mode;
  if (mode === 'audit') return { verdict: 'watch', reasons, unknowns, wouldHalt: true };
  return { verdict, reasons, unknowns, wouldHalt: false };
}

const order = { rule: 'halt when a person orders it', because: 'ordered by a person' } as const;

function actsOn(rule: Rule, finding: Finding): boolean {
  return !isByLabelAlone(finding) || rule.when.kind === finding.kind;
}

type Match = { readonly matches: boolean; readonly unknown: readonly string[] };

// A datum matters only where the rest of the rule holds: if anything known speaks against the rule, nothing unknown can make it match.
function match(rule: Rule, on: Case): Match {
  const conditions = conditionsOf(rule.when, on);
  if (conditions.some(({ holds }) => holds === 'no')) return { matches: false, unknown: [] };
  const unknown = conditions.flatMap((condition) => ('datum' in condition ? [condition.datum] : []));
  const matches = rule.unknownCounts || conditions.every(({ holds }) => holds !== 'unknown');
  return { matches, unknown };
}

function mostSevere(rules: readonly Rule[]): Verdict['verdict'] {
  return verdicts.findLast((verdict) => rules.some((rule) => rule.then === verdict)) ?? 'pass';
}

function reasonOf(rule: Rule): Verdict['reasons'][number] {
  return { rule: ruleInWords(rule), because: rule.because };
}

// One entry a datum, save for vectors, of which each unusable one says its own mistake. What a rule says comes first.
function mergedUnknowns(
  assessment: Assessment,
  judged: readonly (Match & { readonly rule: Rule })[],
  verdict: Verdict['verdict'],
): readonly Unknown[] {
  const byDatum = new Map<string, string>();
  for (const { rule, matches, unknown } of judged.toSorted(haltsFirst)) {
    for (const datum of unknown) {
      if (!byDatum.has(datum)) byDatum.set(datum, couldChange(rule, matches, verdict));
    }
  }
  const others = assessment.unknowns.filter(({ datum }) => !byDatum.has(datum));
  return [...[...byDatum].map(([datum, text]) => ({ datum, couldChange: text })), ...others];
}

function haltsFirst(one: { readonly rule: Rule }, other: { readonly rule: Rule }): number {
  return verdicts.indexOf(other.rule.then) - verdicts.indexOf(one.rule.then);
}

function couldChange(rule: Rule, matches: boolean, verdict: Verdict['verdict']): string {
  if (matches) return `counts as matching "${rule.because}" (${rule.then}) until it is known`;
  if (verdicts.indexOf(rule.then) <= verdicts.indexOf(verdict))
    return `could match "${rule.because}" too (${rule.then})`;
  return `could lift ${verdict} to ${rule.then} ("${rule.because}")`;
}

function waiverFor(
  finding: Finding,
  service: Service | null,
  policy: PolicyInForce,
  now: Instant,
): PolicyWaiver | undefined {
  return policy.waivers.find(
    (waiver) =>
      waiver.service === service?.name && waiver.vulnerability === finding.vulnerabilityId && now <= waiver.until,
  );
}

function waivedBy(waiver: PolicyWaiver): Verdict['reasons'][number] {
  const rule = `waiver (${waiver.kind}) for ${waiver.vulnerability} in ${waiver.service} by ${waiver.by.join(', ')} until ${waiver.until}`;
  return { rule, because: waiver.because };
}
