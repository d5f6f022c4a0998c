import type { FindingSource } from '../../lib/decision/findings.ts';
import { isOurReason } from '../../lib/hold/mark.ts';
import { CannotGoBack, type Pipeline, PipelineThrottled } from '../../lib/hold/pipeline.ts';
import type { ClockPort } from '../../lib/hold/ports.ts';
import type { Table, Write } from '../../lib/hold/table.ts';
import { type CallKind, lateMax } from './faults.ts';
import type { Process } from './scheduler.ts';
import type { World } from './world.ts';

/** A call failed, or its answer was lost: to the caller it is the same. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
}

/** One call of a port. */
type Call<T> = {
  /** The port and its method, such as `table.get`. */
  readonly port: string;
  readonly kind: CallKind;
  /** What the trace says of it; made only for who reads the trace. */
  readonly detail: string | (() => string);
  readonly act: () => Promise<T>;
};

/**
 * The one seam through which every call of a port goes: the caller stands still until it is its turn, then the call is
 * done, refused, done without an answer, done late, or its caller is killed before or after it.
 */
export async function through<T>(world: World, process: Process, { port, kind, detail, act }: Call<T>): Promise<T> {
  await world.scheduler.turn(process, kind === 'switch' ? 0.4 : 0.1);
  const fault = world.faults.draw(kind, process.role, port);
  const { log, scheduler } = world;
  world.invariants.acting(process.name, process.role, port);
  log.called(`${functionOf(process.role)} ${port}`, fault);
  log.say(
    process.name,
    () => `${port} ${typeof detail === 'string' ? detail : detail()}${fault === 'none' ? '' : ` [${fault}]`}`,
  );
  if (fault === 'killed before') return await die(process);
  if (fault === 'late') landLater(world, process, port, act);
  if (fault === 'throttled') throw new PipelineThrottled(`${port} was throttled`);
  if (fault === 'late' || fault === 'failed') throw new CallFailed(`${port} failed`);
  const answer = await scheduler.outside(act());
  if (fault === 'killed after') return await die(process);
  if (fault === 'answer lost') throw new CallFailed(`the answer of ${port} was lost`);
  return answer;
}

/** The function that runs a step, as it is deployed: halting and resuming are the stage controller's. */
function functionOf(role: string): string {
  return role === 'halt' || role === 'resume' ? 'stage' : role;
}

/** The ledger as one process sees it. */
export function tableThroughSeam(world: World, process: Process): Table {
  const { invariants, index, log } = world;
  const { table } = world.ledger;
  const read = <T>(port: string, detail: Call<T>['detail'], act: () => Promise<T>) =>
    through(world, process, { port, kind: 'read', detail, act });
  return {
    get: (key) =>
      read(
        'table.get',
        () => `${key.pk} ${key.sk}`,
        async () => {
          const item = await table.get(key);
          await invariants.read(process.name, key);
          return item;
        },
      ),
    query: (pk, prefix) =>
      read(
        'table.query',
        () => `${pk} ${prefix}*`,
        () => table.query(pk, prefix),
      ),
    listed: (list, options) =>
      read('table.listed', list, async () => {
        const items = await index.listed(list, options);
        if (index.isBehind()) log.reach('index behind the table');
        return items;
      }),
    transact(writes) {
      // A request that lands late rests on what its process had seen when it sent it.
      const seen = invariants.seenBy(process.name);
      return through(world, process, {
        port: 'table.transact',
        kind: writes.every((write) => 'check' in write) ? 'read' : 'write',
        detail: () => writes.map(inWords).join(', '),
        async act() {
          const check = await invariants.beforeWrite(process.name, writes, seen);
          const done = await table.transact(writes);
          if (done.ok) {
            index.wrote(writes);
            await check();
          } else
            log.say(
              process.name,
              () => `  refused: ${done.failed.map(({ index }) => inWords(writes[index])).join(', ')}`,
            );
          return done;
        },
      });
    },
  };
}

/** The pipeline as one process sees it: what it reads may be a few seconds old. */
export function pipelineThroughSeam(world: World, process: Process): Pipeline {
  const { pipelines, invariants, log, trail } = world;
  const { port } = pipelines;
  function called<T>(name: keyof Pipeline, kind: CallKind, detail: string, act: () => Promise<T>): Promise<T> {
    return through(world, process, { port: `pipeline.${name}`, kind, detail, act });
  }
  return {
    state: (address) =>
      through(world, process, {
        port: 'pipeline.state',
        kind: 'read',
        detail: address.name,
        async act() {
          const look = pipelines.look(address);
          const { view, isStale } = look;
          invariants.looked(process.name, address, look);
          if (isStale) log.reach('stale read of the pipeline');
          const { transition, waiting, inside } = view;
          log.say(
            process.name,
            () =>
              `  ${isStale ? 'stale: ' : ''}${transition.enabled ? 'enabled' : `disabled by ${transition.changedBy?.split('/').at(-1)}`}, waiting ${waiting}, inside ${inside}`,
          );
          return view;
        },
      }),
    disable(address, reason) {
      invariants.disabling(process.name, address);
      return called('disable', 'switch', address.name, async () => {
        if (!isOurReason(reason)) log.reach('disable of a person put back');
        await port.disable(address, reason);
      });
    },
    async enable(address) {
      // A request that lands late rests on what its process had seen when it sent it.
      const seen = invariants.seenBy(process.name);
      invariants.aboutToEnable(process.name);
      await called('enable', 'switch', address.name, async () => {
        await invariants.enabling(process.name, address, seen);
        await port.enable(address);
      });
      invariants.enabled(process.name);
    },
    release: (address, id, sources) => called('release', 'read', id, () => port.release(address, id, sources)),
    stop: (address, id, reason) => called('stop', 'write', id, () => port.stop(address, id, reason)),
    lastGood: (address, not, sources) =>
      called('lastGood', 'read', address.name, () => port.lastGood(address, not, sources)),
    rollBack: (address, target, since) =>
      called('rollBack', 'write', target, async () => {
        invariants.rollingBack(address, target);
        const id = await port.rollBack(address, target, since).catch((error: unknown) => {
          if (error instanceof CannotGoBack) log.reach('a roll-back that is not possible any more');
          throw error;
        });
        log.reach('rolled back by stopship');
        const { inside } = pipelines.stage(address);
        if (inside?.id === id) trail.started(pipelines.stage(address), inside);
        return id;
      }),
  };
}

/** The scanner as one process sees it; what it was told is what its evidence may rest on. */
export function findingsThroughSeam(world: World, process: Process): FindingSource {
  const { invariants } = world;
  const { port } = world.scanner;
  function asked<T>(name: string, detail: string, act: () => Promise<T>): Promise<T> {
    return through(world, process, { port: `findings.${name}`, kind: 'read', detail, act });
  }
  return {
    state: (finding) => asked('state', finding.id, () => port.state(finding)),
    coverage: (resource) =>
      asked('coverage', resource, async () => {
        const coverage = await port.coverage(resource);
        if (coverage.status === 'scanned') invariants.told(process.name, coverage.at);
        return coverage;
      }),
    openOnImage: (digest) => asked('openOnImage', digest, () => port.openOnImage(digest)),
  };
}

/** The clock of one process, which is a little wrong. */
export function clockThroughSeam(world: World, process: Process, skew: number): ClockPort {
  const { scheduler } = world;
  return {
    now: () => scheduler.now(skew),
    wait: (ms) =>
      through(world, process, {
        port: 'clock.wait',
        kind: 'pause',
        detail: `${ms} ms`,
        act: async () => undefined,
      }).then(() => scheduler.wait(process, ms)),
  };
}

/** A killed process never goes on, not even into its `finally`. */
function die(process: Process): Promise<never> {
  process.kill();
  return new Promise(() => undefined);
}

function landLater<T>(world: World, { name }: Process, port: string, act: () => Promise<T>): void {
  const { scheduler, random, log } = world;
  scheduler
    .run({ name: `${name} late`, role: 'late' }, Number.POSITIVE_INFINITY, async (request) => {
      await scheduler.wait(request, random.below(lateMax));
      log.say(request.name, () => `${port} lands`);
      log.reach(`${port} lands late`);
      await scheduler.outside(act());
    })
    .catch(() => undefined);
}

function inWords(write: Write | undefined): string {
  if (write === undefined) return 'nothing';
  if ('put' in write) return `put ${write.put.pk} ${write.put.sk}`;
  if ('update' in write) return `update ${write.update.pk} ${write.update.sk}${changeInWords(write.change.set)}`;
  return 'delete' in write ? `delete ${write.delete.pk} ${write.delete.sk}` : `check ${write.check.sk}`;
}

function changeInWords(set: { readonly [name: string]: unknown } = {}): string {
  const told = ['phase', 'status', 'foreign', 'until'].filter((name) => typeof set[name] === 'string');
  return told.length === 0 ? '' : ` (${told.map((name) => `${name} ${set[name]}`).join(', ')})`;
}
