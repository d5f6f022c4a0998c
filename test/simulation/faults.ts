import type { Random } from './random.ts';

/** What the world does to one call: nothing, refuse it (for now), do it and lose the answer, do it after the caller gave up, kill the caller. */
export type Fault = 'none' | 'throttled' | (typeof readFaults)[number] | (typeof writeFaults)[number];

/** What can happen to a call that changes nothing outside: its lost answer is a failure, and late it is nothing. */
export const readFaults = ['failed', 'killed before', 'killed after'] as const;
/** A pause cannot fail; who pauses can be killed. */
export const pauseFaults = ['killed before', 'killed after'] as const;
/** What can happen to a call that changes something. */
export const writeFaults = ['failed', 'answer lost', 'late', 'killed before', 'killed after'] as const;

/** What a call does to the world: a switch of a transition is the change that matters most. */
export type CallKind = 'pause' | 'read' | 'write' | 'switch';

/** Draws a fault for each call until the world comes to rest. */
export type Faults = { draw(kind: CallKind, role: string, port: string): Fault; end(): void };

/** Something that is wrong with a run from its beginning; the first two after `calm` to its very end, the others until it comes to rest. */
export const weathers = [
  'calm',
  'nobody can be told',
  'no stage can be disabled',
  'no stage can be disabled for a while',
  'throttled',
] as const;
export type Weather = (typeof weathers)[number];

/** Switches are few and matter most: they fail this many times as often as other calls. */
const switchFactor = 5;

/**
 * How often calls fail that few runs come to, wherever anything fails, or what follows would hardly be seen. The rarest have
 * none behind them that would be reached less often for it.
 */
const rareRate = 0.25;
const rarestRate = 0.5;
const rarestCalls = [
  'stage findings.state',
  'stage findings.openOnImage',
  'resume findings.state',
  'resume findings.openOnImage',
  'verify pipeline.rollBack',
];
const rareCalls: ReadonlyMap<string, number> = new Map([
  ...[
    ...['halt findings.state', 'halt findings.coverage', 'halt findings.openOnImage'],
    ...['stage findings.coverage', 'stage pipeline.release', 'stage pipeline.enable', 'stage table.query'],
    ...['resume findings.coverage', 'resume pipeline.release', 'resume pipeline.enable', 'resume pipeline.disable'],
    ...['verify pipeline.stop', 'verify pipeline.lastGood'],
    ...['sweep pipeline.lastGood', 'sweep workflow.wake', 'sweep findings.openOnImage', 'notify table.listed'],
  ].map((call) => [call, rareRate] as const),
  ...rarestCalls.map((call) => [call, rarestRate] as const),
]);
/** Functions that few runs come to: their calls fail this many times as often. */
const rareRoles: ReadonlySet<string> = new Set(['resume', 'review', 'gate', 'override']);
const rareRoleFactor = 2;

/** How long after its caller gave up a request can still land, in milliseconds. */
export const lateMax = 5_000;

/** Of all calls; in some runs hardly any but the rare ones fail, since the way to those is long. */
const rates = [0, 0.002, 0.002, 0.02, 0.05, 0.1];

/**
 * Faults of a run: some runs have none, some many. Each has a number; those in `without` do not happen, so that a failing
 * run can be shrunk.
 */
export function faultsOf(random: Random, weather: Weather, without: ReadonlySet<number>): Faults {
  let isOver = false;
  let rate = random.pick(rates);
  let drawn = 0;
  let isThrottled = false;
  return {
    draw(kind, role, port) {
      if (weather === 'nobody can be told' && port === 'notifier.send') return 'failed';
      if (weather === 'no stage can be disabled' && port === 'pipeline.disable') return 'failed';
      if (!isOver && weather === 'no stage can be disabled for a while' && port === 'pipeline.disable') return 'failed';
      if (!isOver && weather === 'throttled' && port.startsWith('pipeline.')) {
        if (random.is(0.15)) isThrottled = !isThrottled;
        if (isThrottled) return 'throttled';
      }
      if (!random.is(rateOf(rate, kind, role, port))) return 'none';
      const fault = random.pick(faultsOfCall(kind, port));
      drawn += 1;
      return without.has(drawn) ? 'none' : fault;
    },
    end() {
      isOver = true;
      rate = 0;
    },
  };
}

/** Everything that a call can meet; CodePipeline also throttles, now and then where it is not the weather. */
export function faultsOfCall(kind: CallKind, port: string): readonly Fault[] {
  const faults = kind === 'pause' ? pauseFaults : kind === 'read' ? readFaults : writeFaults;
  return port.startsWith('pipeline.') ? [...faults, 'throttled'] : faults;
}

/** How often a call fails in a run in which others do at `rate`. */
function rateOf(rate: number, kind: CallKind, role: string, port: string): number {
  if (rate === 0) return 0;
  const often = rate * (kind === 'switch' ? switchFactor : 1) * (rareRoles.has(role) ? rareRoleFactor : 1);
  return rareCalls.get(`${role} ${port}`) ?? often;
}
