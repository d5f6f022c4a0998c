import type { Finding } from '../finding/finding.ts';
import type { Instant } from '../finding/instant.ts';
import type { Risk } from '../risk/assessment.ts';
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
  assessment: Risk,
  service: Service | null,
  policy: PolicyInForce,
  now: Instant,
  introduced: boolean | null = null,
): Verdict {
  const on: Case = { finding, assessment, service, now, introduced };
  const matching = rulesOn(on, policy).flatMap(({ rule, matches }) => (matches ? [rule] : []));
  const isOrdered = finding.dialect === 'ordered';
  const verdict = isOrdered ? 'halt' : mostSevere(matching);
  const reasons = [...(isOrdered ? [order] : []), ...matching.filter((rule) => rule.then === verdict).map(reasonOf)];
  if (verdict !== 'halt') return { verdict, reasons, wouldHalt: false };
  const waiver = isOrdered ? undefined : waiverFor(finding, service, policy, now);
  if (waiver) return { verdict: 'watch', reasons: [waivedBy(waiver), ...reasons], wouldHalt: false };
  const mode = service?.mode ?? policy.mode;
  if (mode === 'audit') return { verdict: 'watch', reasons, wouldHalt: true };
  return { verdict, reasons, wouldHalt: false };
}

const order = { rule: 'halt when a person orders it', because: 'ordered by a person' } as const;

/** A rule held against a finding: whether it matches, and the data it turns on that are not known. */
export type RuleMatch = { readonly rule: Rule; readonly matches: boolean; readonly unknown: readonly string[] };

/** Every rule of the policy that acts on a finding, held against it. */
export function rulesOn(on: Case, policy: Pick<PolicyInForce, 'rules'>): readonly RuleMatch[] {
  return policy.rules.filter((rule) => actsOn(rule, on.finding)).map((rule) => match(rule, on));
}

function actsOn(rule: Rule, finding: Finding): boolean {
  return !isByLabelAlone(finding) || rule.when.kind === finding.kind;
}

// A datum matters only where the rest of the rule holds: if anything known speaks against the rule, nothing unknown can make it match.
function match(rule: Rule, on: Case): RuleMatch {
  const conditions = conditionsOf(rule.when, on);
  if (conditions.some(({ holds }) => holds === 'no')) return { rule, matches: false, unknown: [] };
  const unknown = conditions.flatMap((condition) => ('datum' in condition ? [condition.datum] : []));
  const matches = rule.unknownCounts || conditions.every(({ holds }) => holds !== 'unknown');
  return { rule, matches, unknown };
}

function mostSevere(rules: readonly Rule[]): Verdict['verdict'] {
  return verdicts.findLast((verdict) => rules.some((rule) => rule.then === verdict)) ?? 'pass';
}

function reasonOf(rule: Rule): Verdict['reasons'][number] {
  return { rule: ruleInWords(rule), because: rule.because };
}

/** The policy's waiver that lets a finding pass in a service now. */
export function waiverFor(
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
