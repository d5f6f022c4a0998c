import { toldAbout } from '../decision/told.ts';
import { votesOn } from '../decision/vote.ts';
import { eventsOf, filed, readHold } from '../hold/ledger.ts';
import type { Table } from '../hold/table.ts';
import type { PolicyInForce } from '../policy/policy.ts';
import { ReviewRecord, reviewOf } from './review.ts';

export type ReviewDeps = { readonly table: Table; readonly policy: PolicyInForce };

/** Completes the review record of a closed hold in the ledger. Filing it again writes the same. */
export async function fileReview(deps: ReviewDeps, holdId: string): Promise<ReviewRecord> {
  const record = await draftReview(deps, holdId);
  if (record === null || record.closedAt === null)
    throw new Error(`hold ${holdId} is not closed: its review cannot be filed`);
  const key = { pk: `HOLD#${holdId}`, sk: 'REVIEW' };
  const { openedAt, ...rest } = record;
  await deps.table.transact([
    { put: { ...key, openedAt, ...rest, complete: true, list: 'REVIEWS', at: openedAt } },
    filed(holdId),
  ]);
  return record;
}

/** The review record as it stands now; of an open hold a draft. Null when there is no such hold. */
export async function draftReview(deps: ReviewDeps, holdId: string): Promise<ReviewRecord | null> {
  const hold = await readHold(deps.table, holdId);
  if (hold === null) return null;
  const [events, votes, told] = await Promise.all([
    eventsOf(deps.table, holdId),
    votesOn(deps.table, holdId),
    toldAbout(deps.table, holdId),
  ]);
  const service = deps.policy.services.find(({ name }) => name === hold.service) ?? null;
  return reviewOf({ hold, events, votes, told, service, people: deps.policy.people });
}

/** A review: the filed record, or the draft of what is not filed yet. Null when there is no such hold. */
export async function readReview(deps: ReviewDeps, holdId: string): Promise<ReviewRecord | null> {
  const item = await deps.table.get({ pk: `HOLD#${holdId}`, sk: 'REVIEW' });
  return item?.complete === true ? ReviewRecord.parse(item) : await draftReview(deps, holdId);
}

/** Filed reviews, newest first. */
export async function filedReviews(table: Table): Promise<readonly ReviewRecord[]> {
  const items = await table.listed('REVIEWS');
  return items
    .filter((item) => item.complete === true)
    .map((item) => ReviewRecord.parse(item))
    .toReversed();
}
