import type { Ports } from '../../lib/aws/ports.ts';
import { sweep } from '../../lib/decision/sweep.ts';
import type { Finding, Reading } from '../../lib/finding/finding.ts';
import { gate } from '../../lib/hold/gate.ts';
import { intake } from '../../lib/hold/intake.ts';
import { deployArn, personArn, type SimulatedRelease, type SimulatedStage } from './pipelines.ts';
import type { Random } from './random.ts';
import type { Weakness } from './scanner.ts';
import type { Process } from './scheduler.ts';
import type { World } from './world.ts';

/** Everything that can happen to stopship, by name. */
export const happenings = [
  'a finding',
  'a finding taken in at once',
  'a closing',
  'a suppression',
  'an order to halt',
  'a fix of everything',
  'an image deleted',
  'a scan',
  'a release',
  'a fixed release',
  'a release moves',
  'intake takes in',
  'an unreadable record',
  'a disable by a person',
  'an enable by a person',
  'an override in the console',
  'a retry in the console',
  'a rollback in the console',
  'a stack update',
  'a vote by link',
  'a vote of a signed-in person',
  'an agreement',
  'a sweep',
  'two sweeps at once',
  'a workflow ends',
  'a redeployment',
  'a change of the policy',
  'a minute',
  'hours',
] as const;
export type Happening = (typeof happenings)[number];

/** What happens in one world. Each draws from the dice it is given, so that leaving one out changes no other. */
export type Happenings = {
  readonly act: { readonly [name in Happening]: (dice: Random) => void | Promise<void> };
  /** Runs a function in the background; what it throws must be something that it is allowed to throw. */
  start(role: string, act: (ports: Ports, process: Process) => Promise<unknown>, otherwise?: () => void): void;
  /** Takes in everything that is on its way; false when nothing is. */
  takeInAll(): boolean;
  readonly accepted: readonly Finding[];
  /** Records that nobody can read, and that intake took in. */
  poisoned(): number;
};

const weaknesses: readonly Weakness[] = [
  { name: 'log4j-core', in: 'image' },
  { name: 'certifi', in: 'image' },
  { name: 'urllib3', in: 'function' },
];
const images = 3;
/** The images that ran before anything happened. */
const oldImages = [8, 9];

/** The happenings of a world. `dice` draws what the whole run keeps: how many problems and images there are. */
export function happeningsOf(world: World, dice: Random): Happenings {
  const { pipelines, scanner, scheduler, people, log, invariants, trail } = world;
  // Half of the runs have one problem, so that holds come, go and come again.
  const problems = dice.is(0.5) ? [dice.pick(weaknesses)] : weaknesses;
  /** Reports on their way; taken in at any time, in any order, some twice. */
  let queue: Reading[] = [];
  const accepted: Finding[] = [];
  let releases = 0;
  let unreadable = 0;

  function start(role: string, act: Parameters<World['call']>[1], otherwise: () => void = () => undefined): void {
    world.call(role, act).catch((error: unknown) => {
      otherwise();
      world.expected(role, error);
    });
  }

  function report(finding: Finding, isTwice: boolean): void {
    queue.push({ status: 'finding', finding });
    if (isTwice) queue.push({ status: 'finding', finding });
  }

  function speak(state: Finding['state'], dice: Random): void {
    const stage = dice.pick(pipelines.stages);
    const released = [stage.waiting, stage.inside, stage.passed].flatMap((one) => (one === null ? [] : [one.digest]));
    const digest = dice.pick([digestOf(0), ...released]);
    const finding = scanner.report(stage.address.name, dice.pick(problems), digest, state);
    report(finding, dice.is(0.2));
    log.reach(`report: ${state}`);
    log.say('scanner', `${finding.id.split('/').at(-1)} in ${stage.address.name} is ${state}`);
  }

  function fixAll(dice: Random): void {
    for (const finding of scanner.findings()) {
      const [resource] = finding.resources;
      const stage = pipelines.stages.find(({ address }) => resource?.id.includes(address.name));
      const weakness = weaknesses.find(({ name }) => name === finding.packages[0]?.name);
      if (finding.state !== 'open' || stage === undefined || weakness === undefined) continue;
      const digest = resource?.digest ?? digestOf(0);
      report(scanner.report(stage.address.name, weakness, digest, 'closed'), dice.is(0.1));
    }
    log.say('developers', 'fixed everything; the scanner says so');
  }

  function takeIn(dice: Random, most = 3): void {
    const batch: Reading[] = [];
    for (let left = 1 + dice.below(most); left > 0 && queue.length > 0; left -= 1) {
      const reading = dice.pick(queue);
      queue = queue.filter((one) => one !== reading);
      batch.push(reading);
    }
    if (batch.length > 1) log.reach('several reports in one batch');
    if (batch.length > 0) takeInBatch(batch);
  }

  function takeInBatch(batch: readonly Reading[]): void {
    start(
      'intake',
      async (ports) => {
        await intake(ports, batch);
        for (const reading of batch) {
          if (reading.status === 'finding') accepted.push(reading.finding);
          if (reading.status === 'rejected') unreadable += 1;
        }
      },
      // The queue brings again what failed.
      () => queue.push(...batch),
    );
  }

  function release(stage: SimulatedStage, digest: string, dice: Random): void {
    releases += 1;
    const id = `release-${String(releases).padStart(4, '0')}`;
    if (stage.waiting !== null) log.reach('release superseded');
    pipelines.arrive(stage, { id, digest, author: dice.pick(['dee', 'dee', 'rui', 'ana', null]), backTo: null });
    log.say('developer', `${id} waits before ${stage.address.name} with ${digest.slice(7, 15)}`);
  }

  /** What production ran and runs when a run begins; the scanner may know the images. */
  function runBefore(stage: SimulatedStage, dice: Random): void {
    for (const image of oldImages) {
      const digest = digestOf(image);
      const before = { id: `before-${stage.address.name}-${image}`, digest, author: 'dee', backTo: null };
      if (dice.is(0.5)) scanner.scan(digest);
      pipelines.arrive(stage, before);
      pipelines.move(stage, { waiting: null, passed: before });
      stage.succeeded.push(before);
    }
  }

  function fixedRelease(dice: Random): void {
    const digest = digestOf(images + dice.below(3));
    scanner.scan(digest);
    release(dice.pick(pipelines.stages), digest, dice);
  }

  /** What waits before an enabled transition enters, or asks the gate; what is inside ends. */
  async function move(stage: SimulatedStage): Promise<void> {
    const { inside, waiting } = stage;
    if (inside !== null) {
      stage.succeeded.push(inside);
      return pipelines.move(stage, { passed: inside, inside: null });
    }
    if (!stage.enabled || waiting === null || stage.atGate !== null) return;
    if (world.hasGate) return askGate(stage, waiting);
    await invariants.entering(stage, waiting);
    pipelines.move(stage, { waiting: null });
    enter(stage, waiting, 'enters');
  }

  function enter(stage: SimulatedStage, release: SimulatedRelease, how: string): void {
    log.say('pipeline', `${release.id} ${how} ${stage.address.name}`);
    log.reach('release entered');
    pipelines.move(stage, { inside: release, atGate: null, refused: null });
    trail.started(stage, release);
  }

  /** The release has passed the transition; it is inside or refused when the gate has answered, and refused when it does not. */
  function askGate(stage: SimulatedStage, release: SimulatedRelease): void {
    const waiting = stage.waiting === release ? null : stage.waiting;
    pipelines.move(stage, { atGate: release, waiting, refused: null });
    log.say('pipeline', `${release.id} asks the gate of ${stage.address.name}`);
    function refuse(why: string): void {
      log.reach('release refused by the gate');
      log.say('pipeline', `${release.id} is refused: ${why}`);
      if (stage.atGate === release) pipelines.move(stage, { atGate: null, refused: release });
    }
    start(
      'gate',
      async (ports, process) => {
        invariants.asking(process.name, stage, release);
        const answer = await gate(ports.table, stage.address, release.id);
        if (!answer.allowed) return refuse(answer.why);
        if (stage.atGate !== release) return;
        invariants.letIn(process.name, stage, release);
        enter(stage, release, 'is let in to');
      },
      () => refuse('no answer'),
    );
  }

  function turn(enabled: boolean, by: string, dice: Random): void {
    const stage = dice.pick(pipelines.stages);
    const who = by.split('/').at(-1) ?? by;
    if (!enabled && scheduler.functions().some(({ role }) => role === 'stage' || role === 'resume'))
      log.reach('disable by a person while the controller works');
    log.say(who, `${enabled ? 'enables' : 'disables'} ${stage.address.name}`);
    pipelines.turn(stage, enabled, by, enabled ? '' : 'code freeze');
    invariants.switchedByOther(stage);
    const call = enabled ? 'EnableStageTransition' : 'DisableStageTransition';
    trail.called(call, by, stage, by === deployArn ? 'cloudformation.amazonaws.com' : undefined);
  }

  /** What people can do with a release in the console. It is their right: recorded, and no violation. */
  function inConsole(
    what: string,
    call: string,
    dice: Random,
    act: (stage: SimulatedStage) => SimulatedRelease | null,
  ): void {
    const stage = dice.pick(pipelines.stages);
    const release = act(stage);
    if (release === null) return;
    log.reach(what);
    trail.called(call, personArn, stage);
    log.say('eva', `${what}: ${release.id} on ${stage.address.name}`);
  }

  function sweepOnce(): void {
    start('sweep', async (ports) => {
      const { failures } = await sweep(ports);
      for (const failure of failures) log.say('sweep', failure);
    });
  }

  const act: Happenings['act'] = {
    'a finding': (dice) => speak('open', dice),
    'a finding taken in at once': (dice) => {
      speak('open', dice);
      const newest = queue.pop();
      if (newest !== undefined) takeInBatch([newest]);
    },
    'a closing': (dice) => speak('closed', dice),
    'a suppression': (dice) => speak('suppressed', dice),
    'an order to halt': (dice) => {
      const stage = dice.pick(pipelines.stages);
      report(scanner.order(stage.address.name, 'ana'), false);
      log.say('ana', `orders ${stage.address.name} to halt`);
      log.reach('order to halt');
    },
    'a fix of everything': fixAll,
    'an image deleted': (dice) => {
      log.reach('resource deleted instead of fixed');
      scanner.forget(digestOf(dice.below(images)));
    },
    'a scan': (dice) => scanner.scan(digestOf(dice.below(images))),
    'a release': (dice) => release(dice.pick(pipelines.stages), digestOf(dice.below(images)), dice),
    'a fixed release': fixedRelease,
    'a release moves': (dice) => move(dice.pick(pipelines.stages)),
    'intake takes in': (dice) => takeIn(dice),
    'an unreadable record': () => {
      queue.push({ status: 'rejected', error: { message: 'no finding', path: '' } });
      log.reach('unreadable record');
    },
    'a disable by a person': (dice) => turn(false, personArn, dice),
    'an enable by a person': (dice) => turn(true, personArn, dice),
    'a stack update': (dice) => turn(true, deployArn, dice),
    'an override in the console': (dice) =>
      inConsole('an override in the console', 'OverrideStageCondition', dice, (stage) => {
        const { refused } = stage;
        if (refused !== null && stage.inside === null) enter(stage, refused, 'overrides the gate of');
        return refused;
      }),
    'a retry in the console': (dice) =>
      inConsole('a retry in the console', 'RetryStageExecution', dice, (stage) => {
        const { refused } = stage;
        if (refused === null || stage.inside !== null || stage.atGate !== null) return null;
        pipelines.move(stage, { refused: null });
        askGate(stage, refused);
        return refused;
      }),
    'a rollback in the console': (dice) =>
      inConsole('a rollback in the console', 'RollbackStage', dice, (stage) => {
        const { passed } = stage;
        if (passed === null) return null;
        pipelines.move(stage, { inside: passed });
        trail.started(stage, passed);
        return passed;
      }),
    'a vote by link': (dice) => people.voteByLink(dice),
    'a vote of a signed-in person': (dice) => people.voteSignedIn(dice),
    'an agreement': (dice) => people.decide(dice),
    'a sweep': sweepOnce,
    'two sweeps at once': () => {
      sweepOnce();
      sweepOnce();
      log.reach('two sweeps at once');
    },
    'a workflow ends': () => {
      if (world.engine.abort()) log.reach('workflow ended');
    },
    'a redeployment': () => {
      log.reach('redeployment');
      world.redeploy();
    },
    'a change of the policy': () => {
      log.reach('a change of the policy');
      world.changePolicy();
    },
    'a minute': (dice) => scheduler.leap(dice.below(60_000)),
    hours: (dice) => scheduler.leap(dice.below(30 * 3_600_000)),
  };

  for (const stage of pipelines.stages) {
    runBefore(stage, dice);
    release(stage, digestOf(0), dice);
  }

  return {
    act,
    start,
    takeInAll() {
      const isAny = queue.length > 0;
      while (queue.length > 0) takeIn(world.random, 10);
      return isAny;
    },
    accepted,
    poisoned: () => unreadable,
  };
}

function digestOf(n: number): string {
  return `sha256:${String(n).repeat(64)}`;
}
