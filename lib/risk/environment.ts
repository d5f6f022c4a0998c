import type { Threat } from '../finding/finding.ts';
import type { Adjustment, CvssVersion } from './assessment.ts';
import { vectorLengthMax } from './cvss.ts';
import { isBaseMetric, type Metrics, metricsIn, vectorOf } from './cvss-metrics.ts';
import { memo } from './memo.ts';
import type { Setting } from './setting.ts';

/** A published vector as it is scored in a service: the text that is scored, and every metric that was set, in order. */
export type Placed = { readonly vector: string; readonly adjustments: readonly Adjustment[] };

/** What a vector is placed in. `isStated`: a person vouches for the vector, so that its own metrics stand. */
export type Surroundings = {
  readonly setting: Setting | null;
  readonly threat: Pick<Threat, 'knownExploited' | 'exploitAvailable'>;
  readonly isStated: boolean;
};

/**
 * Sets the threat and environmental metrics of a usable vector: exploit maturity from threat data, requirements from the class
 * of the data, modified base metrics from exposure and authentication. What a publisher says of an environment is dropped, as
 * it is another's: the facts of a service come from the policy alone. A modified metric only ever makes an attack harder, since
 * no service makes a local flaw remote.
 * @see CVSS v4.0 specification, sections 3 and 4; v3.1, sections 3 and 4; v2, sections 2.2 and 2.3
 */
export function placedIn(vector: string, surroundings: Surroundings): Placed {
  const { setting, threat, isStated } = surroundings;
  const facts = [setting?.exposure, setting?.authentication, setting?.dataClass, setting?.exploitMaturity];
  const key = [vector, ...facts, threat.knownExploited, threat.exploitAvailable, isStated].join('|');
  return known(key, () => place(vector, surroundings));
}

const placesMax = 5000;
const known = memo<Placed>(placesMax);

function place(vector: string, surroundings: Surroundings): Placed {
  const read = metricsIn(vector, vectorLengthMax);
  if (!read.ok) return { vector, adjustments: [] };
  const kept = keptOf(read, surroundings);
  const set = [
    ...maturity(read, surroundings),
    ...(surroundings.setting === null ? [] : environmentOf(read, surroundings.setting)),
  ].filter(({ metric }) => !kept.some((own) => own.metric === metric));
  const adjustments = [...kept, ...set];
  const base = [...read.metrics].filter(([metric]) => isBaseMetric(read.version, metric));
  const metrics = new Map([...base, ...adjustments.map(({ metric, value }) => [metric, value] as const)]);
  return { vector: vectorOf(read.version, metrics), adjustments };
}

type Read = Extract<Metrics, { ok: true }>;

/** The metrics of the vector itself that stand: all that a person stated; of a publisher, how far there is a remedy and a proof. */
function keptOf({ version, metrics }: Read, { isStated, threat }: Surroundings): readonly Adjustment[] {
  return [...metrics].flatMap(([metric, value]) => {
    const isRefuted = metric === 'E' && threat.knownExploited === true;
    const stands = (isStated && !isRefuted) || metric === 'RL' || metric === 'RC';
    return !stands || isBaseMetric(version, metric) || value === 'X' || value === 'ND'
      ? []
      : [{ metric, value, because: 'as published' }];
  });
}

/** Exploit maturity from none to attacks, by version; the last counts as much as not defined. */
const maturities = {
  '2.0': ['U', 'POC', 'F', 'H'],
  '3.0': ['U', 'P', 'F', 'H'],
  '3.1': ['U', 'P', 'F', 'H'],
  '4.0': ['U', 'P', 'A'],
} as const satisfies Record<CvssVersion, readonly string[]>;

/**
 * The exploit maturity that is known. An entry in the list of known exploited flaws is proof of attacks; its absence proves
 * nothing, so that a maturity below attacks counts only where the policy scores what is reported, and never below what is known.
 */
function maturity({ version, metrics }: Read, { setting, threat }: Surroundings): readonly Adjustment[] {
  const levels: readonly string[] = maturities[version];
  const top = levels[levels.length - 1] ?? 'H';
  if (threat.knownExploited === true) return [{ metric: 'E', value: top, because: 'known to be exploited' }];
  if (setting?.exploitMaturity !== 'reported') return [];
  const own = levels.indexOf(metrics.get('E') ?? '');
  const seen = threat.exploitAvailable === true ? 1 : 0;
  if (own >= 0) {
    const value = levels[Math.max(own, seen)] ?? top;
    return [{ metric: 'E', value, because: own >= seen ? 'as published' : 'an exploit is public' }];
  }
  if (threat.knownExploited === null || threat.exploitAvailable === null) return [];
  const because = seen === 1 ? 'an exploit is public, no attack is listed' : 'no exploit is reported';
  return [{ metric: 'E', value: levels[seen] ?? top, because }];
}

function environmentOf(read: Read, setting: Setting): readonly Adjustment[] {
  return [
    ...requirements[setting.dataClass].map((one) => ({ ...one, because: `${setting.dataClass} data` })),
    ...(read.version === '2.0' ? [] : [...reach(read, setting), ...privileges(read, setting)]),
  ];
}

/** How much it matters when data of a class is read or changed. That it stays available is no matter of its class. */
const requirements = {
  public: [{ metric: 'CR', value: 'L' }],
  internal: [],
  confidential: [{ metric: 'CR', value: 'H' }],
  restricted: [
    { metric: 'CR', value: 'H' },
    { metric: 'IR', value: 'H' },
  ],
} as const satisfies Record<Setting['dataClass'], readonly Pick<Adjustment, 'metric' | 'value'>[]>;

const nearness = ['N', 'A', 'L', 'P'];
const nearest = { internet: 'N', internal: 'A', isolated: 'L' } as const;

function reach({ metrics }: Read, { exposure }: Setting): readonly Adjustment[] {
  const value = nearest[exposure];
  const isNearer = nearness.indexOf(value) > nearness.indexOf(metrics.get('AV') ?? 'P');
  return isNearer ? [{ metric: 'MAV', value, because: reachInWords[exposure] }] : [];
}

const reachInWords = {
  internet: 'reachable from the internet',
  internal: 'not reachable from the internet',
  isolated: 'on an isolated network',
} as const;

const rights = ['N', 'L', 'H'];
const needed = { none: 'N', user: 'L', administrator: 'H' } as const;

function privileges({ metrics }: Read, { authentication }: Setting): readonly Adjustment[] {
  const value = needed[authentication];
  const isMore = rights.indexOf(value) > rights.indexOf(metrics.get('PR') ?? 'H');
  const because = authentication === 'user' ? 'a login stands in front' : 'an administrator login stands in front';
  return isMore ? [{ metric: 'MPR', value, because }] : [];
}
