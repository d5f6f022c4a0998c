import { expect, test, vi } from 'vitest';
import { stageFunction } from '../../lib/aws/functions.ts';
import { leaveErrand, undoneErrands } from '../../lib/hold/outbox.ts';
import type { Write } from '../../lib/hold/table.ts';
import { aWorld, stage } from '../builders.ts';

const other = { ...stage, name: 'payments' };

test('a stage that does not answer keeps no other of its batch waiting, and comes again alone', async () => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const world = await aWorld();
  const errands = [stage, other].map((address, n) =>
    leaveErrand({ kind: 'reconcile', holdId: `h${n}`, stage: address }, 'close', world.clock.now()),
  );
  await world.table.transact(errands);
  const { promise: otherAsked, resolve } = Promise.withResolvers<void>();
  const state: typeof world.pipeline.state = async (address) => {
    if (address.name === other.name) resolve();
    else await otherAsked;
    if (address.name === stage.name) throw new Error('no answer');
    return await world.pipeline.state(address);
  };

  const answer = await stageFunction(
    { ...world.ports, pipeline: { ...world.ports.pipeline, state } },
    { Records: errands.map(recordOf) },
  );

  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '0' }] });
  expect((await undoneErrands(world.table, 10)).map(({ errand }) => errand)).toMatchObject([{ stage }]);
  vi.restoreAllMocks();
});

test('errands of one stage are done in the order of the stream, and one that cannot be read comes again', async () => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const world = await aWorld();
  const errands = ['h0', 'h1', 'h2'].map((holdId) =>
    leaveErrand({ kind: 'reconcile', holdId, stage }, 'close', world.clock.now()),
  );
  await world.table.transact(errands);
  const done: string[] = [];
  const { promise: allAsked, resolve } = Promise.withResolvers<void>();
  let asked = 0;
  const get: typeof world.table.get = async (key) => {
    const isErrand = key.sk.startsWith('OUTBOX#');
    if (isErrand) asked += 1;
    if (asked === errands.length) resolve();
    // The first answer comes last.
    if (isErrand && asked === 1) await allAsked;
    if (key.pk === 'HOLD#h1') throw new Error('no answer');
    return await world.table.get(key);
  };
  const transact: typeof world.table.transact = async (writes) => {
    done.push(...writes.flatMap((write) => ('delete' in write ? [write.delete.pk] : [])));
    return await world.table.transact(writes);
  };

  const answer = await stageFunction(
    { ...world.ports, table: { ...world.table, get, transact } },
    { Records: errands.map(recordOf) },
  );

  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] });
  expect(done).toEqual(['HOLD#h0', 'HOLD#h2']);
  vi.restoreAllMocks();
});

test('an errand that a batch brings several times is done once, and comes again from its first record when it fails', async () => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const world = await aWorld();
  const errands = ['h0', 'h1', 'h0'].map((holdId) =>
    leaveErrand({ kind: 'reconcile', holdId, stage: holdId === 'h0' ? stage : other }, 'close', world.clock.now()),
  );
  await world.table.transact(errands.slice(0, 2));
  let asked = 0;
  const state: typeof world.pipeline.state = async (address) => {
    if (address.name === other.name) return await world.pipeline.state(address);
    asked += 1;
    throw new Error('no answer');
  };
  const pipeline = { ...world.ports.pipeline, state };

  const failed = await stageFunction({ ...world.ports, pipeline }, { Records: errands.map(recordOf) });
  const looks = asked;
  await stageFunction({ ...world.ports, pipeline }, { Records: errands.slice(2).map(recordOf) });

  expect(failed).toEqual({ batchItemFailures: [{ itemIdentifier: '0' }] });
  expect(looks).toBe(asked / 2);
  expect((await undoneErrands(world.table, 10)).map(({ errand }) => errand)).toMatchObject([{ stage }]);
  vi.restoreAllMocks();
});

function recordOf(write: Write, at: number) {
  const { pk, sk } = 'put' in write ? write.put : { pk: '', sk: '' };
  return { dynamodb: { SequenceNumber: String(at), Keys: { pk: { S: pk }, sk: { S: sk } } } };
}
