import type { CvssVersion } from './assessment.ts';

/** What a value of a metric says of a flaw, as a clause for a development lead: `it` needs no login. */
export type MetricWords = Readonly<Record<string, string>>;

/**
 * Every metric of a generation of CVSS in the order of its weight, with words for each value but "not defined". The metrics
 * with which a service modifies base metrics (MAV, MPR, …) have the words of their base.
 * @see https://www.first.org/cvss/v4.0/specification-document and its predecessors
 */
export function metricWords(version: CvssVersion): ReadonlyMap<string, MetricWords> {
  return version === '2.0' ? v2 : version === '4.0' ? v4 : v3;
}

const reaches = {
  N: 'works over the network',
  A: 'works from the same local network only',
  L: 'works on the machine itself only',
  P: 'needs the machine in hand',
};
const effort = { L: 'is easy to carry out', M: 'takes some skill to carry out', H: 'is hard to carry out' };
const login = { N: 'needs no login', L: 'needs a login', H: 'needs administrator rights' };
const reads = { N: 'reveals nothing', L: 'reveals some data', H: 'reveals all data' };
const changes = { N: 'changes nothing', L: 'changes some data', H: 'changes any data' };
const stops = { N: 'stops nothing', L: 'slows the service down', H: 'stops the service' };
const secrecy = needs('secrecy');
const truth = needs('correctness');
const uptime = needs('availability');
const confirmed = { C: 'is confirmed', R: 'is likely but not confirmed', U: 'is not confirmed' };
const remedy = { O: 'has an official fix', T: 'has a temporary fix', W: 'has a workaround', U: 'has no fix' };

const v3 = wordsOf({
  PR: login,
  AV: reaches,
  UI: { N: 'needs nobody else to act', R: 'needs somebody to click or open something' },
  AC: effort,
  S: { U: 'stays within the part that has the flaw', C: 'reaches beyond the part that has the flaw' },
  C: reads,
  I: changes,
  A: stops,
  E: {
    H: 'has an exploit that works everywhere',
    F: 'has a working exploit',
    P: 'has a proof of concept',
    U: 'has no known exploit',
  },
  RL: remedy,
  RC: confirmed,
  CR: secrecy,
  IR: truth,
  AR: uptime,
});

const v4 = wordsOf({
  PR: login,
  AV: reaches,
  UI: {
    N: 'needs nobody else to act',
    P: 'needs somebody to use the service as usual',
    A: 'needs somebody to be led to a particular act',
  },
  AT: { N: 'needs no particular circumstances', P: 'needs particular circumstances' },
  AC: effort,
  VC: reads,
  VI: changes,
  VA: stops,
  SC: {
    N: 'reveals nothing of other systems',
    L: 'reveals some of other systems',
    H: 'reveals all of other systems',
  },
  SI: {
    N: 'changes nothing in other systems',
    L: 'changes some of other systems',
    H: 'changes anything in other systems',
    S: 'can harm people through other systems',
  },
  SA: {
    N: 'stops no other system',
    L: 'slows other systems down',
    H: 'stops other systems',
    S: 'can harm people by stopping other systems',
  },
  E: { A: 'is being exploited', P: 'has a proof of concept', U: 'has no known exploit' },
  CR: secrecy,
  IR: truth,
  AR: uptime,
  S: { N: 'can harm no people', P: 'can harm people' },
  AU: { N: 'cannot be automated', Y: 'can be automated' },
  R: { A: 'is recovered from by itself', U: 'has to be recovered from by hand', I: 'cannot be recovered from' },
  V: { D: 'yields little at a time', C: 'yields much at once' },
  RE: { L: 'is easy to respond to', M: 'is some work to respond to', H: 'is hard to respond to' },
  U: {
    Clear: 'is not urgent to its supplier',
    Green: 'is of little urgency to its supplier',
    Amber: 'is urgent to its supplier',
    Red: 'is most urgent to its supplier',
  },
});

const v2 = wordsOf({
  Au: { N: 'needs no login', S: 'needs a login', M: 'needs several logins' },
  AV: reaches,
  AC: effort,
  C: partly(reads),
  I: partly(changes),
  A: partly(stops),
  E: { H: v3Exploit('H'), F: v3Exploit('F'), POC: v3Exploit('P'), U: v3Exploit('U') },
  RL: { OF: remedy.O, TF: remedy.T, W: remedy.W, U: remedy.U },
  RC: { C: confirmed.C, UR: confirmed.R, UC: confirmed.U },
  CDP: {
    N: 'does no damage beyond the system',
    L: 'does little damage beyond the system',
    LM: 'does some damage beyond the system',
    MH: 'does much damage beyond the system',
    H: 'does the greatest damage beyond the system',
  },
  TD: {
    N: 'concerns no system here',
    L: 'concerns few systems here',
    M: 'concerns many systems here',
    H: 'concerns nearly all systems here',
  },
  CR: secrecy,
  IR: truth,
  AR: uptime,
});

function wordsOf(words: Readonly<Record<string, MetricWords>>): ReadonlyMap<string, MetricWords> {
  return new Map(Object.entries(words));
}

function needs(what: string): MetricWords {
  return {
    L: `is where ${what} matters little`,
    M: `is where ${what} matters`,
    H: `is where ${what} matters most`,
  };
}

/** CVSS v2 calls the middle of an impact partial and its worst complete. */
function partly({ N = '', L = '', H = '' }: MetricWords): MetricWords {
  return { N, P: L, C: H };
}

function v3Exploit(value: string): string {
  return v3.get('E')?.[value] ?? '';
}
