import type { Ports } from '../../lib/aws/ports.ts';
import { resumeStage } from '../../lib/decision/resume.ts';
import { keepWaiver } from '../../lib/decision/waiver.ts';
import { closeHold, reconcile } from '../../lib/hold/controller.ts';
import { StageNotSettled } from '../../lib/hold/halt-stage.ts';
import { existingHold, joinsOf } from '../../lib/hold/ledger.ts';
import { isOurReason } from '../../lib/hold/mark.ts';
import { readStage } from '../../lib/hold/stage.ts';
import type { Key, Table, Write } from '../../lib/hold/table.ts';
import type { StageAddress } from '../../lib/policy/policy.ts';
import { ourArn } from './pipelines.ts';
import type { Design } from './world.ts';

/** What runs in production. */
export const production: Design = {
  name: 'production',
  table: (table) => table,
  reconcile,
  resume: async (ports, holdId) => ({ holdId: (await resumeStage(ports, holdId)).id, wait: 1 }),
};

/** Known-broken controllers by name: each must be caught, or the simulator proves nothing. */
export const brokenDesigns: { readonly [name: string]: Design } = {
  'check-then-enable': naive('check-then-enable', false),
  recheck: naive('recheck', true),
  'no-lease': { ...production, name: 'no-lease', table: withoutLease },
};

/** Frees a stage when a look at the ledger shows no hold; `rechecks` looks once more right before it enables. Halts as production does. */
function naive(name: string, rechecks: boolean): Design {
  async function settle(ports: Ports, address: StageAddress): ReturnType<Ports['reconcile']> {
    const stage = await readStage(ports.table, address);
    if (stage.open.size > 0) return await reconcile(ports, address);
    const { transition } = await ports.pipeline.state(address);
    if (transition.enabled) return { state: 'free' };
    if (transition.changedBy !== ourArn || !isOurReason(transition.reason)) return { state: 'kept-by-person' };
    if (rechecks && (await readStage(ports.table, address)).open.size > 0)
      return { state: 'unsettled', why: 'a hold was opened meanwhile' };
    await ports.pipeline.enable(address);
    return { state: 'free' };
  }
  return {
    ...production,
    name,
    reconcile: settle,
    async resume(ports, holdId) {
      const hold = await existingHold(ports.table, holdId);
      const waiver = keepWaiver(hold);
      const joins = await joinsOf(ports.table, hold.problem.hash);
      await closeHold(ports.table, hold, joins, ports.clock.now(), waiver === null ? [] : [waiver]);
      const settled = await settle(ports, hold.stage);
      if (settled.state === 'unsettled') throw new StageNotSettled(settled.why);
      return { holdId, wait: 1 };
    },
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

function keyOf(write: Write): Key {
  if ('put' in write) return write.put;
  if ('update' in write) return write.update;
  return 'delete' in write ? write.delete : write.check;
}
