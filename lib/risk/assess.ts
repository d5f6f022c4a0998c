import type { Finding } from '../finding/finding.ts';
import type { Assessment, Factor, Ssvc, Unknown } from './assessment.ts';
import { vectorLengthMax } from './cvss.ts';
import { metricsIn } from './cvss-metrics.ts';
import type { Setting } from './setting.ts';
import { isByLabelAlone, type Rated, rate } from './severity.ts';
import { humanImpactOf, ssvcOf, systemExposureOf } from './ssvc.ts';
import { publisherOf, type Weighed, weigh } from './vectors.ts';

/**
 * Assesses a finding in a service (`setting` is null when no service claims it). Says every factor with its source, and names
 * each datum that is missing or unusable. Whatever is missing is taken at its worst where a default is needed.
 * CVSS scores are those of the vectors as published: they are not adjusted by the service's environment.
 */
export function assess(finding: Finding, setting: Setting | null): Assessment {
  const weighed = isByLabelAlone(finding) ? noVectors : weigh(finding.vectors, setting?.onConflict ?? 'worst');
  const rated = rate(finding, weighed);
  const chosen = weighed.vectors[0];
  const ssvc = ssvcOf({
    exploitation: exploitationOf(finding),
    exposure: setting ? systemExposureOf(setting.exposure) : 'open',
    automatable: chosen === undefined || isAutomatable(chosen.vector) ? 'yes' : 'no',
    humanImpact: setting ? humanImpactOf(setting) : 'very high',
  });
  return {
    scannerSeverity: finding.severity,
    cvss: chosen === undefined ? null : scoredOf(chosen),
    vectors: weighed.vectors,
    disagreement: weighed.disagreement,
    score: rated.score,
    severity: rated.severity,
    threat: finding.threat,
    ssvc,
    factors: factorsOf(finding, setting, weighed, rated, ssvc),
    unknowns: unknownsOf(finding, setting, weighed, rated),
  };
}

const noVectors: Weighed = { vectors: [], unusable: [], disagreement: null };

function exploitationOf(finding: Finding): Ssvc['exploitation'] {
  if (finding.threat.knownExploited) return 'active';
  return finding.threat.exploitAvailable ? 'public poc' : 'none';
}

// SSVC asks whether an attacker can automate all steps up to exploitation; a vector answers it in part.
function isAutomatable(vector: string): boolean {
  const read = metricsIn(vector, vectorLengthMax);
  if (!read.ok) return true;
  const value = (metric: string) => read.metrics.get(metric);
  const needsNobody = read.version === '2.0' ? value('Au') === 'N' : value('PR') === 'N' && value('UI') === 'N';
  return value('AV') === 'N' && value('AC') === 'L' && needsNobody;
}

function scoredOf({ version, vector, baseScore, score, severity }: Weighed['vectors'][number]): Assessment['cvss'] {
  return { version, vector, baseScore, score, severity };
}

function factorsOf(
  finding: Finding,
  setting: Setting | null,
  weighed: Weighed,
  rated: Rated,
  ssvc: Ssvc,
): readonly Factor[] {
  const derived = weighed.vectors[0] ? `derived from ${weighed.vectors[0].vector}` : 'assumed, since no vector says';
  return [
    ...weighed.vectors.map((vector, at) => ({
      name: at === 0 ? 'CVSS' : 'CVSS, also published',
      value: `${vector.score.toFixed(1)} ${vector.severity}, ${vector.vector}${discrepancyOf(finding, vector)}`,
      source: publisherOf(vector),
    })),
    ...known('scanner score', finding.score?.toFixed(1), finding.dialect),
    ...known('scanner label', finding.severity, finding.dialect),
    ...lifted(finding, rated),
    ...known('EPSS', finding.threat.epss?.toString(), finding.dialect),
    ...known('known exploited', yesNo(finding.threat.knownExploited), finding.dialect),
    ...known('exploit available', yesNo(finding.threat.exploitAvailable), finding.dialect),
    ...known('fix', finding.threat.fix, finding.dialect),
    ...known('exposure', setting?.exposure, 'policy'),
    ...known('data class', setting?.dataClass, 'policy'),
    ...known('criticality', setting?.criticality, 'policy'),
    { name: 'exploitation', value: ssvc.exploitation, source: 'derived from known exploited and exploit available' },
    { name: 'automatable', value: ssvc.automatable, source: derived },
    {
      name: 'system exposure',
      value: ssvc.exposure,
      source: setting ? 'derived from exposure' : 'assumed, since no service claims the finding',
    },
    {
      name: 'human impact',
      value: ssvc.humanImpact,
      source: setting ? 'derived from criticality and data class' : 'assumed, since no service claims the finding',
    },
    { name: 'SSVC', value: ssvc.decision, source: 'deployer tree of CERT/CC' },
  ];
}

// Publishers sometimes print a score that their own vector does not have; the vector counts, and both are shown.
function discrepancyOf(finding: Finding, { vector, baseScore, score }: Weighed['vectors'][number]): string {
  const printed = finding.vectors.find((published) => published.vector === vector)?.score ?? null;
  return printed === null || printed === baseScore || printed === score ? '' : `, although published as ${printed}`;
}

function lifted(finding: Finding, rated: Rated): readonly Factor[] {
  if (rated.liftedFrom === null || rated.score === null) return [];
  const value = `${finding.severity} is worse than ${rated.liftedFrom.toFixed(1)}, so ${rated.score.toFixed(1)} counts`;
  return [{ name: 'label against number', value, source: 'the worse of the two' }];
}

function known(name: string, value: string | null | undefined, source: string): readonly Factor[] {
  return value === null || value === undefined ? [] : [{ name, value, source }];
}

function yesNo(value: boolean | null): string | null {
  if (value === null) return null;
  return value ? 'yes' : 'no';
}

function unknownsOf(finding: Finding, setting: Setting | null, weighed: Weighed, rated: Rated): readonly Unknown[] {
  const { threat } = finding;
  return [
    ...vectorUnknowns(finding, weighed, rated),
    ...missing(rated.score === null, 'score', 'anything up to critical: it counts as the worst until a score is known'),
    ...missing(finding.severity === null, 'severity', 'a label worse than the score would lift it'),
    ...missing(threat.epss === null, 'epss', 'a high probability of exploitation could lift the verdict'),
    ...missing(threat.knownExploited === null, 'knownExploited', 'exploitation in the wild would make it active'),
    ...missing(
      threat.exploitAvailable === null && !threat.knownExploited,
      'exploitAvailable',
      'a public exploit would raise exploitation to public poc',
    ),
    ...missing(threat.fix === null, 'fix', 'whether a fix exists decides which ways forward there are'),
    ...missing(
      setting === null,
      'service',
      'exposure and human impact are taken at their worst: a service could lower them',
    ),
  ];
}

// Each unusable vector is named, even beside usable ones: it may be the one that says worse.
function vectorUnknowns(finding: Finding, weighed: Weighed, rated: Rated): readonly Unknown[] {
  const unusable = weighed.unusable.map(({ published, error }) => ({
    datum: 'vector',
    couldChange: `${publisherOf(published)}: ${unusableInWords(published, error)}`,
  }));
  if (unusable.length > 0 || weighed.vectors.length > 0 || isByLabelAlone(finding)) return unusable;
  const basis = {
    number: "the scanner's number counts",
    label: 'the lower bound of the label counts',
    none: 'nothing counts',
  };
  return [
    {
      datum: 'vector',
      couldChange: `no vector to compute a score from: ${basis[rated.basis === 'vector' ? 'none' : rated.basis]}, it could be worse`,
    },
  ];
}

function unusableInWords({ vector, score }: Finding['vectors'][number], error: string): string {
  if (vector === '')
    return score === null ? 'neither vector nor score' : `only the score ${score}, no vector to check it by`;
  return `${vector} ${error}${score === null ? '' : `; published with ${score}`}`;
}

function missing(isMissing: boolean, datum: string, couldChange: string): readonly Unknown[] {
  return isMissing ? [{ datum, couldChange }] : [];
}
