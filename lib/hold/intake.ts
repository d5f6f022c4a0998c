import type { Finding, Reading } from '../finding/finding.ts';
import { type Instant, msOf } from '../finding/instant.ts';
import { servicesFor } from '../policy/binding.ts';
import { judge, waiverFor } from '../policy/judge.ts';
import { judged, type WaivedHalt, waivedHalt } from '../policy/judged.ts';
import type { PolicyInForce, Service } from '../policy/policy.ts';
import { problemOf } from '../policy/problem.ts';
import type { Verdict } from '../policy/verdict.ts';
import { assess } from '../risk/assess.ts';
import type { Assessment } from '../risk/assessment.ts';
import type { Intelligence } from '../risk/known-exploited.ts';
import { type FindingRow, keepRow, orderOf, rowOf } from './finding-row.ts';
import { type StageKey, stageKeyOf } from './hold.ts';
import { problemItemKey } from './ledger.ts';
import { idOf, type Opened, type Opening, openOrJoin } from './open.ts';
import { leaveErrand } from './outbox.ts';
import { type Pipeline, PipelineThrottled, type StageView } from './pipeline.ts';
import type { Chance, ClockPort } from './ports.ts';
import { asksForOrigin, introducedBy, type Production } from './production.ts';
import { keepRejected, keepUnclaimed } from './rejected.ts';
import { stageItemKey, unrestedStages } from './stage.ts';
import type { Table } from './table.ts';
import { keepWaived } from './waived.ts';

export type IntakeDeps = {
  readonly table: Table;
  readonly pipeline: Pipeline;
  readonly clock: ClockPort;
  readonly chance: Chance;
  readonly policy: PolicyInForce;
  /** What is known of threats; of a warm process no call. */
  readonly intelligence: () => Promise<Intelligence>;
  /** What is in production behind a stage, as far as the ledger knows; of a warm process no call. */
  readonly production: (stage: StageKey) => Promise<Production | null>;
  /** What this process remembers between calls; an optimisation only. */
  readonly memory: IntakeMemory;
};

/** Answer for one record and one service that claims it. */
export type TakenIn =
  | {
      readonly status: 'assessed';
      readonly verdict: Verdict['verdict'];
      readonly service: string | null;
      readonly holdId: string | null;
    }
  | { readonly status: 'ignored'; readonly reason: string }
  | { readonly status: 'rejected'; readonly error: { readonly message: string; readonly path: string } };

/** Reports already in the ledger and stages with open holds, as far as this process knows. */
export type IntakeMemory = {
  /** Order of the newest report per finding and problem, and the hold it is in. */
  readonly reports: Map<string, { readonly order: string; readonly holdId: string }>;
  stages: { readonly readAt: Instant; readonly keys: ReadonlySet<StageKey> } | null;
  /** Problems that had an open hold when this process last heard of them, with its id. */
  readonly held: Map<string, string>;
  /** When a stage last needed no look from here: it was disabled, or others were at it, as the errand of each hold is. */
  readonly attended: Map<StageKey, Instant>;
};

/** A fresh memory. */
export function intakeMemory(): IntakeMemory {
  return { reports: new Map(), stages: null, held: new Map(), attended: new Map() };
}

/** Batches that are taken in at once, at most: in a flood more of them would only keep each other waiting for the ledger. */
export const batchesAtOnce = 20;
/** How long a warm process may believe which stages have open holds, in milliseconds. */
const stagesKnownFor = 30_000;
/** How long it leaves a stage to others that was attended to, in milliseconds: the errand of each hold looks anyway. */
const attendedFor = 30_000;
const reportsMax = 10_000;

/**
 * Takes in what arrived together: assesses each finding in each service that claims it, halts what the policy says, keeps
 * what cannot be read. Answers one list per reading. Throws when the ledger does: nothing is lost, the records come again.
 */
export async function intake(deps: IntakeDeps, readings: readonly Reading[]): Promise<readonly (readonly TakenIn[])[]> {
  const [intelligence, productions] = await Promise.all([
    deps.intelligence(),
    productionsFor(deps, readings),
    heldStages(deps, deps.clock.now()),
  ]);
  const { now } = intelligence;
  const all = readings.map((reading) =>
    reading.status === 'finding' ? judgedIn(reading.finding, deps.policy, intelligence, productions) : [],
  );
  const opened = await halt(deps, all.flat(), now);
  await record(deps, all.flat(), now);
  const answers: (readonly TakenIn[])[] = [];
  for (const [at, reading] of readings.entries())
    answers.push(await answerOf(deps, reading, all[at] ?? [], opened, now));
  return answers;
}

type Claimed = {
  readonly finding: Finding;
  readonly assessment: Assessment;
  readonly verdict: Verdict;
  readonly claim: {
    readonly service: Service;
    readonly stageKey: StageKey;
    readonly problem: string;
    readonly row: FindingRow;
    readonly introduced: boolean | null;
    /** The waiver of the policy without which it would halt, and why it would. */
    readonly waived: WaivedHalt | null;
  } | null;
};

type Productions = ReadonlyMap<StageKey, Production | null>;

/** Only a policy that asks for it has production looked up, for the stages that the findings threaten. */
async function productionsFor(deps: IntakeDeps, readings: readonly Reading[]): Promise<Productions> {
  if (!asksForOrigin(deps.policy)) return new Map();
  const threatened = readings.flatMap((reading) =>
    reading.status === 'finding' ? servicesFor(reading.finding, deps.policy) : [],
  );
  const stages = [...new Set(threatened.map(({ pipeline }) => stageKeyOf(pipeline)))];
  return new Map(await Promise.all(stages.map(async (stage) => [stage, await deps.production(stage)] as const)));
}

function judgedIn(
  finding: Finding,
  policy: PolicyInForce,
  intelligence: Intelligence,
  productions: Productions,
): readonly Claimed[] {
  const { now } = intelligence;
  const services = servicesFor(finding, policy);
  if (services.length === 0) {
    const assessment = assess(finding, null, intelligence);
    return [{ finding, assessment, verdict: judge(finding, assessment, null, policy, now), claim: null }];
  }
  return services.map((service) => {
    const stageKey = stageKeyOf(service.pipeline);
    const introduced = introducedBy(finding, stageKey, productions.get(stageKey) ?? null);
    const all = judged({ finding, service, policy, intelligence, introduced });
    const { assessment, verdict } = all;
    const problem = problemOf(finding, stageKey).hash;
    const row = rowOf(finding, assessment, verdict, now);
    const claim = { service, stageKey, problem, row, introduced, waived: waivedHalt(all) };
    return { finding, assessment, verdict, claim };
  });
}

async function halt(deps: IntakeDeps, claimed: readonly Claimed[], now: Instant): Promise<ReadonlyMap<string, Opened>> {
  const known = new Map<string, Opened>();
  const openings = new Map<string, Opening>();
  for (const { finding, verdict, claim } of claimed) {
    if (claim === null || finding.state !== 'open' || verdict.verdict !== 'halt') continue;
    const report = deps.memory.reports.get(`${claim.problem}/${finding.id}`);
    if (report !== undefined && report.order >= orderOf(claim.row)) {
      known.set(claim.problem, { status: 'joined', holdId: report.holdId });
      continue;
    }
    const before = openings.get(claim.problem);
    const rows = [
      ...(before?.rows ?? []).filter((row) => row.summary.id !== claim.row.summary.id),
      newerOf(before, claim.row),
    ];
    openings.set(claim.problem, { problem: claim.problem, service: claim.service, rows });
  }
  const list = await asHeard(deps, [...openings.values()]);
  if (list.length === 0) return known;
  const views = viewsBeside(deps, list, now, ({ heldBy }) => heldBy === undefined);
  const answers = new Map<string, Opened>();
  try {
    await openOrJoin(deps, list, now, answers);
  } finally {
    // When a part failed all comes again: what was done is then known, and costs nothing.
    for (const opening of list) remember(deps.memory, opening, answers.get(opening.problem), known);
  }
  const reasons = new Map(
    list.flatMap((opening) => {
      const answer = answers.get(opening.problem);
      return answer?.status === 'opened' ? [[stageKeyOf(opening.service.pipeline), answer.reason] as const] : [];
    }),
  );
  // A problem that was thought held and was not: its stage was not read yet.
  const unread = list.filter(({ service }) => !views.has(stageKeyOf(service.pipeline)));
  const further = viewsBeside(deps, unread, now, ({ problem }) => known.get(problem)?.status === 'opened');
  let isThrottled = false;
  await Promise.all(
    [...further, ...views].map(async ([key, { service, view }]) => {
      const reason = reasons.get(key);
      const seen = await view;
      isThrottled ||= seen === 'throttled';
      const isHalted = reason === undefined ? isDisabled(seen) : await disable(deps, service, seen, reason);
      if (isHalted || seen === 'throttled') deps.memory.attended.set(key, now);
    }),
  );
  const { stages } = deps.memory;
  const held = list.flatMap(({ problem, service }) => {
    const answer = answers.get(problem);
    return answer !== undefined && 'holdId' in answer ? [stageKeyOf(service.pipeline)] : [];
  });
  if (stages !== null) deps.memory.stages = { ...stages, keys: new Set([...stages.keys, ...held]) };
  if (isThrottled) await learnStages(deps, now);
  return known;
}

/** With the hold that each problem was last heard to have. On a stage that is held a halt is in no hurry: there it is looked up. */
async function asHeard({ table, memory }: IntakeDeps, openings: readonly Opening[]): Promise<readonly Opening[]> {
  return await Promise.all(
    openings.map(async (opening) => {
      const { problem, service } = opening;
      const isStageHeld = memory.stages?.keys.has(stageKeyOf(service.pipeline)) === true;
      const heldBy = memory.held.get(problem) ?? (isStageHeld ? await holdOf(table, problem) : null);
      return heldBy === null ? opening : { ...opening, heldBy };
    }),
  );
}

async function holdOf(table: Table, problem: string): Promise<string | null> {
  const item = await table.get(problemItemKey(problem));
  return typeof item?.hold === 'string' ? item.hold : null;
}

/** What a read beside the transaction showed; `unreadable` is any failure but that of a call too many. */
type Seen = StageView | 'throttled' | 'unreadable';
type ViewBeside = { readonly service: Service; readonly view: Promise<Seen> };

/**
 * Reads, beside the transaction, the stages that it may have to halt. In a flood of findings CodePipeline takes few calls: a
 * problem that is held is joined, and a stage that others attend to is left to the errand of its hold.
 */
function viewsBeside(
  deps: IntakeDeps,
  openings: readonly Opening[],
  now: Instant,
  mayOpen: (opening: Opening) => boolean,
): ReadonlyMap<StageKey, ViewBeside> {
  const { memory, pipeline } = deps;
  const views = new Map<StageKey, ViewBeside>();
  for (const opening of openings) {
    const { service } = opening;
    const key = stageKeyOf(service.pipeline);
    const attendedAt = memory.attended.get(key);
    const isKnown = attendedAt !== undefined && msOf(now) - msOf(attendedAt) < attendedFor;
    if (!mayOpen(opening) || isKnown || views.has(key)) continue;
    views.set(key, { service, view: viewOf(pipeline, service) });
  }
  return views;
}

function isDisabled(view: Seen): boolean {
  return typeof view !== 'string' && !view.transition.enabled;
}

/** A problem's rows are one per finding: of two reports in one batch the newer one. */
function newerOf(before: Opening | undefined, row: FindingRow): FindingRow {
  const other = before?.rows.find(({ summary }) => summary.id === row.summary.id);
  return other !== undefined && orderOf(other) > orderOf(row) ? other : row;
}

function remember(
  memory: IntakeMemory,
  opening: Opening,
  opened: Opened | undefined,
  known: Map<string, Opened>,
): void {
  if (opened === undefined) return;
  known.set(opening.problem, opened);
  if (!('holdId' in opened)) return;
  if (memory.reports.size > reportsMax) memory.reports.clear();
  if (memory.held.size > reportsMax) memory.held.clear();
  memory.held.set(opening.problem, opened.holdId);
  for (const row of opening.rows) {
    memory.reports.set(`${opening.problem}/${row.summary.id}`, { order: orderOf(row), holdId: opened.holdId });
  }
}

async function viewOf(pipeline: Pipeline, service: Service): Promise<Seen> {
  return await pipeline
    .state(service.pipeline)
    .catch((error: unknown) => (error instanceof PipelineThrottled ? 'throttled' : 'unreadable'));
}

/** Halts at once unless a person already did; when that call fails, the errand in the outbox repeats it. True when it is disabled. */
async function disable(deps: IntakeDeps, service: Service, view: Seen, reason: string): Promise<boolean> {
  if (isDisabled(view)) return true;
  // It will be readable in a moment: the errand reads it first, and so needs no person to enable it again.
  if (view === 'throttled') return false;
  const isDone = await deps.pipeline.disable(service.pipeline, reason).then(
    () => true,
    () => false,
  );
  if (view !== 'unreadable') return isDone;
  // The disable may have covered a person's own: only a person enables this stage again.
  const key = stageItemKey(stageKeyOf(service.pipeline));
  await deps.table.transact([{ update: key, change: { set: { foreign: 'unknown' } } }]);
  return isDone;
}

/** Keeps the reports that do not halt but matter: watched ones, closings, and falls of severity on a stage that is held. */
async function record(deps: IntakeDeps, claimed: readonly Claimed[], now: Instant): Promise<void> {
  for (const { finding, verdict, claim } of claimed) {
    if (claim === null) {
      if (finding.state === 'open' && verdict.verdict === 'halt') await keepUnclaimed(deps.table, finding, now);
      continue;
    }
    if (finding.state === 'open' && verdict.verdict === 'halt') continue;
    const held = (await heldStages(deps, now)).has(claim.stageKey);
    // What a waiver let pass before is written anew, so that the waiver's end does not halt for what is mild or gone by then.
    const mayBeWaived = waiverFor(finding, claim.service, deps.policy, now) !== undefined;
    if (verdict.verdict === 'pass' && !held && !mayBeWaived) continue;
    const watched = finding.state === 'open' && verdict.verdict === 'watch';
    const listed = watched
      ? {
          list: `WATCH#${claim.service.name}`,
          at: `${now}#${claim.row.summary.id}`,
          wouldHalt: verdict.wouldHalt,
          introduced: claim.introduced,
        }
      : {};
    const row = keepRow(claim.problem, claim.row);
    const write = 'put' in row ? { ...row, put: { ...row.put, ...listed } } : row;
    const errand = leaveErrand({ kind: 'evidence', problem: claim.problem }, idOf(deps.chance), now);
    const waived =
      claim.waived === null ? [] : [keepWaived(claim.problem, claim.row, claim.waived.waiver, claim.waived.reasons)];
    const done = await deps.table.transact(held ? [write, ...waived, errand] : [write, ...waived]);
    // Older than what the ledger has, yet the source may have moved on: the hold looks for itself.
    if (!done.ok && held) await deps.table.transact([errand]);
    if (finding.state !== 'open') deps.memory.reports.delete(`${claim.problem}/${finding.id}`);
  }
}

async function heldStages(deps: IntakeDeps, now: Instant): Promise<ReadonlySet<StageKey>> {
  const known = deps.memory.stages;
  if (known !== null && msOf(now) - msOf(known.readAt) < stagesKnownFor) return known.keys;
  return await learnStages(deps, now);
}

/** Reads which stages have open holds: others halt those, and CodePipeline need not be asked about them. */
async function learnStages({ table, memory }: IntakeDeps, now: Instant): Promise<ReadonlySet<StageKey>> {
  const stages = await unrestedStages(table);
  const keys = new Set(stages.map(({ address }) => stageKeyOf(address)));
  for (const { address, isHeld } of stages) if (isHeld) memory.attended.set(stageKeyOf(address), now);
  memory.stages = { readAt: now, keys };
  return keys;
}

async function answerOf(
  deps: IntakeDeps,
  reading: Reading,
  claimed: readonly Claimed[],
  opened: ReadonlyMap<string, Opened>,
  now: Instant,
): Promise<readonly TakenIn[]> {
  if (reading.status === 'rejected') await keepRejected(deps.table, reading.error, idOf(deps.chance), now);
  if (reading.status !== 'finding') return [reading];
  return claimed.map(({ verdict, claim }) => {
    const hold = claim === null ? undefined : opened.get(claim.problem);
    const holdId = hold === undefined || !('holdId' in hold) ? null : hold.holdId;
    // People settled before that it does not halt: it is watched.
    const settled = hold?.status === 'not-affected' && verdict.verdict === 'halt' ? 'watch' : verdict.verdict;
    return { status: 'assessed', verdict: settled, service: claim?.service.name ?? null, holdId };
  });
}
