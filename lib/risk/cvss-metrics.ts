import type { CvssVersion } from './assessment.ts';

/** The generation of each version. */
export const generations = { '2.0': 2, '3.0': 3, '3.1': 3, '4.0': 4 } as const satisfies Record<CvssVersion, number>;

/** A vector taken apart, or what is wrong with it. */
export type Metrics =
  | { readonly ok: true; readonly version: CvssVersion; readonly metrics: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly error: string };

/** Takes a vector apart by the shape of its version. Errors are sentences that say what is wrong and how to mend it. */
export function metricsIn(vector: string, lengthMax: number): Metrics {
  if (vector.length > lengthMax) return wrong(`is longer than ${lengthMax} characters: give one vector`);
  const version = versionOf(vector);
  if (!version.ok) return version;
  const parts = version.rest.split('/');
  const metrics = new Map<string, string>();
  for (const part of parts) {
    const problem = problemWith(part, version.version, metrics);
    if (problem) return wrong(problem);
    const colon = part.indexOf(':');
    metrics.set(part.slice(0, colon), part.slice(colon + 1));
  }
  const missing = [...shapes[version.version].base.keys()].filter((metric) => !metrics.has(metric));
  if (missing.length > 0) return wrong(`is incomplete: add ${missing.join(', ')}`);
  return { ok: true, version: version.version, metrics };
}

/** The vector of a version with these metrics, in the order of its specification. */
export function vectorOf(version: CvssVersion, metrics: ReadonlyMap<string, string>): string {
  const { base, optional } = shapes[version];
  const parts = [...base.keys(), ...optional.keys()].flatMap((metric) => {
    const value = metrics.get(metric);
    return value === undefined ? [] : [`${metric}:${value}`];
  });
  return `${version === '2.0' ? '' : `CVSS:${version}/`}${parts.join('/')}`;
}

/** Whether a metric is of the base group, without which a vector is incomplete. */
export function isBaseMetric(version: CvssVersion, metric: string): boolean {
  return shapes[version].base.has(metric);
}

function versionOf(vector: string): { ok: true; version: CvssVersion; rest: string } | { ok: false; error: string } {
  if (vector.trim() === '')
    return wrong('is empty: give a vector such as CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H');
  if (/\s/.test(vector)) return wrong('contains a blank: write it without any');
  if (/^\(.*\)$/.test(vector)) return wrong('stands in brackets: leave them out');
  for (const [prefix, version] of prefixes) {
    if (vector.startsWith(prefix)) return { ok: true, version, rest: vector.slice(prefix.length) };
  }
  if (/^CVSS:2(\.0)?\/|^CVSS2#/i.test(vector)) return wrong('has a prefix, which v2 has not: begin with AV:');
  if (/^cvss:(3\.[01]|4\.0)\//i.test(vector)) return wrong('begins in lower case: write CVSS:');
  if (/^cvss:/i.test(vector))
    return wrong(`begins with ${quoted(vector.split('/')[0])}: known are CVSS:3.0, CVSS:3.1 and CVSS:4.0`);
  if (/(^|\/)Au:/.test(vector)) return { ok: true, version: '2.0', rest: vector };
  if (/(^|\/)(VC|AT):/.test(vector)) return wrong('has no prefix: put CVSS:4.0/ in front');
  if (/(^|\/)(PR|UI|S):/.test(vector)) return wrong('has no prefix: put CVSS:3.1/ or CVSS:3.0/ in front');
  if (/^[A-Z][A-Za-z]?:[A-Z]/.test(vector)) return { ok: true, version: '2.0', rest: vector };
  return wrong('is no CVSS vector: one begins with CVSS:4.0/, CVSS:3.1/, CVSS:3.0/ or, in v2, AV:');
}

const prefixes = [
  ['CVSS:4.0/', '4.0'],
  ['CVSS:3.1/', '3.1'],
  ['CVSS:3.0/', '3.0'],
] as const;

function problemWith(part: string, version: CvssVersion, seen: ReadonlyMap<string, string>): string | null {
  if (part === '') return 'has an empty metric: take out the surplus slash';
  const colon = part.indexOf(':');
  if (colon < 1) return `has ${quoted(part)} where a metric such as AV:N belongs`;
  const metric = part.slice(0, colon);
  const { base, optional } = shapes[version];
  const values = base.get(metric) ?? optional.get(metric);
  if (!values) return `has the metric ${quoted(metric)}, which CVSS v${version} does not know`;
  if (seen.has(metric)) return `repeats ${metric}: give it once`;
  const value = part.slice(colon + 1);
  return values.includes(value) ? null : `gives ${metric} the value ${quoted(value)}: known are ${values.join(', ')}`;
}

function wrong(error: string): { ok: false; error: string } {
  return { ok: false, error };
}

function quoted(text = ''): string {
  return JSON.stringify(text.length > 20 ? `${text.slice(0, 20)}…` : text);
}

/** Every metric of a version with the values that it knows, base metrics first. */
export function valuesOfMetrics(version: CvssVersion): ReadonlyMap<string, readonly string[]> {
  return new Map([...shapes[version].base, ...shapes[version].optional]);
}

type Shape = {
  readonly base: ReadonlyMap<string, readonly string[]>;
  readonly optional: ReadonlyMap<string, readonly string[]>;
};

function shape(base: string, optional: string): Shape {
  return { base: valuesOf(base), optional: valuesOf(optional) };
}

function valuesOf(table: string): ReadonlyMap<string, readonly string[]> {
  return new Map(
    table.split(' ').map((row) => {
      const [metric = '', values = ''] = row.split(':');
      return [metric, values.split(',')];
    }),
  );
}

const v3 = shape(
  'AV:N,A,L,P AC:L,H PR:N,L,H UI:N,R S:U,C C:H,L,N I:H,L,N A:H,L,N',
  'E:X,U,P,F,H RL:X,O,T,W,U RC:X,U,R,C CR:X,L,M,H IR:X,L,M,H AR:X,L,M,H MAV:X,N,A,L,P MAC:X,L,H MPR:X,N,L,H MUI:X,N,R MS:X,U,C MC:X,H,L,N MI:X,H,L,N MA:X,H,L,N',
);

/** Metrics and their values by version. @see https://www.first.org/cvss/v4.0/specification-document and its predecessors */
const shapes: Readonly<Record<CvssVersion, Shape>> = {
  '2.0': shape(
    'AV:L,A,N AC:H,M,L Au:M,S,N C:N,P,C I:N,P,C A:N,P,C',
    'E:U,POC,F,H,ND RL:OF,TF,W,U,ND RC:UC,UR,C,ND CDP:N,L,LM,MH,H,ND TD:N,L,M,H,ND CR:L,M,H,ND IR:L,M,H,ND AR:L,M,H,ND',
  ),
  '3.0': v3,
  '3.1': v3,
  '4.0': shape(
    'AV:N,A,L,P AC:L,H AT:N,P PR:N,L,H UI:N,P,A VC:H,L,N VI:H,L,N VA:H,L,N SC:H,L,N SI:H,L,N SA:H,L,N',
    'E:X,A,P,U CR:X,H,M,L IR:X,H,M,L AR:X,H,M,L MAV:X,N,A,L,P MAC:X,L,H MAT:X,N,P MPR:X,N,L,H MUI:X,N,P,A MVC:X,H,L,N MVI:X,H,L,N MVA:X,H,L,N MSC:X,H,L,N MSI:X,S,H,L,N MSA:X,S,H,L,N S:X,N,P AU:X,N,Y R:X,A,U,I V:X,D,C RE:X,L,M,H U:X,Clear,Green,Amber,Red',
  ),
};
