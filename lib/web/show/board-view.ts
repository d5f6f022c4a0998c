import type { Ports } from '../../aws/ports.ts';
import { kevAge } from '../../brief/known-exploited.ts';
import { placeOf } from '../../brief/standing.ts';
import { lastCompared } from '../../decision/subscriptions.ts';
import { toldAbout } from '../../decision/told.ts';
import { instantOf } from '../../finding/instant.ts';
import { type Hold, stageKeyOf } from '../../hold/hold.ts';
import { openHolds } from '../../hold/ledger.ts';
import { rejectedRecords, unclaimedFindings } from '../../hold/rejected.ts';
import { readStage, type Stage } from '../../hold/stage.ts';
import type { Service } from '../../policy/policy.ts';
import { filedReviews } from '../../review/file.ts';
import type { BoardView, HeldView, PipelineView, ReleaseView, StageOfPipeline } from '../views.ts';
import { type BoardFacts, notesOf } from './board-notes.ts';
import { decidingOn, decisionInWords } from './hold-view.ts';
import { pageFacts } from './page-facts.ts';
import { type PipelineRow, type ReleaseOnBoard, rowOf } from './pipeline-row.ts';
import { reviewRow } from './review-view.ts';
import { notReached } from './told-view.ts';

/** The board: pipelines as they show themselves, with what the ledger says of each. One entry for each service of the policy. */
export async function boardView(
  ports: Pick<Ports, 'table' | 'policy' | 'clock' | 'intelligence'>,
  rows: readonly PipelineRow[],
  counts: { readonly messages: number | null; readonly canRelease: boolean; readonly givenUp?: number },
): Promise<BoardView> {
  const { table, policy } = ports;
  const [open, stages, rejected, unclaimed, reviews, compared, intelligence] = await Promise.all([
    openHolds(table),
    Promise.all(policy.services.map((service) => readStage(table, service.pipeline))),
    rejectedRecords(table),
    unclaimedFindings(table),
    filedReviews(table),
    lastCompared(table),
    ports.intelligence(),
  ]);
  const held = await Promise.all(open.map((hold) => heldView(ports, hold)));
  const subscriptionFaults = compared?.faults ?? [];
  const facts: BoardFacts = {
    policy,
    rows,
    open,
    stages,
    unclaimed,
    subscriptionFaults,
    intelligence,
    givenUp: counts.givenUp ?? 0,
  };
  return {
    pipelines: policy.services.map((service) => ({
      service: service.name,
      stages: stagesOf(service, facts),
      holds: held.filter((_, at) => open[at]?.service === service.name),
    })),
    notes: notesOf(facts),
    reviews: reviews.slice(0, reviewsShown).map((review) => reviewRow(review, policy.people)),
    rejected: rejected.length,
    messages: counts.messages,
    knownExploited: kevAge(intelligence),
    canRelease: counts.canRelease,
  };
}

const reviewsShown = 5;

function stagesOf(service: Service, facts: BoardFacts): PipelineView['stages'] {
  const row = rowOf(service, facts.rows);
  return (row?.stages ?? []).map((stage, at) => ({
    name: stage.name,
    transition: at === 0 ? 'none' : transitionOf(stage, facts),
    reason: stage.transition === 'disabled' ? stage.reason : null,
    waiting: stage.waiting === null ? null : releaseView(stage.waiting, 'waiting'),
    inside: insideOf(stage),
  }));
}

function insideOf({ inside, refused, passed }: PipelineRow['stages'][number]): StageOfPipeline['inside'] {
  if (inside !== null) return releaseView(inside, 'running');
  if (refused !== undefined && refused !== null) return releaseView(refused, 'failed');
  return passed === null ? null : releaseView(passed, 'passed');
}

/** A halt counts as held only while the pipeline shows it and the ledger has it in force: either alone is not enough. */
function transitionOf(
  { key, transition }: PipelineRow['stages'][number],
  { open, stages }: BoardFacts,
): StageOfPipeline['transition'] {
  const holds = open.filter((hold) => hold.stageKey === key);
  // The list of open holds may lag behind; the stage itself never does.
  const known = stages.find((stage) => stageKeyOf(stage.address) === key);
  if (holds.length === 0 && (known === undefined || known.open.size === 0))
    return transition === 'enabled' ? 'open' : 'shut';
  return transition === 'disabled' && isInForce(holds, known) ? 'held' : 'not-halted';
}

function isInForce(holds: readonly Hold[], stage: Stage | undefined): boolean {
  return holds.some(({ status }) => status === 'in-force') && stage?.alarm === null;
}

function releaseView({ executionId, commit, author, since }: ReleaseOnBoard, state: ReleaseView['state']): ReleaseView {
  return { executionId, commit, author, since: instantOf(since), state };
}

async function heldView(
  { table, policy, clock }: Pick<Ports, 'table' | 'policy' | 'clock'>,
  hold: Hold,
): Promise<HeldView> {
  const facts = pageFacts(policy, hold, clock.now());
  const rating = hold.ratings.at(-1);
  return {
    id: hold.id,
    code: hold.code,
    title: hold.problem.title,
    stage: hold.stage.stage,
    status: hold.status === 'in-force' ? 'in-force' : 'pending',
    severity: rating?.severity ?? null,
    score: rating?.score ?? null,
    openedAt: hold.openedAt,
    deciding: facts === null ? null : decidingOn(facts),
    decision: facts === null ? null : decisionInWords(facts),
    releaseInside: placeOf(hold) === 'inside',
    notReached: notReached(await toldAbout(table, hold.id), policy),
  };
}
