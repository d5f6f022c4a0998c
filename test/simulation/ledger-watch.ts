import { keyOf } from '../../lib/aws/refuse-invalid.ts';
import type { MemoryTable } from '../../lib/embedded/memory-table.ts';
import { Decision, type Hold, stageKeyOf } from '../../lib/hold/hold.ts';
import { eventsOf, readHold } from '../../lib/hold/ledger.ts';
import { clearedAttribute, readStage } from '../../lib/hold/stage.ts';
import type { Item, Key, Write } from '../../lib/hold/table.ts';
import type { StageAddress } from '../../lib/policy/policy.ts';
import type { Looks, Seen } from './looks.ts';
import type { SimulatedPipelines } from './pipelines.ts';
import { isQuorum } from './quorum.ts';
import type { ReleaseWatch } from './release-watch.ts';
import type { Log } from './trace.ts';
import type { VoteWatch } from './vote-watch.ts';

/** Watches what is written: I5, I7, I8, I9, and that no event is ever overwritten. */
export type LedgerWatch = {
  /** A process was told that a resource was scanned then. */
  told(process: string, scannedAt: string): void;
  /** Looks before a transaction, which was asked for when the process had seen that; what it returns looks at what became of it. */
  beforeWrite(process: string, writes: readonly Write[], seen: Seen): Promise<() => Promise<void>>;
  /** How many holds a problem had so far. */
  opened(problem: string): number;
  /** Whether people decided that a stage goes back to a release. */
  isDecidedBack(stage: StageAddress, target: string): boolean;
  /** Whether the controller has said of a stage that it resumes, and not yet how that ended. */
  isResuming(): boolean;
};

type Watched = {
  readonly ledger: MemoryTable;
  readonly log: Log;
  readonly pipelines: SimulatedPipelines;
  readonly votes: VoteWatch;
  readonly looks: Looks;
  readonly releases: () => ReleaseWatch;
};

/** A watch over a ledger in which nothing is written yet. */
export function ledgerWatchOf({ ledger, log, pipelines, votes, looks, releases }: Watched): LedgerWatch {
  const scans = new Map<string, string>();
  const holds = new Map<string, number>();
  const resuming = new Set<string>();
  const targets = new Set<string>();

  function opening(write: Write, before: Item | null, all: readonly Write[]): void {
    if (!('put' in write) || before !== null) return;
    const { pk, sk } = write.put;
    if (!pk.startsWith('HOLD#') || sk !== 'STATE') return;
    log.reach('hold opened');
    releases().opened(pk.slice(5));
    const isReviewBorn = all.some((other) => 'put' in other && other.put.pk === pk && other.put.sk === 'REVIEW');
    if (!isReviewBorn) log.violate('I5', `${pk} is opened without its review record`);
    for (const other of all) {
      if (!('update' in other) || other.change.set?.hold !== pk.slice(5)) continue;
      const problem = other.update.pk.slice(8);
      holds.set(problem, (holds.get(problem) ?? 0) + 1);
      if ((holds.get(problem) ?? 0) > 1) log.reach('reopened problem');
    }
  }

  /** I8: what closes a hold is evidence that this process read, or a decision that people took. */
  async function verified(process: string, write: Write): Promise<void> {
    const closing = 'update' in write ? write.change.set?.closing : undefined;
    if (!('update' in write) || closing === undefined || closing === null) return;
    const hold = await existing(ledger, write.update);
    if (hold === null || hold.closing === null) return;
    const { waiver, outcome } = hold.closing;
    const isEvident = waiver === null && outcome !== 'not-affected' && hold.evidence !== 'ordered';
    const isBacked = isEvident ? (scans.get(process) ?? '') >= hold.openedAt : isDecided(hold);
    if (!isBacked) log.violate('I8', `${hold.id} is verified (${hold.closing.because}), and nothing backs it`);
  }

  /** People decided so, enough of them even without whoever wrote the release that goes. */
  function isDecided(hold: Hold): boolean {
    const { decision, evidence, closing } = hold;
    if (decision === null || decision.revision !== hold.revision || !votes.isBacked(hold.id, decision)) return false;
    const author = pipelines.releaseOf(closing?.release ?? '')?.author ?? null;
    return isQuorum(
      decision.action,
      decision.by.filter((person) => person !== author),
      { evidence, author },
    );
  }

  /** I1, I2: what the controller writes rests on what it saw, and only under its own lease. */
  async function switching(process: string, write: Write, seen: Seen): Promise<void> {
    const status = 'update' in write ? write.change.set?.status : undefined;
    const phase = 'update' in write && write.update.sk === 'STATE' ? write.change.set?.phase : undefined;
    if ('update' in write && phase !== undefined) {
      if (phase === 'RESUMING') resuming.add(write.update.pk);
      else resuming.delete(write.update.pk);
      const stage = pipelines.stages.find(({ address }) => write.update.pk === `STAGE#${stageKeyOf(address)}`);
      const lease = await ledger.get({ pk: write.update.pk, sk: 'LEASE' });
      if (lease !== null && lease.owner !== process)
        log.violate('lease', `${process} writes ${phase} under the lease of ${lease.owner}`);
      const known = stage === undefined ? null : await readStage(ledger, stage.address);
      if (phase === 'RESUMING' && known !== null && known.open.size > 0)
        log.violate('I1', `${process} resumes ${stage?.address.name} while ${[...known.open].join(', ')} is open`);
    }
    const hold = status === 'in-force' && 'update' in write ? await existing(ledger, write.update) : null;
    if (hold !== null && !isSeenDisabled(seen, hold))
      log.violate('I2', `${process} puts ${hold.id} in force, and has not seen ${hold.stage.name} disabled`);
    const isLeaseBack = 'update' in write && write.update.sk === 'LEASE' && write.change.set?.until === '';
    if (isLeaseBack && looks.isUnread(process))
      log.violate('I1', `${process} gives the lease back, and has not read back what its enable did`);
  }

  async function closed(write: Write): Promise<void> {
    if (!('update' in write) || write.change.set?.status !== 'closed') return;
    const hold = await existing(ledger, write.update);
    if (hold?.status !== 'closed') return;
    log.reach(`hold closed: ${hold.outcome}`);
    if (hold.closing?.waiver) log.reach(`waiver: ${hold.closing.waiver.kind}`);
    releases().closed(hold);
    if (!(await eventsOf(ledger, hold.id)).some(({ kind }) => kind === 'verified'))
      log.violate('I8', `${hold.id} closes as ${hold.outcome}, and was never verified`);
  }

  async function decided(write: Write, before: Item | null): Promise<void> {
    if (!('update' in write) || !write.update.pk.startsWith('HOLD#')) return;
    const decision = Decision.safeParse(write.change.set?.decision);
    if (!decision.success || JSON.stringify(before?.decision) === JSON.stringify(decision.data)) return;
    if (decision.data.state !== 'verifying') return;
    const hold = await existing(ledger, write.update);
    if (hold === null) return;
    if (decision.data.action === 'roll-back') targets.add(`${hold.stageKey} ${decision.data.fields.target}`);
    votes.decided(hold, decision.data, await ledger.query(write.update.pk, 'VOTE#'));
  }

  return {
    told: (process, scannedAt) => {
      if (scannedAt > (scans.get(process) ?? '')) scans.set(process, scannedAt);
    },
    opened: (problem) => holds.get(problem) ?? 0,
    isDecidedBack: (stage, target) => targets.has(`${stageKeyOf(stage)} ${target}`),
    isResuming: () => resuming.size > 0,
    async beforeWrite(process, writes, seen) {
      const before = await Promise.all(writes.map((write) => (isWatched(write) ? ledger.get(keyOf(write)) : null)));
      return async () => {
        votes.written(writes);
        for (const [at, write] of writes.entries()) {
          const was = before[at] ?? null;
          opening(write, was, writes);
          overwritten(log, write, was);
          leased(log, write, was);
          alarmed(log, write);
          if (isWaiverEnd(write)) log.reach('waiver ended');
          released(write, releases());
          accused(write, releases());
          await switching(process, write, seen);
          await decided(write, was);
          await verified(process, write);
          await closed(write);
        }
      };
    },
  };
}

/** A read after the last switch of this process showed the transition disabled. */
function isSeenDisabled(seen: Seen, hold: Hold): boolean {
  const look = seen.get(hold.stage.name);
  return look !== undefined && !look.isBeforeSwitch && !look.view.transition.enabled;
}

/** What stood there before matters for these. */
function isWatched(write: Write): boolean {
  const { sk } = keyOf(write);
  return sk === 'STATE' || sk === 'LEASE' || sk.startsWith('EVENT#') || sk.startsWith('FINDING#');
}

/** I9, and insert-only events. */
function overwritten(log: Log, write: Write, before: Item | null): void {
  if (!('put' in write) || before === null) return;
  const { put } = write;
  if (put.sk.startsWith('EVENT#')) log.violate('chain', `${put.pk} ${put.sk} is overwritten`);
  const isOlder = typeof before.updatedAt === 'string' && String(put.updatedAt) < before.updatedAt;
  if (put.sk.startsWith('FINDING#') && isOlder)
    log.violate('I9', `${put.pk} ${put.sk}: ${put.updatedAt} overwrites ${before.updatedAt}`);
}

/** The alarm that people see while an open hold could not be put in force. */
function alarmed(log: Log, write: Write): void {
  if ('update' in write && write.update.sk === 'STATE' && typeof write.change.set?.alarm === 'string')
    log.reach('NOT HALTED');
}

function leased(log: Log, write: Write, before: Item | null): void {
  if (!('update' in write) || write.update.sk !== 'LEASE' || typeof write.change.set?.owner !== 'string') return;
  if (typeof before?.until === 'string' && before.until !== '') log.reach('lease takeover');
}

function isWaiverEnd(write: Write): boolean {
  return 'update' in write && write.update.pk.startsWith('WAIVER#') && write.change.set?.endedAt !== undefined;
}

/** What the ledger says of releases that were cleared. */
function released(write: Write, releases: ReleaseWatch): void {
  if (!('update' in write)) return;
  const { update, change } = write;
  if (isWaiverEnd(write)) releases.waiverEnded(update.sk);
  if (!update.pk.startsWith('STAGE#') || update.sk !== 'STATE') return;
  const stage = update.pk.slice(6);
  for (const [name, cleared] of Object.entries(change.unite ?? {})) {
    if (!name.startsWith(clearedPrefix) || change.subtract !== undefined) continue;
    for (const release of cleared) releases.clearedAnew(stage, name.slice(clearedPrefix.length), release);
  }
  const gone = (change.remove ?? []).filter((name) => name.startsWith(clearedPrefix));
  releases.forgotten(
    stage,
    gone.map((name) => name.slice(clearedPrefix.length)),
  );
}

/** What the override watch says of a release. */
function accused(write: Write, releases: ReleaseWatch): void {
  if (!('put' in write) || !write.put.sk.startsWith('ENTERED#')) return;
  releases.accused(write.put.pk.slice(5), write.put.sk.slice(8));
}

const clearedPrefix = clearedAttribute('');

async function existing(ledger: MemoryTable, { pk, sk }: Key): Promise<Hold | null> {
  return pk.startsWith('HOLD#') && sk === 'STATE' ? await readHold(ledger, pk.slice(5)) : null;
}
