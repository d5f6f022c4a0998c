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

function recordOf(write: Write, at: number) {
  const { pk, sk } = 'put' in write ? write.put : { pk: '', sk: '' };
  return { dynamodb: { SequenceNumber: String(at), Keys: { pk: { S: pk }, sk: { S: sk } } } };
}
