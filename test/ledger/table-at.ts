import { setTimeout as pause } from 'node:timers/promises';
import { type AwsClients, awsClients } from '../../lib/aws/clients.ts';
import { createTableIfAbsent, dynamoTable } from '../../lib/aws/dynamo-table.ts';
import type { Table } from '../../lib/hold/table.ts';

/** The ledger's table of that name at that endpoint; it is made where it is absent. */
export async function tableAt(endpoint: string, tableName: string): Promise<Table> {
  return makeDynamoTable(clientsOf(endpoint), tableName);
}

/** The ledger's table of that name; it is made where it is absent. */
export async function makeDynamoTable(clients: AwsClients, tableName: string): Promise<Table> {
  const clock = { wait: (ms: number) => pause(ms) };
  const deps = { documents: clients.dynamodb, tableName, clock, chance: { fraction: Math.random } };
  await createTableIfAbsent(deps);
  return dynamoTable(deps);
}

/** Clients of an emulator at that endpoint. */
export function clientsOf(dynamodbEndpoint: string): AwsClients {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return awsClients({ dynamodbEndpoint, region: 'eu-west-1', credentials });
}
