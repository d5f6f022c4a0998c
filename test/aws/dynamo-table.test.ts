import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { awsClients } from '../../lib/aws/clients.ts';
import { dynamoTable } from '../../lib/aws/dynamo-table.ts';
import type { Table, Write } from '../../lib/hold/table.ts';

const writes: readonly Write[] = [{ put: { pk: 'P', sk: 'S' } }, { put: { pk: 'P', sk: 'T' }, when: { absent: 'pk' } }];
const conflict = cancelled('TransactionConflict', 'None');

let server: Server | undefined;
afterEach(() => server?.close());

test('a conflict with another transaction is tried again after a wait that grows and varies', async () => {
  const { table, waits, calls } = await tableAnswering([
    conflict,
    conflict,
    cancelled('None', 'ThrottlingError'),
    done,
  ]);

  expect(await table.transact(writes)).toEqual({ ok: true });
  expect(waits).toEqual([10, 20, 40]); // half of the longest, as our chance says
  expect(calls).toHaveLength(4);
});

test('a conflict that does not end is thrown after eight attempts', async () => {
  const { table, calls } = await tableAnswering(Array.from({ length: 9 }, () => conflict));

  await expect(table.transact(writes)).rejects.toThrow('cancelled');
  expect(calls).toHaveLength(8);
});

test('a failed condition is an answer even where another write met a conflict', async () => {
  const { table, waits } = await tableAnswering([cancelled('TransactionConflict', 'ConditionalCheckFailed')]);

  expect(await table.transact(writes)).toEqual({ ok: false, failed: [{ index: 1, item: null }] });
  expect(waits).toEqual([]);
});

test('any other reason is thrown at once', async () => {
  const { table, calls } = await tableAnswering([cancelled('TransactionConflict', 'ValidationError')]);

  await expect(table.transact(writes)).rejects.toThrow('cancelled');
  expect(calls).toHaveLength(1);
});

test('every read of an item and of a partition is strongly consistent', async () => {
  const { table, calls } = await tableAnswering([done, done]);

  await table.get({ pk: 'P', sk: 'S' });
  await table.query('P', 'S');

  expect(calls).toMatchObject([{ ConsistentRead: true }, { ConsistentRead: true }]);
});

type Answer = { readonly status: number; readonly body: unknown };

const done: Answer = { status: 200, body: {} };

function cancelled(...codes: readonly string[]): Answer {
  const type = 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException';
  return {
    status: 400,
    body: { __type: type, Message: 'cancelled', CancellationReasons: codes.map((Code) => ({ Code })) },
  };
}

/** A table over a DynamoDB that gives these answers in turn. */
async function tableAnswering(answers: readonly Answer[]) {
  const calls: unknown[] = [];
  const waits: number[] = [];
  server = createServer(async (request, response) => {
    const { status, body } = answers[calls.length] ?? { status: 500, body: {} };
    calls.push(JSON.parse(await text(request)));
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const clients = awsClients({ dynamodbEndpoint: `http://127.0.0.1:${port}`, region: 'eu-west-1', credentials });
  const clock = { wait: async (ms: number) => void waits.push(ms) };
  const chance = { fraction: () => 0.5 };
  const table: Table = dynamoTable({ documents: clients.dynamodb, tableName: 'ledger', clock, chance });
  return { table, waits, calls };
}
