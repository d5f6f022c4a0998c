import type { Ports } from '../../lib/aws/ports.ts';
import { resumeStage } from '../../lib/decision/resume.ts';
import { keepWaiver } from '../../lib/decision/waiver.ts';
import { Instant, instantOf, msOf } from '../../lib/finding/instant.ts';
import { closeHold } from '../../lib/hold/close.ts';
import { reconcile } from '../../lib/hold/controller.ts';
import { dispatchReconcile } from '../../lib/hold/dispatch.ts';
import { keepRow, rowsOf } from '../../lib/hold/finding-row.ts';
import { StageNotSettled } from '../../lib/hold/halt-stage.ts';
import { existingHold, joinsOf } from '../../lib/hold/ledger.ts';
import { isOurReason } from '../../lib/hold/mark.ts';
import { errandDone } from '../../lib/hold/outbox.ts';
import { readStage, stageItemKey } from '../../lib/hold/stage.ts';
import type { Condition, Item, Key, Table, Write } from '../../lib/hold/table.ts';
import type { StageAddress } from '../../lib/policy/policy.ts';
import { ourArn } from './pipelines.ts';
import type { Design } from './world.ts';

/** What runs in production. */
export const production: Design = {
  name: 'production',
  table: (table) => table,
  reconcile,
  resume: async (ports, holdId) => ({ holdId: (await resumeStage(ports, holdId)).id, wait: 1 }),
  errand: dispatchReconcile,
};

/** Known-broken designs by name: each must be caught, or the simulator proves nothing. */
export const brokenDesigns: { readonly [name: string]: Design } = {
  count: { ...production, name: 'count', table: counted, resume: resumeCounting },
  'check-then-enable': naive('check-then-enable', false),
  recheck: naive('recheck', true),
  'no-lease': { ...production, name: 'no-lease', table: withoutLease },
  'short-lease': { ...production, name: 'short-lease', table: withShortLease },
  'burn-then-vote': { ...production, name: 'burn-then-vote', table: burningFirst },
  'read-then-vote': { ...production, name: 'read-then-vote', table: votingBlindly },
};

type Settle = (ports: Ports, address: StageAddress) => ReturnType<Ports['reconcile']>;

/** Frees a stage when a look at the ledger shows no hold; `rechecks` looks once more right before it enables. Halts as production does. */
function naive(name: string, rechecks: boolean): Design {
  const settle: Settle = async (ports, address) => {
    const stage = await readStage(ports.table, address);
    if (stage.open.size > 0) return await reconcile(ports, address);
    const { transition } = await ports.pipeline.state(address);
    if (transition.enabled) return { state: 'free' };
    if (transition.changedBy !== ourArn || !isOurReason(transition.reason)) return { state: 'kept-by-person' };
    if (rechecks && (await readStage(ports.table, address)).open.size > 0)
      return { state: 'unsettled', why: 'a hold was opened meanwhile' };
    await ports.pipeline.enable(address);
    return { state: 'free' };
  };
  return {
    ...production,
    name,
    reconcile: settle,
    resume: (ports, holdId) => closeAndSettle(ports, holdId, settle),
    async errand(ports, item) {
      if (item.errand.kind === 'reconcile') await settle(ports, item.errand.stage);
      await errandDone(ports.table, item);
    },
  };
}

async function closeAndSettle(ports: Ports, holdId: string, settle: Settle): Promise<unknown> {
  const hold = await existingHold(ports.table, holdId);
  const waiver = keepWaiver(hold);
  const joins = await joinsOf(ports.table, hold.problem.hash);
  const closed = await closeHold(ports.table, hold, joins, ports.clock.now(), waiver === null ? [] : [waiver]);
  const rows = closed.closing?.waiver === null ? await rowsOf(ports.table, hold.problem.hash) : [];
  for (const row of rows) {
    const gone = {
      ...row,
      state: 'closed',
      rank: -1,
      updatedAt: closed.status === 'closed' ? closed.closedAt : row.updatedAt,
    } as const;
    await ports.table.transact([keepRow(hold.problem.hash, gone)]);
  }
  const settled = await settle(ports, hold.stage);
  if (settled.state === 'unsettled') throw new StageNotSettled(settled.why);
  return { holdId, wait: 1 };
}

/** Counts holds down before it closes them, each in a write of its own: done twice, a hold is forgotten. */
async function resumeCounting(ports: Ports, holdId: string): Promise<unknown> {
  const hold = await existingHold(ports.table, holdId);
  if (hold.status !== 'closed')
    await ports.table.transact([{ update: stageItemKey(hold.stageKey), change: { add: { count: -1 } } }]);
  return await closeAndSettle(ports, holdId, reconcile);
}

/** A stage that knows how many holds are open on it, and not which. */
function counted(table: Table): Table {
  const isStage = ({ pk, sk }: Key) => pk.startsWith('STAGE#') && sk === 'STATE';
  const shown = (item: Item | null) =>
    item !== null && isStage(item) && Number(item.count ?? 0) <= 0 ? { ...item, open: undefined } : item;
  const byCount = (when: Condition): Condition =>
    'absent' in when && when.absent === 'open' ? { any: [{ absent: 'count' }, { most: ['count', 0] }] } : when;
  return {
    ...table,
    get: async (key) => shown(await table.get(key)),
    transact: (writes) =>
      table.transact(
        writes.map((write) => {
          if (!('update' in write) || !isStage(write.update)) return write;
          const opened = write.change.unite?.open?.length ?? 0;
          const change = opened === 0 ? write.change : { ...write.change, add: { count: opened } };
          return { ...write, change, ...(write.when === undefined ? {} : { when: byCount(write.when) }) };
        }),
      ),
  };
}

/** A ledger in which everybody gets every lease, and writes under a lease always pass. */
function withoutLease(table: Table): Table {
  return {
    ...table,
    get: async (key) => (key.sk === 'LEASE' ? null : await table.get(key)),
    async transact(writes) {
      const others = writes.filter((write) => keyOf(write).sk !== 'LEASE');
      return others.length === 0 ? { ok: true } : await table.transact(others);
    },
  };
}

/** A lease that ends before the last request of its owner can have landed. */
function withShortLease(table: Table): Table {
  return {
    ...table,
    transact: (writes) =>
      table.transact(
        writes.map((write) => {
          const until = 'update' in write ? write.change.set?.until : undefined;
          if (!('update' in write) || write.update.sk !== 'LEASE' || !until) return write;
          const short = instantOf(msOf(Instant.parse(until)) - shortBy);
          return { ...write, change: { set: { ...write.change.set, until: short } } };
        }),
      ),
  };
}

/** Leaves half a second of a lease of ninety seconds. */
const shortBy = 89_500;

/** Uses a link up first, then records its vote: who is killed between has neither. */
function burningFirst(table: Table): Table {
  return {
    ...table,
    async transact(writes) {
      const burning = writes.filter((write) => 'update' in write && write.change.set?.used === true);
      if (burning.length === 0) return await table.transact(writes);
      const burnt = await table.transact(burning);
      if (!burnt.ok) return { ok: false, failed: [] };
      return await table.transact(writes.filter((write) => !burning.includes(write)));
    },
  };
}

/** Counts the votes that it read, and writes whatever was written meanwhile. */
function votingBlindly(table: Table, role: string): Table {
  if (role !== 'decide') return table;
  return {
    ...table,
    transact: (writes) =>
      table.transact(
        writes.map((write) => {
          if (!keyOf(write).pk.startsWith('HOLD#')) return write;
          if ('put' in write) return { put: write.put };
          return 'update' in write ? { update: write.update, change: write.change } : write;
        }),
      ),
  };
}

function keyOf(write: Write): Key {
  if ('put' in write) return write.put;
  if ('update' in write) return write.update;
  return 'delete' in write ? write.delete : write.check;
}
