import type { Finding, Threat } from '../finding/finding.ts';
import type { Instant } from '../finding/instant.ts';
import type { Factor, Ssvc } from './assessment.ts';
import { placedIn } from './environment.ts';
import { type Intelligence, listingOf } from './known-exploited.ts';
import type { Setting } from './setting.ts';
import type { Rated } from './severity.ts';
import { publisherOf, type RatedVector, type Weighed } from './vectors.ts';

/** All that went into an assessment. */
export type Facts = {
  readonly finding: Finding;
  readonly setting: Setting | null;
  readonly intelligence: Intelligence;
  /** The finding's own threat data with what the list of known exploited flaws adds. */
  readonly threat: Threat;
  readonly weighed: Weighed;
  readonly rated: Rated;
  readonly ssvc: Ssvc;
};

/** Every factor of an assessment with its source and its age, in the order in which one would argue. */
export function factorsOf(facts: Facts): readonly Factor[] {
  const { finding, setting, threat, weighed, rated } = facts;
  const asOf = finding.updatedAt;
  return [
    ...weighed.vectors.map((vector, at) => vectorFactor(facts, vector, at)),
    ...placement(facts),
    ...known('scanner score', finding.score?.toFixed(1), finding.dialect, asOf),
    ...known('scanner label', finding.severity, finding.dialect, asOf),
    ...lifted(finding, rated),
    ...known('EPSS', epssInWords(threat.epss), finding.dialect, asOf),
    ...knownExploited(facts),
    ...known('exploit available', yesNo(threat.exploitAvailable), finding.dialect, asOf),
    ...known('fix', threat.fix, finding.dialect, asOf),
    ...known('exposure', setting?.exposure, 'policy', null),
    ...known('authentication in front', setting?.authentication, 'policy', null),
    ...known('data class', setting?.dataClass, 'policy', null),
    ...known('criticality', setting?.criticality, 'policy', null),
    ...ssvcFactors(facts),
  ];
}

function vectorFactor({ finding }: Facts, vector: RatedVector, at: number): Factor {
  const inService = vector.score === vector.baseScore ? '' : `, ${vector.score.toFixed(1)} in this service`;
  return {
    name: at === 0 ? 'CVSS' : 'CVSS, also published',
    value: `${vector.baseScore.toFixed(1)}, ${vector.vector}${inService}${discrepancyOf(finding, vector)}`,
    source: publisherOf(vector),
    asOf: finding.updatedAt,
  };
}

// Publishers sometimes print a score that their own vector does not have; the vector counts, and both are shown.
function discrepancyOf(finding: Finding, { vector, baseScore, score }: RatedVector): string {
  const printed = finding.vectors.find((published) => published.vector === vector)?.score ?? null;
  return printed === null || printed === baseScore || printed === score ? '' : `, although published as ${printed}`;
}

function placement({ finding, setting, threat, weighed: { vectors } }: Facts): readonly Factor[] {
  const [chosen] = vectors;
  if (chosen === undefined) return [];
  const { adjustments } = placedIn(chosen.vector, { setting, threat, isStated: finding.orderedBy !== null });
  return adjustments.map(({ metric, value, because }) => ({
    name: `metric ${metric}`,
    value,
    source: because,
    asOf: null,
  }));
}

function lifted(finding: Finding, rated: Rated): readonly Factor[] {
  if (rated.liftedFrom === null || rated.score === null) return [];
  const value = `${finding.severity} is worse than ${rated.liftedFrom.toFixed(1)}, so ${rated.score.toFixed(1)} counts`;
  return [{ name: 'label against number', value, source: 'the worse of the two', asOf: null }];
}

function knownExploited({ finding, intelligence, threat }: Facts): readonly Factor[] {
  const listing = listingOf(intelligence, finding.vulnerabilityId);
  const name = 'known exploited';
  if (listing !== null)
    return known(name, `yes, listed ${listing.dateAdded.slice(0, 10)}`, 'CISA KEV', intelligence.kev?.readAt ?? null);
  return finding.threat.knownExploited === null
    ? known(name, yesNo(threat.knownExploited), 'CISA KEV', intelligence.kev?.readAt ?? null)
    : known(name, yesNo(threat.knownExploited), finding.dialect, finding.updatedAt);
}

function ssvcFactors({ finding, setting, threat, weighed, ssvc }: Facts): readonly Factor[] {
  const [chosen] = weighed.vectors;
  const isByThreat = threat.knownExploited || threat.exploitAvailable || ssvc.exploitation === 'none';
  const exploitation = isByThreat ? 'known exploited and exploit available' : (chosen?.vector ?? 'the vector');
  return [
    { name: 'exploitation', value: ssvc.exploitation, source: `derived from ${exploitation}`, asOf: finding.updatedAt },
    {
      name: 'automatable',
      value: ssvc.automatable,
      source: chosen ? `derived from ${chosen.vector}` : 'assumed, since no vector says',
      asOf: null,
    },
    {
      name: 'system exposure',
      value: ssvc.exposure,
      source: setting ? 'derived from exposure' : 'assumed, since no service claims the finding',
      asOf: null,
    },
    {
      name: 'human impact',
      value: ssvc.humanImpact,
      source: setting ? 'derived from criticality and data class' : 'assumed, since no service claims the finding',
      asOf: null,
    },
    { name: 'SSVC', value: ssvc.decision, source: 'deployer tree of CERT/CC', asOf: null },
  ];
}

function known(
  name: string,
  value: string | null | undefined,
  source: string,
  asOf: Instant | null,
): readonly Factor[] {
  return value === null || value === undefined ? [] : [{ name, value, source, asOf }];
}

// The percentile that some publishers send along is a rank and no probability: it is never read.
function epssInWords(epss: number | null): string | null {
  return epss === null ? null : `${epss} (probability of exploitation within 30 days)`;
}

function yesNo(value: boolean | null): string | null {
  if (value === null) return null;
  return value ? 'yes' : 'no';
}
