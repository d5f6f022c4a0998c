import type { MemoryTable } from '../../lib/embedded/memory-table.ts';
import { type Hold, stageKeyOf } from '../../lib/hold/hold.ts';
import { eventsOf, openHolds, readHold } from '../../lib/hold/ledger.ts';
import { isOurReason } from '../../lib/hold/mark.ts';
import { readStage, type Stage } from '../../lib/hold/stage.ts';
import type { Write } from '../../lib/hold/table.ts';
import type { StageAddress } from '../../lib/policy/policy.ts';
import { ourArn, type SimulatedPipelines, type SimulatedStage } from './pipelines.ts';
import type { Scanner } from './scanner.ts';
import type { Log } from './trace.ts';

type Watched = {
  readonly ledger: MemoryTable;
  readonly log: Log;
  readonly pipelines: SimulatedPipelines;
  readonly scanner: Scanner;
};

/** Watches the invariants of the architecture: some at each call, some at rest. They read the world, never change it. */
export type Invariants = {
  /** A process was shown a stage. */
  looked(who: string, address: StageAddress): void;
  /** I1, I4: an enable of ours is about to land. */
  enabling(who: string, address: StageAddress): Promise<void>;
  /** I0: the waiting release is about to enter. */
  entering(stage: SimulatedStage): Promise<void>;
  /** Looks before a transaction; what it returns checks I5, I8 and I9 after it went through. */
  beforeWrite(writes: readonly Write[]): Promise<() => Promise<void>>;
  voted(holdId: string, personId: string, action: string, revision: number): void;
  /** I2, I3, I5 and I6, when nothing moves any more and a sweep has passed. */
  atRest(runs: (holdId: string) => boolean): Promise<void>;
};

/** The watch over one run. */
export function invariantsOf(watched: Watched): Invariants {
  const { ledger, log, pipelines } = watched;
  const seen = new Map<string, number>();
  const votes = new Set<string>();

  return {
    looked: (who, address) => void seen.set(`${who} ${address.name}`, pipelines.stage(address).version),

    async enabling(who, address) {
      const stage = pipelines.stage(address);
      log.reach('enable of ours');
      const holds = await inForceOn(ledger, address);
      if (holds.length > 0) log.violate('I1', `${who} enables ${address.name} while ${holds.join(', ')} is in force`);
      if (stage.enabled || isOurs(stage)) return;
      if (seen.get(`${who} ${address.name}`) === stage.version)
        log.violate('I4', `${who} saw that a person had disabled ${address.name}, and enables it`);
      else log.reach('enable of ours races with a disable by a person');
    },

    async entering(stage) {
      const holds = await inForceOn(ledger, stage.address);
      if (holds.length === 0) return;
      const { allow } = await readStage(ledger, stage.address);
      if (stage.waiting !== null && allow.has(stage.waiting.id))
        return log.reach('allowed release enters a held stage');
      // Without the gate, a person who enables lets releases in until the next sweep: repaired, not prevented.
      if (stage.changedBy !== ourArn) return log.reach('release enters by the enable of a person');
      log.violate('I0', `${stage.waiting?.id} enters ${stage.address.name} while ${holds.join(', ')} is in force`);
    },

    async beforeWrite(writes) {
      const rows = await Promise.all(findingPuts(writes).map(async (put) => ({ put, before: await ledger.get(put) })));
      return async () => {
        for (const { put, before } of rows) {
          if (typeof before?.updatedAt === 'string' && String(put.updatedAt) < before.updatedAt)
            log.violate('I9', `${put.pk} ${put.sk}: ${put.updatedAt} overwrites ${before.updatedAt}`);
        }
        for (const id of holdsPut(writes)) {
          log.reach('hold opened');
          if (!writes.some((write) => 'put' in write && write.put.pk === `HOLD#${id}` && write.put.sk === 'REVIEW'))
            log.violate('I5', `hold ${id} is opened without its review`);
        }
        for (const id of holdsClosed(writes)) await closed(watched, id, votes);
      };
    },

    voted: (holdId, personId, action, revision) => void votes.add(ballotOf(holdId, personId, action, revision)),

    async atRest(runs) {
      for (const stage of pipelines.stages) stageAtRest(log, stage, await readStage(ledger, stage.address));
      const items = ledger.dump();
      const holds = items.filter(({ pk, sk }) => pk.startsWith('HOLD#') && sk === 'STATE');
      for (const { pk } of holds) {
        if (items.filter((item) => item.pk === pk && item.sk === 'REVIEW').length !== 1)
          log.violate('I5', `${pk} has no review record`);
      }
      for (const { id } of await openHolds(ledger)) {
        if (!runs(id)) log.violate('I6', `hold ${id} is open and no workflow runs for it`);
      }
    },
  };
}

function stageAtRest(log: Log, stage: SimulatedStage, known: Stage): void {
  const { name } = stage.address;
  if (known.open.size > 0 && stage.enabled && known.alarm === null)
    log.violate('I2', `${name} is enabled at rest with open holds ${[...known.open].join(', ')} and no alarm`);
  // What may have covered a person's own disable is theirs to enable.
  const isTheirs = known.foreign === 'unknown';
  if (known.open.size === 0 && !stage.enabled && isOurs(stage) && !isTheirs)
    log.violate('I3', `${name} is disabled by us at rest, and no hold is open (phase ${known.phase})`);
}

/** I8: a hold closes on votes that people cast, or on a scan that the scanner told of since it was opened. */
async function closed({ ledger, log, scanner }: Watched, id: string, votes: ReadonlySet<string>): Promise<void> {
  const hold = await readHold(ledger, id);
  if (hold === null || hold.status !== 'closed') return;
  log.reach(`hold closed: ${hold.outcome}`);
  const isVerified = (await eventsOf(ledger, id)).some(({ kind }) => kind === 'verified');
  const isScanned = scanner.lastScanTold() >= hold.openedAt;
  const isByVotes = hold.outcome === 'not-affected' || hold.closing?.waiver !== null;
  if (!isVerified || !(isByVotes ? isDecided(hold, votes) : isScanned))
    log.violate('I8', `hold ${id} closes as ${hold.outcome} without a decision or evidence that backs it`);
}

function isDecided({ id, decision }: Hold, votes: ReadonlySet<string>): boolean {
  if (decision === null || decision.by.length === 0) return false;
  return decision.by.every((person) => votes.has(ballotOf(id, person, decision.action, decision.revision)));
}

function ballotOf(...parts: readonly (string | number)[]): string {
  return parts.join('/');
}

async function inForceOn(ledger: MemoryTable, address: StageAddress): Promise<readonly string[]> {
  const key = stageKeyOf(address);
  const holds = await openHolds(ledger);
  return holds.filter((hold) => hold.stageKey === key && hold.status === 'in-force').map(({ id }) => id);
}

function isOurs(stage: SimulatedStage): boolean {
  return stage.changedBy === ourArn && isOurReason(stage.reason);
}

function findingPuts(writes: readonly Write[]) {
  return writes.flatMap((write) => ('put' in write && write.put.sk.startsWith('FINDING#') ? [write.put] : []));
}

function holdsPut(writes: readonly Write[]): readonly string[] {
  return writes.flatMap((write) =>
    'put' in write && write.put.pk.startsWith('HOLD#') && write.put.sk === 'STATE' ? [write.put.pk.slice(5)] : [],
  );
}

function holdsClosed(writes: readonly Write[]): readonly string[] {
  return writes.flatMap((write) =>
    'update' in write && write.change.set?.status === 'closed' ? [write.update.pk.slice(5)] : [],
  );
}
