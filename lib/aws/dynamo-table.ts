import type { AttributeValue, CreateTableCommandInput, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient, QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Chance, ClockPort } from '../hold/ports.ts';
import type { Item, Table, Transacted, Value, Write } from '../hold/table.ts';
import { refuseInvalid } from './refuse-invalid.ts';
import { transactItem } from './transact-item.ts';

/** Name of the index that lists items by `list` and `at`. */
const indexName = 'gsi1';

/** What the ledger's table is made of, as `CreateTable` takes it; the CDK's table has the same keys and index. */
export const ledgerTableDefinition = {
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
    { AttributeName: 'list', AttributeType: 'S' },
    { AttributeName: 'at', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: indexName,
      KeySchema: [
        { AttributeName: 'list', KeyType: 'HASH' },
        { AttributeName: 'at', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  BillingMode: 'PAY_PER_REQUEST',
} satisfies Omit<CreateTableCommandInput, 'TableName'>;

/** Attribute (seconds since 1970) after which DynamoDB deletes an item. */
export const ledgerExpiryAttribute = 'expiresAt';

/** What a table over DynamoDB needs. */
export type DynamoTableDeps = {
  readonly documents: () => Promise<DynamoDBDocumentClient>;
  readonly tableName: string;
  readonly clock: Pick<ClockPort, 'wait'>;
  readonly chance: Pick<Chance, 'fraction'>;
};

/**
 * The ledger's store in DynamoDB. Conflicts with other transactions and throttling are tried again with full jitter, at
 * most `attemptsMax` times in about two seconds; then, and for every other error, the SDK's error is thrown.
 */
export function dynamoTable(deps: DynamoTableDeps): Table {
  const { tableName: TableName } = deps;
  return {
    async get({ pk, sk }) {
      const [{ GetCommand }, documents] = await Promise.all([import('@aws-sdk/lib-dynamodb'), deps.documents()]);
      const command = new GetCommand({ TableName, Key: { pk, sk }, ConsistentRead: true });
      const { Item: found } = await patiently(deps, () => documents.send(command));
      return found === undefined ? null : { ...found, pk, sk };
    },

    query(pk, skPrefix) {
      // DynamoDB takes no empty text in a key condition.
      const named = skPrefix !== '';
      return queryAll(deps, {
        KeyConditionExpression: `#pk = :pk${named ? ' AND begins_with(#sk, :sk)' : ''}`,
        ExpressionAttributeNames: { '#pk': 'pk', ...(named && { '#sk': 'sk' }) },
        ExpressionAttributeValues: { ':pk': pk, ...(named && { ':sk': skPrefix }) },
        ConsistentRead: true,
      });
    },

    async listed(list, { until, after, limit } = {}) {
      if (until === '' || limit === 0) return [];
      // DynamoDB takes no empty text in a key condition; everything comes after it.
      const bound = until ?? (after === '' ? undefined : after);
      const inTime = bound !== undefined;
      const query = {
        IndexName: indexName,
        KeyConditionExpression: `#list = :list${inTime ? ` AND #at ${until === undefined ? '>' : '<='} :bound` : ''}`,
        ExpressionAttributeNames: { '#list': 'list', ...(inTime && { '#at': 'at' }) },
        ExpressionAttributeValues: { ':list': list, ...(inTime && { ':bound': bound }) },
      };
      return queryAll(deps, query, limit);
    },

    async transact(writes) {
      refuseInvalid(writes);
      const TransactItems = writes.map((write) => transactItem(write, TableName));
      const [{ TransactWriteCommand }, documents] = await Promise.all([
        import('@aws-sdk/lib-dynamodb'),
        deps.documents(),
      ]);
      return patiently(deps, async () => {
        try {
          await documents.send(new TransactWriteCommand({ TransactItems }));
          return { ok: true };
        } catch (error) {
          return refusalIn(error, writes);
        }
      });
    },
  };
}

/**
 * Makes the ledger's table where it does not exist, and waits until it can be used: for one machine and for tests; on AWS
 * the CDK makes it. Throws when the table is not active after a minute.
 */
export async function createTableIfAbsent({ documents, tableName, clock }: DynamoTableDeps): Promise<void> {
  const sdk = await import('@aws-sdk/client-dynamodb');
  const client = await documents();
  try {
    await client.send(new sdk.CreateTableCommand({ TableName: tableName, ...ledgerTableDefinition }));
  } catch (error) {
    if (!(error instanceof sdk.ResourceInUseException)) throw error; // it exists
  }
  for (let looks = 1; ; looks += 1) {
    const { Table: table } = await client.send(new sdk.DescribeTableCommand({ TableName: tableName }));
    if (table?.TableStatus === 'ACTIVE') break;
    if (looks === 240) throw new Error(`Table ${tableName} is ${table?.TableStatus ?? 'absent'} after a minute.`);
    await clock.wait(250);
  }
  const { TimeToLiveDescription: expiry } = await client.send(
    new sdk.DescribeTimeToLiveCommand({ TableName: tableName }),
  );
  if (expiry?.TimeToLiveStatus !== 'DISABLED') return; // switching it on twice is an error
  const TimeToLiveSpecification = { AttributeName: ledgerExpiryAttribute, Enabled: true };
  await client.send(new sdk.UpdateTimeToLiveCommand({ TableName: tableName, TimeToLiveSpecification }));
}

async function queryAll(
  deps: DynamoTableDeps,
  query: Omit<QueryCommandInput, 'TableName'>,
  limit = Number.POSITIVE_INFINITY,
): Promise<readonly Item[]> {
  const [{ QueryCommand }, documents] = await Promise.all([import('@aws-sdk/lib-dynamodb'), deps.documents()]);
  const items: Item[] = [];
  let start: QueryCommandInput['ExclusiveStartKey'];
  do {
    const Limit = Number.isFinite(limit) ? limit - items.length : undefined;
    const command = new QueryCommand({ ...query, TableName: deps.tableName, ExclusiveStartKey: start, Limit });
    const page = await patiently(deps, () => documents.send(command));
    for (const found of page.Items ?? []) items.push({ ...found, pk: found.pk, sk: found.sk });
    start = page.LastEvaluatedKey;
  } while (start !== undefined && items.length < limit);
  return items;
}

// One failed condition settles the answer, whatever else was wrong: the caller decides anew from what was found.
function refusalIn(error: unknown, writes: readonly Write[]): Transacted {
  if (!isCancelled(error)) throw error;
  const failed = (error.CancellationReasons ?? []).flatMap(({ Code, Item: found }, index) =>
    Code === 'ConditionalCheckFailed' && index < writes.length
      ? [{ index, item: found === undefined ? null : itemOf(found) }]
      : [],
  );
  if (failed.length === 0) throw error;
  return { ok: false, failed };
}

// The document client translates answers, but not what an error carries.
function itemOf(found: Record<string, AttributeValue>): Item | null {
  const attributes = Object.entries(found).map(([name, attribute]) => [name, unmarshalled(attribute)] as const);
  const { pk, sk } = found;
  if (pk?.S === undefined || sk?.S === undefined) return null; // an empty map stands for no item
  return { ...Object.fromEntries(attributes), pk: pk.S, sk: sk.S };
}

function unmarshalled(attribute: AttributeValue): Value {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.SS !== undefined) return new Set(attribute.SS);
  if (attribute.L !== undefined) return attribute.L.map(unmarshalled);
  if (attribute.M !== undefined) {
    return Object.fromEntries(Object.entries(attribute.M).map(([name, inner]) => [name, unmarshalled(inner)]));
  }
  return null;
}

/** How often one call is made before its error counts. */
const attemptsMax = 8;
/** The longest first wait in milliseconds; it doubles with each attempt. */
const waitFirstMs = 20;
const waitMaxMs = 1_000;

// Only errors that say nothing was written are tried again here; an unknown outcome is the caller's to look into.
async function patiently<T>({ clock, chance }: DynamoTableDeps, call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (!isBusy(error) || attempt === attemptsMax) throw error;
      const longest = Math.min(waitMaxMs, waitFirstMs * 2 ** (attempt - 1));
      await clock.wait(Math.floor(chance.fraction() * longest));
    }
  }
}

const busyErrors: readonly string[] = [
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'TransactionConflictException',
];
const busyReasons: readonly string[] = [
  'None',
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
];

/** @see DynamoDB API, TransactWriteItems: the codes of CancellationReasons. */
function isBusy(error: unknown): boolean {
  if (!isCancelled(error)) return error instanceof Error && busyErrors.includes(error.name);
  const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code ?? 'None');
  return codes.some((code) => code !== 'None') && codes.every((code) => busyReasons.includes(code));
}

// By name, as the SDK itself does: its classes are loaded late.
function isCancelled(error: unknown): error is TransactionCanceledException {
  return error instanceof Error && error.name === 'TransactionCanceledException';
}
