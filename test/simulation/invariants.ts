import type { MemoryTable } from '../../lib/embedded/memory-table.ts';
import { isOurReason } from '../../lib/hold/mark.ts';
import type { Key, Write } from '../../lib/hold/table.ts';
import type { StageAddress } from '../../lib/policy/policy.ts';
import { ledgerWatchOf } from './ledger-watch.ts';
import { looksOf, type Seen } from './looks.ts';
import { type Look, ourArn, type SimulatedPipelines, type SimulatedRelease, type SimulatedStage } from './pipelines.ts';
import { holdsInForce, releaseWatchOf } from './release-watch.ts';
import { type Rest, restOf } from './rest.ts';
import type { Scanner } from './scanner.ts';
import type { Log, Verdict } from './trace.ts';
import { type BallotSeen, voteWatchOf } from './vote-watch.ts';

export type Watched = {
  readonly ledger: MemoryTable;
  readonly log: Log;
  readonly pipelines: SimulatedPipelines;
  readonly scanner: Scanner;
  /** By how much a clock is wrong at most, in milliseconds. */
  readonly skew: number;
};

/** Watches the invariants of the architecture: some at each call, some at rest. They read the world, never change it. */
export type Invariants = {
  /** A process was shown a stage as of this version of its switch. */
  looked(process: string, address: StageAddress, look: Look): void;
  /** A process asks for an enable, which has not landed yet. */
  aboutToEnable(process: string): void;
  isAboutToEnable(): boolean;
  /** I1, I4: an enable of ours is about to land, which was asked for when its process had seen that. */
  enabling(process: string, address: StageAddress, seen: Seen): Promise<void>;
  /** An enable of ours was answered. */
  enabled(process: string): void;
  /** A process asks for a disable. */
  disabling(process: string, address: StageAddress): void;
  /** Somebody else switched a transition. */
  switchedByOther(stage: SimulatedStage): void;
  /** The override watch has taken in that somebody switched a transition, to this version of it. */
  switchSeen(stage: SimulatedStage, version: number): void;
  /** I8: a stage is about to go back to a release. */
  rollingBack(address: StageAddress, target: string): void;
  /** I11: who halts tells nobody, who tells switches nothing. */
  acting(process: string, role: string, port: string): void;
  /** A process has read an item: what the gate says rests on this moment. */
  read(process: string, key: Key): Promise<void>;
  /** A release asks the gate in this process. */
  asking(process: string, stage: SimulatedStage, release: SimulatedRelease): void;
  /** I0, I12 with the gate: it let the release in. */
  letIn(process: string, stage: SimulatedStage, release: SimulatedRelease): void;
  /** I0, I12 without a gate: the waiting release is about to enter. */
  entering(stage: SimulatedStage, release: SimulatedRelease): Promise<void>;
  /** A release is inside. */
  entered(release: SimulatedRelease): void;
  told(process: string, scannedAt: string): void;
  /** Looks before a transaction; what it returns checks what became of it. */
  beforeWrite(process: string, writes: readonly Write[], seen: Seen): Promise<() => Promise<void>>;
  /** What a process has seen by now. */
  seenBy(process: string): Seen;
  voted(ballot: BallotSeen): void;
  isResuming(): boolean;
  /** When nothing moves any more and a sweep has passed: what is still wrong. */
  atRest(rest: Rest, verdict: Verdict): Promise<void>;
};

/** The watch over one run. */
export function invariantsOf(watched: Watched): Invariants {
  const { ledger, log, pipelines, scanner, skew } = watched;
  const votes = voteWatchOf(log);
  const looks = looksOf();
  const written = ledgerWatchOf({ ledger, log, pipelines, votes, looks, releases: () => releases });
  const releases = releaseWatchOf({ ledger, log, scanner, skew, opened: written.opened });
  const gates = new Map<string, { readonly stage: SimulatedStage; readonly release: SimulatedRelease }>();
  const refusals = new Map<string, readonly string[]>();
  /** The version of each person's disable that an enable of ours undid, by stage. */
  const undone = new Map<SimulatedStage, number>();
  const enabling = new Set<string>();
  const switchesSeen = new Map<SimulatedStage, readonly number[]>();

  /** Best effort: with a trail and a right clock, what an enable of ours undid is put back. */
  function putBackAtRest({ weather, skew }: Rest, verdict: Verdict): void {
    if (skew > 0 || weather === 'no stage can be disabled') return;
    for (const [stage, version] of undone) {
      if (stage.enabled && switchesSeen.get(stage)?.includes(version))
        verdict.violate('put-back', `a person disabled ${stage.address.name}, and an enable of ours stands over it`);
    }
  }

  return {
    looked: looks.looked,

    aboutToEnable: (process) => void enabling.add(process),
    isAboutToEnable: () => enabling.size > 0,

    async enabling(process, address, before) {
      enabling.delete(process);
      const stage = pipelines.stage(address);
      log.reach('enable of ours');
      const holds = await holdsInForce(ledger, address);
      if (holds.length > 0)
        log.violate('I1', `${process} enables ${address.name} while ${holds.join(', ')} is in force`);
      const seen = before.get(address.name) ?? null;
      looks.switched(process, address);
      const stranger = seen?.view.waiting === stage.waiting?.id ? releases.strangerTo(stage) : null;
      if (stranger !== null)
        log.violate('I12', `${process} enables ${address.name} for ${stage.waiting?.id}: ${stranger}`);
      // Which of two enables undid what the trail brings late, nobody can tell.
      undone.delete(stage);
      if (stage.enabled || isOurs(stage)) return;
      if (seen?.version === stage.version)
        log.violate('I4', `${process} saw that a person had disabled ${address.name}, and enables it`);
      else {
        log.reach('enable of ours races with a disable by a person');
        undone.set(stage, stage.version);
      }
    },

    enabled: looks.enabled,
    disabling: looks.switched,
    switchedByOther: (stage) => void undone.delete(stage),
    switchSeen: (stage, version) => void switchesSeen.set(stage, [...(switchesSeen.get(stage) ?? []), version]),

    rollingBack(address, target) {
      if (!written.isDecidedBack(address, target))
        log.violate('I8', `${address.name} goes back to ${target}, and nobody decided that`);
    },

    acting(process, role, port) {
      if (port === 'pipeline.state') looks.asked(process);
      const isHalting = role === 'intake' || role === 'halt' || role === 'stage';
      if (isHalting && port === 'notifier.send') log.violate('I11', `${role} tells people before it has halted`);
      if (role === 'notify' && port.startsWith('pipeline.') && port !== 'pipeline.state' && port !== 'pipeline.release')
        log.violate('I11', `${role} switches a transition`);
    },

    async read(process, key) {
      const gate = gates.get(process);
      if (gate === undefined || !key.pk.startsWith('STAGE#')) return;
      refusals.set(process, await releases.atGate(gate.stage, gate.release));
    },
    asking: (process, stage, release) => void gates.set(process, { stage, release }),
    letIn(process, stage, release) {
      for (const refusal of refusals.get(process) ?? ['I0: the ledger was not asked']) {
        const [invariant = '', why = ''] = refusal.split(': ', 2);
        log.violate(invariant, `the gate of ${stage.address.name} lets ${release.id} in: ${why}`);
      }
    },
    entering: releases.entering,
    entered: releases.entered,
    told: written.told,
    beforeWrite: written.beforeWrite,
    seenBy: looks.seenBy,
    voted: votes.voted,
    isResuming: written.isResuming,

    async atRest(rest, verdict) {
      const items = ledger.dump();
      await restOf({ ...watched, log: verdict, items }, rest);
      votes.atRest(items, rest.policyHash, verdict);
      releases.atRest(verdict);
      putBackAtRest(rest, verdict);
    },
  };
}

/** Disabled by one of our roles, with our mark. */
export function isOurs(stage: SimulatedStage): boolean {
  return stage.changedBy === ourArn && isOurReason(stage.reason);
}
