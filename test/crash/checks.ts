import { ListActionExecutionsCommand } from '@aws-sdk/client-codepipeline';
import { ListExecutionsCommand, ListStateMachinesCommand } from '@aws-sdk/client-sfn';
import { codePipeline } from '../../lib/aws/code-pipeline.ts';
import { dynamoTable } from '../../lib/aws/dynamo-table.ts';
import { systemChance, systemClock } from '../../lib/aws/ports.ts';
import { readText } from '../../lib/finding/read.ts';
import { firstBroken } from '../../lib/hold/events.ts';
import { rowSk } from '../../lib/hold/finding-row.ts';
import { type Hold, stageKeyOf } from '../../lib/hold/hold.ts';
import { eventsOf, openHolds, problemItemKey, readHold } from '../../lib/hold/ledger.ts';
import { readStage } from '../../lib/hold/stage.ts';
import type { Table } from '../../lib/hold/table.ts';
import { loadPolicy } from '../../lib/policy/load.ts';
import { problemOf } from '../../lib/policy/problem.ts';
import type { Place } from './machine.ts';
import { policyText } from './policy.ts';
import { type Accepted, clientsOf, type Journal } from './world.ts';

const policy = loadPolicy(policyText, 'the crashed policy');

/** What the checks remember between restarts, so that each looks only at what is new. */
export type Seen = {
  /** Length of the chain of events up to which a hold's chain was checked. */
  readonly chains: Map<string, number>;
  /** Arrivals of the findings that were found in the ledger. */
  readonly findings: Map<string, string>;
  /** When each hold of a stage was in force, in milliseconds. */
  readonly halts: Map<string, Halt>;
  votes: number;
};
type Halt = { readonly stage: string; readonly from: number; readonly until: number };

/** Nothing seen yet. */
export function nothingSeen(): Seen {
  return { chains: new Map(), findings: new Map(), halts: new Map(), votes: 0 };
}

/** Reaches into a running runtime. */
export type Inspection = ReturnType<typeof inspectionOf>;
export function inspectionOf(place: Place) {
  const clients = clientsOf(place);
  const table = dynamoTable({
    documents: () => clients.dynamodb(),
    tableName: place.table,
    clock: systemClock,
    chance: systemChance,
  });
  return { clients, table, pipeline: codePipeline(() => clients.codepipeline()) };
}

/**
 * What holds at once, in whatever state the runtime died: the ledger fits together, and a stage whose hold was in force and
 * that nobody else enabled still reads disabled. Sentences of what does not; empty is good.
 */
export async function brokenAtOnce(inspection: Inspection, seen: Seen): Promise<readonly string[]> {
  const { table } = inspection;
  const holds = await openHolds(table);
  const known = new Set([...holds.map(({ id }) => id), ...seen.chains.keys()]);
  const wrong: string[] = [];
  for (const id of known) wrong.push(...(await wrongOfHold(table, id, seen)));
  for (const { pipeline } of policy.services) {
    const stage = await readStage(table, pipeline);
    const open = holds.filter((hold) => hold.stageKey === stageKeyOf(pipeline)).map(({ id }) => id);
    if (open.toSorted().join() !== [...stage.open].toSorted().join())
      wrong.push(`stage ${pipeline.name} lists ${[...stage.open].join()} and the open holds are ${open.join()}`);
  }
  return [...wrong, ...(await enteredWhileHeld(inspection, seen))];
}

/** What comes about by itself after a restart. Sentences of what has not yet; empty is good. */
export async function notYet(inspection: Inspection, journal: Journal, seen: Seen): Promise<readonly string[]> {
  const { table, pipeline } = inspection;
  const missing: string[] = [];
  const running = await runningWorkflows(inspection);
  for (const hold of await openHolds(table)) {
    if (![...running].some((name) => name.startsWith(`${hold.id}-a`))) missing.push(`hold ${hold.id} has no workflow`);
    const { transition } = await pipeline.state(hold.stage);
    if (transition.enabled) missing.push(`hold ${hold.id} is open and its stage is enabled`);
    if (hold.status === 'pending') missing.push(`hold ${hold.id} is not in force`);
  }
  for (const [arn, accepted] of journal.findings) {
    if (seen.findings.get(arn) === accepted.updatedAt) continue;
    if (await isInLedger(table, accepted)) seen.findings.set(arn, accepted.updatedAt);
    else missing.push(`finding ${arn} of ${accepted.updatedAt} was accepted and is not in the ledger`);
  }
  for (const { holdId, personId } of journal.votes.slice(seen.votes)) {
    const events = await eventsOf(table, holdId);
    const cast = events.filter(({ kind, actor }) => kind === 'voted' && actor === personId).length;
    const accepted = journal.votes.filter((one) => one.holdId === holdId && one.personId === personId).length;
    if (cast < accepted) missing.push(`${accepted} votes of ${personId} on ${holdId} were accepted, ${cast} are kept`);
  }
  if (missing.length === 0) seen.votes = journal.votes.length;
  return missing;
}

async function wrongOfHold(table: Table, id: string, seen: Seen): Promise<readonly string[]> {
  const hold = await readHold(table, id);
  if (hold === null) return [`hold ${id} is gone`];
  if (seen.chains.get(id) === hold.head.n && hold.status === 'closed') return [];
  remember(hold, seen);
  const events = await eventsOf(table, id);
  const problem = await table.get(problemItemKey(hold.problem.hash));
  const broken = firstBroken(events);
  const wrong: string[] = [];
  if (broken !== null) wrong.push(`the chain of hold ${id} breaks at event ${broken}`);
  if (events.at(-1)?.n !== hold.head.n)
    wrong.push(`hold ${id} names event ${hold.head.n}, the last is ${events.at(-1)?.n}`);
  if ((problem?.hold === id) !== (hold.status !== 'closed'))
    wrong.push(`hold ${id} is ${hold.status}, its problem says ${problem?.hold}`);
  if ((await table.get({ pk: `HOLD#${id}`, sk: 'REVIEW' })) === null) wrong.push(`hold ${id} has no review record`);
  return wrong;
}

function remember(hold: Hold, seen: Seen): void {
  seen.chains.set(hold.id, hold.head.n);
  const inForceAt = hold.status === 'pending' ? null : hold.inForceAt;
  if (inForceAt === null) return;
  const until = hold.status === 'closed' ? Date.parse(hold.closedAt) : Number.POSITIVE_INFINITY;
  seen.halts.set(hold.id, { stage: hold.stage.name, from: Date.parse(inForceAt), until });
}

/** A release that entered between a hold's coming into force and its closing: with the gate there is none. */
async function enteredWhileHeld({ clients }: Inspection, seen: Seen): Promise<readonly string[]> {
  const codepipeline = await clients.codepipeline();
  const wrong: string[] = [];
  for (const { pipeline } of policy.services) {
    const { actionExecutionDetails = [] } = await codepipeline.send(
      new ListActionExecutionsCommand({ pipelineName: pipeline.name, maxResults: 100 }),
    );
    const halts = [...seen.halts].filter(([, halt]) => halt.stage === pipeline.name);
    for (const { stageName, startTime, pipelineExecutionId } of actionExecutionDetails) {
      if (stageName !== pipeline.stage || startTime === undefined) continue;
      const at = startTime.getTime();
      const [first] = halts.find(([, { from, until }]) => at > from && at < until) ?? [];
      if (first !== undefined) wrong.push(`release ${pipelineExecutionId} entered while hold ${first} was in force`);
    }
  }
  return wrong;
}

async function runningWorkflows({ clients }: Inspection): Promise<ReadonlySet<string>> {
  const sfn = await clients.sfn();
  const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({}));
  const stateMachineArn = stateMachines[0]?.stateMachineArn ?? '';
  const names = new Set<string>();
  let nextToken: string | undefined;
  do {
    const page = await sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING', nextToken }));
    for (const { name } of page.executions ?? []) if (name !== undefined) names.add(name);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return names;
}

/** The ledger knows this report of a finding, or a newer one. */
async function isInLedger(table: Table, { event, service, updatedAt }: Accepted): Promise<boolean> {
  const [reading] = readText(event);
  const address = policy.services.find(({ name }) => name === service)?.pipeline;
  if (reading?.status !== 'finding' || address === undefined)
    throw new Error('the load made a finding that cannot be read');
  const { hash } = problemOf(reading.finding, stageKeyOf(address));
  const row = await table.get({ pk: `PROBLEM#${hash}`, sk: rowSk(reading.finding.id) });
  return typeof row?.updatedAt === 'string' && row.updatedAt >= updatedAt;
}
