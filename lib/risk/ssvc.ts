import type { Ssvc } from './assessment.ts';
import type { Setting } from './setting.ts';

/** The inputs of the deployer tree. */
export type SsvcInputs = Omit<Ssvc, 'decision'>;

/**
 * The decision of the SSVC deployer tree, all 72 rows.
 * @see CERT/CC, "Deployer Patch Application Priority" 1.0.0, https://certcc.github.io/SSVC/howto/deployer_tree/
 */
export function ssvcOf(inputs: SsvcInputs): Ssvc {
  const row = tree[inputs.exploitation][inputs.exposure][inputs.automatable];
  return { ...inputs, decision: row[inputs.humanImpact] };
}

/** Decisions of the deployer tree, least urgent first. */
export const ssvcDecisions = ['defer', 'scheduled', 'out-of-cycle', 'immediate'] as const;

/** System exposure, from where the policy says that a service can be reached. */
export function systemExposureOf(exposure: Setting['exposure']): Ssvc['exposure'] {
  return ({ internet: 'open', internal: 'controlled', isolated: 'small' } as const)[exposure];
}

/**
 * Human impact, by CERT/CC's table of mission impact (here the criticality of the service) and safety impact (here the class
 * of its data: harm to the people whose data it is).
 * @see CERT/CC, "Human Impact" 2.0.2
 */
export function humanImpactOf(setting: Pick<Setting, 'criticality' | 'dataClass'>): Ssvc['humanImpact'] {
  return humanImpacts[safety[setting.dataClass]][mission[setting.criticality]];
}

const safety = {
  public: 'negligible',
  internal: 'negligible',
  confidential: 'marginal',
  restricted: 'critical',
} as const satisfies Record<Setting['dataClass'], string>;

const mission = {
  low: 'degraded',
  medium: 'mef support crippled',
  high: 'mef failure',
  essential: 'mission failure',
} as const satisfies Record<Setting['criticality'], string>;

const little = {
  degraded: 'low',
  'mef support crippled': 'low',
  'mef failure': 'medium',
  'mission failure': 'very high',
} as const;

const humanImpacts = {
  negligible: little,
  marginal: little,
  critical: {
    degraded: 'medium',
    'mef support crippled': 'high',
    'mef failure': 'high',
    'mission failure': 'very high',
  },
} as const;

type Row = Readonly<Record<Ssvc['humanImpact'], Ssvc['decision']>>;
type Tree = Readonly<
  Record<Ssvc['exploitation'], Readonly<Record<Ssvc['exposure'], Readonly<Record<Ssvc['automatable'], Row>>>>>
>;

const dsss = rowOf('defer', 'scheduled', 'scheduled', 'scheduled');
const ddss = rowOf('defer', 'defer', 'scheduled', 'scheduled');
const ssss = rowOf('scheduled', 'scheduled', 'scheduled', 'scheduled');
const ssso = rowOf('scheduled', 'scheduled', 'scheduled', 'out-of-cycle');
const ssoo = rowOf('scheduled', 'scheduled', 'out-of-cycle', 'out-of-cycle');
const sooo = rowOf('scheduled', 'out-of-cycle', 'out-of-cycle', 'out-of-cycle');
const oooo = rowOf('out-of-cycle', 'out-of-cycle', 'out-of-cycle', 'out-of-cycle');
const sooi = rowOf('scheduled', 'out-of-cycle', 'out-of-cycle', 'immediate');
const ooii = rowOf('out-of-cycle', 'out-of-cycle', 'immediate', 'immediate');

const tree: Tree = {
  none: {
    small: { no: ddss, yes: dsss },
    controlled: { no: dsss, yes: ssss },
    open: { no: dsss, yes: ssso },
  },
  'public poc': {
    small: { no: dsss, yes: ssss },
    controlled: { no: dsss, yes: ssso },
    open: { no: ssso, yes: ssoo },
  },
  active: {
    small: { no: ssoo, yes: sooo },
    controlled: { no: ssoo, yes: oooo },
    open: { no: sooi, yes: ooii },
  },
};

/** One row of decisions, for human impact low, medium, high and very high. */
function rowOf(
  low: Ssvc['decision'],
  medium: Ssvc['decision'],
  high: Ssvc['decision'],
  veryHigh: Ssvc['decision'],
): Row {
  return { low, medium, high, 'very high': veryHigh };
}
