import { z } from 'zod';
import type { Ports } from '../aws/ports.ts';
import { type Instant, later } from '../finding/instant.ts';
import { type OutboxItem, undoneErrands } from '../hold/outbox.ts';
import type { Table } from '../hold/table.ts';
import type { Invoke } from './interpreter.ts';

/** Brings errands of the outbox to dispatch and the stage controller: after each write of this process, and by a slow poll. */
export interface ErrandRunner {
  /** Something was written. */
  wake(): void;
  /** Ends after what is under way. */
  stop(): Promise<void>;
}

const errandsAtOnce = 50;
/** A poll without a wake, in milliseconds: for writes of other processes on the same table. */
const pollEvery = 1_000;
/** A failed errand rests from half a second up to half a minute. */
const restMin = 500;
const restMax = 30_000;

/** Starts bringing errands. A failing one is told to `onError`, rests, and is tried again for as long as it lies there. */
export function runErrands(ports: Ports, invoke: Invoke, onError: (error: unknown) => void): ErrandRunner {
  const resting = new Map<string, { readonly until: Instant; readonly tries: number }>();
  let woken: (() => void) | null = null;
  let isWoken = true;
  let isStopped = false;

  async function pass(): Promise<boolean> {
    const now = ports.clock.now();
    const items = await undoneErrands(ports.table, errandsAtOnce + resting.size);
    const due = items.filter((item) => (resting.get(keyOf(item))?.until ?? now) <= now);
    // Errands of one hold one after the other, of different holds side by side.
    const groups = [...Map.groupBy(due.slice(0, errandsAtOnce), ({ pk }) => pk).values()];
    await Promise.all(groups.map((group) => inOrder(group)));
    return due.length > 0;
  }

  async function inOrder(group: readonly OutboxItem[]): Promise<void> {
    for (const item of group) {
      try {
        await deliver(invoke, item);
        resting.delete(keyOf(item));
      } catch (error) {
        const tries = (resting.get(keyOf(item))?.tries ?? 0) + 1;
        const rest = Math.min(restMin * 2 ** (tries - 1), restMax);
        resting.set(keyOf(item), { until: later(ports.clock.now(), rest), tries });
        if (tries > 1) onError(error);
      }
    }
  }

  async function loop(): Promise<void> {
    while (!isStopped) {
      isWoken = false;
      try {
        if (await pass()) continue;
      } catch (error) {
        if (isStopped) return;
        onError(error);
      }
      if (isWoken) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, resting.size > 0 ? restMin : pollEvery);
        woken = () => {
          clearTimeout(timer);
          resolve();
        };
        if (isStopped) woken();
      });
      woken = null;
    }
  }

  const running = loop();
  return {
    wake() {
      isWoken = true;
      woken?.();
    },
    async stop() {
      isStopped = true;
      woken?.();
      await running;
    },
  };
}

/** What a function of a queue or stream answers: the records that shall come again. */
export const FailedItems = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) });

/** Hands an errand to the function that the table's stream would bring it to. */
async function deliver(invoke: Invoke, item: OutboxItem): Promise<void> {
  const name = item.errand.kind === 'reconcile' ? 'stage' : 'dispatch';
  const dynamodb = { SequenceNumber: '1', Keys: { pk: { S: item.pk }, sk: { S: item.sk } } };
  const answer = FailedItems.parse(await invoke(name, { Records: [{ dynamodb }] }));
  if (answer.batchItemFailures.length > 0) throw new Error(`${name} could not do the errand ${item.sk} of ${item.pk}`);
}

/** The table, telling after each write that something was written. */
export function observed(table: Table, onWrite: () => void): Table {
  return {
    ...table,
    async transact(writes) {
      const done = await table.transact(writes);
      if (done.ok) onWrite();
      return done;
    },
  };
}

function keyOf({ pk, sk }: OutboxItem): string {
  return `${pk}/${sk}`;
}
