import { z } from 'zod';
import {
  awaitFunction,
  dispatchFunction,
  intakeFunction,
  notifyFunction,
  stageFunction,
} from '../../lib/aws/functions.ts';
import { type Ports, portsOf } from '../../lib/aws/ports.ts';
import { newSecrets, vaultOf } from '../../lib/aws/vault.ts';
import { sweep } from '../../lib/decision/sweep.ts';
import { memoryTable } from '../../lib/embedded/memory-table.ts';
import { Instant } from '../../lib/finding/instant.ts';
import { stageKeyOf } from '../../lib/hold/hold.ts';
import { intakeMemory } from '../../lib/hold/intake.ts';
import { openHolds } from '../../lib/hold/ledger.ts';
import { type Pipeline, PipelineThrottled, type StageView } from '../../lib/hold/pipeline.ts';
import { readStage } from '../../lib/hold/stage.ts';
import type { Write } from '../../lib/hold/table.ts';
import { randomOf } from '../simulation/random.ts';
import { worldPolicies } from '../simulation/world-policy.ts';
import { unknownRelease } from '../unknown-release.ts';
import { eventOf, type FloodEvent } from './event.ts';
import { awsError, bucketOf, limitedTable, quotas } from './quotas.ts';
import { virtualTime } from './virtual-time.ts';

/** What a flood came to. Times in milliseconds of simulated clock. */
export type FloodReport = {
  readonly findings: number;
  readonly problems: number;
  readonly holds: number;
  readonly stages: number;
  readonly stagesHalted: number;
  /** From the arrival of a problem's first finding until its hold is open and its stage reads disabled. */
  readonly eventToHalt: Quantiles;
  /** The same, until the stage's first halt: what a release could slip through. */
  readonly stageToHalt: Quantiles;
  /** Until the first mail about a hold. */
  readonly eventToMail: Quantiles;
  /** Holds of which a mail left before their stage read disabled, other than the alarm NOT HALTED; and those of which the alarm did. */
  readonly mailBeforeHalt: number;
  readonly alarmBeforeHalt: number;
  /** Findings that were given up after their tries. */
  readonly deadLetters: number;
  /** Findings that the queue still had, or would bring again, at the end. */
  readonly waiting: number;
  readonly calls: { readonly codepipeline: number; readonly throttled: number };
  readonly dynamodb: { readonly transactions: number; readonly throttled: number; readonly conflicts: number };
  /** Stages of which the state could not be read: only a person enables them again. */
  readonly unknown: number;
};
export type Quantiles = { readonly p50: number; readonly p99: number; readonly max: number };

const ourRole = 'arn:aws:sts::123456789012:assumed-role/stopship/stage';
const isOutbox = /^OUTBOX#([a-z-]+)#/;

/**
 * Lets findings pour in over ten minutes, and everything of stopship work on them within the quotas of AWS: intake by a queue,
 * errands by the table's stream, workflows, mail, and the sweep each minute. The functions are those of production.
 */
export async function flood(options: {
  readonly findings: number;
  readonly services: number;
  readonly packages: number;
  readonly seed: number;
  readonly tell?: (line: string) => void;
}): Promise<FloodReport> {
  const random = randomOf(options.seed);
  const inner = memoryTable();
  const time = virtualTime(Instant.parse('2026-12-01T12:00:00.000Z'));
  const names = Array.from({ length: options.services }, (_, n) => `service-${n}`);
  const [policy] = worldPolicies(names, true);
  const halted = new Map<string, number>();
  const firstMail = new Map<string, { readonly at: number; readonly isAlarm: boolean }>();
  const arrivals = new Map<string, number>();
  const openedAt = new Map<string, number>();
  const pipeline = limitedPipeline();
  const streams = { dispatch: shards('dispatch'), stage: shards('stage') };
  const { table, counts } = limitedTable(inner, time, random, follow);
  const sns = bucketOf(time, quotas.sns.rate, quotas.sns.burst);
  const states = bucketOf(time, quotas.states.rate, quotas.states.burst);
  const waiting = new Map<string, (outcome: string) => void>();
  const used = new Set<string>();
  const secrets = newSecrets();
  let sent = 0;
  let settled = 0;
  let deadLetters = 0;

  const ports = aContainer();

  function aContainer(): Ports {
    return portsOf({
      table,
      pipeline,
      clock: time,
      chance: random,
      policy,
      vault: vaultOf(async () => secrets),
      findings: {
        state: async () => 'open',
        coverage: async () => ({ status: 'not-scanned', why: 'a flood' }),
        openOnImage: async () => [],
      },
      notifier: {
        async send({ holdId, subject }) {
          while (!sns.take(1)) await time.wait(50);
          await time.wait(20 + random.fraction() * 40);
          if (holdId !== null && !firstMail.has(holdId))
            firstMail.set(holdId, { at: time.ms(), isAlarm: subject.startsWith('NOT HALTED') });
          return { email: true, sms: false };
        },
      },
      workflow: {
        async start(name, { holdId }) {
          await time.wait(30);
          if (!states.take(1)) throw awsError('ThrottlingException');
          if (used.has(name)) return 'exists';
          used.add(name);
          void workflow(holdId);
          return 'started';
        },
        async wake(token, { outcome }) {
          await time.wait(30);
          const wake = waiting.get(token);
          waiting.delete(token);
          wake?.(outcome);
          return wake === undefined ? 'gone' : 'woken';
        },
      },
      publicAddress: () => 'https://stopship.example.com',
      owner: `container-${random.below(1e9)}`,
      ourRoles: [ourRole],
    });
  }

  function limitedPipeline(): Pipeline & { readonly counts: { calls: number; throttled: number } } {
    const bucket = bucketOf(time, quotas.codepipeline.rate, quotas.codepipeline.burst);
    const switched = new Map<string, StageView['transition']>();
    const seen = { calls: 0, throttled: 0 };
    async function call(): Promise<void> {
      seen.calls += 1;
      await time.wait(100 + random.fraction() * 100);
      if (bucket.take(1)) return;
      seen.throttled += 1;
      throw new PipelineThrottled('CodePipeline throttles calls');
    }
    const nothing = { waiting: null, asking: null, inside: null, passed: null, refused: null };
    return {
      counts: seen,
      async state(stage) {
        await call();
        const transition = switched.get(stageKeyOf(stage)) ?? { enabled: true, changedBy: null, changedAt: null };
        return { transition, ...nothing };
      },
      async disable(stage, reason) {
        await call();
        const key = stageKeyOf(stage);
        if (!halted.has(key)) halted.set(key, time.ms());
        switched.set(key, { enabled: false, reason, changedBy: ourRole, changedAt: time.now() });
      },
      async enable() {
        throw new Error('nothing is closed in a flood, so nothing may be enabled');
      },
      release: async (_stage, executionId) => unknownRelease(executionId),
      stop: async () => {},
      lastGood: async () => null,
      rollBack: async () => '',
    };
  }

  /** A hold's workflow up to where it waits for people; woken, it tells them again. */
  async function workflow(holdId: string): Promise<void> {
    await time.wait(150);
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const isHalted = await stageFunction(ports, { action: 'halt', holdId }).then(
        () => true,
        () => false,
      );
      if (isHalted) break;
      await time.wait(2_000 * 2 ** attempt);
    }
    for (let round = 0; round < 50; round += 1) {
      await time.wait(150);
      await notifyFunction(ports, { holdId, action: 'tell' }).catch(() => null);
      const token = `${holdId}-${round}`;
      const woken = new Promise<string>((resolve) => waiting.set(token, resolve));
      await awaitFunction(ports, { holdId, token }).catch(() => null);
      await woken;
    }
  }

  /** The table's stream, which brings errands to dispatch and to the stage controller, each shard in its order. */
  function follow(writes: readonly Write[]): void {
    for (const write of writes) {
      const isNew = 'put' in write && write.put.sk === 'STATE' && write.put.pk.startsWith('HOLD#');
      if (isNew) openedAt.set(write.put.pk, time.ms());
      const kind = 'put' in write ? isOutbox.exec(write.put.sk)?.[1] : undefined;
      if (!('put' in write) || kind === undefined) continue;
      const { pk, sk } = write.put;
      const shard = [...pk].reduce((sum, char) => sum + char.charCodeAt(0), 0) % quotas.stream.shards;
      streams[kind === 'reconcile' ? 'stage' : 'dispatch'][shard]?.push({ pk, sk });
    }
  }

  function shards(name: 'dispatch' | 'stage') {
    const step = name === 'dispatch' ? dispatchFunction : stageFunction;
    return Array.from({ length: quotas.stream.shards }, () => {
      const records: { readonly pk: string; readonly sk: string }[] = [];
      let isRunning = false;
      async function work(): Promise<void> {
        isRunning = true;
        await time.wait(200 + random.fraction() * 200);
        for (let tries = 0; records.length > 0; ) {
          const batch = records.slice(0, quotas.stream.batch);
          const Records = batch.map(({ pk, sk }, at) => ({
            dynamodb: { SequenceNumber: String(at), Keys: { pk: { S: pk }, sk: { S: sk } } },
          }));
          const answer = Answer.parse(await step(ports, { Records }));
          const failedAt = answer.batchItemFailures[0]?.itemIdentifier;
          const done = failedAt === undefined ? batch.length : Number(failedAt);
          tries = done > 0 ? 0 : tries + 1;
          const isGivenUp = tries > quotas.stream.tries;
          records.splice(0, isGivenUp ? 1 : done);
          if (isGivenUp) tries = 0;
          if (failedAt !== undefined) await time.wait(1_000 * 2 ** tries);
        }
        isRunning = false;
      }
      return {
        push(record: { readonly pk: string; readonly sk: string }) {
          records.push(record);
          if (!isRunning) void work();
        },
      };
    });
  }

  // The queue, and the containers of intake: SQS hands out more batches at once the longer it has some to hand out.
  const queue: (FloodEvent & { readonly body: string; tries: number })[] = [];
  const idle: Ports[] = [];
  let running = 0;
  function pump(): void {
    const { first, perMinute, most, batch } = quotas.sqs;
    while (queue.length > 0 && running < Math.min(most, first + (time.ms() / 60_000) * perMinute)) {
      running += 1;
      void take(queue.splice(0, batch));
    }
  }
  async function take(records: typeof queue): Promise<void> {
    const warm = idle.pop();
    const container = warm ?? { ...aContainer(), memory: intakeMemory() };
    await time.wait(warm === undefined ? 300 : 10 + random.fraction() * 30);
    const Records = records.map(({ body }, at) => ({ messageId: String(at), body }));
    const { batchItemFailures } = await intakeFunction(container, { Records });
    idle.push(container);
    running -= 1;
    settled += records.length - batchItemFailures.length;
    for (const { itemIdentifier } of batchItemFailures) {
      const record = records[Number(itemIdentifier)];
      if (record !== undefined) void later(record);
    }
    pump();
  }
  async function later(record: (typeof queue)[number]): Promise<void> {
    record.tries += 1;
    if (record.tries >= quotas.sqs.tries) {
      deadLetters += 1;
      settled += 1;
      return;
    }
    await time.wait(quotas.sqs.visibility);
    queue.push(record);
    pump();
  }

  async function pour(): Promise<void> {
    const gap = 600_000 / options.findings;
    for (; sent < options.findings; sent += 1) {
      await time.wait(gap * 2 * random.fraction());
      const service = random.pick(names);
      const pack = `package-${random.below(options.packages)}`;
      const problem = `${service}/${pack}`;
      if (!arrivals.has(problem)) arrivals.set(problem, time.ms());
      const event = { n: sent, service, pack, at: time.now() };
      void deliver({ ...event, body: eventOf(event), tries: 0 });
      if (sent % 10_000 === 0)
        options.tell?.(`${sent} findings, ${Math.round(time.ms() / 1000)} s, queue ${queue.length}`);
    }
  }
  /** By EventBridge and SQS, which take a third of a second at the worst. */
  async function deliver(record: (typeof queue)[number]): Promise<void> {
    await time.wait(100 + random.fraction() * 300);
    queue.push(record);
    pump();
  }
  async function sweepEveryMinute(): Promise<void> {
    for (;;) {
      await time.wait(60_000);
      await sweep(ports).catch(() => null);
    }
  }
  void pour();
  void sweepEveryMinute();
  const endsAt = 14 * 60_000;
  await time.run(
    () => time.ms() > endsAt || (sent === options.findings && settled === sent && time.ms() > 11 * 60_000),
  );

  const holds = await openHolds(inner);
  const stages = await Promise.all(policy.services.map(({ pipeline: address }) => readStage(inner, address)));
  return reportOf(holds, stages.filter(({ foreign }) => foreign === 'unknown').length);

  function reportOf(open: Awaited<ReturnType<typeof openHolds>>, unknown: number): FloodReport {
    const toHalt: number[] = [];
    const toMail: number[] = [];
    const early = { mail: 0, alarm: 0 };
    const firstOfStage = new Map<string, number>();
    for (const hold of open) {
      const pack = /package-\d+/.exec(hold.problem.title)?.[0] ?? '';
      const arrival = arrivals.get(`${hold.service}/${pack}`) ?? 0;
      const haltedAt = halted.get(hold.stageKey) ?? Number.POSITIVE_INFINITY;
      toHalt.push(Math.max(haltedAt, openedAt.get(`HOLD#${hold.id}`) ?? Number.POSITIVE_INFINITY) - arrival);
      firstOfStage.set(hold.stageKey, Math.min(firstOfStage.get(hold.stageKey) ?? Number.POSITIVE_INFINITY, arrival));
      const mail = firstMail.get(hold.id);
      if (mail === undefined) continue;
      toMail.push(mail.at - arrival);
      if (mail.at < haltedAt) early[mail.isAlarm ? 'alarm' : 'mail'] += 1;
    }
    const toStage = [...firstOfStage].map(([key, arrival]) => (halted.get(key) ?? Number.POSITIVE_INFINITY) - arrival);
    return {
      findings: sent,
      problems: arrivals.size,
      holds: open.length,
      stages: names.length,
      stagesHalted: halted.size,
      eventToHalt: quantilesOf(toHalt),
      stageToHalt: quantilesOf(toStage),
      eventToMail: quantilesOf(toMail),
      mailBeforeHalt: early.mail,
      alarmBeforeHalt: early.alarm,
      deadLetters,
      waiting: sent - settled,
      calls: { codepipeline: pipeline.counts.calls, throttled: pipeline.counts.throttled },
      dynamodb: counts,
      unknown,
    };
  }
}

const Answer = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) });

function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
