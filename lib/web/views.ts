import type { MeetingSheet } from '../brief/meeting-sheet.ts';
import type { Instant } from '../finding/instant.ts';
import type { Action, outcomes, Release } from '../hold/hold.ts';
import type { Role } from '../policy/policy.ts';
import type { Band, Factor, Unknown } from '../risk/assessment.ts';
import type { Obligation } from '../risk/obligations.ts';

/** What every page needs besides its view: the time now, the zone it is told in, and our own public address. */
export type Frame = {
  readonly now: Instant;
  /** IANA name, such as `Europe/Lisbon`. */
  readonly zone: string;
  /** Scheme, host and port from the configuration, without a slash at the end; only addresses under it become links. */
  readonly publicUrl: string;
};

/** A colour's meaning: red is halted, amber pending or NOT HALTED, green flowing, plain none of these. */
export type Tone = 'red' | 'amber' | 'green' | 'plain';
export type Outcome = (typeof outcomes)[number];
export type HoldStatus = 'pending' | 'in-force' | 'closed';

/** Who decides next (names, in words) and by when. */
export type Deciding = { readonly who: string; readonly by: Instant };

/** A release where it is now. */
export type ReleaseView = {
  readonly executionId: string;
  readonly commit: string | null;
  readonly author: string | null;
  readonly since: Instant | null;
  /** `failed` covers stopped ones. */
  readonly state: 'running' | 'waiting' | 'passed' | 'failed';
};

/** A stage and the transition into it; the first stage of a pipeline has none. */
export type StageOfPipeline = {
  readonly name: string;
  /** `held`: a hold of ours is in force. `not-halted`: a hold is open and nothing shows the halt yet. `shut`: disabled by somebody else. */
  readonly transition: 'none' | 'open' | 'held' | 'not-halted' | 'shut';
  /** CodePipeline's reason of a disabled transition. */
  readonly reason: string | null;
  readonly waiting: ReleaseView | null;
  /** The release in the stage, or the one that last passed it. */
  readonly inside: ReleaseView | null;
};

/** An open hold in two lines. */
export type HeldView = {
  readonly id: string;
  readonly code: string;
  readonly title: string;
  readonly stage: string;
  readonly status: 'pending' | 'in-force';
  readonly severity: Band | null;
  readonly score: number | null;
  readonly openedAt: Instant;
  readonly deciding: Deciding | null;
  /** A recorded decision that is being carried out, in words. */
  readonly decision: string | null;
  /** The release was already inside the stage when it was halted. */
  readonly releaseInside: boolean;
  /** Names of people who could not be reached. */
  readonly notReached: readonly string[];
};

export type PipelineView = {
  readonly service: string;
  readonly stages: readonly StageOfPipeline[];
  readonly holds: readonly HeldView[];
};

/** A line that the board or another page shows above everything else. */
export type Note = { readonly tone: Tone; readonly text: string };

export type ReviewRow = {
  readonly id: string;
  readonly service: string;
  readonly title: string;
  readonly openedAt: Instant;
  readonly closedAt: Instant | null;
  readonly outcome: Outcome | null;
  readonly initial: RatingView | null;
  readonly final: RatingView | null;
};

export type BoardView = {
  readonly pipelines: readonly PipelineView[];
  readonly notes: readonly Note[];
  /** The newest first; the board shows five. */
  readonly reviews: readonly ReviewRow[];
  /** Records that could not be read. */
  readonly rejected: number;
  /** Messages in the mailbox; null where there is none. */
  readonly messages: number | null;
  /** Age of the list of known exploited vulnerabilities, in words, or that there is none. */
  readonly knownExploited: string;
  /** Whether the board may bring a new release to a pipeline. */
  readonly canRelease: boolean;
};

/** A severity that somebody gave. */
export type RatingView = {
  readonly severity: Band | null;
  readonly score: number | null;
  readonly vector: string | null;
  readonly author: string;
  readonly reason: string;
  readonly at: Instant;
};

/** A severity that somebody brought and that does not count, at least not yet. */
export type DisputeView = RatingView & {
  readonly difference: string;
  /** Waits for security, or was refused. */
  readonly state: 'open' | 'refused';
};

/** One way forward, beside the others. Texts are whole phrases in plain words. */
export type OptionView = {
  readonly name: string;
  readonly readyWhen: string;
  /** Hours of work and test, or that none are planned. */
  readonly work: string;
  /** Chance of exploitation meanwhile, with its window, or that no figure exists. */
  readonly riskMeanwhile: string;
  readonly exposed: string;
  /** What it does to the dates that standards may set. */
  readonly dates: string;
  readonly agrees: string;
};

/** One step of the score's way from base to final. */
export type ScoreStep = { readonly label: string; readonly score: number; readonly why: string };

/** A factor in plain words. `isDecisive`: one argues with it first; the others follow from it, or are there to look up. */
export type FactorView = Factor & { readonly isDecisive: boolean };

export type AssessmentView = {
  readonly steps: readonly ScoreStep[];
  readonly reasons: readonly string[];
  readonly factors: readonly FactorView[];
  readonly unknowns: readonly Unknown[];
  readonly wouldNotHaltIf: readonly string[];
  readonly obligations: readonly Obligation[];
  readonly disagreement: string | null;
};

export type VoteView = {
  readonly person: string;
  readonly action: string;
  readonly reason: string;
  readonly at: Instant;
  readonly revision: number;
  /** Why it does not count any more; null when it counts. */
  readonly void: string | null;
};

/** How far a decision is: whom it needs and whom it still misses. */
export type QuorumView = {
  readonly action: string;
  readonly has: readonly string[];
  readonly needs: readonly string[];
};

export type EventView = {
  readonly at: Instant;
  readonly actor: string;
  readonly text: string;
  readonly tone: Tone;
};

export type ToldView = {
  readonly person: string;
  readonly roles: readonly Role[];
  /** Such as `e-mail and SMS`. */
  readonly channels: string;
  readonly at: Instant | null;
  readonly reached: boolean;
  /** Why not reached, or that no answer came; null when there is nothing to say. */
  readonly remark: string | null;
};

export type HoldView = {
  readonly id: string;
  readonly code: string;
  readonly service: string;
  readonly stage: string;
  readonly status: HoldStatus;
  readonly title: string;
  /** What is broken, in one sentence for everybody. */
  readonly sentence: string;
  readonly severity: Band | null;
  readonly score: number | null;
  readonly revision: number;
  readonly openedAt: Instant;
  readonly inForceAt: Instant | null;
  readonly closedAt: Instant | null;
  readonly outcome: Outcome | null;
  readonly deciding: Deciding | null;
  readonly decision: string | null;
  readonly release: Release | null;
  /** Whether the release introduces it, and whether it lowers the risk in production, in sentences; null is not looked at, or no. */
  readonly origin: string | null;
  readonly lowering: string | null;
  /** Which evidence can end it, in words. */
  readonly evidence: string;
  /** Label and text of fix, test, workaround and owner, as far as known. */
  readonly plan: readonly { readonly label: string; readonly text: string }[];
  readonly findings: number;
  readonly worst: readonly {
    readonly title: string;
    readonly vulnerabilityId: string | null;
    readonly package: string | null;
    readonly fixedIn: string | null;
    readonly path: string | null;
  }[];
  readonly options: readonly OptionView[];
  readonly assessment: AssessmentView;
  readonly ratings: readonly RatingView[];
  readonly dispute: DisputeView | null;
  readonly quorum: readonly QuorumView[];
  readonly votes: readonly VoteView[];
  readonly told: readonly ToldView[];
  readonly events: readonly EventView[];
  /** Null when the policy no longer has the service. */
  readonly sheet: MeetingSheet | null;
  readonly predecessor: string | null;
};

/** Form fields that some decisions need, in the order in which they are shown. */
export const decisionFields = [
  'release',
  'reference',
  'hours',
  'until',
  'condition',
  'scope',
  'vector',
  'evidenceKept',
  'evidenceKeptBy',
  'fix',
  'test',
  'workaround',
  'owner',
] as const;
export type DecisionField = (typeof decisionFields)[number];

/** Every field that the decision form sends. */
export const formFields = ['action', 'reason', 'confirmation', 'totp', 'nonce', ...decisionFields] as const;
export type FormField = (typeof formFields)[number];

/** One decision that this person may take. */
export type Choice = {
  readonly action: Action;
  readonly label: string;
  /** When it would be over and who is exposed until then, in a few words; null for what changes neither. */
  readonly glance: string | null;
  /** What happens then, in one sentence. */
  readonly then: string;
  readonly fields: readonly DecisionField[];
  /** Who else must agree, in words; null when this person's word is enough. */
  readonly alsoNeeds: string | null;
  /** What evidence applies and how it stands; null where none applies. */
  readonly evidence: { readonly text: string; readonly tone: Tone } | null;
  /** 1: the short code. 2 and 3: the authenticator's code too. */
  readonly level: 1 | 2 | 3;
};

export type DecisionView = {
  readonly kind: 'decision';
  readonly person: { readonly id: string; readonly name: string };
  /** The open hold as its page shows it: the facts, votes and timeline below the form. */
  readonly hold: HoldView;
  /** What this person did to the held stage outside of stopship and has not explained, in a sentence; or that they just have. */
  readonly why: { readonly kind: 'asked'; readonly what: string } | { readonly kind: 'said' } | null;
  /** Events before those that the page shows; 0 when it shows all. */
  readonly eventsBefore: number;
  /** What is untouched, or that the release is inside already: the sentence after what is broken. */
  readonly effect: string;
  readonly choices: readonly Choice[];
  /** Product, executives and links from an SMS only look. */
  readonly viewOnly: boolean;
  /** What this person has already recorded on this revision, in words; a new vote replaces it. */
  readonly earlier: string | null;
  readonly nonce: string;
  /** What other publishers say than the vector that counts, where they disagree: a dispute may bring it. */
  readonly vectors: readonly { readonly vector: string; readonly source: string; readonly score: number }[];
  /** Values to begin with, such as the waiting release's commit or 4 hours; never a choice, a code or a nonce. */
  readonly suggested: { readonly [field in DecisionField]?: string };
  /** What was typed and what is wrong with it; both empty at first. `form` is for errors of the whole. */
  readonly typed: { readonly [field in FormField]?: string };
  readonly errors: { readonly [field in FormField | 'form']?: string };
};

export type ReceiptView = {
  readonly kind: 'receipt';
  readonly person: string;
  readonly hold: { readonly code: string; readonly service: string; readonly stage: string; readonly title: string };
  /** The choice's label. */
  readonly action: string;
  readonly reason: string;
  readonly at: Instant;
  /** Whose votes are still missing; empty when the decision stands. */
  readonly missing: readonly string[];
  readonly next: string;
  readonly by: Instant | null;
};

/** Why a link leads nowhere. `unknown` also covers a wrong verifier: the two must look the same. */
export const deadReasons = ['unknown', 'used', 'expired', 'superseded', 'decided', 'locked', 'not-entitled'] as const;

export type DeadLinkView = {
  readonly kind: 'dead';
  readonly why: (typeof deadReasons)[number];
  /** When that happened; null when unknown. */
  readonly at: Instant | null;
  /** What holds now, in one sentence; null for an unknown link, which is told nothing. */
  readonly now: string | null;
  /** Whether its person may ask for a new one. */
  readonly renewable: boolean;
};

export type MessageView = {
  readonly id: string;
  readonly at: Instant;
  readonly channel: 'email' | 'sms';
  /** Address or number. */
  readonly to: string;
  readonly subject: string;
  readonly body: string;
};

export type MailboxView = {
  readonly people: readonly {
    readonly id: string;
    readonly name: string;
    readonly roles: readonly Role[];
    readonly unread: number;
  }[];
  /** The chosen person; null when the query names nobody known. */
  readonly person: {
    readonly id: string;
    readonly name: string;
    /** The authenticator's present code, in demo mode only. */
    readonly totp: { readonly code: string; readonly until: Instant } | null;
    /** Newest first. */
    readonly messages: readonly MessageView[];
  } | null;
};

export type RejectedView = {
  readonly records: readonly {
    readonly at: Instant;
    readonly message: string;
    /** Where in the record; empty for the whole. */
    readonly path: string;
    /** The beginning of the record as it came. */
    readonly excerpt: string;
  }[];
};

export type ReviewsView = { readonly reviews: readonly ReviewRow[] };

export const phases = ['detect', 'halt', 'tell', 'decide', 'fix', 'verify', 'resume'] as const;
export type Phase = (typeof phases)[number];

export type ReviewView = ReviewRow & {
  readonly code: string;
  readonly stage: string;
  /** In the order of time; a phase that did not happen is absent. Milliseconds. */
  readonly durations: readonly { readonly phase: Phase; readonly ms: number }[];
  readonly ratings: readonly RatingView[];
  readonly events: readonly EventView[];
  readonly decisions: readonly {
    readonly action: string;
    readonly by: string;
    readonly at: Instant;
    readonly reason: string;
  }[];
  readonly questions: readonly {
    readonly id: 'root-cause' | 'development' | 'security-testing' | 'communication';
    readonly facts: readonly string[];
    readonly answer: string | null;
    readonly assignee: string | null;
  }[];
  readonly actions: readonly {
    readonly text: string;
    readonly owner: string;
    readonly due: Instant | null;
    readonly done: boolean;
  }[];
};

export type MetricsView = {
  /** From when the figures count; null before the first hold. */
  readonly since: Instant | null;
  readonly figures: readonly {
    readonly name: string;
    readonly value: string;
    /** Holds it is computed from, and whether they say anything of the next one; null for a count, which says it itself. */
    readonly cases: { readonly count: number; readonly isEnough: boolean } | null;
    /** What it means and how it is computed. */
    readonly meaning: string;
    readonly rows: readonly { readonly label: string; readonly value: string }[];
  }[];
};
