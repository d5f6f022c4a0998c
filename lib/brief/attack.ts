import type { Hold } from '../hold/hold.ts';
import type { Service } from '../policy/policy.ts';

/**
 * What the flaw lets whom do, as one clause in plain words read off the vector in force: "anyone on the internet could
 * read and change customers' names, without logging in". Null without a vector that says so.
 */
export function attackOf(hold: Hold, service: Service): string | null {
  const vector = hold.ratings.at(-1)?.vector ?? hold.assessment.cvss?.vector ?? null;
  return vector === null ? null : attackBy(vector, service, hold.evidence === 'ordered');
}

/**
 * The same of a vector in a service. A person who reports a flaw vouches for it (`isCertain`); a scanner's vector is the worst
 * that the weakness allows.
 */
export function attackBy(vector: string, service: Service, isCertain: boolean): string | null {
  const metrics = metricsOf(vector);
  const harm = harmOf(metrics, service);
  const who = whoOf(metrics, service);
  return harm === null || who === null ? null : `${who} ${isCertain ? 'can' : 'could'} ${harm}${howOf(metrics)}`;
}

/** Whose data or what lies open, in the policy's words. */
export function exposedOf(service: Pick<Service, 'holds' | 'dataClass' | 'name'>): string {
  return service.holds ?? `the ${service.dataClass} data of ${service.name}`;
}

/** The same in a few words for a text message: "anyone on the internet could read and change data, no login". */
export function attackInShort(hold: Hold, service: Service): string | null {
  const vector = hold.ratings.at(-1)?.vector ?? hold.assessment.cvss?.vector ?? null;
  if (vector === null) return null;
  const metrics = metricsOf(vector);
  const [who, harm] = [whoOf(metrics, service), harmOf(metrics, { ...service, holds: 'data' })];
  if (who === null || harm === null) return null;
  const freely = howOf(metrics).startsWith(', without') ? ', no login' : '';
  return `${who} ${hold.evidence === 'ordered' ? 'can' : 'could'} ${harm.replace(/, and (take|slow) .*/, '')}${freely}`;
}

/** Whether the vector says that the attack needs circumstances that an attacker cannot simply bring about. */
export function needsCircumstances(vector: string | null): boolean {
  if (vector === null) return false;
  const metrics = metricsOf(vector);
  return metrics.AC === 'H' || metrics.AT === 'P';
}

type Metrics = Readonly<Record<string, string>>;

/** Metrics by name; a modified one replaces its base, and the names of older versions become those of the newest. */
function metricsOf(vector: string): Metrics {
  const pairs = vector.split('/').flatMap((part) => {
    const [name, value] = part.split(':');
    return name === undefined || value === undefined || name === 'CVSS' ? [] : [{ name, value }];
  });
  const base = pairs.filter(({ name }) => !name.startsWith('M'));
  const modified = pairs.filter(({ name, value }) => name.startsWith('M') && value !== 'X');
  const all = [...base, ...modified.map(({ name, value }) => ({ name: name.slice(1), value }))];
  return Object.fromEntries(
    all.map(({ name, value }) => [newNames[name] ?? name, newValues[`${name}:${value}`] ?? value]),
  );
}

const newNames: Metrics = { C: 'VC', I: 'VI', A: 'VA', Au: 'PR' };
/** CVSS v2 had words of its own, and v3.1 said whether somebody has to act where v4.0 says how. */
const newValues: Metrics = {
  'Au:S': 'L',
  'Au:M': 'H',
  'C:C': 'H',
  'I:C': 'H',
  'A:C': 'H',
  'C:P': 'L',
  'I:P': 'L',
  'A:P': 'L',
  'UI:P': 'R',
  'UI:A': 'R',
};

function whoOf(metrics: Metrics, service: Service): string | null {
  switch (metrics.AV) {
    case 'N':
      return remote(metrics.PR, reach[service.exposure]);
    case 'A':
      return remote(metrics.PR, 'on the same local network');
    case 'L':
      return metrics.PR === 'N'
        ? 'anyone who gets something onto the machine'
        : 'anyone with an account on the machine';
    case 'P':
      return 'anyone with the machine in their hands';
    default:
      return null;
  }
}

const reach = {
  internet: 'on the internet',
  internal: 'on the internal network',
  isolated: 'who can reach its isolated network',
} as const;

function remote(privileges: string | undefined, where: string): string | null {
  if (privileges === 'N') return `anyone ${where}`;
  if (privileges === 'L')
    return where.startsWith('on')
      ? `anyone ${where} with an ordinary account`
      : `anyone ${where} and has an ordinary account`;
  if (privileges === 'H') return where.startsWith('on') ? `an administrator ${where}` : `an administrator ${where}`;
  return null;
}

function howOf(metrics: Metrics): string {
  const freely = metrics.PR === 'N' && (metrics.AV === 'N' || metrics.AV === 'A') ? ', without logging in' : '';
  const led = metrics.UI === 'R' ? ', once somebody is led to open or click something' : '';
  return freely + led;
}

function harmOf(metrics: Metrics, service: Service): string | null {
  const data = exposedOf(service);
  const reads = verbs([metrics.VC, 'read'], [metrics.VI, 'change'], data);
  const stops =
    metrics.VA === 'H' ? `take ${service.name} down` : metrics.VA === 'L' ? `slow ${service.name} down` : null;
  const onward =
    reads === null &&
    stops === null &&
    [metrics.SC, metrics.SI, metrics.SA].some((each) => each === 'H' || each === 'L')
      ? `harm other systems through ${service.name}`
      : null;
  const harms = [reads, stops, onward].filter((each) => each !== null);
  return harms.length === 0 ? null : harms.join(', and ');
}

type Impact = readonly [value: string | undefined, verb: string];

function verbs(first: Impact, second: Impact, data: string): string | null {
  const full = [first, second].filter(([value]) => value === 'H').map(([, verb]) => verb);
  const part = [first, second].filter(([value]) => value === 'L').map(([, verb]) => verb);
  if (full.length > 0)
    return `${full.join(' and ')} ${data}${part.length > 0 ? `, ${part.join(' and ')} some of it` : ''}`;
  return part.length > 0 ? `${part.join(' and ')} some of ${data}` : null;
}
