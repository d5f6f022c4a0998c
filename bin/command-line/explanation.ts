import type { Finding } from '../../lib/finding/finding.ts';
import type { Judged } from '../../lib/policy/judged.ts';
import { unknownsIn } from '../../lib/policy/unknowns.ts';
import type { Assessment } from '../../lib/risk/assessment.ts';
import { paint, verdictWord, visible, wrapped } from './terminal.ts';
import { vectorInWords } from './vector-words.ts';

/** The whole reasoning of one verdict for people, in lines of at most 80 columns. */
export function explanationOf(judged: Judged): readonly string[] {
  const { finding, service, assessment, verdict } = judged;
  const reasons = verdict.reasons.map(({ rule, because }) => `${because} (${rule})`);
  return [
    `${verdictWord(verdict.verdict)} ${wrapped(visible(finding.title), '', 74).join('\n      ')}`,
    ...part('what', whatOf(finding)),
    ...part('where', whereOf(finding)),
    ...part('service', [
      service === null
        ? 'none claims it, so exposure and human impact are taken at their worst'
        : `${service.name}: ${service.exposure}, ${service.dataClass} data, ${service.criticality} criticality`,
    ]),
    ...part('score', scoreOf(assessment)),
    ...part(
      'factors',
      assessment.factors.map(({ name, value, source }) => `${name}: ${value} [${source || 'unnamed source'}]`),
    ),
    ...part(
      'not known',
      unknownsIn(judged).map(({ datum, couldChange }) => `${datum}: ${couldChange}`),
    ),
    ...part('rules', reasons.length === 0 ? ['none matches, so it passes'] : reasons),
    ...(verdict.wouldHalt ? part('mode', ['audit: it would halt, and is only recorded']) : []),
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

function whatOf(finding: Finding): readonly string[] {
  const packages = finding.packages.slice(0, packagesMax).map(({ name, version, fixedIn }) => {
    const mended = fixedIn === null ? 'no fixed version named' : `mended in ${fixedIn}`;
    return `${name} ${version}, ${mended}`;
  });
  const more = finding.packages.length - packagesMax;
  return [
    `${finding.vulnerabilityId ?? 'no public id'}, ${finding.kind}, ${finding.state}, reported in ${finding.dialect}`,
    ...packages,
    ...(more > 0 ? [`and ${more} packages more`] : []),
    ...(finding.file === null ? [] : [`in ${finding.file}`]),
    ...(finding.ports === null ? [] : [`ports ${finding.ports}`]),
  ];
}

const packagesMax = 5;

function whereOf(finding: Finding): readonly string[] {
  if (finding.resources.length === 0) return ['no resource named'];
  return finding.resources.map(({ type, id }) => `${type} ${id}`);
}

function scoreOf({ score, severity, cvss, disagreement }: Assessment): readonly string[] {
  const head = score === null ? `unknown; severity ${severity ?? 'unknown'}` : `${score.toFixed(1)} ${severity ?? ''}`;
  return [
    cvss === null ? head : `${head}, by ${cvss.vector}`,
    ...(cvss === null ? [] : vectorInWords(cvss.vector)),
    ...(disagreement === null ? [] : [disagreement]),
  ];
}
