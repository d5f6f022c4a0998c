import { attackBy } from '../../lib/brief/attack.ts';
import { capital } from '../../lib/brief/plain.ts';
import { datumInWords } from '../../lib/brief/risk.ts';
import { type Finding, scanners } from '../../lib/finding/finding.ts';
import { counterfactualsOf } from '../../lib/policy/counterfactual.ts';
import type { Judged } from '../../lib/policy/judged.ts';
import { settingOf } from '../../lib/policy/policy.ts';
import { unknownsIn } from '../../lib/policy/unknowns.ts';
import type { Assessment, Factor } from '../../lib/risk/assessment.ts';
import { type Obligation, obligationsOf } from '../../lib/risk/obligations.ts';
import { scorePathOf } from '../../lib/risk/score-path.ts';
import { paint, verdictWord, visible, wrapped } from './terminal.ts';
import { vectorInWords } from './vector-words.ts';

/**
 * The whole reasoning of one verdict for people, in lines of at most 80 columns: the verdict and its rules first, then what
 * would change it, then what it rests on.
 */
export function explanationOf(judged: Judged): readonly string[] {
  const { finding, service, policy, assessment, verdict, intelligence } = judged;
  const reasons = verdict.reasons.map(({ rule, because }) => `${because}: ${rule}`);
  const obligations = obligationsOf(finding, assessment, settingOf(service, policy), intelligence);
  return [
    `${verdictWord(verdict.verdict)} ${wrapped(visible(finding.title), '', 74).join('\n      ')}`,
    ...part('risk', attackInWords(judged)),
    ...part('because', reasons.length === 0 ? ['no rule matches, so it passes'] : reasons),
    ...(verdict.wouldHalt ? part('mode', ['audit: it would halt, and is only recorded']) : []),
    ...part('severity', severityOf(judged)),
    ...changes(judged),
    ...part(
      'not known',
      unknownsIn(judged).map(({ datum, couldChange }) => `${datumInWords(datum)}: ${couldChange}`),
    ),
    ...part('what', whatOf(finding)),
    ...part('where', whereOf(finding)),
    ...part('service', serviceOf(judged)),
    ...part('score', pathOf(assessment)),
    ...part('means', assessment.cvss === null ? [] : vectorInWords(assessment.cvss.vector)),
    ...part('priority', priorityOf(assessment)),
    ...part('dates', obligations.flatMap(obligationInWords)),
    ...part('sources', assessment.factors.map(factorInWords)),
    '',
  ];
}

/** A heading and its entries, each wrapped under itself. */
function part(heading: string, entries: readonly string[]): readonly string[] {
  return entries.flatMap((entry, at) => {
    const [first = '', ...rest] = wrapped(visible(entry), '', 64);
    const label = paint('bold', (at === 0 ? heading : '').padEnd(11));
    return [`  ${label} ${first}`, ...rest.map((line) => `${' '.repeat(16)}${line}`)];
  });
}

function attackInWords({ assessment: { cvss }, service, finding }: Judged): readonly string[] {
  if (cvss === null || service === null) return [];
  const attack = attackBy(cvss.vector, service, finding.orderedBy !== null);
  return attack === null ? [] : [`${capital(attack)}.`];
}

function severityOf({ finding, assessment }: Judged): readonly string[] {
  const { score, severity, cvss, disagreement, scannerSeverity } = assessment;
  const band = severity === null ? 'unknown' : capital(severity);
  const from = cvss === null ? '' : `, by CVSS ${cvss.version}`;
  const isOther = scannerSeverity !== null && severity !== null && scannerSeverity !== severity;
  return [
    score === null ? `severity ${band}, no number known` : `${score.toFixed(1)} of 10, ${band}${from}`,
    ...(isOther ? [`${scanners[finding.dialect]} called it ${capital(scannerSeverity)}`] : []),
    ...(disagreement === null ? [] : [`publishers disagree: ${disagreement}`]),
  ];
}

/** What would take the verdict down, or up: one fact a line with the score it would have. */
function changes(judged: Judged): readonly string[] {
  const all = counterfactualsOf(judged);
  const isHalt = judged.verdict.verdict === 'halt';
  const wanted = all.filter(({ verdict }) => (verdict === 'halt') !== isHalt);
  const none = isHalt ? ['nothing by itself'] : ['no single fact by itself'];
  const facts = wanted.map(({ if: clause, score }) => `${(score?.toFixed(1) ?? '').padStart(4)}  ${clause}`);
  return part(isHalt ? 'no halt if' : 'halt if', facts.length === 0 ? none : facts);
}

function whatOf(finding: Finding): readonly string[] {
  const packages = [...new Set(finding.packages.map(packageLine))];
  const more = packages.length - packagesMax;
  return [
    `${finding.vulnerabilityId ?? 'no public id'}, ${finding.kind}, ${finding.state}, reported in ${finding.dialect}`,
    ...packages.slice(0, packagesMax),
    ...(more > 0 ? [`and ${more} packages more`] : []),
    ...(finding.file === null ? [] : [`in ${finding.file}`]),
    ...(finding.ports === null ? [] : [`ports ${finding.ports}`]),
  ];
}

function packageLine({ name, version, path, fixedIn }: Finding['packages'][number]): string {
  const place = path === null ? '' : ` in ${path}`;
  return `${name} ${version}${place}, ${fixedIn === null ? 'no fixed version named' : `fixed in ${fixedIn}`}`;
}

const packagesMax = 5;

function whereOf(finding: Finding): readonly string[] {
  if (finding.resources.length === 0) return ['no resource named'];
  return finding.resources.map(({ type, id }) => `${type} ${id}`);
}

function serviceOf({ service }: Judged): readonly string[] {
  if (service === null) return ['none claims it, so exposure and human impact are taken at their worst'];
  const front = { none: 'nothing', user: 'a login', administrator: 'an administrator login' }[service.authentication];
  return [
    `${service.name}: ${service.exposure}, ${front} in front of it, ${service.dataClass} data, ${service.criticality} criticality`,
  ];
}

/** The path of the score, one step a line, with a bar of its height. */
function pathOf(assessment: Assessment): readonly string[] {
  const steps = scorePathOf(assessment);
  if (steps.length === 0) return ["by the scanner's own number or label: no vector could be scored"];
  const width = Math.max(...steps.map(({ name }) => name.length));
  return [
    assessment.cvss?.vector ?? '',
    ...steps.map(({ name, score, because }) => {
      const bar = '#'.repeat(Math.round(score)).padEnd(10, '.');
      return `${name.padEnd(width)} ${score.toFixed(1).padStart(4)} ${bar} ${because}`;
    }),
  ];
}

function priorityOf({ ssvc }: Assessment): readonly string[] {
  const { exploitation, exposure, automatable, humanImpact, decision } = ssvc;
  return [
    `SSVC ${decision}: exploitation ${exploitation}, exposure ${exposure}, automatable ${automatable}, human impact ${humanImpact}`,
  ];
}

function obligationInWords({ standard, what, start, due, basis, appliesIf }: Obligation): readonly string[] {
  const by = due === null ? 'no date' : `by ${due.slice(0, 10)}`;
  const from = start === null ? '' : ` from ${start.slice(0, 10)}`;
  return [`${standard}: ${what}, ${by} (counted${from}), if ${appliesIf}`, `on: ${basis}`];
}

function factorInWords({ name, value, source, asOf }: Factor): string {
  const age = asOf === null ? '' : `, as of ${asOf.slice(0, 10)}`;
  return `${name}: ${value} [${source || 'unnamed source'}${age}]`;
}
