import type { Finding } from '../finding/finding.ts';
import { assess } from '../risk/assess.ts';
import type { Assessment } from '../risk/assessment.ts';
import type { Intelligence } from '../risk/known-exploited.ts';
import { judge, waiverFor } from './judge.ts';
import { type PolicyInForce, type PolicyWaiver, type Service, settingOf } from './policy.ts';
import type { Verdict } from './verdict.ts';

/** What is judged: a finding in a service (null when none claims it), under a policy, with what is known of threats. */
export type Judgeable = {
  readonly finding: Finding;
  readonly service: Service | null;
  readonly policy: PolicyInForce;
  readonly intelligence: Intelligence;
  /** Whether the release that waits introduces it. @default null: unknown */
  readonly introduced?: boolean | null;
};

/** A finding in a service, assessed and judged. */
export type Judged = Judgeable & { readonly assessment: Assessment; readonly verdict: Verdict };

/** Assesses a finding in a service and judges it by the policy. */
export function judged(what: Judgeable): Judged {
  const { finding, service, policy, intelligence, introduced } = what;
  const assessment = assess(finding, settingOf(service, policy), intelligence);
  return { ...what, assessment, verdict: judge(finding, assessment, service, policy, intelligence.now, introduced) };
}

/** A halt that a waiver of the policy holds back, and why it would halt. */
export type WaivedHalt = { readonly waiver: PolicyWaiver; readonly reasons: Verdict['reasons'] };

/** What a waiver holds back of an open finding: a halt, were there no waivers; null when there is no such waiver or halt. */
export function waivedHalt({
  finding,
  service,
  policy,
  intelligence,
  introduced,
  assessment,
}: Judged): WaivedHalt | null {
  const { now } = intelligence;
  const waiver = finding.state === 'open' ? waiverFor(finding, service, policy, now) : undefined;
  if (waiver === undefined) return null;
  const { verdict, reasons } = judge(finding, assessment, service, { ...policy, waivers: [] }, now, introduced);
  return verdict === 'halt' ? { waiver, reasons } : null;
}
