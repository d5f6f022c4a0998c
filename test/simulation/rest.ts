import type { MemoryTable } from '../../lib/embedded/memory-table.ts';
import type { Finding } from '../../lib/finding/finding.ts';
import { Instant, instantOf, later } from '../../lib/finding/instant.ts';
import { firstBroken } from '../../lib/hold/events.ts';
import { rowSk } from '../../lib/hold/finding-row.ts';
import { gateOf } from '../../lib/hold/gate.ts';
import { Hold, stageKeyOf } from '../../lib/hold/hold.ts';
import { eventsOf } from '../../lib/hold/ledger.ts';
import { readStage } from '../../lib/hold/stage.ts';
import type { Item } from '../../lib/hold/table.ts';
import type { Weather } from './faults.ts';
import { isOurs } from './invariants.ts';
import type { SimulatedPipelines, SimulatedStage } from './pipelines.ts';
import type { Scanner } from './scanner.ts';
import type { Verdict } from './trace.ts';

/** What the world knows of itself when nothing moves any more. */
export type Rest = {
  readonly weather: Weather;
  /** By how much clocks were wrong at most, in milliseconds: a report from the future counts as of its arrival. */
  readonly skew: number;
  readonly now: Instant;
  /** Of the policy in force. */
  readonly policyHash: string;
  /** Whoever is told of each hold. */
  readonly stakeholders: readonly string[];
  /** Whether a workflow runs for a hold. */
  readonly runs: (holdId: string) => boolean;
  /** Reports that intake took in. */
  readonly accepted: readonly Finding[];
  /** Records that nobody could read, and that intake took in. */
  readonly poisoned: number;
};

type Watched = {
  readonly ledger: MemoryTable;
  readonly log: Verdict;
  readonly pipelines: SimulatedPipelines;
  readonly scanner: Scanner;
  readonly items: readonly Item[];
};

/** I2, I3, I5, I6, I10 and I11, which hold when nothing moves any more and a sweep has passed. */
export async function restOf(watched: Watched, rest: Rest): Promise<void> {
  for (const stage of watched.pipelines.stages) await stageAtRest(watched, stage, rest);
  for (const hold of holdsOf(watched)) {
    await holdAtRest(watched, hold, rest);
    await evidenceAtRest(watched, hold, rest);
  }
  findingsAtRest(watched, rest);
  waiversAtRest(watched, rest);
}

/** What ended by the clock has ended, and what stands only for the time of a waiver does not outlive it. */
function waiversAtRest({ log, pipelines, items }: Watched, { now, skew }: Rest): void {
  const running = items.filter(({ list }) => list === 'WAIVERS');
  for (const { pk, sk, until } of running)
    if (typeof until === 'string' && until < later(now, -endsWithin - skew))
      log.violate('waiver', `${pk} of ${sk} ended at ${until}, and still runs`);
  for (const { address } of pipelines.stages) {
    const key = stageKeyOf(address);
    const only = items.find(({ pk, sk }) => pk === `STAGE#${key}` && sk === 'STATE')?.only;
    for (const holdId of only instanceof Set ? only : [])
      if (!running.some(({ sk }) => sk === holdId))
        log.violate('waiver', `only named releases may enter ${address.name}, and the waiver of ${holdId} has ended`);
  }
  for (const { pk, sk, hold } of items) {
    if (!pk.startsWith('PROBLEM#') || sk !== 'STATE' || hold === undefined) continue;
    const held = items.find((item) => item.pk === `HOLD#${hold}` && item.sk === 'STATE');
    if (held?.status === undefined || held.status === 'closed')
      log.violate('I2', `${pk} is held by ${hold}, which is closed`);
  }
}

/** A pass of the sweep and what follows from it, in milliseconds. */
const endsWithin = 180_000;

async function stageAtRest({ ledger, log, items }: Watched, stage: SimulatedStage, { weather }: Rest): Promise<void> {
  const known = await readStage(ledger, stage.address);
  const { name } = stage.address;
  if (known.open.size > 0 && stage.enabled && known.alarm === null)
    log.violate('I2', `${name} is enabled with open holds ${[...known.open].join(', ')} and no alarm`);
  if (known.open.size > 0 && !stage.enabled && known.alarm !== null)
    log.violate('I2', `${name} is disabled, and the alarm is still up: ${known.alarm}`);
  if (known.open.size > 0 && stage.enabled) log.reach('NOT HALTED at rest');
  // What may have covered a person's own disable is theirs to enable.
  if (known.open.size === 0 && !stage.enabled && isOurs(stage) && known.foreign !== 'unknown')
    log.violate('I3', `${name} is disabled by us, and no hold is open (phase ${known.phase})`);
  const next = stage.waiting ?? stage.refused;
  if (known.open.size === 0 && known.only.size === 0 && next !== null && !gateOf(known, next.id).allowed)
    log.violate('I3', `no hold is open on ${name}, and its gate refuses ${next.id}`);
  const key = stageKeyOf(stage.address);
  const open = items.filter(
    ({ pk, sk, stageKey, status }) => isHold(pk, sk) && stageKey === key && status !== 'closed',
  );
  const ids = new Set(open.map(({ id }) => String(id)));
  if (ids.size !== known.open.size || [...known.open].some((id) => !ids.has(id)))
    log.violate('I2', `${name} counts ${[...known.open].join(', ')} as open, the holds say ${[...ids].join(', ')}`);
  // I11, the one way: halting has not waited for telling.
  if (weather !== 'no stage can be disabled' && open.some(({ status }) => status !== 'in-force'))
    log.violate('I11', `a hold on ${name} is not in force (${weather})`);
}

async function holdAtRest(
  { ledger, log, pipelines, items }: Watched,
  hold: Item,
  { runs, weather, stakeholders }: Rest,
): Promise<void> {
  const own = items.filter(({ pk }) => pk === hold.pk);
  const reviews = own.filter(({ sk }) => sk === 'REVIEW');
  if (reviews.length !== 1) log.violate('I5', `${hold.pk} has ${reviews.length} review records`);
  const isFiled = reviews[0]?.complete === true;
  const isRunning = runs(String(hold.id));
  if (!isRunning && !(hold.status === 'closed' && isFiled))
    log.violate('I6', `${hold.pk} is ${hold.status}, and no workflow runs for it`);
  if (weather !== 'nobody can be told' && hold.status === 'in-force' && isToVerify(Hold.parse(hold), pipelines))
    log.violate('I6', `${hold.pk} is to be verified, and its workflow sleeps`);
  const broken = firstBroken(await eventsOf(ledger, String(hold.id)));
  if (broken !== null) log.violate('chain', `event ${broken} of ${hold.pk} does not fit the one before it`);
  // I11, the other way: telling has not waited for halting.
  const isOpen = hold.status !== 'closed' && weather !== 'nobody can be told';
  for (const person of isOpen ? stakeholders : []) {
    const isTold = own.some(({ sk }) => sk.startsWith('TOLD#') && sk.endsWith(`#${person}`));
    if (!isTold && !isTurnAwaited(items, person, String(hold.id)))
      log.violate('I11', `${person} was not told of ${hold.pk} (${weather})`);
  }
  if (isOpen && hold.wantsNotify === true)
    log.violate('I11', `news of ${hold.pk} woke nobody up to tell it: ${JSON.stringify(hold.notice)}`);
}

/** Something is to be verified or to be carried on with; a roll-back has to wait for the release that is inside. */
function isToVerify({ wantsVerify, closing, decision, stage }: Hold, pipelines: SimulatedPipelines): boolean {
  const isDecided =
    decision?.action === 'roll-back'
      ? decision.state !== 'carried-out' && pipelines.stage(stage).inside === null
      : decision?.state === 'verifying';
  return wantsVerify || closing !== null || isDecided;
}

/** Where nobody has decided and people can be told, a hold does not outlive its evidence: the mended image waits, and was scanned. */
async function evidenceAtRest({ log, pipelines, scanner }: Watched, item: Item, { weather }: Rest): Promise<void> {
  if (item.status !== 'in-force' || weather === 'nobody can be told') return;
  const hold = Hold.parse(item);
  const stage = pipelines.stage(hold.stage);
  const digest = (stage.waiting ?? stage.refused)?.digest;
  const isUndecided = hold.decision === null && hold.dispute?.state !== 'open';
  if (hold.evidence !== 'before-stage' || !isUndecided || digest === undefined) return;
  const coverage = await scanner.port.coverage(digest, []);
  if (coverage.status !== 'scanned' || coverage.at < hold.openedAt) return;
  const onImage = scanner.findings().filter(({ resources }) => resources.some((one) => one.digest === digest));
  if (onImage.every(({ state }) => state === 'closed'))
    log.violate('evidence', `${hold.id} is held though its image ${digest.slice(7, 15)} was scanned and is clean`);
}

/** Somebody who was told a lot hears of the hold when their turn comes: the sweep sees to it. */
function isTurnAwaited(items: readonly Item[], person: string, holdId: string): boolean {
  return items.some(
    ({ pk, sk, list, waiting }) =>
      pk === `PERSON#${person}` &&
      sk.startsWith('SENT#') &&
      list === 'UNTOLD' &&
      Array.isArray(waiting) &&
      waiting.includes(holdId),
  );
}

/** I10: what was accepted is recorded, and what is open above the line is held or let go by name. */
function findingsAtRest({ log, items }: Watched, { accepted, poisoned, skew }: Rest): void {
  const rows = items.filter(({ pk, sk }) => pk.startsWith('PROBLEM#') && sk.startsWith('FINDING#'));
  for (const finding of accepted) {
    const row = rows.find(({ sk }) => sk === rowSk(finding.id));
    if (row === undefined || String(row.updatedAt) < later(finding.updatedAt ?? begin, -skew))
      log.violate('I10', `${finding.id} of ${finding.updatedAt} was accepted, and is not recorded`);
  }
  const kept = items.filter(({ pk }) => pk.startsWith('REJECTED#')).length;
  if (kept < poisoned) log.violate('I10', `${poisoned} records could not be read, and ${kept} are kept`);
  const waived = new Set(items.filter((item) => item.list === 'WAIVERS').map(({ holdId }) => String(holdId)));
  const problems = new Set(items.filter(({ id }) => waived.has(String(id))).map((hold) => problemOf(hold)));
  for (const row of rows) {
    const state = items.find(({ pk, sk }) => pk === row.pk && sk === 'STATE');
    const isOpen = row.state === 'open' && row.verdict === 'halt';
    if (!isOpen || state?.hold !== undefined || problems.has(row.pk.slice(8))) continue;
    const closed = items.find(({ pk, sk }) => pk === `HOLD#${state?.previous}` && sk === 'STATE');
    // People decided that it does not halt here: the scanner may go on reporting it.
    if (closed?.outcome !== 'not-affected' && !isReportedAsItClosed(row, closed, skew))
      log.violate('I10', `${row.pk} is open above the line, and nothing holds it`);
  }
}

/** A closing settles what was reported before it; when clocks differ, a report of the same moments looks newer, and stays. */
function isReportedAsItClosed(row: Item, closed: Item | undefined, skew: number): boolean {
  if (skew === 0 || typeof closed?.closedAt !== 'string') return false;
  return String(row.updatedAt) <= later(Instant.parse(closed.closedAt), 2 * skew);
}

const begin = instantOf(0);

function holdsOf({ items }: Watched): readonly Item[] {
  return items.filter(({ pk, sk }) => isHold(pk, sk));
}

function isHold(pk: string, sk: string): boolean {
  return pk.startsWith('HOLD#') && sk === 'STATE';
}

function problemOf({ problem }: Item): string {
  return typeof problem === 'object' && problem !== null && 'hash' in problem ? String(problem.hash) : '';
}
