import type { Finding } from '../finding/finding.ts';
import type { Assessment, Risk, Ssvc } from './assessment.ts';
import { vectorLengthMax } from './cvss.ts';
import { metricsIn } from './cvss-metrics.ts';
import { placedIn, type Surroundings } from './environment.ts';
import { type Facts, factorsOf } from './factors.ts';
import { type Intelligence, withList } from './known-exploited.ts';
import type { Setting } from './setting.ts';
import { isByLabelAlone, rate } from './severity.ts';
import { humanImpactOf, ssvcOf, systemExposureOf } from './ssvc.ts';
import { unknownsOf } from './unknowns.ts';
import { type Weighed, weigh } from './vectors.ts';

/**
 * Assesses a finding in a service (`setting` is null when no service claims it), with what is known of threats now. Says every
 * factor with its source and its age, and names each datum that is missing, stale or unusable. Whatever is missing is taken at
 * its worst where a default is needed.
 */
export function assess(finding: Finding, setting: Setting | null, intelligence: Intelligence): Assessment {
  const facts = factsOf(finding, setting, intelligence);
  const { threat, weighed, rated, ssvc } = facts;
  const cvss = cvssOf(weighed);
  return {
    scannerSeverity: finding.severity,
    cvss,
    adjustments: cvss === null ? [] : placedIn(cvss.vector, surroundingsOf(finding, setting, threat)).adjustments,
    vectors: weighed.vectors,
    disagreement: weighed.disagreement,
    score: rated.score,
    severity: rated.severity,
    threat,
    ssvc,
    factors: factorsOf(facts),
    unknowns: unknownsOf(facts),
  };
}

/** What the rules look at, without the reasons: for judging many cases of one finding. Equal to that part of its assessment. */
export function riskOf(finding: Finding, setting: Setting | null, intelligence: Intelligence): Risk {
  const { threat, rated, ssvc } = factsOf(finding, setting, intelligence);
  return { score: rated.score, severity: rated.severity, threat, ssvc };
}

function factsOf(finding: Finding, setting: Setting | null, intelligence: Intelligence): Facts {
  const threat = withList(finding.threat, finding.vulnerabilityId, intelligence);
  const surroundings = surroundingsOf(finding, setting, threat);
  const weighed = isByLabelAlone(finding) ? noVectors : weigh(finding.vectors, surroundings);
  const vector = weighed.vectors[0]?.vector ?? null;
  const ssvc = ssvcOf({
    exploitation: exploitationOf(threat, vector),
    exposure: setting ? systemExposureOf(setting.exposure) : 'open',
    automatable: vector === null || isAutomatable(vector) ? 'yes' : 'no',
    humanImpact: setting ? humanImpactOf(setting) : 'very high',
  });
  return { finding, setting, intelligence, threat, weighed, rated: rate(finding, weighed), ssvc };
}

/** A person vouches for the vector of a flaw that they report. */
function surroundingsOf(finding: Finding, setting: Setting | null, threat: Finding['threat']): Surroundings {
  return { setting, threat, isStated: finding.orderedBy !== null };
}

const noVectors: Weighed = { vectors: [], unusable: [], disagreement: null };

function cvssOf({ vectors: [chosen] }: Weighed): Assessment['cvss'] {
  if (chosen === undefined) return null;
  const { version, vector, baseScore, score, severity } = chosen;
  return { version, vector, baseScore, score, severity };
}

/** Known exploitation comes before a public exploit, and both before what the vector's publisher says of exploits. */
function exploitationOf(threat: Assessment['threat'], vector: string | null): Ssvc['exploitation'] {
  const maturity = metricOf(vector, 'E');
  if (threat.knownExploited || maturity === 'A') return 'active';
  return threat.exploitAvailable || ['P', 'POC', 'F', 'H'].includes(maturity ?? '') ? 'public poc' : 'none';
}

function metricOf(vector: string | null, metric: string): string | null {
  if (vector === null || !vector.includes(`/${metric}:`)) return null;
  const read = metricsIn(vector, vectorLengthMax);
  return read.ok ? (read.metrics.get(metric) ?? null) : null;
}

// SSVC asks whether an attacker can automate all steps up to exploitation; a vector answers it in part.
function isAutomatable(vector: string): boolean {
  const read = metricsIn(vector, vectorLengthMax);
  if (!read.ok) return true;
  const value = (metric: string) => read.metrics.get(metric);
  const needsNobody = read.version === '2.0' ? value('Au') === 'N' : value('PR') === 'N' && value('UI') === 'N';
  return value('AV') === 'N' && value('AC') === 'L' && needsNobody;
}
