import { type Story, storyOf } from './story.ts';
import { type Design, type World, worldOf } from './world.ts';

/** What one run was. The same seed and design give the same, to the last line. */
export type Ran = {
  readonly seed: number;
  readonly steps: number;
  readonly violations: readonly string[];
  readonly reached: ReadonlyMap<string, number>;
  readonly trace: readonly string[];
};

/** Things that happen in a run, not counting what follows from them. */
const happeningsMin = 30;
const happeningsMore = 90;
/** Rounds with a sweep each and without faults, after which the world is at rest; each longer than a lease. */
const restRounds = 6;
const restRoundMs = 95_000;
/** More steps than any run needs: what is still busy then never comes to rest. */
const stepsMax = 60_000;

/** Plays one seed: a time of happenings and faults, then rest, and the invariants all along. */
export async function run(seed: number, design: Design): Promise<Ran> {
  const world = worldOf(seed, design);
  const story = storyOf(world);
  const { random, scheduler, log } = world;
  let steps = 0;
  let left = happeningsMin + random.below(happeningsMore);
  // Some runs are hectic, in others each hold has time to come to its end.
  const pace = random.pick([0.03, 0.08, 0.2]);
  while (left > 0) {
    if (random.is(0.1)) await story.deliverOne();
    if (random.is(0.05)) story.interfere();
    if (random.is(pace) || scheduler.untilNext() === null || (scheduler.untilNext() ?? 0) > 10_000) {
      left -= 1;
      await story.happen();
    } else if (!(await scheduler.step())) scheduler.pass(scheduler.untilNext() ?? 0);
    steps += 1;
  }
  world.faults.end();
  log.say('world', 'comes to rest: no more faults, only deliveries and sweeps');
  for (let round = 0; round < restRounds; round += 1) {
    story.sweepOnce();
    steps += await restFor(restRoundMs, world, story);
  }
  await world.invariants.atRest(world.engine.runs);
  if (steps > stepsMax) log.violate('rest', 'the world does not come to rest');
  return { seed, steps, violations: log.violations, reached: log.reached, trace: log.lines };
}

/** A time without happenings, in which everything under way goes on and every delivery comes, as streams and queues do. */
async function restFor(ms: number, { scheduler }: World, story: Story): Promise<number> {
  const end = scheduler.elapsed() + ms;
  let steps = 0;
  while (scheduler.elapsed() < end && steps < stepsMax) {
    if (await scheduler.step()) steps += 1;
    else if (!(await story.deliverAll())) scheduler.pass(Math.min(scheduler.untilNext() ?? ms, 1_000));
  }
  return steps;
}
