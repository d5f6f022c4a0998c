import { capital, quoted } from '../brief/plain.ts';
import { runningWaivers, type Waiver } from '../decision/waiver.ts';
import { type Instant, later } from '../finding/instant.ts';
import type { Hold } from '../hold/hold.ts';
import { openHolds } from '../hold/ledger.ts';
import type { Table } from '../hold/table.ts';
import type { PolicyInForce, PolicyWaiver } from '../policy/policy.ts';
import { filedReviews } from './file.ts';
import type { ReviewRecord } from './review.ts';
import type { Ending } from './summary-text.ts';

/** Something that ends, and whom that concerns. */
export type EndingFor = Ending & { readonly people: readonly string[] };

const day = 86_400_000;
/** Leave of a week and less is spoken of in time for somebody to plan the fix. */
const waiverAhead = 7 * day;
const actionAhead = 2 * day;
const deadlineAhead = day;
const briefedFor = day / 6;

/** Waivers, deadlines of open holds and action items of reviews that end soon or are overdue, each with those it concerns. */
export async function endingsOf(table: Table, policy: PolicyInForce, now: Instant): Promise<readonly EndingFor[]> {
  const [waivers, holds, reviews] = await Promise.all([
    runningWaivers(table, later(now, waiverAhead)),
    openHolds(table),
    filedReviews(table),
  ]);
  return [
    ...waivers.map((waiver) => ofWaiver(waiver, policy)),
    ...policy.waivers.filter(({ until }) => isSoon(until, now)).map((waiver) => ofPolicyWaiver(waiver, policy, now)),
    ...holds.filter((hold) => isDueSoon(hold, now)).map((hold) => ofHold(hold, policy)),
    ...reviews.flatMap((review) => ofActions(review, now)),
  ];
}

/** A waiver of the file is spoken of for a week before its end and a week after. */
function isSoon(until: Instant, now: Instant): boolean {
  return until <= later(now, waiverAhead) && until >= later(now, -waiverAhead);
}

/** Those halted just now have their first brief, which says the same. */
function isDueSoon({ deadline, openedAt }: Hold, now: Instant): boolean {
  return deadline <= later(now, deadlineAhead) && openedAt <= later(now, -briefedFor);
}

function ofWaiver({ service, release, kind, reason, by, until }: Waiver, policy: PolicyInForce): EndingFor {
  const what = {
    risk: 'the accepted risk',
    workaround: 'the workaround',
    'pending-verification': 'the time for a scan to show the fix',
  }[kind];
  return {
    at: until,
    what: `${what} for ${service}${release === null ? '' : ` release ${release.slice(0, 8)}`} (${quoted(reason)}). Unfixed then, the stage halts again.`,
    people: [...by, ...stakeholders(policy, service, ['security', 'release-manager', 'developer', 'risk-owner'])],
  };
}

function ofPolicyWaiver(
  { service, vulnerability, by, until }: PolicyWaiver,
  policy: PolicyInForce,
  now: Instant,
): EndingFor {
  const ended = until <= now ? 'ended; take it out of the policy' : 'ends; what it covers halts again then';
  return {
    at: until,
    what: `the policy's waiver for ${vulnerability} in ${service} ${ended}.`,
    people: [...by, ...stakeholders(policy, service, ['security'])],
  };
}

function ofHold(hold: Hold, policy: PolicyInForce): EndingFor {
  const state = hold.decision === null ? 'nobody has decided yet' : 'decided, and waiting for its evidence';
  return {
    at: hold.deadline,
    what: `${capital(hold.service)} is held by ${quoted(hold.problem.title)}: ${state}.`,
    people: stakeholders(policy, hold.service, ['security', 'release-manager']),
  };
}

function ofActions(review: ReviewRecord, now: Instant): readonly EndingFor[] {
  return review.actions
    .filter(({ state, due }) => state === 'open' && due <= later(now, actionAhead))
    .flatMap(({ what, owner, due }) =>
      owner === null
        ? []
        : [{ at: due, what: `${what} (review of ${review.service}, ${quoted(review.title)}).`, people: [owner] }],
    );
}

type RoleName = keyof PolicyInForce['services'][number]['stakeholders'];

function stakeholders(policy: PolicyInForce, service: string, roles: readonly RoleName[]): readonly string[] {
  const found = policy.services.find(({ name }) => name === service);
  return roles.flatMap((role) => found?.stakeholders[role] ?? []);
}
