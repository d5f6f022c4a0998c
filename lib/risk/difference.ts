import type { Band, CvssVersion } from './assessment.ts';
import { generationOf, vectorLengthMax } from './cvss.ts';
import { metricsIn } from './cvss-metrics.ts';
import { type MetricWords, metricWords } from './metric-words.ts';

/** A metric in which two vectors differ, with what each says of the flaw: `needs a login`, `needs no login`. */
export type MetricChange = { readonly metric: string; readonly before: string; readonly after: string };

/** A severity with the vector that it was computed from, where there is one. */
export type Scored = { readonly vector: string | null; readonly score: number | null; readonly severity: Band | null };

/**
 * The metrics in which two vectors of one generation differ, weightiest first, in words. A metric that is left out says what
 * "not defined" says; one with which a service modifies its base ends in "here". Null when they cannot be compared.
 */
export function changesBetween(before: string | null, after: string | null): readonly MetricChange[] | null {
  const [one, other] = [partsOf(before), partsOf(after)];
  if (one === null || other === null || generationOf(one.version) !== generationOf(other.version)) return null;
  return [...metricWords(one.version)].flatMap(([metric, words]) => [
    ...changeOf(metric, words, one.metrics.get(metric), other.metrics.get(metric)),
    ...modifiedChange(metric, words, one.metrics, other.metrics),
  ]);
}

/** What a re-assessment changed, as one phrase: `needs no login: 7.7 High became 9.2 Critical`. */
export function differenceOf(before: Scored, after: Scored): string {
  const became = `${scoreOf(before)} became ${scoreOf(after)}`;
  const why = reasonOf(before.vector, after.vector);
  return why === null ? became : `${why}: ${became}`;
}

type Parts = { readonly version: CvssVersion; readonly metrics: ReadonlyMap<string, string> };

function partsOf(vector: string | null): Parts | null {
  const read = vector === null ? null : metricsIn(vector, vectorLengthMax);
  return read?.ok ? read : null;
}

function changeOf(
  metric: string,
  words: MetricWords,
  before: string | undefined,
  after: string | undefined,
): readonly MetricChange[] {
  const [was, is] = [wordOf(words, before, metric), wordOf(words, after, metric)];
  return was === is ? [] : [{ metric, before: was, after: is }];
}

/** Where a service modifies a base metric, what differs is what counts there: the modified value, else the base. */
function modifiedChange(
  metric: string,
  words: MetricWords,
  before: Parts['metrics'],
  after: Parts['metrics'],
): readonly MetricChange[] {
  const name = `M${metric}`;
  const values = [before, after].map((metrics) => isDefined(metrics.get(name)));
  if (values.every((value) => value === null) || before.get(name) === after.get(name)) return [];
  const [was = '', is = ''] = [before, after].map(
    (metrics) => `${wordOf(words, isDefined(metrics.get(name)) ?? metrics.get(metric), metric)} here`,
  );
  return was === is ? [] : [{ metric: name, before: was, after: is }];
}

function isDefined(value: string | undefined): string | null {
  return value === undefined || value === 'X' || value === 'ND' ? null : value;
}

function wordOf(words: MetricWords, value: string | undefined, metric: string): string {
  const known = isDefined(value);
  return known === null ? `says nothing of ${topics[metric] ?? metric}` : (words[known] ?? `has ${metric}:${known}`);
}

/** What a metric that may be left out is about. */
const topics: Readonly<Record<string, string>> = {
  E: 'exploits',
  RL: 'a fix',
  RC: 'how sure it is',
  CR: 'how much secrecy matters here',
  IR: 'how much correctness matters here',
  AR: 'how much availability matters here',
  CDP: 'damage beyond the system',
  TD: 'how many systems it concerns here',
  S: 'harm to people',
  AU: 'whether it can be automated',
  R: 'recovery',
  V: 'how much it yields',
  RE: 'the work of responding',
  U: "its supplier's urgency",
};

const named = 3;

function reasonOf(before: string | null, after: string | null): string | null {
  const changes = changesBetween(before, after);
  if (changes === null) return otherGeneration(before, after);
  const words = changes.slice(0, named).map((change) => change.after);
  const more = changes.length > named ? [`differs in ${changes.length - named} more`] : [];
  const all = [...words, ...more];
  const last = all.at(-1);
  if (last === undefined) return null;
  return all.length === 1 ? last : `${all.slice(0, -1).join(', ')} and ${last}`;
}

function otherGeneration(before: string | null, after: string | null): string | null {
  const [one, other] = [partsOf(before), partsOf(after)];
  if (other === null) return null;
  return one === null ? 'has a vector now' : `is scored by CVSS v${other.version} instead of v${one.version}`;
}

function scoreOf({ score, severity }: Scored): string {
  const label = severity === null ? null : `${severity.charAt(0).toUpperCase()}${severity.slice(1)}`;
  if (score === null) return label ?? 'no score';
  return label === null ? score.toFixed(1) : `${score.toFixed(1)} ${label}`;
}
