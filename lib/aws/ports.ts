import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Notifier } from '../brief/notifier.ts';
import type { SubscriptionFault } from '../brief/subscription.ts';
import type { FindingSource } from '../decision/findings.ts';
import { tellDue } from '../decision/notify.ts';
import type { SweepDeps } from '../decision/sweep.ts';
import type { Vault } from '../decision/vault.ts';
import { clearAnew } from '../decision/waiver.ts';
import { instantOf } from '../finding/instant.ts';
import { type ControllerDeps, reconcile, type Settled } from '../hold/controller.ts';
import { withGlance } from '../hold/glance.ts';
import { type IntakeMemory, intakeMemory } from '../hold/intake.ts';
import { intelligenceFrom } from '../hold/intelligence.ts';
import type { KevFeed } from '../hold/kev-feed.ts';
import type { Pipeline } from '../hold/pipeline.ts';
import type { Chance, ClockPort } from '../hold/ports.ts';
import { productionFrom } from '../hold/production.ts';
import type { Table } from '../hold/table.ts';
import type { WorkflowEngine } from '../hold/workflow.ts';
import { matchesPattern } from '../policy/binding.ts';
import type { PolicyInForce, StageAddress } from '../policy/policy.ts';

/** What the steps need from outside, before it is put together. */
export type OutsidePorts = {
  readonly table: Table;
  readonly pipeline: Pipeline;
  readonly notifier: Notifier;
  readonly findings: FindingSource;
  readonly workflow: WorkflowEngine;
  readonly vault: Vault;
  readonly clock: ClockPort;
  readonly chance: Chance;
  readonly policy: PolicyInForce;
  /** Where links lead, without a slash at the end. */
  readonly publicAddress: () => string;
  /** Names this process as the owner of a lease. */
  readonly owner: string;
  /** Patterns of the ARNs under which stopship itself switches transitions. */
  readonly ourRoles: readonly string[];
  /** Where CISA's catalogue is read. @default nowhere: the step that reads it says so */
  readonly kevFeed?: KevFeed;
  /** Makes a stage agree with the ledger. @default the controller in this process */
  readonly reconcile?: (stage: StageAddress) => Promise<Settled>;
  /** Tells what was held back. @default this process */
  readonly tellDue?: () => Promise<number>;
  /** What is wrong with the subscriptions of people. @default nothing is: nobody subscribes */
  readonly subscriptionFaults?: () => Promise<readonly SubscriptionFault[]>;
};

/** Everything that any step needs. */
export type Ports = OutsidePorts &
  ControllerDeps &
  SweepDeps & { readonly memory: IntakeMemory; readonly kevFeed: KevFeed };

/** Puts the ports together. */
export function portsOf(outside: OutsidePorts): Ports {
  const looks = withGlance(outside.pipeline, outside.clock);
  const intelligence = intelligenceFrom(outside.table, outside.clock);
  const controller: ControllerDeps = {
    ...outside,
    pipeline: looks.pipeline,
    isOurRole: (arn) => outside.ourRoles.some((role) => matchesPattern(role, arn)),
    clearAnew: (holdId, executionId) => clearAnew({ ...outside, intelligence }, holdId, executionId),
  };
  return {
    ...outside,
    ...controller,
    glance: looks.glance,
    memory: intakeMemory(),
    production: productionFrom(outside.table, outside.clock),
    intelligence,
    kevFeed: outside.kevFeed ?? noKevFeed,
    reconcile: outside.reconcile ?? ((stage) => reconcile(controller, stage)),
    subscriptionFaults: outside.subscriptionFaults ?? (async () => []),
    tellDue: outside.tellDue ?? (() => tellDue(outside)),
  };
}

const noKevFeed: KevFeed = {
  async read() {
    throw new Error("no address of CISA's catalogue is configured");
  },
};

/** The machine's clock. */
export const systemClock: ClockPort = {
  now: () => instantOf(Date.now()),
  wait: async (ms, signal) => {
    await sleep(ms, undefined, { signal }).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
  },
};

/** The machine's randomness. */
export const systemChance: Chance = { bytes: (count) => randomBytes(count), fraction: () => Math.random() };
