import type { Ports } from '../../aws/ports.ts';
import type { Vote } from '../../decision/vote.ts';
import type { Action, Hold, HoldEvent } from '../../hold/hold.ts';
import { type StageKey, stageKeyOf } from '../../hold/hold.ts';
import { openHolds, readHold } from '../../hold/ledger.ts';
import { readStage } from '../../hold/stage.ts';
import { StageAddress } from '../../policy/policy.ts';
import { filedReviews, readReview } from '../../review/file.ts';
import type { ReviewRecord } from '../../review/review.ts';
import type { OptionView } from '../views.ts';
import { recordOf } from './hold-view.ts';
import { optionViews } from './option-view.ts';
import { pageFacts } from './page-facts.ts';
import type { PipelineRow, ReleaseOnBoard } from './pipeline-row.ts';

/** A hold as programs get it; null is unknown or none. */
export type HoldJson = {
  readonly id: string;
  readonly code: string;
  readonly stageKey: StageKey;
  readonly service: string;
  readonly problem: { readonly title: string; readonly vulnerabilities: readonly string[] };
  readonly status: Hold['status'];
  /** Name of the decision that is being carried out. */
  readonly decision: Action | null;
  readonly outcome: Extract<Hold, { status: 'closed' }>['outcome'] | null;
  readonly revision: number;
  readonly openedAt: string;
  readonly inForceAt: string | null;
  readonly closedAt: string | null;
  readonly severity: Hold['assessment']['severity'];
  readonly score: number | null;
  readonly release: Hold['release'];
};

/** A hold with all that the ledger keeps beside it. The workflow's token is not part of it. */
export type WholeHoldJson = HoldJson & {
  readonly assessment: Hold['assessment'] & { readonly reasons: Hold['reasons'] };
  /** Whether the release introduces the problem, since when production has it, and whether the release lowers the risk. */
  readonly origin: Hold['origin'];
  /** Every severity that somebody gave, in order of time: the last is in force. */
  readonly ratings: Hold['ratings'];
  /** The severity that waits, or waited, for security's word. */
  readonly dispute: Hold['dispute'];
  /** What would change the verdict, what is not known, and which dates of standards may follow; null until it is worked out. */
  readonly outlook: Hold['outlook'];
  readonly plan: Hold['plan'];
  /** Where the stage can go back to, and what that brings back. */
  readonly wayBack: Hold['wayBack'];
  readonly options: readonly OptionView[];
  readonly events: readonly HoldEvent[];
  readonly votes: readonly Vote[];
};

/** A pipeline as programs get it. */
export type PipelineJson = {
  readonly name: string;
  readonly stages: readonly {
    readonly name: string;
    readonly key: string;
    readonly transition: 'enabled' | 'disabled';
    readonly reason: string | null;
    /** The release that waits before the stage, else the one inside, else the one that last passed. */
    readonly release:
      | (Pick<ReleaseOnBoard, 'executionId' | 'commit' | 'author' | 'digest'> & {
          readonly position: 'waiting' | 'in-stage' | 'none';
        })
      | null;
    /** Ids of the open holds. */
    readonly holds: readonly string[];
  }[];
};

/** Holds that end up in a list: all open ones and so many of the newest. */
const holdsMax = 200;

/** The open holds and the newest closed ones, newest first. */
export async function holdsJson({ table }: Pick<Ports, 'table'>): Promise<readonly HoldJson[]> {
  // Every hold is born with a review record, which lists it for ever.
  const born = (await table.listed('REVIEWS')).slice(-holdsMax).map((item) => String(item.id));
  const open = (await openHolds(table)).map(({ id }) => id);
  const holds = await Promise.all([...new Set([...born, ...open])].map((id) => readHold(table, id)));
  return holds
    .filter((hold) => hold !== null)
    .toSorted((a, b) => (a.openedAt < b.openedAt ? 1 : a.openedAt > b.openedAt ? -1 : 0))
    .map(inJson);
}

/** One hold with assessment, options, events and votes; null when there is none of this id. */
export async function holdJson(
  ports: Pick<Ports, 'table' | 'policy' | 'clock'>,
  holdId: string,
): Promise<WholeHoldJson | null> {
  const hold = await readHold(ports.table, holdId);
  if (hold === null) return null;
  const { events, votes } = await recordOf(ports, hold);
  const facts = pageFacts(ports.policy, hold, ports.clock.now());
  return {
    ...inJson(hold),
    assessment: { ...hold.assessment, reasons: hold.reasons },
    origin: hold.origin,
    ratings: hold.ratings,
    dispute: hold.dispute,
    outlook: hold.outlook,
    plan: hold.plan,
    wayBack: hold.wayBack,
    options: facts === null ? [] : optionViews(facts),
    events,
    votes,
  };
}

/** The filed reviews, newest first. */
export async function reviewsJson({ table }: Pick<Ports, 'table'>): Promise<readonly ReviewRecord[]> {
  return await filedReviews(table);
}

/** One review, of an open hold the draft; null when there is no such hold. */
export async function reviewJson(ports: Pick<Ports, 'table' | 'policy'>, holdId: string): Promise<ReviewRecord | null> {
  return await readReview(ports, holdId);
}

/** Every pipeline with the holds on each of its stages. */
export async function pipelinesJson(
  { table }: Pick<Ports, 'table'>,
  rows: readonly PipelineRow[],
): Promise<readonly PipelineJson[]> {
  return await Promise.all(
    rows.map(async ({ account, region, name, stages }) => ({
      name,
      stages: await Promise.all(
        stages.map(async (stage) => ({
          name: stage.name,
          key: stage.key,
          transition: stage.transition,
          reason: stage.reason,
          release: releaseIn(stage),
          holds: await holdsOn(table, { account, region, name, stage: stage.name }),
        })),
      ),
    })),
  );
}

async function holdsOn(table: Ports['table'], place: StageAddress): Promise<readonly string[]> {
  const address = StageAddress.safeParse(place);
  return address.success ? [...(await readStage(table, address.data)).open].toSorted() : [];
}

function releaseIn({
  waiting,
  inside,
  passed,
}: PipelineRow['stages'][number]): PipelineJson['stages'][number]['release'] {
  const release = waiting ?? inside ?? passed;
  if (release === null) return null;
  const { executionId, commit, author, digest } = release;
  const position = waiting !== null ? 'waiting' : inside !== null ? 'in-stage' : 'none';
  return { executionId, commit, author, digest, position };
}

function inJson(hold: Hold): HoldJson {
  const rating = hold.ratings.at(-1);
  return {
    id: hold.id,
    code: hold.code,
    stageKey: stageKeyOf(hold.stage),
    service: hold.service,
    problem: { title: hold.problem.title, vulnerabilities: hold.problem.vulnerabilities },
    status: hold.status,
    decision: hold.decision?.action ?? null,
    outcome: hold.status === 'closed' ? hold.outcome : null,
    revision: hold.revision,
    openedAt: hold.openedAt,
    inForceAt: hold.status === 'pending' ? null : hold.inForceAt,
    closedAt: hold.status === 'closed' ? hold.closedAt : null,
    severity: rating?.severity ?? hold.assessment.severity,
    score: rating?.score ?? hold.assessment.score,
    release: hold.release,
  };
}
