import { scanners } from '../finding/finding.ts';
import { type Instant, later } from '../finding/instant.ts';
import { untrusted } from '../finding/untrusted.ts';
import type { PolicyInForce, Service } from '../policy/policy.ts';
import type { Intelligence } from '../risk/known-exploited.ts';
import { chained, emptyHead } from './events.ts';
import { type FindingRow, keepRow, ratingOf, rowSk, worstFirst } from './finding-row.ts';
import { Hold, Reassessment, stageKeyOf } from './hold.ts';
import { eventWrites, holdItem, nextWake, problemItemKey } from './ledger.ts';
import { disableReason } from './mark.ts';
import { leaveErrand } from './outbox.ts';
import type { Chance } from './ports.ts';
import { raterOf, reassessedRows, reassessmentOf } from './reassess.ts';
import { addToStage } from './stage.ts';
import { type Condition, type Item, LedgerConflict, type Table, type Write } from './table.ts';

/** Findings of one problem that are above the line, and the service that they threaten. */
export type Opening = {
  readonly problem: string;
  readonly service: Service;
  readonly rows: readonly FindingRow[];
  /** The hold that the problem was last heard to have: it is joined, and only where it is open no more another one is opened. */
  readonly heldBy?: string;
  /** What earlier holds on the problem found out about its severities, once that is known, and the findings as reported. */
  readonly reassessed?: readonly Reassessment[];
  readonly published?: readonly FindingRow[];
};

/**
 * What became of an opening; `reason` goes on the transition. `stale`: the ledger knows newer data of every one of its findings.
 * `not-affected`: under the severity that people settled on before, none of them halts.
 */
export type Opened =
  | { readonly status: 'opened'; readonly holdId: string; readonly reason: string }
  | { readonly status: 'joined'; readonly holdId: string }
  | { readonly status: 'stale' | 'not-affected' };

export type OpenDeps = {
  readonly table: Table;
  readonly chance: Chance;
  readonly policy: PolicyInForce;
  readonly intelligence: () => Promise<Intelligence>;
};

/** Findings of one problem that travel in the opening transaction; the rest joins right after it. */
const rowsPerOpening = 20;
/** Writes of one transaction, with a margin below DynamoDB's 100. */
const writesMax = 90;
/** Rounds without progress after which an opening is given up for this call. */
const roundsMax = 5;

/**
 * Opens a hold for each problem that has none and joins the findings of the others, one transaction for all (chunks of 90
 * writes), so that many findings of one problem are one halt. Answers in the order of the openings. Throws when the ledger does;
 * `answers`, by problem, then has what was done until then.
 */
export async function openOrJoin(
  deps: OpenDeps,
  openings: readonly Opening[],
  now: Instant,
  answers = new Map<string, Opened>(),
): Promise<readonly Opened[]> {
  const { heard = [], fresh = [] } = Object.groupBy(openings, ({ heldBy }) =>
    heldBy === undefined ? 'fresh' : 'heard',
  );
  // What is not held yet does not wait for what is.
  for (const chunk of chunked(fresh)) await openChunk(deps, chunk, now, answers);
  for (const chunk of chunked(await withoutHeld(deps, heard, now, answers))) await openChunk(deps, chunk, now, answers);
  return openings.map((opening) => answers.get(opening.problem) ?? { status: 'stale' });
}

/** Joins what was heard to be held: an opening that is refused costs as much as one that is not, and delays others in a flood. */
async function withoutHeld(
  deps: OpenDeps,
  openings: readonly Opening[],
  now: Instant,
  answers: Map<string, Opened>,
): Promise<readonly Opening[]> {
  const joined = await Promise.allSettled(
    openings.map(async ({ problem, heldBy = '', rows }) => {
      if (await join(deps.table, heldBy, problem, rows, now, idOf(deps.chance)))
        answers.set(problem, { status: 'joined', holdId: heldBy });
    }),
  );
  for (const one of joined) if (one.status === 'rejected') throw one.reason;
  return openings.filter(({ problem }) => !answers.has(problem));
}

/**
 * Adds findings to an open hold: rows, an errand to count them, and a mark on the problem, so that no closing overlooks
 * them. Does not touch the stage. False when the hold was closed meanwhile: then the problem needs another.
 */
export async function join(
  table: Table,
  holdId: string,
  problem: string,
  rows: readonly FindingRow[],
  now: Instant,
  n: string,
): Promise<boolean> {
  let left = rows;
  while (left.length > 0) {
    const part = left.slice(0, writesMax - 2);
    const done = await table.transact([
      ...part.map((row) => keepRow(problem, row)),
      { update: problemItemKey(problem), change: { add: { joins: 1 } }, when: { equals: ['hold', holdId] } },
      leaveErrand({ kind: 'notify', holdId }, n, now),
    ]);
    if (done.ok) left = left.slice(part.length);
    else {
      if (done.failed.some(({ index }) => index === part.length)) return false;
      const stale = new Set(done.failed.map(({ index }) => part[index]));
      left = left.filter((row) => !stale.has(row));
    }
  }
  return true;
}

async function openChunk(
  deps: OpenDeps,
  chunk: readonly Opening[],
  now: Instant,
  answers: Map<string, Opened>,
): Promise<void> {
  let pending = chunk;
  let rounds = 0;
  while (pending.length > 0) {
    const drafts = pending.map((opening) => draftOf(deps, opening, now));
    const stages = Map.groupBy(drafts, ({ hold }) => hold.stageKey);
    const merged = [...stages.values()].map((group) =>
      addToStage(
        firstOf(group).hold.stage,
        group.map(({ hold }) => hold.id),
        now,
      ),
    );
    const writes = [...merged, ...drafts.flatMap((draft) => draft.writes)];
    const done = await deps.table.transact(writes);
    if (done.ok) {
      for (const { opening, hold, rest } of drafts) {
        await join(deps.table, hold.id, opening.problem, rest, now, `open-${hold.id}`);
        answers.set(opening.problem, {
          status: 'opened',
          holdId: hold.id,
          reason: disableReason(hold.code, hold.problem.title),
        });
      }
      return;
    }
    const failed = done.failed.flatMap(({ index, item }) =>
      writes[index] === undefined ? [] : [{ key: keyOf(writes[index]), item }],
    );
    const known = await asSettled(deps, pending, failed, answers);
    const left = await withoutFailed(deps, known, failed, now, answers);
    // Each round settles something, or meets a hold that was closed between two of its calls.
    rounds = isUnchanged(pending, left) ? rounds + 1 : 0;
    if (rounds === roundsMax) throw new LedgerConflict('an opening failed on conditions that no other writer can meet');
    pending = left;
  }
}

type Failed = { readonly key: string; readonly item: Item | null };

/** Looks at the findings of a problem under the severities that earlier holds on it settled on. */
async function asSettled(
  deps: OpenDeps,
  pending: readonly Opening[],
  failed: readonly Failed[],
  answers: Map<string, Opened>,
): Promise<readonly Opening[]> {
  const found = new Map(failed.map(({ key, item }) => [key, item]));
  const left: Opening[] = [];
  for (const opening of pending) {
    const item = found.get(`PROBLEM#${opening.problem}/STATE`) ?? null;
    const reassessed = Reassessment.array().catch([]).parse(item?.reassessed);
    if (typeof item?.hold === 'string' || reassessed.length === (opening.reassessed ?? []).length) {
      left.push(opening);
      continue;
    }
    const court = { policy: deps.policy, service: opening.service, intelligence: await deps.intelligence() };
    const rows = reassessedRows(opening.rows, reassessed, court);
    const above = rows.filter(({ verdict }) => verdict === 'halt');
    for (const row of rows) if (row.verdict !== 'halt') await deps.table.transact([keepRow(opening.problem, row)]);
    if (above.length > 0) left.push({ ...opening, rows: above, reassessed, published: opening.rows });
    else answers.set(opening.problem, { status: 'not-affected' });
  }
  return left;
}

/** Settles what another writer settled first: joins the hold it opened, drops the findings it knows newer. */
async function withoutFailed(
  deps: OpenDeps,
  pending: readonly Opening[],
  failed: readonly Failed[],
  now: Instant,
  answers: Map<string, Opened>,
): Promise<readonly Opening[]> {
  const found = new Map(failed.map(({ key, item }) => [key, item]));
  const left: Opening[] = [];
  for (const opening of pending) {
    const hash = opening.problem;
    const holdId = found.get(`PROBLEM#${hash}/STATE`)?.hold;
    const rows = opening.rows.filter((row) => !found.has(`PROBLEM#${hash}/${rowSk(row.summary.id)}`));
    if (typeof holdId === 'string') {
      if (await join(deps.table, holdId, hash, opening.rows, now, idOf(deps.chance))) {
        answers.set(opening.problem, { status: 'joined', holdId });
      } else left.push(opening);
    } else if (rows.length === 0) answers.set(opening.problem, { status: 'stale' });
    else left.push({ ...opening, rows });
  }
  return left;
}

function isUnchanged(before: readonly Opening[], after: readonly Opening[]): boolean {
  return (
    before.length === after.length && before.every((opening, at) => opening.rows.length === after[at]?.rows.length)
  );
}

type Draft = {
  readonly opening: Opening;
  readonly hold: Hold;
  readonly writes: readonly Write[];
  readonly rest: readonly FindingRow[];
};

function draftOf(deps: OpenDeps, opening: Opening, now: Instant): Draft {
  const { problem, service } = opening;
  const rows = worstFirst(opening.rows);
  const hold = newHold(deps, opening, rows, now);
  const events = chained(emptyHead, now, [
    {
      kind: 'opened',
      actor: firstOf(rows).orderedBy ?? 'intake',
      data: {
        title: hold.problem.title,
        severity: hold.ratings.at(-1)?.severity ?? null,
        score: hold.ratings.at(-1)?.score ?? null,
        rules: hold.reasons.map(({ because }) => because).join(', '),
        findings: rows.length,
      },
    },
  ]);
  const head = events.at(-1) ?? emptyHead;
  const opened = { ...hold, head: { n: head.n, hash: head.hash } };
  const writes: readonly Write[] = [
    {
      update: problemItemKey(problem),
      change: { set: { hold: hold.id, stageKey: hold.stageKey, service: service.name }, add: { holds: 1 } },
      when: { all: [{ absent: 'hold' }, asKnown(opening.reassessed)] },
    },
    ...rows.slice(0, rowsPerOpening).map((row) => keepRow(problem, row)),
    { put: holdItem(opened), when: { absent: 'id' } },
    ...eventWrites(hold.id, events),
    {
      put: {
        pk: `HOLD#${hold.id}`,
        sk: 'REVIEW',
        id: hold.id,
        service: service.name,
        openedAt: now,
        list: 'REVIEWS',
        at: now,
      },
    },
    leaveErrand({ kind: 'start-workflow', holdId: hold.id }, 1, now),
    leaveErrand({ kind: 'reconcile', holdId: hold.id, stage: service.pipeline }, 'open', now),
  ];
  return { opening, hold: opened, writes, rest: rows.slice(rowsPerOpening) };
}

/** Nothing was settled that the opening does not know of. */
function asKnown(reassessed: Opening['reassessed']): Condition {
  return reassessed === undefined ? { absent: 'reassessments' } : { equals: ['reassessments', reassessed.length] };
}

function newHold(
  deps: OpenDeps,
  { problem, service, reassessed = [], published = [] }: Opening,
  rows: readonly FindingRow[],
  now: Instant,
): Hold {
  const worst = firstOf(rows);
  const clock = { ...deps.policy.clock, ...service.clock };
  const deadline = later(now, clock.deadline);
  return Hold.parse({
    status: 'pending',
    id: idOf(deps.chance),
    code: codeOf(deps.chance),
    stage: service.pipeline,
    stageKey: stageKeyOf(service.pipeline),
    service: service.name,
    policyHash: deps.policy.hash,
    problem: {
      hash: problem,
      kind: worst.kind,
      title: worst.summary.title,
      vulnerabilities: vulnerabilitiesOf(rows),
    },
    assessment: worst.assessment,
    reasons: worst.reasons,
    ratings: ratingsOf(worst, now, { reassessed, published }),
    reportedBy: worst.orderedBy,
    findings: rows.length,
    worst: rows.slice(0, 3).map((row) => row.summary),
    evidence: worst.orderedBy !== null ? 'ordered' : worst.summary.digest === null ? 'behind-stage' : 'before-stage',
    revision: 1,
    release: null,
    dispute: null,
    exploited: exploitedIn(rows),
    reassessed,
    wayBack: null,
    outlook: null,
    plan: service.plan ?? {},
    openedAt: now,
    deadline,
    wakeAt: nextWake(now, clock.remind, deadline),
    level: 0,
    decision: null,
    closing: null,
    notice: { n: 1, occasion: { kind: 'opened' } },
    wantsVerify: false,
    wantsNotify: false,
    attempt: 1,
    rounds: 0,
    token: null,
    predecessor: null,
    head: emptyHead,
  });
}

/** The rating of the worst finding, after what others believed of a flaw that a person reports. */
function ratingsOf(
  worst: FindingRow,
  now: Instant,
  { reassessed = [], published = [] }: Pick<Opening, 'reassessed' | 'published'>,
): Hold['ratings'] {
  const settled = reassessmentOf(worst.summary, reassessed);
  const reported = published.find(({ summary }) => summary.id === worst.summary.id);
  if (settled !== null && reported !== undefined) {
    const earlier = untrusted('as settled in an earlier hold');
    return [
      ratingOf(reported.assessment, raterOf(worst), worst.reason, now),
      ratingOf(worst.assessment, settled.by, earlier, now),
    ];
  }
  const author = worst.orderedBy;
  const believed = author === null ? [] : worst.assessment.vectors.filter(({ source }) => source !== author);
  return [
    ...believed.map(({ severity, score, vector, source }) => ({
      severity,
      score,
      vector,
      author: source,
      reason: untrusted('as believed until now'),
      at: now,
    })),
    ratingOf(worst.assessment, author ?? scanners[worst.summary.dialect], worst.reason, now),
  ];
}

/** The public ids of the weaknesses, each once, worst first. */
export function vulnerabilitiesOf(rows: readonly FindingRow[]): Hold['problem']['vulnerabilities'] {
  const ids = rows.flatMap((row) => (row.summary.vulnerabilityId === null ? [] : [row.summary.vulnerabilityId]));
  return [...new Set(ids)].slice(0, vulnerabilitiesMax);
}

/** How many vulnerabilities a hold names at most. */
export const vulnerabilitiesMax = 20;

/** The vulnerabilities of open findings that are known to be exploited, each once. */
export function exploitedIn(rows: readonly FindingRow[]): Hold['exploited'] {
  const known = rows.filter(({ state, assessment }) => state === 'open' && assessment.threat.knownExploited === true);
  return [...new Set(known.flatMap(({ finding: { vulnerabilityId } }) => vulnerabilityId ?? []))];
}

/** A new id: 16 characters of letters and digits that cannot be mistaken for each other. */
export function idOf(chance: Chance): string {
  return drawn(chance, 16).toLowerCase();
}

/** A hold's short code: enough to show that a person read the mail, not a secret. */
function codeOf(chance: Chance): string {
  return drawn(chance, 4);
}

const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';

function drawn(chance: Chance, length: number): string {
  return Array.from(chance.bytes(length), (byte) => alphabet.charAt(byte % alphabet.length)).join('');
}

function chunked(openings: readonly Opening[]): readonly (readonly Opening[])[] {
  const chunks: Opening[][] = [];
  let size = writesMax;
  for (const opening of openings) {
    const writes = 7 + Math.min(opening.rows.length, rowsPerOpening);
    if (size + writes > writesMax) {
      chunks.push([]);
      size = 0;
    }
    chunks.at(-1)?.push(opening);
    size += writes;
  }
  return chunks;
}

function keyOf(write: Write): string {
  const key =
    'put' in write ? write.put : 'update' in write ? write.update : 'delete' in write ? write.delete : write.check;
  return `${key.pk}/${key.sk}`;
}

function firstOf<T>(list: readonly T[]): T {
  const [first] = list;
  if (first === undefined) throw new RangeError('a group has at least one member');
  return first;
}
