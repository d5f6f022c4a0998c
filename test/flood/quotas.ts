import { keyOf } from '../../lib/aws/refuse-invalid.ts';
import { batchesAtOnce } from '../../lib/hold/intake.ts';
import type { Chance } from '../../lib/hold/ports.ts';
import type { Item, Key, Table, Write } from '../../lib/hold/table.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What AWS lets an account do; the sources are the service quotas of each, as far as they are published. */
export const quotas = {
  /** Capacity units a second of one partition, and of a table on demand that is new. Bursts of five minutes are left out. */
  dynamodb: { partitionWrites: 1_000, partitionReads: 3_000, tableWrites: 4_000 },
  /** Calls a second that an account gets; not published, so the lowest rate that users report, with a small burst. */
  codepipeline: { rate: 5, burst: 10 },
  /** Batches that SQS hands to one function at once: at first, more each minute, at most as many as our template lets it. */
  sqs: { first: 5, perMinute: 300, most: batchesAtOnce, batch: 10, visibility: 180_000, tries: 5 },
  /** Messages a second to mail and telephones. */
  sns: { rate: 15, burst: 15 },
  /** Executions started a second. */
  states: { rate: 150, burst: 800 },
  /** Shards of the table's stream, each read by ten functions beside each other, and records that a function gets at once. */
  stream: { shards: 40, batch: 10, tries: 5 },
} as const;

/** So much a second, and some at once. */
export type Bucket = {
  /** Takes so much if it is there. */
  take(amount: number): boolean;
};

/** A full bucket. */
export function bucketOf(time: VirtualTime, rate: number, burst: number): Bucket {
  let left = burst;
  let at = time.ms();
  return {
    take(amount) {
      left = Math.min(burst, left + ((time.ms() - at) / 1000) * rate);
      at = time.ms();
      if (left < amount) return false;
      left -= amount;
      return true;
    },
  };
}

/** An error as the SDK names it. */
export function awsError(name: string): Error {
  return Object.assign(new Error(name), { name });
}

/** What DynamoDB did in a flood. */
export type TableCounts = { transactions: number; throttled: number; conflicts: number };

/**
 * A table with DynamoDB's latency and quotas: capacity of partitions and of the table, transactions that meet on an item.
 * Both are tried again with jitter, as our table over DynamoDB does, and thrown after eight tries.
 */
export function limitedTable(
  inner: Table,
  time: VirtualTime,
  chance: Chance,
  onWritten: (writes: readonly Write[]) => void,
) {
  const partitions = { writes: new Map<string, Bucket>(), reads: new Map<string, Bucket>() };
  const table = bucketOf(time, quotas.dynamodb.tableWrites, quotas.dynamodb.tableWrites);
  const busy = new Set<string>();
  const counts: TableCounts = { transactions: 0, throttled: 0, conflicts: 0 };

  function has(kind: 'writes' | 'reads', pk: string, units: number): boolean {
    const rate = kind === 'writes' ? quotas.dynamodb.partitionWrites : quotas.dynamodb.partitionReads;
    const bucket = partitions[kind].get(pk) ?? bucketOf(time, rate, rate);
    partitions[kind].set(pk, bucket);
    return bucket.take(units);
  }
  async function read<T>(pk: string, units: number, act: () => Promise<T>): Promise<T> {
    for (let attempt = 0; !has('reads', pk, units); attempt += 1) {
      counts.throttled += 1;
      if (attempt === 8) throw awsError('ThrottlingException');
      await time.wait(chance.fraction() * 50 * 2 ** attempt);
    }
    await time.wait(4 + chance.fraction() * 6);
    return await act();
  }
  const limited: Table = {
    get: ({ pk, sk }) => read(pk, 1, () => inner.get({ pk, sk })),
    async query(pk, prefix) {
      const found = await inner.query(pk, prefix);
      return await read(pk, Math.max(1, found.length / 2), async () => found);
    },
    listed: (list, options) => read(`list ${list}`, 1, () => inner.listed(list, options)),
    async transact(writes) {
      const keys = writes.map((write) => textOf(keyOf(write)));
      for (let attempt = 0; ; attempt += 1) {
        const isFree = keys.every((key) => !busy.has(key));
        const isRich =
          isFree &&
          writes.every((write) => has('writes', keyOf(write).pk, unitsOf(write))) &&
          table.take(unitsOfAll(writes));
        if (isRich) break;
        counts[isFree ? 'throttled' : 'conflicts'] += 1;
        if (attempt === 8) throw awsError(isFree ? 'ThrottlingException' : 'TransactionCanceledException');
        await time.wait(chance.fraction() * 10 * 2 ** attempt);
      }
      for (const key of keys) busy.add(key);
      await time.wait(8 + chance.fraction() * 12);
      for (const key of keys) busy.delete(key);
      counts.transactions += 1;
      const done = await inner.transact(writes);
      if (done.ok) onWritten(writes);
      return done;
    },
  };
  return { table: limited, counts };
}

function textOf({ pk, sk }: Key): string {
  return `${pk}/${sk}`;
}

/** A transactional write costs two units for each kilobyte; what an update leaves as it was is taken for one. */
function unitsOf(write: Write): number {
  if ('check' in write) return 2;
  const item: Item | object = 'put' in write ? write.put : 'update' in write ? write.change : {};
  return 2 * Math.ceil((JSON.stringify(item).length + 1) / 1024);
}

function unitsOfAll(writes: readonly Write[]): number {
  return writes.reduce((sum, write) => sum + unitsOf(write), 0);
}
