import { type Ports, portsOf } from '../../lib/aws/ports.ts';
import { tellDue } from '../../lib/decision/notify.ts';
import type { Vault } from '../../lib/decision/vault.ts';
import { StageNotSettled } from '../../lib/hold/halt-stage.ts';
import { type IntakeMemory, intakeMemory } from '../../lib/hold/intake.ts';
import type { OutboxItem } from '../../lib/hold/outbox.ts';
import { PipelineThrottled } from '../../lib/hold/pipeline.ts';
import { LedgerConflict, type Table } from '../../lib/hold/table.ts';
import type { PolicyInForce } from '../../lib/policy/policy.ts';
import { type Engine, engineOf } from './engine.ts';
import { type Faults, faultsOf, type Weather, weathers } from './faults.ts';
import { type Invariants, invariantsOf } from './invariants.ts';
import { type Index, laggingIndex } from './lagging-index.ts';
import type { Ledger } from './ledger.ts';
import { enrolled, type People, peopleOf } from './people.ts';
import { ourArn, pipelinesOf, type SimulatedPipelines } from './pipelines.ts';
import { type Random, randomFor } from './random.ts';
import { type Scanner, scannerOf } from './scanner.ts';
import { isVoted, type Scene, sceneOf } from './scenes.ts';
import { functionLife, Killed, type Process, type Scheduler, schedulerOf, sweepLife } from './scheduler.ts';
import {
  CallFailed,
  clockThroughSeam,
  findingsThroughSeam,
  pipelineThroughSeam,
  tableThroughSeam,
  through,
} from './seam.ts';
import { type Log, logOf } from './trace.ts';
import { type Trail, trailOf } from './trail.ts';
import { worldPolicies } from './world-policy.ts';

/** How stopship is built: the production one, or a known-broken double of a part. */
export type Design = {
  readonly name: string;
  /** Changes what the ledger of a process does. */
  readonly table: (table: Table, role: string) => Table;
  readonly reconcile: (ports: Ports, stage: Parameters<Ports['reconcile']>[0]) => ReturnType<Ports['reconcile']>;
  readonly resume: (ports: Ports, holdId: string) => Promise<unknown>;
  /** Does a `reconcile` errand of the outbox. */
  readonly errand: (ports: Ports, item: OutboxItem) => Promise<unknown>;
};

/** What a run is made from; the same gives the same run. */
export type Setting = {
  readonly seed: number;
  readonly design: Design;
  readonly ledger: Ledger;
  readonly isTracing: boolean;
  /** Numbers of the faults that do not happen. */
  readonly withoutFaults: ReadonlySet<number>;
};

/** Everything of one run. */
export type World = {
  readonly seed: number;
  readonly scene: Scene;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly weather: Weather;
  /** By how much a process's clock is wrong at most, in milliseconds. */
  readonly skew: number;
  readonly faults: Faults;
  /** The policy in force. */
  readonly policy: () => PolicyInForce;
  readonly ledger: Ledger;
  readonly index: Index;
  readonly pipelines: SimulatedPipelines;
  readonly scanner: Scanner;
  readonly people: People;
  readonly engine: Engine;
  readonly invariants: Invariants;
  readonly trail: Trail;
  readonly design: Design;
  /** Whether the stages have the gate as their entry condition. */
  readonly hasGate: boolean;
  /** Runs one of stopship's functions as a process of its own, over the ports of that process. */
  call<T>(role: string, act: (ports: Ports, process: Process) => Promise<T>): Promise<T>;
  /** A new deployment: no process remembers anything. */
  redeploy(): void;
  /** Another policy comes into force. Functions that are warm go by the one before for a while. */
  changePolicy(): void;
  /** Takes what a process threw; what it is not allowed to throw is a violation. */
  expected(who: string, error: unknown): void;
};

/** Parts of a run that draw their numbers each for themselves. */
const parts = { schedule: 0, setting: 1, faults: 2, chance: 3, trail: 5, index: 6 } as const;
/** Happenings draw theirs from here on. */
export const happeningsFrom = 10;

/** A world of a seed, in which nothing has happened yet. */
export async function worldOf({ seed, design, ledger, isTracing, withoutFaults }: Setting): Promise<World> {
  const random = randomFor(seed, parts.schedule);
  const setting = randomFor(seed, parts.setting);
  const chance = randomFor(seed, parts.chance);
  const scheduler = schedulerOf(random);
  const log = logOf(scheduler.elapsed, isTracing);
  const scene = sceneOf(seed);
  const policies = worldPolicies(setting.is(0.25) ? ['checkout', 'accounts'] : ['checkout'], isVoted(scene));
  const addresses = policies[0].services.map(({ pipeline }) => pipeline);
  let inForce: 0 | 1 = 0;
  let warmUntil = 0;
  const pipelines = pipelinesOf(addresses, scheduler, random, setting.pick([0, 0, 0.1]));
  const scanner = scannerOf(scheduler.now);
  const engine = engineOf(() => world);
  const dice = randomFor(seed, parts.index);
  const index = laggingIndex(ledger.table, scheduler.elapsed, dice, dice.pick([0, 0, indexLagMax]));
  const people = peopleOf(() => world);
  const weather = setting.is(0.85) ? 'calm' : setting.pick(weathers);
  const skew = setting.pick([0, 0, 1_000, clockSkewMax]);
  const invariants = invariantsOf({ ledger: ledger.mirror, log, pipelines, scanner, skew });
  let memories = [intakeMemory(), intakeMemory()];
  let calls = 0;

  function policyOfSome(): PolicyInForce {
    const isWarm = scheduler.elapsed() < warmUntil && random.is(0.5);
    return isWarm === (inForce === 0) ? policies[1] : policies[0];
  }

  function portsFor(process: Process): Ports {
    const ports = portsOf({
      table: design.table(tableThroughSeam(world, process), process.role),
      pipeline: pipelineThroughSeam(world, process),
      notifier: {
        send: (message) =>
          through(world, process, {
            port: 'notifier.send',
            kind: 'write',
            detail: `${message.kind} to ${message.personId}`,
            async act() {
              people.receive(message);
              return { email: true, sms: false };
            },
          }),
      },
      findings: findingsThroughSeam(world, process),
      workflow: {
        start: (name, input) =>
          through(world, process, {
            port: 'workflow.start',
            kind: 'write',
            detail: name,
            act: () => engine.start(name, input),
          }),
        wake: (token, output) =>
          through(world, process, {
            port: 'workflow.wake',
            kind: 'write',
            detail: token,
            act: () => engine.wake(token, output),
          }),
      },
      vault,
      clock: clockThroughSeam(world, process, skew === 0 ? 0 : random.below(2 * skew) - skew),
      chance,
      policy: policyOfSome(),
      publicAddress: () => 'https://stopship.example.com',
      owner: process.name,
      ourRoles: [ourArn],
      // As on AWS: the sweep has no right to switch, and calls the controller's function.
      reconcile: (stage) => world.call('stage', (own) => design.reconcile(own, stage)),
      tellDue: () => world.call('notify', tellDue),
    });
    // A warm process remembers what it took in, a cold one nothing.
    return { ...ports, memory: warmOrCold() };
  }

  function warmOrCold(): IntakeMemory {
    return random.is(0.8) ? random.pick(memories) : intakeMemory();
  }

  const world: World = {
    ...{ seed, scene, random, scheduler, log, weather, skew, ledger, pipelines, scanner, people, engine },
    ...{ invariants, design, index },
    trail: trailOf(() => world, randomFor(seed, parts.trail), setting.is(0.7)),
    policy: () => policies[inForce],
    faults: faultsOf(randomFor(seed, parts.faults), weather, withoutFaults),
    hasGate: setting.is(0.5),
    call(role, act) {
      calls += 1;
      const who = { name: `${role}-${calls}`, role };
      return scheduler.run(who, role === 'sweep' ? sweepLife : functionLife, (process) =>
        act(portsFor(process), process),
      );
    },
    redeploy() {
      memories = [intakeMemory(), intakeMemory()];
    },
    changePolicy() {
      inForce = inForce === 0 ? 1 : 0;
      warmUntil = scheduler.elapsed() + warmFor;
      log.say('platform', `policy ${policies[inForce].hash.slice(0, 8)} comes into force`);
    },
    expected(who, error) {
      const text = error instanceof Error ? error.message : String(error);
      if (isExpected(error)) return log.say(who, () => `gave up: ${text}`);
      const where = error instanceof Error ? (error.stack ?? '').split('\n', 4).join(' ') : text;
      log.violate('crash', `${who}: ${where}`);
    },
  };
  const known = enrolled().map((put) => ({ put }));
  await ledger.table.transact(known);
  index.wrote(known);
  log.reach(world.hasGate ? 'run with the gate' : 'run without the gate');
  log.reach(`weather: ${weather}`);
  return world;
}

/**
 * The most by which a process's clock is wrong, in milliseconds. A lease of 90 seconds bears it: its owner ends after 30,
 * its last request 5 later, and two clocks differ by twice this.
 */
const clockSkewMax = 10_000;

/** How far the index by time is behind the table at most, in milliseconds. */
const indexLagMax = 3_000;

/** How long functions go on by the policy before, in milliseconds. */
const warmFor = 30_000;

function isExpected(error: unknown): boolean {
  return [Killed, CallFailed, PipelineThrottled, LedgerConflict, StageNotSettled].some((kind) => error instanceof kind);
}

const vault: Vault = {
  mac: async (text) => ({ keyId: 'k1', mac: text.slice(0, 43) }),
  isMac: async (text, keyId, mac) => keyId === 'k1' && mac === text.slice(0, 43),
  seal: async (text) => text,
  unseal: async (sealed) => sealed,
};
