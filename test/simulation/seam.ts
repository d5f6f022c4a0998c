import type { Pipeline } from '../../lib/hold/pipeline.ts';
import type { Table, Write } from '../../lib/hold/table.ts';
import { lateMax } from './faults.ts';
import type { Process } from './scheduler.ts';
import type { World } from './world.ts';

/** A call failed, or its answer was lost: to the caller it is the same. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
}

/**
 * The one seam through which every call of a port goes: the caller stands still until it is its turn, then the call is
 * done, refused, done without an answer, done late (switches only; other calls are refused instead), or its caller is killed.
 */
export async function through<T>(
  world: World,
  process: Process,
  port: string,
  detail: string,
  act: () => Promise<T>,
  isSwitch = false,
): Promise<T> {
  await world.scheduler.turn(process, isSwitch ? 0.4 : 0.1);
  const fault = world.faults.draw(isSwitch);
  const { log } = world;
  if (fault !== 'none') log.reach(`${port} ${fault}`);
  log.say(process.name, `${port} ${detail}${fault === 'none' ? '' : ` [${fault}]`}`);
  if (fault === 'killed before') return await die(process);
  if (fault === 'late' && isSwitch) {
    landLater(world, `${process.name}`, port, detail, act);
    throw new CallFailed(`${port} timed out`);
  }
  if (fault === 'failed' || fault === 'late') throw new CallFailed(`${port} failed`);
  const answer = await act();
  if (fault === 'killed after') return await die(process);
  if (fault === 'answer lost') throw new CallFailed(`the answer of ${port} was lost`);
  return answer;
}

/** The ledger as one process sees it. */
export function tableThroughSeam(world: World, process: Process): Table {
  const { ledger, invariants } = world;
  return {
    get: (key) => through(world, process, 'table.get', `${key.pk} ${key.sk}`, () => ledger.get(key)),
    query: (pk, prefix) => through(world, process, 'table.query', `${pk} ${prefix}*`, () => ledger.query(pk, prefix)),
    listed: (list, options) => through(world, process, 'table.listed', list, () => ledger.listed(list, options)),
    transact: (writes) =>
      through(world, process, 'table.transact', writes.map(inWords).join(', '), async () => {
        const check = await invariants.beforeWrite(writes);
        const done = await ledger.transact(writes);
        if (done.ok) await check();
        else world.log.say(process.name, `  refused: ${done.failed.map(({ index }) => index).join(', ')}`);
        return done;
      }),
  };
}

/** The pipeline as one process sees it. */
export function pipelineThroughSeam(world: World, process: Process): Pipeline {
  const { pipelines, invariants } = world;
  const { port } = pipelines;
  return {
    state: (address) =>
      through(world, process, 'pipeline.state', address.name, async () => {
        const view = await port.state(address);
        invariants.looked(process.name, address);
        const { transition, waiting, inside } = view;
        world.log.say(
          process.name,
          `  ${transition.enabled ? 'enabled' : `disabled by ${transition.changedBy?.split('/').at(-1)}`}, waiting ${waiting}, inside ${inside}`,
        );
        return view;
      }),
    disable: (address, reason) =>
      through(world, process, 'pipeline.disable', address.name, () => port.disable(address, reason), true),
    enable: (address) =>
      through(
        world,
        process,
        'pipeline.enable',
        address.name,
        async () => {
          await invariants.enabling(process.name, address);
          await port.enable(address);
        },
        true,
      ),
    release: (address, id, sources) =>
      through(world, process, 'pipeline.release', id, () => port.release(address, id, sources)),
    stop: (address, id, reason) => through(world, process, 'pipeline.stop', id, () => port.stop(address, id, reason)),
    lastGood: (address, not, sources) =>
      through(world, process, 'pipeline.lastGood', address.name, () => port.lastGood(address, not, sources)),
    rollBack: (address, target, since) =>
      through(world, process, 'pipeline.rollBack', target, () => port.rollBack(address, target, since)),
  };
}

/** A killed process never goes on, not even into its `finally`. */
function die(process: Process): Promise<never> {
  process.kill();
  return new Promise(() => undefined);
}

function landLater(world: World, who: string, port: string, detail: string, act: () => Promise<unknown>): void {
  const { scheduler, random, log } = world;
  void scheduler.run(`${who} late`, Number.POSITIVE_INFINITY, async (request) => {
    await scheduler.wait(request, random.below(lateMax));
    log.say(request.name, `${port} ${detail} lands`);
    await act();
  });
}

function inWords(write: Write): string {
  if ('put' in write) return `put ${write.put.pk} ${write.put.sk}`;
  if ('update' in write) return `update ${write.update.pk} ${write.update.sk}${changeInWords(write.change.set)}`;
  return 'delete' in write ? `delete ${write.delete.pk} ${write.delete.sk}` : `check ${write.check.sk}`;
}

function changeInWords(set: { readonly [name: string]: unknown } = {}): string {
  const told = ['phase', 'status', 'foreign', 'until'].filter((name) => typeof set[name] === 'string');
  return told.length === 0 ? '' : ` (${told.map((name) => `${name} ${set[name]}`).join(', ')})`;
}
