import { z } from 'zod';
import type { Finding } from '../finding/finding.ts';
import { Instant, instantOf, later } from '../finding/instant.ts';
import type { Assessment, Ssvc } from './assessment.ts';
import { vectorLengthMax } from './cvss.ts';
import { metricsIn } from './cvss-metrics.ts';
import { type Intelligence, listingOf } from './known-exploited.ts';
import type { Setting } from './setting.ts';

/**
 * A date that a standard sets, if it applies: whether it does is a person's to say, and meeting it is no proof of compliance.
 * `start` and `due` are null where the standard counts from something that is not known here.
 */
export type Obligation = z.infer<typeof Obligation>;
export const Obligation = z.object({
  standard: z.string(),
  /** What is to be done, in words that fit after "by then". */
  what: z.string(),
  start: Instant.nullable(),
  due: Instant.nullable(),
  /** What the date rests on, input by input, and what was assumed. */
  basis: z.string(),
  /** What somebody has to find out to know whether it applies. */
  appliesIf: z.string(),
});

/** The inputs of CISA's table of timelines. */
export type Bod2604Inputs = {
  readonly inKev: boolean;
  readonly exposed: boolean;
  readonly automatable: boolean;
  readonly totalImpact: boolean;
};

/** A remediation timeline of BOD 26-04; days are calendar days. */
export type Bod2604Timeline = 'three-days-forensics' | 'three-days' | 'fourteen-days' | 'sixty-days' | 'on-upgrade';

/**
 * CISA's remediation timelines, all 16 rows.
 * @see CISA, Binding Operational Directive 26-04 (2026-06-10), as the decision table of CERT/CC "cisa_bod_26_04" 1.0.0
 */
export function bod2604Of({ inKev, exposed, automatable, totalImpact }: Bod2604Inputs): Bod2604Timeline {
  if (inKev && totalImpact && (exposed || automatable)) return 'three-days-forensics';
  if (exposed && automatable && inKev !== totalImpact) return 'three-days';
  if (inKev || (exposed && automatable !== totalImpact)) return 'fourteen-days';
  return exposed || automatable ? 'sixty-days' : 'on-upgrade';
}

/** The obligations that may follow from a finding, the nearest first. None of a finding that is not open. */
export function obligationsOf(
  finding: Finding,
  assessment: Pick<Assessment, 'cvss' | 'severity' | 'threat' | 'ssvc'>,
  setting: Setting | null,
  intelligence: Intelligence,
): readonly Obligation[] {
  if (finding.state !== 'open') return [];
  const seen = finding.firstObservedAt ?? intelligence.now;
  const known = { finding, assessment, setting, intelligence, seen };
  return [...bod2604(known), ...pciDss(known)].toSorted(byDue);
}

type Known = {
  readonly finding: Finding;
  readonly assessment: Pick<Assessment, 'cvss' | 'severity' | 'threat' | 'ssvc'>;
  readonly setting: Setting | null;
  readonly intelligence: Intelligence;
  /** When the flaw was first observed; now, where its finding does not say. */
  readonly seen: Instant;
};

const day = 86_400_000;

/** The timelines bind 180 days after the directive of 2026-06-10: no clock starts before. */
const bod2604BindsFrom = instantOf(Date.UTC(2026, 11, 7));

const timelines = {
  'three-days-forensics': { days: 3, what: 'fixed, after an investigation that secures volatile evidence first' },
  'three-days': { days: 3, what: 'fixed' },
  'fourteen-days': { days: 14, what: 'fixed' },
  'sixty-days': { days: 60, what: 'fixed' },
  'on-upgrade': { days: null, what: 'fixed with the next upgrade of the system' },
} as const satisfies Record<Bod2604Timeline, { readonly days: number | null; readonly what: string }>;

/** The directive is about published vulnerabilities: one without a public id has no timeline in it. */
function bod2604({ finding, assessment, setting, intelligence, seen }: Known): readonly Obligation[] {
  if (!/^CVE-/i.test(finding.vulnerabilityId ?? '')) return [];
  const impact = technicalImpactOf(assessment.cvss?.vector ?? null);
  const exposed = setting === null || setting.exposure === 'internet';
  const inKev = assessment.threat.knownExploited === true;
  const automatable = assessment.ssvc.automatable === 'yes';
  const { days, what } = timelines[bod2604Of({ inKev, exposed, automatable, totalImpact: impact.total })];
  const listing = listingOf(intelligence, finding.vulnerabilityId);
  const known = listing === null ? seen : laterOf(listing.dateAdded, seen);
  const start = laterOf(known, bod2604BindsFrom);
  const basis = [
    inKev
      ? 'in KEV'
      : assessment.threat.knownExploited === null
        ? 'not known whether in KEV, taken as no'
        : 'not in KEV',
    `${exposed ? 'exposed' : 'not exposed'}${setting === null ? ' (assumed: no service claims it)' : ''}`,
    automatableInWords(assessment.ssvc, assessment.cvss !== null),
    `${impact.total ? 'total' : 'partial'} technical impact (${impact.why})`,
    `counted from ${start !== known ? 'when the timelines begin to bind' : start === seen ? 'when it was first observed here' : 'its entry in KEV'}`,
  ].join('; ');
  return [
    {
      standard: 'CISA BOD 26-04',
      what,
      start,
      due: days === null ? null : later(start, days * day),
      basis,
      appliesIf: 'the system is run by or for a US federal civilian agency',
    },
  ];
}

function automatableInWords({ automatable }: Ssvc, hasVector: boolean): string {
  return `${automatable === 'yes' ? 'automatable' : 'not automatable'} (${hasVector ? 'derived from the vector' : 'assumed: no vector says'})`;
}

/** Requirement 6.3.3 counts from the release of the patch, which no finding dates: it is not before the flaw was seen, at best. */
function pciDss({ finding, assessment, seen }: Known): readonly Obligation[] {
  if (assessment.severity !== 'critical' || assessment.threat.fix !== 'available') return [];
  return [
    {
      standard: 'PCI DSS 4.0.1, requirement 6.3.3',
      what: 'patched',
      start: seen,
      due: oneMonthAfter(seen),
      basis: `critical by this assessment; a patch exists; one month from its release, counted from ${
        finding.firstObservedAt === null ? 'now' : 'when the flaw was first observed'
      }, since no finding says when the patch came out: it may be due earlier`,
      appliesIf: 'the system is in scope of PCI DSS, and your own ranking (6.3.1) calls it critical too',
    },
  ];
}

/**
 * Technical impact as SSVC means it: total when the flaw gives control of the component or all of its information. A vector with
 * changed scope leaves it open, as does none at all: both are taken as total.
 * @see CERT/CC SSVC, decision point Technical Impact 1.0.0
 */
export function technicalImpactOf(vector: string | null): { readonly total: boolean; readonly why: string } {
  const read = vector === null ? null : metricsIn(vector, vectorLengthMax);
  if (read === null || !read.ok) return { total: true, why: 'assumed: no vector says' };
  const value = (metric: string) => read.metrics.get(metric);
  switch (read.version) {
    case '2.0':
      return { total: value('C') === 'C' && value('I') === 'C', why: 'derived from the vector' };
    case '3.0':
    case '3.1':
      if (value('S') === 'C') return { total: true, why: 'assumed: the scope changes' };
      return { total: value('C') === 'H' && value('I') === 'H', why: 'derived from the vector' };
    case '4.0':
      return { total: value('VC') === 'H' && value('VI') === 'H', why: 'derived from the vector' };
    default:
      return read.version satisfies never;
  }
}

function laterOf(one: Instant, other: Instant): Instant {
  return one > other ? one : other;
}

/** The same day of the next month, or its last day where the next month is shorter. */
function oneMonthAfter(instant: Instant): Instant {
  const at = new Date(instant);
  const lastDay = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 2, 0)).getUTCDate();
  const month = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, Math.min(at.getUTCDate(), lastDay));
  return later(instant, month - Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()));
}

function byDue(one: Obligation, other: Obligation): number {
  return (one.due ?? '9999') < (other.due ?? '9999') ? -1 : 1;
}
