import { z } from 'zod';
import { nameOf } from '../brief/facts.ts';
import { datumInWords } from '../brief/risk.ts';
import type { Told } from '../decision/told.ts';
import type { Vote } from '../decision/vote.ts';
import { scanners } from '../finding/finding.ts';
import { Instant, msOf } from '../finding/instant.ts';
import { type EventKind, type Hold, HoldEvent, outcomes, Rating } from '../hold/hold.ts';
import type { Person, Service } from '../policy/policy.ts';

/** What people ask after a halt (mission: the post-incident review). */
export const questionIds = ['root-cause', 'development', 'security-testing', 'communication'] as const;

const Question = z.object({
  id: z.enum(questionIds),
  question: z.string(),
  /** What the record itself knows. */
  facts: z.array(z.string()).readonly(),
  /** Null until somebody answers. */
  answer: z.string().nullable(),
  assignee: z.string().nullable(),
});

const ActionItem = z.object({
  what: z.string(),
  owner: z.string().nullable(),
  due: Instant,
  state: z.enum(['open', 'done']),
});

/** How long each part took, in milliseconds; null when it did not happen (yet). */
export type Durations = z.infer<typeof Durations>;
export const Durations = z.object({
  /** From the scanner's report to the opening of the hold. */
  detect: z.number().nullable(),
  halt: z.number().nullable(),
  tell: z.number().nullable(),
  decide: z.number().nullable(),
  verify: z.number().nullable(),
  resume: z.number().nullable(),
  /** From the opening to the closing: how long the line stood. */
  stood: z.number().nullable(),
});

/** What is kept of a hold for ever. */
export type ReviewRecord = z.infer<typeof ReviewRecord>;
export const ReviewRecord = z.object({
  id: z.string(),
  service: z.string(),
  stageKey: z.string(),
  title: z.string(),
  vulnerabilities: z.array(z.string()).readonly(),
  openedAt: Instant,
  closedAt: Instant.nullable(),
  outcome: z.enum(outcomes).nullable(),
  initial: Rating,
  final: Rating,
  timeline: z.array(HoldEvent).readonly(),
  decisions: z
    .array(z.object({ personId: z.string(), action: z.string(), reason: z.string(), at: Instant, factor: z.string() }))
    .readonly(),
  durations: Durations,
  questions: z.array(Question).readonly(),
  actions: z.array(ActionItem).readonly(),
});

/** What a review is drawn up from. */
export type ReviewFacts = {
  readonly hold: Hold;
  readonly events: readonly HoldEvent[];
  readonly votes: readonly Vote[];
  readonly told: readonly Told[];
  readonly service: Service | null;
  readonly people: readonly Person[];
};

/** Draws up the review record of a hold; of an open one it is a draft. */
export function reviewOf(facts: ReviewFacts): ReviewRecord {
  const { hold, events, votes } = facts;
  const [initial] = hold.ratings;
  const final = hold.ratings.at(-1) ?? initial;
  if (initial === undefined || final === undefined) throw new RangeError(`hold ${hold.id} has no rating`);
  return {
    id: hold.id,
    service: hold.service,
    stageKey: hold.stageKey,
    title: hold.problem.title,
    vulnerabilities: hold.problem.vulnerabilities,
    openedAt: hold.openedAt,
    closedAt: hold.status === 'closed' ? hold.closedAt : null,
    outcome: hold.status === 'closed' ? hold.outcome : null,
    initial,
    final,
    timeline: events,
    decisions: votes.map(({ personId, action, reason, at, factor }) => ({ personId, action, reason, at, factor })),
    durations: durationsOf(hold, events),
    questions: questionsOf(facts),
    actions: actionsOf(facts),
  };
}

function durationsOf(hold: Hold, events: readonly HoldEvent[]): Durations {
  // The last of each: those before it gave more time, or did not hold up.
  const decided = timeOf(events, 'decided');
  const verified = timeOf(events, 'verified');
  const [initial] = hold.ratings;
  return {
    detect: initial === undefined ? null : between(initial.at, hold.openedAt),
    halt: between(hold.openedAt, hold.status === 'pending' ? null : hold.inForceAt),
    tell: between(hold.openedAt, events.find(({ kind }) => kind === 'told')?.time ?? null),
    decide: between(hold.openedAt, decided),
    verify: between(decided ?? hold.openedAt, verified),
    resume: between(verified, timeOf(events, 'resumed')),
    stood: between(hold.openedAt, hold.status === 'closed' ? hold.closedAt : null),
  };
}

function timeOf(events: readonly HoldEvent[], kind: EventKind): Instant | null {
  return events.findLast((event) => event.kind === kind)?.time ?? null;
}

function between(from: Instant | null, to: Instant | null): number | null {
  return from === null || to === null ? null : Math.max(0, msOf(to) - msOf(from));
}

function questionsOf({ hold, told, service, people }: ReviewFacts): ReviewRecord['questions'] {
  const [worst] = hold.worst;
  const developer = service?.stakeholders.developer?.[0] ?? null;
  const security = service?.stakeholders.security?.[0] ?? null;
  const manager = service?.stakeholders['release-manager']?.[0] ?? null;
  const unreached = [...new Set(told.filter(({ email, sms }) => !(email || sms)).map(({ personId }) => personId))];
  return [
    {
      id: 'root-cause',
      question: 'What let the flaw arise?',
      facts: [
        `${hold.problem.title}`,
        ...(worst?.package
          ? [`In ${worst.package}${worst.fixedIn === null ? '' : `, fixed in ${worst.fixedIn}`}.`]
          : []),
      ],
      answer: null,
      assignee: developer,
    },
    {
      id: 'development',
      question: 'What in the way we develop let it come this far?',
      facts: [
        hold.release === null
          ? 'Which release brought it is not known.'
          : `Release ${hold.release.commit?.slice(0, 7) ?? hold.release.executionId}, written by ${hold.release.author ?? 'someone not known'}.`,
        ...(hold.predecessor === null ? [] : [`The same problem was held before: ${hold.predecessor}.`]),
      ],
      answer: null,
      assignee: developer,
    },
    {
      id: 'security-testing',
      question: 'Which test should have caught it earlier?',
      facts: [
        `${hold.findings} ${hold.findings === 1 ? 'finding' : 'findings'} from ${[...new Set(hold.worst.map(({ dialect }) => scanners[dialect]))].join(', ')}.`,
        ...hold.assessment.unknowns.map(({ datum }) => `Not known when it was assessed: ${datumInWords(datum)}.`),
      ],
      answer: null,
      assignee: security,
    },
    {
      id: 'communication',
      question: 'Did everybody hear in time, and what they needed?',
      facts: [
        `${new Set(told.map(({ personId }) => personId)).size} people were told, ${told.length} times in all.`,
        ...(unreached.length === 0 ? [] : [`Not reached: ${unreached.map((id) => nameOf(people, id)).join(', ')}.`]),
      ],
      answer: null,
      assignee: manager,
    },
  ];
}

/** Each open question is an action item of its assignee, due in a week. */
function actionsOf(facts: ReviewFacts): ReviewRecord['actions'] {
  if (facts.hold.status !== 'closed') return [];
  const due = new Date(msOf(facts.hold.closedAt) + 7 * 86_400_000).toISOString();
  return questionsOf(facts).map(({ id, assignee }) => ({
    what: `Answer the question of the review: ${id.replace('-', ' ')}`,
    owner: assignee,
    due: Instant.parse(due),
    state: 'open' as const,
  }));
}
