import { type Ledger, memoryLedger } from './ledger.ts';
import { randomFor } from './random.ts';
import type { Rest } from './rest.ts';
import { type Story, storyOf } from './story.ts';
import { type Design, type World, worldOf } from './world.ts';

/** What one run was. The same seed and design give the same, to the last line. */
export type Ran = {
  readonly seed: number;
  readonly steps: number;
  readonly violations: readonly string[];
  readonly reached: ReadonlyMap<string, number>;
  /** How often each `caller port.method: fault` came about. */
  readonly calls: ReadonlyMap<string, number>;
  readonly trace: readonly string[];
};

/** How to play a seed. */
export type Playing = {
  readonly design: Design;
  /** @default a ledger in memory */
  readonly ledger?: Ledger;
  /** Whether to keep what happened. @default false */
  readonly isTracing?: boolean;
  /** Left out of the run, by number: so a failing one is shrunk. @default nothing */
  readonly without?: Without;
};

/** Numbers of happenings and faults that do not come about. */
export type Without = { readonly happenings: ReadonlySet<number>; readonly faults: ReadonlySet<number> };

/** Things that happen in a run, not counting what follows from them. */
const happeningsMin = 5;
export const happeningsMax = 18;
/** Rounds with a sweep each and without faults, after which the world must be at rest; each longer than a lease. */
const restRounds = 5;
const restRoundMs = 95_000;
/** Longer than any waiver that people give, in milliseconds. */
const longestWaiver = 4 * 86_400_000;
/** More steps than any run needs: what is still busy then never comes to rest. */
const stepsMax = 20_000;

/** Plays one seed: a time of happenings and faults, then rest, and the invariants all along. Ends at the first violation. */
export async function run(
  seed: number,
  { design, ledger, isTracing = false, without = nothing }: Playing,
): Promise<Ran> {
  const setting = { seed, design, ledger: ledger ?? memoryLedger(), isTracing, withoutFaults: without.faults };
  const world = await worldOf(setting);
  const story = storyOf(world);
  const { log } = world;
  let steps = await happen(world, story, without.happenings);
  // Until what stands for a time has ended.
  if (world.scene.hours !== undefined && world.random.is(0.5)) await world.scheduler.leap(longestWaiver);
  // In some runs what is under way ends among faults too.
  if (log.violations.length === 0 && world.random.is(0.5)) {
    await story.sweep();
    steps += await restFor(restRoundMs, world, story);
  }
  if (log.violations.length === 0) {
    world.faults.end();
    log.say('world', 'comes to rest: no more faults, only deliveries and sweeps');
    steps += await comeToRest(world, story);
  }
  const { violations, reached, calls, lines } = log;
  return { seed, steps, violations: violations.slice(0, 1), reached, calls, trace: lines };
}

const nothing: Without = { happenings: new Set(), faults: new Set() };

async function happen(world: World, story: Story, without: ReadonlySet<number>): Promise<number> {
  const { seed, random, scheduler, log } = world;
  const dice = randomFor(seed, happeningsFrom);
  const count = happeningsMin + dice.below(happeningsMax - happeningsMin);
  // Some runs are hectic, in others each hold has time to come to its end.
  const pace = dice.pick([0.015, 0.03, 0.1]);
  // While a stage resumes: how often something new comes between two steps.
  const hostility = dice.pick([0, 0.2, 0.5]);
  let steps = 0;
  for (let n = 0; n < count && log.violations.length === 0; steps += 1) {
    if (random.is(0.15)) await story.deliverOne();
    if (random.is(hostility)) await story.interfere();
    const untilNext = scheduler.untilNext();
    if (random.is(pace) || untilNext === null || untilNext > 10_000) {
      if (!without.has(n)) await story.happen(n, count);
      n += 1;
    } else if (!(await scheduler.step())) scheduler.pass(untilNext);
  }
  return steps;
}

const happeningsFrom = 4;

/** Rounds until the world is at rest; what is still wrong after the last one is a violation. */
async function comeToRest(world: World, story: Story): Promise<number> {
  const { log, invariants } = world;
  let steps = 0;
  for (let round = 1; round <= restRounds && log.violations.length === 0; round += 1) {
    await story.sweep();
    steps += await restFor(restRoundMs, world, story);
    const isLast = round === restRounds;
    const verdict = isLast ? log : log.trial();
    await invariants.atRest(restAt(world, story), verdict);
    if (verdict.violations.length === 0 && world.random.is(0.8)) break;
  }
  if (steps > stepsMax) log.violate('rest', 'the world does not come to rest');
  return steps;
}

function restAt({ weather, skew, scheduler, engine, policy }: World, { accepted, poisoned }: Story): Rest {
  const { hash: policyHash, services } = policy();
  const stakeholders = new Set(services.flatMap((service) => Object.values(service.stakeholders).flat()));
  return {
    ...{ weather, skew, policyHash, now: scheduler.now(), runs: engine.runs },
    ...{ stakeholders: [...stakeholders], accepted, poisoned: poisoned() },
  };
}

/** A time without happenings, in which everything under way goes on and every delivery comes, as streams and queues do. */
async function restFor(ms: number, { scheduler, log }: World, story: Story): Promise<number> {
  const end = scheduler.elapsed() + ms;
  let steps = 0;
  while (scheduler.elapsed() < end && steps < stepsMax && log.violations.length === 0) {
    if (await scheduler.step()) steps += 1;
    else if (!(await story.deliverAll())) scheduler.pass(Math.min(scheduler.untilNext() ?? ms, 5_000));
  }
  return steps;
}
