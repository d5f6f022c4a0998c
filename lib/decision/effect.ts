import { clockOf } from '../brief/recipients.ts';
import { later } from '../finding/instant.ts';
import { untrusted } from '../finding/untrusted.ts';
import type { Dispute, Hold } from '../hold/hold.ts';
import { type HoldChange, nextWake } from '../hold/ledger.ts';
import { aboutOf } from '../hold/reassess.ts';
import { type PolicyInForce, type Service, settingOf } from '../policy/policy.ts';
import { scoreVector } from '../risk/cvss.ts';
import { differenceOf } from '../risk/difference.ts';
import { placedIn } from '../risk/environment.ts';
import { planOf } from './plan.ts';
import type { OfferedAction } from './rules.ts';
import type { Vote } from './vote.ts';

/** A complete decision: its last vote, who took it, and the fields that all of them agree on. */
export type Decided = {
  readonly hold: Hold;
  readonly action: OfferedAction;
  readonly vote: Vote;
  readonly by: readonly string[];
  readonly fields: Vote['fields'];
  readonly service: Service;
  readonly policy: PolicyInForce;
};

/** What each decision does to its hold at once. */
export const effects: Readonly<Record<OfferedAction, (decided: Decided) => HoldChange>> = {
  'remediation-approved': verified,
  'workaround-accepted': verified,
  'risk-accepted': verified,
  'roll-back': verified,
  'dispute-confirmed': verified,
  reassess: verified,
  dispute: disputed,
  'dispute-refused': refused,
  'change-plan': planChanged,
  'more-time': extended,
  'keep-halted': kept,
};

/** The workflow verifies it: it counts the votes again and looks at findings and pipeline before anything happens. */
function verified({ hold, action, vote, by, fields }: Decided): HoldChange {
  const { reason, at } = vote;
  // What one release is let go by, or taken out for, is decided for the one that this vote saw.
  const seen = {
    execution: hold.release?.executionId ?? '',
    commit: hold.release?.commit ?? '',
    digest: hold.release?.digest ?? '',
    target: hold.wayBack?.to?.executionId ?? '',
  };
  const decision = {
    action,
    revision: hold.revision,
    by,
    at,
    reason,
    fields: { ...fields, ...seen },
    state: 'verifying',
  } as const;
  return { set: { decision, wantsVerify: true } };
}

function disputed({ hold, vote, fields, service, policy }: Decided): HoldChange {
  const vector = (fields.vector ?? '').trim();
  const { threat } = hold.assessment;
  const placed = placedIn(vector, { setting: settingOf(service, policy), threat, isStated: true });
  const score = scoreVector(placed.vector);
  if (!score.ok) throw new RangeError(`a vector that cannot be scored came through: ${score.error}`);
  const { scored } = score;
  const [worst] = hold.worst;
  const dispute: Dispute = {
    origin: 'developer',
    about: worst === undefined ? untrusted(hold.id) : aboutOf(worst),
    state: 'open',
    severity: scored.severity,
    score: scored.score,
    vector,
    author: vote.personId,
    reason: untrusted(vote.reason),
    at: vote.at,
  };
  return { set: { dispute, decision: standingDecision(hold) }, ...disputeNews(hold, dispute) };
}

/** What everybody is told of a severity that somebody brought, and what stands on the timeline. */
export function disputeNews(hold: Hold, dispute: Dispute): Pick<HoldChange, 'happenings' | 'notice' | 'raises'> {
  const { author, reason, score, severity, vector } = dispute;
  const difference = differenceOf(hold.ratings.at(-1) ?? dispute, dispute);
  return {
    happenings: [{ kind: 'disputed', actor: author, data: { score, severity, vector, difference, reason } }],
    raises: true,
    notice: { kind: 'disputed', by: author, difference, reason },
  };
}

function refused({ hold, vote }: Decided): HoldChange {
  const dispute: Dispute | null = hold.dispute === null ? null : { ...hold.dispute, state: 'refused' };
  return {
    set: { dispute, decision: standingDecision(hold) },
    raises: true,
    notice: { kind: 'dispute-refused', by: vote.personId, reason: vote.reason },
  };
}

function planChanged({ hold, vote, fields }: Decided): HoldChange {
  const plan = planOf(hold.plan, fields);
  const { fix = null, test = null, workaround = null, owner = null } = plan;
  return {
    set: { plan, decision: standingDecision(hold) },
    happenings: [{ kind: 'plan-changed', actor: vote.personId, data: { fix, test, workaround, owner } }],
    raises: true,
    notice: { kind: 'plan-changed', by: vote.personId },
  };
}

function extended({ hold, vote, fields, service, policy }: Decided): HoldChange {
  const hours = Number(fields.hours);
  const deadline = later(hold.deadline > vote.at ? hold.deadline : vote.at, hours * 3_600_000);
  return {
    set: {
      deadline,
      wakeAt: nextWake(vote.at, clockOf(service, policy).remind, deadline),
      decision: standingDecision(hold),
    },
    raises: true,
    notice: { kind: 'more-time', hours, by: vote.personId },
  };
}

function kept({ hold, vote, service, policy }: Decided): HoldChange {
  return {
    set: {
      decision: standingDecision(hold),
      level: hold.level + 1,
      wakeAt: nextWake(vote.at, clockOf(service, policy).remind, hold.deadline),
    },
    raises: true,
    notice: { kind: 'kept-halted', by: vote.personId, reason: vote.reason },
  };
}

/** What everything new leaves of the decision before it: a roll-back that is done stays done, the rest is void. */
function standingDecision({ decision }: Hold): Hold['decision'] {
  return decision?.state === 'carried-out' ? decision : null;
}
