import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import type { AwsClients } from '../../lib/aws/clients.ts';
import { type Dynoxide, startDynoxide } from '../../lib/embedded/dynoxide.ts';
import { memoryTable } from '../../lib/embedded/memory-table.ts';
import type { Table } from '../../lib/hold/table.ts';
import { clientsOf, makeDynamoTable } from './table-at.ts';

/** A new, empty table. */
export type MakeTable = () => Promise<Table>;

/** Both kinds of table, for `describe.each`: called at the top of a test file, it starts one emulator for the file. */
export function bothTables(): readonly { readonly kind: 'memory' | 'DynamoDB'; readonly makeTable: MakeTable }[] {
  return [
    { kind: 'memory', makeTable: async () => memoryTable() },
    { kind: 'DynamoDB', makeTable: dynamoTables() },
  ];
}

/**
 * Tables in one emulator that runs as long as the test file, or at the endpoint that AWS_ENDPOINT_URL_DYNAMODB names.
 * Called at the top of a test file.
 */
export function dynamoTables(): MakeTable {
  let emulator: Dynoxide | undefined;
  let clients: AwsClients;
  beforeAll(async () => {
    const named = process.env.AWS_ENDPOINT_URL_DYNAMODB;
    if (named === undefined) emulator = await startDynoxide({ dataFile: null });
    clients = clientsOf(named ?? emulator?.endpoint ?? '');
  });
  afterAll(async () => emulator?.stop());
  return () => makeDynamoTable(clients, `ledger-${randomUUID()}`);
}
