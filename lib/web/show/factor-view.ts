import { scanners } from '../../finding/finding.ts';
import type { Assessment, Factor } from '../../risk/assessment.ts';
import { metricWords } from '../../risk/metric-words.ts';
import type { FactorView } from '../views.ts';

/** The factors of an assessment in plain words; the few that one argues with first are told from the rest. */
export function factorViews({ factors, cvss }: Pick<Assessment, 'factors' | 'cvss'>): readonly FactorView[] {
  return factors.map((factor) => ({
    ...(factor.name.startsWith(metricMark) ? inThisService(factor, cvss) : inWords(factor)),
    source: sourceOf(factor.source),
    asOf: factor.asOf,
    isDecisive: decisive.has(factor.name),
  }));
}

/** What a value of a metric of CVSS says of the flaw in this service, with the value itself: `it is where secrecy matters most (CR:H)`. */
export function metricClause(metric: string, value: string, cvss: Assessment['cvss']): string {
  const words = cvss === null ? undefined : metricWords(cvss.version).get(metric)?.[value];
  return words === undefined ? `${metric}:${value}` : `it ${words} (${metric}:${value})`;
}

const metricMark = 'metric ';

function inThisService({ name, value }: Factor, cvss: Assessment['cvss']): Pick<Factor, 'name' | 'value'> {
  return { name: 'in this service', value: metricClause(name.slice(metricMark.length), value, cvss) };
}

function inWords({ name, value }: Factor): Pick<Factor, 'name' | 'value'> {
  return { name: names[name] ?? name, value };
}

const names: Readonly<Record<string, string>> = {
  EPSS: 'chance of exploitation (EPSS)',
  'known exploited': 'known to be exploited (KEV)',
  exploitation: 'seen of its exploitation',
  automatable: 'attacks can be automated',
  'human impact': 'harm to people',
  SSVC: 'how soon to act (SSVC)',
};

/** What one argues with first; the rest follows from it, or is there to look up. */
const decisive: ReadonlySet<string> = new Set([
  'CVSS',
  'label against number',
  'EPSS',
  'known exploited',
  'exploit available',
  'exposure',
  'data class',
]);

function sourceOf(source: string): string {
  const scanner = Object.entries(scanners).find(([dialect]) => dialect === source);
  return scanner === undefined ? source : scanner[1];
}
