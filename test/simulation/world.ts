import { type Ports, portsOf } from '../../lib/aws/ports.ts';
import type { Vault } from '../../lib/decision/vault.ts';
import { type MemoryTable, memoryTable } from '../../lib/embedded/memory-table.ts';
import { type IntakeMemory, intakeMemory } from '../../lib/hold/intake.ts';
import type { Table } from '../../lib/hold/table.ts';
import type { PolicyInForce } from '../../lib/policy/policy.ts';
import { type Engine, engineOf } from './engine.ts';
import { type Faults, faultsOf } from './faults.ts';
import { type Invariants, invariantsOf } from './invariants.ts';
import { ourArn, pipelinesOf, type SimulatedPipelines } from './pipelines.ts';
import { type Random, randomOf } from './random.ts';
import { type Scanner, scannerOf } from './scanner.ts';
import { functionLife, type Process, type Scheduler, schedulerOf } from './scheduler.ts';
import { pipelineThroughSeam, tableThroughSeam, through } from './seam.ts';
import { type Log, logOf } from './trace.ts';
import { worldPolicy } from './world-policy.ts';

/** How the stage controller is run: the production one, or a known-broken double of it. */
export type Design = {
  readonly name: string;
  /** Changes what the ledger of a process does. */
  readonly table: (table: Table) => Table;
  readonly reconcile: (ports: Ports, stage: Parameters<Ports['reconcile']>[0]) => ReturnType<Ports['reconcile']>;
  readonly resume: (ports: Ports, holdId: string) => Promise<unknown>;
};

/** Everything of one run. */
export type World = {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly faults: Faults;
  readonly policy: PolicyInForce;
  readonly ledger: MemoryTable;
  readonly pipelines: SimulatedPipelines;
  readonly scanner: Scanner;
  readonly engine: Engine;
  readonly invariants: Invariants;
  readonly design: Design;
  /** Runs one of stopship's functions as a process of its own, over the ports of that process. */
  call<T>(name: string, act: (ports: Ports) => Promise<T>): Promise<T>;
};

/** A world of a seed, in which nothing has happened yet. */
export function worldOf(seed: number, design: Design): World {
  const random = randomOf(seed);
  const scheduler = schedulerOf(random);
  const log = logOf(scheduler.elapsed);
  const policy = worldPolicy(random.is(0.5) ? ['checkout', 'accounts'] : ['checkout']);
  const ledger = memoryTable();
  const pipelines = pipelinesOf(
    policy.services.map(({ pipeline }) => pipeline),
    scheduler.now,
  );
  const scanner = scannerOf(scheduler.now);
  const memory = intakeMemory();
  const engine = engineOf(() => world);
  const invariants = invariantsOf({ ledger, log, pipelines, scanner });
  let calls = 0;
  const world: World = {
    ...{ random, scheduler, log, policy, ledger, pipelines, scanner, engine, invariants, design },
    faults: faultsOf(random),
    call(name, act) {
      calls += 1;
      return scheduler.run(`${name}-${calls}`, functionLife, (process) => act(portsFor(world, process, memory)));
    },
  };
  return world;
}

function portsFor(world: World, process: Process, memory: IntakeMemory): Ports {
  const { scheduler, random, policy, scanner, design } = world;
  const ports = portsOf({
    table: design.table(tableThroughSeam(world, process)),
    pipeline: pipelineThroughSeam(world, process),
    notifier: {
      send: ({ personId, kind }) =>
        through(world, process, 'notifier.send', `${kind} to ${personId}`, async () => ({ email: true, sms: false })),
    },
    findings: {
      state: (finding) => through(world, process, 'findings.state', finding.id, () => scanner.port.state(finding)),
      coverage: (id) => through(world, process, 'findings.coverage', id, () => scanner.port.coverage(id)),
      openOnImage: (id) => through(world, process, 'findings.openOnImage', id, () => scanner.port.openOnImage(id)),
    },
    workflow: {
      start: (name, input) => through(world, process, 'workflow.start', name, () => world.engine.start(name, input)),
      wake: (token, output) => through(world, process, 'workflow.wake', token, () => world.engine.wake(token, output)),
    },
    vault,
    clock: { now: scheduler.now, wait: (ms) => scheduler.wait(process, ms) },
    chance: random,
    policy,
    publicAddress: () => 'https://stopship.example.com',
    owner: process.name,
    ourRoles: [ourArn],
    // As on AWS: the sweep has no right to switch, and calls the controller's function.
    reconcile: (stage) => world.call('stage', (own) => design.reconcile(own, stage)),
  });
  // A warm process remembers what it took in, a cold one nothing.
  return { ...ports, memory: random.is(0.7) ? memory : intakeMemory() };
}

const vault: Vault = {
  mac: async (text) => ({ keyId: 'k1', mac: text.slice(0, 43) }),
  isMac: async (text, keyId, mac) => keyId === 'k1' && mac === text.slice(0, 43),
  seal: async (text) => text,
  unseal: async (sealed) => sealed,
};
