import type { Finding } from '../finding/finding.ts';
import { assess } from '../risk/assess.ts';
import type { Assessment } from '../risk/assessment.ts';
import type { Intelligence } from '../risk/known-exploited.ts';
import { judge } from './judge.ts';
import { type PolicyInForce, type Service, settingOf } from './policy.ts';
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
