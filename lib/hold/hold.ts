import { z } from 'zod';
import { dialects, kinds } from '../finding/finding.ts';
import { Instant } from '../finding/instant.ts';
import { Untrusted } from '../finding/untrusted.ts';
import { Counterfactual } from '../policy/counterfactual.ts';
import { Plan, StageAddress } from '../policy/policy.ts';
import { Assessment, bands, Unknown } from '../risk/assessment.ts';
import { Obligation } from '../risk/obligations.ts';
import { Origin } from './origin.ts';

/** `account/region/pipeline/stage`. */
export type StageKey = z.infer<typeof StageKey>;
export const StageKey = z.string().brand<'StageKey'>();

/** The key of a stage in the ledger, in messages and in the HTTP contract. */
export function stageKeyOf(stage: StageAddress): StageKey {
  return StageKey.parse(`${stage.account}/${stage.region}/${stage.name}/${stage.stage}`);
}

/** A severity somebody gave, kept for ever beside those that replaced it. */
export type Rating = z.infer<typeof Rating>;
export const Rating = z.object({
  severity: z.enum(bands).nullable(),
  score: z.number().nullable(),
  vector: z.string().nullable(),
  /** A scanner's or a person's name. */
  author: z.string(),
  reason: Untrusted,
  at: Instant,
  /** Who of security confirmed it, when somebody had to. */
  confirmedBy: z.string().optional(),
});

/**
 * Another severity than the one in force, which changes nothing until security confirms it: a developer disputes, someone of
 * security lowers, or the scanner's own data fell below the line. Refused, it stays for all to see until another comes.
 */
export type Dispute = z.infer<typeof Dispute>;
export const Dispute = Rating.omit({ confirmedBy: true }).extend({
  origin: z.enum(['developer', 'security', 'scanner']),
  /** The vulnerability that it rates; a finding's id where it has none. */
  about: Untrusted,
  state: z.enum(['open', 'refused']),
});

/** A vector that took the place of the published ones for one vulnerability of a problem. */
export type Reassessment = z.infer<typeof Reassessment>;
export const Reassessment = z.object({ about: Untrusted, vector: z.string(), by: z.string(), at: Instant });

/** One pipeline execution and what it would put into the stage; null is unknown. */
export type Release = z.infer<typeof Release>;
export const Release = z.object({
  executionId: z.string(),
  commit: z.string().nullable(),
  author: z.string().nullable(),
  digest: z.string().nullable(),
  /** `waiting` at the transition, already `in-stage`, or `none` of the two any more. */
  position: z.enum(['waiting', 'in-stage', 'none']),
});

/** Where a stage can go back to from the flawed release that entered it. */
export type WayBack = z.infer<typeof WayBack>;
export const WayBack = z.object({
  /** The flawed release's execution. */
  from: z.string(),
  /** The last good release; null when none succeeded before under the same version of the pipeline. */
  to: z
    .object({
      executionId: z.string(),
      commit: z.string().nullable(),
      digest: z.string().nullable(),
      startedAt: Instant.nullable(),
      /** Vulnerabilities that the scanner sees open on it, at most twenty; null when that is not known. */
      brings: z.array(Untrusted).readonly().nullable(),
    })
    .nullable(),
});

/** What the assessment in force means, worked out for one revision of the hold. */
export type Outlook = z.infer<typeof Outlook>;
export const Outlook = z.object({
  revision: z.number().int(),
  /** The single facts that would change the verdict. */
  counterfactuals: z.array(Counterfactual).readonly(),
  /** What is not known, with what each could change by the rules. */
  unknowns: z.array(Unknown).readonly(),
  obligations: z.array(Obligation).readonly(),
});

/** A finding of a hold in a few words; the whole finding is in its own item. */
export type FindingSummary = z.infer<typeof FindingSummary>;
export const FindingSummary = z.object({
  id: Untrusted,
  title: Untrusted,
  vulnerabilityId: Untrusted.nullable(),
  resource: Untrusted.nullable(),
  digest: Untrusted.nullable(),
  account: Untrusted.nullable(),
  region: Untrusted.nullable(),
  dialect: z.enum(dialects),
  score: z.number().nullable(),
  severity: z.enum(bands).nullable(),
  /** First package with its version and the version that mends it, in words; null where none applies. */
  package: Untrusted.nullable(),
  fixedIn: Untrusted.nullable(),
  /** Where in the resource the package was found, such as its lock file; null where the report does not say. */
  path: Untrusted.nullable(),
});

/** What a hold can receive, by name. The rights and fields of each are in lib/decision. */
export const actions = [
  'remediation-approved',
  'workaround-accepted',
  'risk-accepted',
  'roll-back',
  'more-time',
  'keep-halted',
  'dispute',
  'dispute-confirmed',
  'dispute-refused',
  'reassess',
  'change-plan',
] as const;
export type Action = (typeof actions)[number];

/** A decision with all votes of its quorum. A callback proves nothing: verification counts the votes again. */
export type Decision = z.infer<typeof Decision>;
export const Decision = z.object({
  action: z.enum(actions),
  revision: z.number().int(),
  by: z.array(z.string()).readonly(),
  at: Instant,
  reason: z.string(),
  /** The fields that the action needed, as entered. */
  fields: z.record(z.string(), z.string()),
  /** `verifying` until looked at; `awaiting-evidence` when approved but not shown yet; `carried-out` when a roll-back was. */
  state: z.enum(['verifying', 'awaiting-evidence', 'carried-out']),
});

/** How a hold will end, once verified: voided by every rise of the revision. */
export type Closing = z.infer<typeof Closing>;
export const Closing = z.object({
  outcome: z.enum(['remediated', 'workaround', 'risk-accepted', 'rolled-back', 'not-affected', 'evidence']),
  /** The execution it was verified for; null when it holds for any. */
  release: z.string().nullable(),
  /** Why, in words for the record. */
  because: z.string(),
  /** Leave that a named release passes; null when the problem is gone. */
  waiver: z
    .object({
      kind: z.enum(['risk', 'workaround', 'pending-verification']),
      reason: z.string(),
      by: z.array(z.string()).readonly(),
      until: Instant,
    })
    .nullable(),
});

/** What people are told: the occasion in flat text and numbers, and the number of the event that made it news. */
export type Notice = z.infer<typeof Notice>;
export const Notice = z.object({
  n: z.number().int(),
  occasion: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** How a hold ended. */
export const outcomes = [
  'remediated',
  'workaround',
  'risk-accepted',
  'rolled-back',
  'not-affected',
  'evidence',
] as const;

/**
 * Which evidence can end a hold. `before-stage`: the flaw is in an image, and the image that a release would deploy can be
 * scanned before it ships. `behind-stage`: it is in what runs (function, instance, task): no scan shows the fix before it ships.
 * `ordered`: a person reported it, no scanner can tell.
 */
export const evidenceKinds = ['before-stage', 'behind-stage', 'ordered'] as const;

const Common = z.object({
  id: z.string(),
  /** Four characters that a person types to confirm; they stand in the mail and on the page. */
  code: z.string(),
  stage: StageAddress,
  stageKey: StageKey,
  service: z.string(),
  /** Hash of the policy under which it was opened. */
  policyHash: z.string(),
  problem: z.object({
    hash: z.string(),
    kind: z.enum(kinds),
    title: Untrusted,
    vulnerabilities: z.array(Untrusted).readonly(),
  }),
  /** Of the worst finding. */
  assessment: Assessment,
  reasons: z.array(z.object({ rule: z.string(), because: z.string() })).readonly(),
  /** Every rating in order of time: the first is the initial one, the last the one in force. */
  ratings: z.array(Rating).min(1).readonly(),
  /** The newest severity that waits, or waited, for security's word; null when nobody brought one. */
  dispute: Dispute.nullable(),
  /** Vulnerabilities of it that are known to be exploited, as far as people were told. */
  exploited: z.array(Untrusted).readonly().default([]),
  /** Vectors that took the place of published ones. */
  reassessed: z.array(Reassessment).readonly(),
  /** Who stopped the line, when a person did. */
  reportedBy: z.string().nullable(),
  findings: z.number().int(),
  /** The three worst findings, worst first. */
  worst: z.array(FindingSummary).min(1).readonly(),
  evidence: z.enum(evidenceKinds),
  /** Rises when severity, findings, plan or scope change: a vote is for one revision. */
  revision: z.number().int(),
  /** The release that it holds up; null while none is known. */
  release: Release.nullable(),
  /** Whether that release introduces it, or production has it already; null until it was looked at. */
  origin: Origin.nullable().default(null),
  /** Where the stage can go back to; null while the flawed release has not entered, or nobody looked yet. */
  wayBack: WayBack.nullable(),
  /** Null until it was worked out, soon after the halt. */
  outlook: Outlook.nullable(),
  plan: Plan,
  openedAt: Instant,
  deadline: Instant,
  /** When the clock next acts (reminder or deadline). */
  wakeAt: Instant,
  /** Levels of escalation told so far. */
  level: z.number().int(),
  decision: Decision.nullable(),
  closing: Closing.nullable(),
  /** What was news last. */
  notice: Notice,
  /** Set while the workflow shall look at the evidence; while people shall be told. */
  wantsVerify: z.boolean(),
  wantsNotify: z.boolean(),
  /** Attempts of the workflow so far; its name is `<id>-a<attempt>`. */
  attempt: z.number().int(),
  /** Rounds of waiting of this attempt. */
  rounds: z.number().int(),
  /** Task token of the waiting workflow; never leaves the ledger. */
  token: z.string().nullable(),
  /** A closed hold on the same problem before this one. */
  predecessor: z.string().nullable(),
  head: z.object({ n: z.number().int(), hash: z.string() }),
});

/** One problem halting one stage, from opening to closing. */
export type Hold = z.infer<typeof Hold>;
export const Hold = z.discriminatedUnion('status', [
  Common.extend({ status: z.literal('pending') }),
  Common.extend({ status: z.literal('in-force'), inForceAt: Instant }),
  Common.extend({
    status: z.literal('closed'),
    inForceAt: Instant.nullable(),
    closedAt: Instant,
    outcome: z.enum(outcomes),
  }),
]);
export type OpenHold = Exclude<Hold, { status: 'closed' }>;
export type ClosedHold = Extract<Hold, { status: 'closed' }>;

/** The kinds of event on a hold's timeline. */
export const eventKinds = [
  'opened',
  'joined',
  'in-force',
  'not-halted',
  'released-inside',
  'told',
  'reminded',
  'escalated',
  'voted',
  'decided',
  'verified',
  'not-yet',
  'refuted',
  'plan-changed',
  'disputed',
  'rated',
  'rolled-back',
  'evidence',
  'closed',
  'resumed',
  'kept-by-another',
  'foreign-change',
  'explained',
] as const;
export type EventKind = (typeof eventKinds)[number];

/** One event of a hold; each carries the hash of the one before, so that a changed past shows. */
export type HoldEvent = z.infer<typeof HoldEvent>;
export const HoldEvent = z.object({
  n: z.number().int(),
  time: Instant,
  kind: z.enum(eventKinds),
  /** A person's id, or the part of stopship that acted. */
  actor: z.string(),
  /** Facts for the timeline, by name; values are plain text or numbers. */
  data: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  hash: z.string(),
  previous: z.string(),
});
