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

/** The one call that lets releases in, and the rarest. */
const enableFactor = 9;

/** Calls that few runs come to fail this many times as often, or what follows would hardly be seen. */
const rareFactor = 10;
const rarePorts: ReadonlySet<string> = new Set([
  ...['findings.state', 'findings.coverage', 'findings.openOnImage', 'workflow.wake', 'clock.wait'],
  ...['pipeline.release', 'pipeline.lastGood', 'pipeline.stop', 'pipeline.rollBack'],
]);
const rareCalls: ReadonlySet<string> = new Set(['notify table.listed', 'stage table.query']);
/** Functions that few runs come to. */
const rareRoles: ReadonlySet<string> = new Set(['resume', 'review', 'gate', 'override']);
const rareRoleFactor = 2;

/** How long after its caller gave up a request can still land, in milliseconds. */
export const lateMax = 5_000;

/**
 * Faults of a run: some runs have none, some many. Each has a number; those in `without` do not happen, so that a failing
 * run can be shrunk.
 */
export function faultsOf(random: Random, weather: Weather, without: ReadonlySet<number>): Faults {
  let isOver = false;
  let rate = random.pick([0, 0.02, 0.05, 0.1]);
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
      if (rate === 0 || !random.is(rate * factorOf(kind, role, port))) return 'none';
      const fault = random.pick(kind === 'pause' ? pauseFaults : kind === 'read' ? readFaults : writeFaults);
      drawn += 1;
      return without.has(drawn) ? 'none' : fault;
    },
    end() {
      isOver = true;
      rate = 0;
    },
  };
}

function factorOf(kind: CallKind, role: string, port: string): number {
  if (port === 'pipeline.enable') return enableFactor;
  const ofRole = rareRoles.has(role) ? rareRoleFactor : 1;
  const isRare = rarePorts.has(port) || rareCalls.has(`${role} ${port}`);
  return ofRole * (kind === 'switch' ? switchFactor : isRare ? rareFactor : 1);
}
