import type { Finding } from '../finding/finding.ts';
import type { Assessment, Ssvc } from './assessment.ts';
import { vectorLengthMax } from './cvss.ts';
import { metricsIn } from './cvss-metrics.ts';
import { placedIn, type Surroundings } from './environment.ts';
import { factorsOf } from './factors.ts';
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
  const threat = withList(finding.threat, finding.vulnerabilityId, intelligence);
  const surroundings = { setting, threat, isStated: finding.orderedBy !== null };
  const weighed = isByLabelAlone(finding) ? noVectors : weigh(finding.vectors, surroundings);
  const rated = rate(finding, weighed);
  const cvss = cvssOf(weighed);
  const ssvc = ssvcOf({
    exploitation: exploitationOf(threat, cvss?.vector ?? null),
    exposure: setting ? systemExposureOf(setting.exposure) : 'open',
    automatable: cvss === null || isAutomatable(cvss.vector) ? 'yes' : 'no',
    humanImpact: setting ? humanImpactOf(setting) : 'very high',
  });
  const facts = { finding, setting, intelligence, threat, weighed, rated, ssvc };
  return {
    scannerSeverity: finding.severity,
    cvss,
    adjustments: adjustmentsOf(cvss, surroundings),
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

const noVectors: Weighed = { vectors: [], unusable: [], disagreement: null };

function cvssOf({ vectors: [chosen] }: Weighed): Assessment['cvss'] {
  if (chosen === undefined) return null;
  const { version, vector, baseScore, score, severity } = chosen;
  return { version, vector, baseScore, score, severity };
}

function adjustmentsOf(cvss: Assessment['cvss'], surroundings: Surroundings): Assessment['adjustments'] {
  return cvss === null ? [] : placedIn(cvss.vector, surroundings).adjustments;
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
