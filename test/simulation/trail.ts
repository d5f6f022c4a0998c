import { watchOverride } from '../../lib/hold/override.ts';
import type { SimulatedRelease, SimulatedStage } from './pipelines.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';
import { account, region } from './world-policy.ts';

/** What CloudTrail and CodePipeline tell of what others do in a pipeline: late, out of order, some of it twice. */
export type Trail = {
  /** Somebody called CodePipeline; `through` is the service of AWS that called for them. */
  called(call: string, by: string, stage: SimulatedStage, through?: string): void;
  /** A release began in a stage. */
  started(stage: SimulatedStage, release: SimulatedRelease): void;
};

/** How late an event comes at most, in milliseconds; some come while whoever caused them is still at it. */
const eventLateMax = 60_000;
const eventAtOnceMax = 100;
const atOnceRate = 0.2;
/** The bus brings a failed event so often again, after so long, in milliseconds. */
const againMax = 5;
const againAfter = 30_000;

/** The trail of a world; `isThere`: whether the account has one. What brings `drawn` numbers draws them for itself. */
export function trailOf(worldNow: () => World, drawn: Random, isThere: boolean): Trail {
  let events = 0;

  function bring(what: string, event: object, seen: () => void = () => undefined): void {
    if (!isThere) return;
    const world = worldNow();
    for (let times = drawn.is(0.1) ? 2 : 1; times > 0; times -= 1) {
      events += 1;
      world.scheduler
        .run({ name: `trail-${events}`, role: 'trail' }, Number.POSITIVE_INFINITY, async (process) => {
          await world.scheduler.wait(process, drawn.below(drawn.is(atOnceRate) ? eventAtOnceMax : eventLateMax));
          for (let tries = 0; tries <= againMax; tries += 1) {
            const recorded = await watched(world, what, event);
            if (recorded !== null) return seen();
            await world.scheduler.wait(process, againAfter);
          }
        })
        .catch((error: unknown) => world.expected('trail', error));
    }
  }

  /** On how many holds it was recorded; null when the watch failed. */
  async function watched(world: World, what: string, event: object): Promise<number | null> {
    try {
      const recorded = await world.call('override', (ports) => watchOverride(ports, event));
      if (recorded > 0) world.log.reach(`on the hold: ${what}`);
      return recorded;
    } catch (error) {
      world.expected('override', error);
      return null;
    }
  }

  /** To the second, as both services count. */
  function time(): string {
    return worldNow()
      .scheduler.now()
      .replace(/\.\d{3}Z$/, 'Z');
  }

  return {
    called(call, by, stage, through) {
      const at = time();
      const { address, version } = stage;
      const detail = {
        eventSource: 'codepipeline.amazonaws.com',
        eventName: call,
        eventTime: at,
        userIdentity: { arn: by, ...(through === undefined ? {} : { invokedBy: through }) },
        requestParameters: { pipelineName: address.name, stageName: address.stage, reason: 'we ship' },
      };
      const event = {
        source: 'aws.codepipeline',
        'detail-type': 'AWS API Call via CloudTrail',
        account,
        region,
        detail,
      };
      bring(call, { ...event, time: at }, () => worldNow().invariants.switchSeen(stage, version));
    },
    started({ address }, release) {
      const { id } = release;
      worldNow().invariants.entered(release);
      bring('a release began', {
        source: 'aws.codepipeline',
        'detail-type': 'CodePipeline Stage Execution State Change',
        ...{ account, region, time: time() },
        detail: { pipeline: address.name, stage: address.stage, 'execution-id': id, state: 'STARTED' },
      });
    },
  };
}
