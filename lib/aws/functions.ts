import type { DynamoDBBatchResponse, SQSBatchResponse } from 'aws-lambda';
import { z } from 'zod';
import { capital } from '../brief/plain.ts';
import { notifyStakeholders, remind, tellDue, tellResumed } from '../decision/notify.ts';
import { learnOrigin } from '../decision/origin.ts';
import { resumeStage } from '../decision/resume.ts';
import { type Swept, sweep } from '../decision/sweep.ts';
import { verify } from '../decision/verify.ts';
import { msOf } from '../finding/instant.ts';
import { readText } from '../finding/read.ts';
import { awaitDecision, waitOf } from '../hold/await.ts';
import { reconcile } from '../hold/controller.ts';
import { dispatch, dispatchReconcile } from '../hold/dispatch.ts';
import { haltStage } from '../hold/halt-stage.ts';
import { type Hold, stageKeyOf } from '../hold/hold.ts';
import { intake } from '../hold/intake.ts';
import { refreshKnownExploited } from '../hold/kev-feed.ts';
import { type OutboxItem, outboxItemOf } from '../hold/outbox.ts';
import { learnOutlook } from '../hold/outlook.ts';
import { watchOverride } from '../hold/override.ts';
import { readStage } from '../hold/stage.ts';
import { StageAddress } from '../policy/policy.ts';
import { fileReview } from '../review/file.ts';
import { sendSummary } from '../review/summary.ts';
import { kevReadEvent, measure, note, notHaltedEvent, report } from './log.ts';
import type { Ports } from './ports.ts';

/** A function of stopship: an event as its caller sends it, and the answer the caller understands. */
export type StepFunction = (ports: Ports, event: unknown) => Promise<unknown>;

const SqsEvent = z.object({ Records: z.array(z.object({ messageId: z.string(), body: z.string() })) });

/** Takes in findings from the queue. A record that fails comes again; the others of its batch do not. */
export async function intakeFunction(ports: Ports, event: unknown): Promise<SQSBatchResponse> {
  const { Records } = SqsEvent.parse(event);
  const failed: string[] = [];
  try {
    await intake(
      ports,
      Records.flatMap(({ body }) => readText(body)),
    );
  } catch (error) {
    report('intake.batch-failed', error);
    // One bad record must not hold up its batch: each on its own then.
    for (const { messageId, body } of Records) {
      await intake(ports, readText(body)).catch((failure: unknown) => {
        report('intake.failed', failure, { messageId });
        failed.push(messageId);
      });
    }
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** Does errands as the table's stream brings them. */
export async function dispatchFunction(ports: Ports, event: unknown): Promise<DynamoDBBatchResponse> {
  return await eachErrand(ports, event, async (item) => {
    await dispatch(ports, item);
    return true;
  });
}

const StageEvent = z.union([
  z.object({ action: z.enum(['halt', 'resume']), holdId: z.string() }),
  z.object({ action: z.literal('reconcile'), stage: StageAddress }),
  z.object({ Records: z.array(z.unknown()) }),
]);

/** The stage controller: a step of the workflow, errands of the stream, and what the sweep asks for. */
export async function stageFunction(ports: Ports, event: unknown): Promise<unknown> {
  const call = StageEvent.parse(event);
  if ('Records' in call) {
    return await eachErrand(ports, call, async (item) => {
      const isDone = await dispatchReconcile(ports, item);
      if (!isDone && item.errand.kind === 'reconcile') await reportAlarm(ports, item.errand.stage);
      return isDone;
    });
  }
  if (call.action === 'reconcile') {
    const settled = await reconcile(ports, call.stage);
    if (settled.state === 'unsettled') await reportAlarm(ports, call.stage);
    return settled;
  }
  const hold = call.action === 'halt' ? await haltAndLearn(ports, call.holdId) : await resumeStage(ports, call.holdId);
  return { holdId: hold.id, wait: waitOf(hold, ports.clock) };
}

/** Halts first; what it means and whether the release introduces the problem is looked at only then. */
async function haltAndLearn(ports: Ports, holdId: string): Promise<Hold> {
  await haltStage(ports, holdId);
  await learnOrigin({ ...ports, pipeline: ports.glance }, holdId);
  return await learnOutlook(ports, holdId);
}

/** Writes the line of the log that the alarm NOT HALTED counts, while it is up. */
async function reportAlarm(ports: Ports, stage: StageAddress): Promise<void> {
  const { alarm } = await readStage(ports.table, stage);
  if (alarm !== null) report(notHaltedEvent, new Error(`${stage.name}/${stage.stage}: ${alarm}`));
}

const NotifyEvent = z.union([
  z.object({ action: z.literal('due') }),
  z.object({ holdId: z.string(), action: z.enum(['tell', 'remind', 'resumed']).default('tell') }),
]);

/** Tells people, reminds them, tells them when it is over; for the sweep, tells what was held back and is due. */
export async function notifyFunction(ports: Ports, event: unknown): Promise<unknown> {
  const call = NotifyEvent.parse(event);
  if (call.action === 'due') return { told: await tellDue(ports) };
  const { holdId, action } = call;
  await learnOutlook(ports, holdId);
  switch (action) {
    case 'tell':
      return await notifyStakeholders(ports, holdId);
    case 'remind':
      return await remind(ports, holdId);
    case 'resumed':
      return await tellResumed(ports, holdId);
    default:
      return action satisfies never;
  }
}

const AwaitEvent = z.object({ holdId: z.string(), token: z.string() });

/** The workflow begins to wait. */
export async function awaitFunction(ports: Ports, event: unknown): Promise<void> {
  await awaitDecision(ports, AwaitEvent.parse(event));
}

const HoldEvent = z.object({ holdId: z.string() });

/** Verifies what was decided. */
export async function verifyFunction(ports: Ports, event: unknown): Promise<unknown> {
  return await verify(ports, HoldEvent.parse(event).holdId);
}

/** Files the review record. */
export async function reviewFunction(ports: Ports, event: unknown): Promise<unknown> {
  const { id } = await fileReview(ports, HoldEvent.parse(event).holdId);
  return { holdId: id };
}

/** One pass of the sweep with metrics of what it mended: `SweptStages`, `SweptErrands` and so on, in the namespace of stopship. */
export async function measuredSweepFunction(ports: Ports, event: unknown): Promise<unknown> {
  return await sweepFunction(ports, event, (swept) => {
    const { isCutShort, failures, ...mended } = swept;
    const counts = { ...mended, failures: failures.length, cutShort: Number(isCutShort) };
    const named = Object.entries(counts).map(([part, count]) => [`Swept${capital(part)}`, count]);
    measure('sweep.done', Object.fromEntries(named), msOf(ports.clock.now()));
  });
}

/** One pass of the sweep. What it could not do fails the call, so that the alarm sees it; the next pass tries again. */
export async function sweepFunction(
  ports: Ports,
  _event: unknown,
  tell: (swept: Swept) => void = () => {},
): Promise<unknown> {
  const swept = await sweep(ports);
  tell(swept);
  if (swept.failures.length > 0) throw new Error(`the sweep could not do everything: ${swept.failures.join('; ')}`);
  return swept;
}

/** Looks at what others do in CodePipeline. `event` is EventBridge's: a call in CloudTrail, or a stage that began. */
export async function overrideFunction(ports: Ports, event: unknown): Promise<unknown> {
  return { recorded: await watchOverride(ports, event) };
}

/** The daily summary. */
export async function summaryFunction(ports: Ports, _event: unknown): Promise<unknown> {
  return { mails: await sendSummary(ports) };
}

/** `evenIfShrunken`: an operator looked, and so many entries really left the catalogue. */
const FeedEvent = z.object({ evenIfShrunken: z.boolean().default(false) });

/** Reads CISA's catalogue. One that is refused fails the call; the alarm rings when none was read for three days. */
export async function feedFunction(ports: Ports, event: unknown): Promise<unknown> {
  const refreshed = await refreshKnownExploited(ports, FeedEvent.parse(event ?? {}).evenIfShrunken);
  if (refreshed.status === 'refused')
    throw new Error(`the catalogue of known exploited vulnerabilities ${refreshed.why}: the list of before stays`);
  note(kevReadEvent, refreshed);
  return refreshed;
}

const StreamRecord = z.object({
  dynamodb: z.object({
    SequenceNumber: z.string(),
    Keys: z.object({ pk: z.object({ S: z.string() }), sk: z.object({ S: z.string() }) }),
  }),
});

/**
 * The errands of a batch, as the table has them now: those of one stage or one hold in their order, the others beside them, so
 * that a stage that does not settle keeps no other one from being halted. The stream begins again at the first that failed;
 * what was done after it is off the list by then.
 */
async function eachErrand(
  ports: Ports,
  event: unknown,
  act: (item: OutboxItem) => Promise<boolean>,
): Promise<DynamoDBBatchResponse> {
  const { Records } = z.object({ Records: z.array(StreamRecord) }).parse(event);
  // What was left again and again meanwhile is done once.
  const firsts = [...Map.groupBy(Records, keyText).values()].flatMap((same) => same.slice(0, 1));
  const errands = await Promise.all(firsts.map((record) => errandOf(ports, record).catch(failedErrand)));
  const done = errands.map((errand) => errand === null);
  const wanted = errands.flatMap((errand, index) => (errand === null || errand === false ? [] : [{ errand, index }]));
  const lanes = Map.groupBy(wanted, ({ errand }) => laneOf(errand));
  await Promise.all(
    [...lanes.values()].map(async (lane) => {
      for (const { errand, index } of lane) done[index] = await act(errand).catch(failedErrand);
    }),
  );
  const failed = firsts[done.indexOf(false)];
  return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed.dynamodb.SequenceNumber }] };
}

function keyText({ dynamodb: { Keys } }: z.infer<typeof StreamRecord>): string {
  return `${Keys.pk.S} ${Keys.sk.S}`;
}

/** The errand of a record; null when it is off the list. */
async function errandOf({ table }: Ports, { dynamodb }: z.infer<typeof StreamRecord>): Promise<OutboxItem | null> {
  const item = await table.get({ pk: dynamodb.Keys.pk.S, sk: dynamodb.Keys.sk.S });
  return item === null ? null : outboxItemOf(item);
}

function laneOf({ pk, errand }: OutboxItem): string {
  return errand.kind === 'reconcile' ? stageKeyOf(errand.stage) : pk;
}

function failedErrand(error: unknown): false {
  report('errand.failed', error);
  return false;
}
