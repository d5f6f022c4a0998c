import { nameOf } from '../../brief/facts.ts';
import { quoted } from '../../brief/plain.ts';
import { scoreInWords } from '../../brief/risk.ts';
import { duration } from '../../brief/time.ts';
import { type FieldName, fieldNames } from '../../decision/rules.ts';
import { type Hold, type HoldEvent, outcomes } from '../../hold/hold.ts';
import type { Person } from '../../policy/policy.ts';
import { outcomeWords } from '../pages/outcome.ts';
import type { EventView, Tone } from '../views.ts';
import { actionNamed, actionVerbs } from './action-words.ts';
import { actorOf, listed, namesIn } from './names.ts';

/** A hold's timeline as a person would tell it; the actor stands before each text. */
export function eventViews(
  events: readonly HoldEvent[],
  { stage }: Pick<Hold, 'stage'>,
  people: readonly Person[],
): readonly EventView[] {
  return events.map((event) => ({
    at: event.time,
    actor: actorOf(people, event),
    text: textOf(event, stage.stage, people),
    tone: toneOf(event),
  }));
}

function textOf(event: HoldEvent, stage: string, people: readonly Person[]): string {
  const { data } = event;
  switch (event.kind) {
    case 'opened':
      return openedText(event, stage);
    case 'joined':
      return `counted the findings anew: ${findingsOf(data.findings)}, the worst is ${words(data.worst)} (${scored(data)})${data.exploited ? `; now known to be exploited: ${words(data.exploited)}` : ''}`;
    case 'in-force':
      return `halted ${stage}: it reads disabled, the halt is in force${data.waiting ? `; release ${short(data.waiting)} waits` : ''}`;
    case 'not-halted':
      return `${stage} is NOT HALTED, we keep trying: ${plain(data.why)}`;
    case 'released-inside':
      return `release ${short(data.commit ?? data.release)} is inside ${stage} already: the halt does not stop it there`;
    case 'told':
      return toldText(event, people);
    case 'reminded':
      return 'nobody had decided yet: reminded those who may';
    case 'escalated':
      return plain(data.unreached) === ''
        ? `nobody decided in time${data.unanswered ? `, nor answered the changed score of ${nameOf(people, plain(data.unanswered))}` : ''}: it goes up to level ${plain(data.level)}`
        : `${listed(namesIn(people, plain(data.unreached)))} could not be told: it goes up to level ${plain(data.level)}`;
    case 'voted':
      return votedText(event);
    case 'decided':
      return `completed the decision to ${verbOf(data.action)}: ${listed(namesIn(people, plain(data.by)))}${data.voids ? `; the decision to ${verbOf(data.voids)} is void by that` : ''}`;
    case 'verified':
      return `verified it: ${plain(data.how)}`;
    case 'not-yet':
      return `looked for the evidence, which is not there yet: ${plain(data.missing)}`;
    case 'refuted':
      return `the decision does not hold: ${plain(data.why)}`;
    case 'plan-changed':
      return `changed the plan${planned(data, people)}`;
    case 'disputed':
      return `says it is ${scored(data)}: ${plain(data.difference)}. Reason: ${words(data.reason)}. Nothing changes until security confirms it`;
    case 'rated':
      return ratedText(data, people);
    case 'rolled-back':
      return `carried it out: ${plain(data.how)}`;
    case 'evidence':
      return `evidence came in${details(data)}`;
    case 'closed':
      return `closed the hold, ${endOf(data.outcome)}: ${plain(data.because)}`;
    case 'resumed':
      return `opened ${stage} again${data.release ? ` for release ${short(data.release)}` : ''}${data.refused ? `; the gate had refused release ${short(data.refused)}, which failed${data.retry === 'yes' ? ' and can be retried' : ''}` : ''}`;
    case 'kept-by-another':
      return `${stage} stays stopped: another hold or a person keeps it`;
    case 'foreign-change':
      return `saw ${plain(data.what)} called on ${stage} outside of stopship by ${plain(data.principal)}, at ${plain(data.at)}${data.reason ? `, for the reason ${plain(data.reason)}` : ''}`;
    case 'explained':
      return `said why ${plain(data.what)} was called: ${words(data.reason)}`;
    default:
      return event.kind satisfies never;
  }
}

const tones = {
  opened: 'red',
  joined: 'plain',
  'in-force': 'red',
  'not-halted': 'amber',
  'released-inside': 'amber',
  told: 'plain',
  reminded: 'amber',
  escalated: 'amber',
  voted: 'plain',
  decided: 'plain',
  verified: 'green',
  'not-yet': 'amber',
  refuted: 'amber',
  'plan-changed': 'plain',
  disputed: 'amber',
  rated: 'plain',
  'rolled-back': 'plain',
  evidence: 'plain',
  closed: 'green',
  resumed: 'green',
  'kept-by-another': 'amber',
  'foreign-change': 'amber',
  explained: 'plain',
} as const satisfies Record<HoldEvent['kind'], Tone>;

function toneOf({ kind, data }: HoldEvent): Tone {
  return kind === 'told' && plain(data.unreached) !== '' ? 'amber' : tones[kind];
}

type Data = HoldEvent['data'];

function openedText({ actor, data }: HoldEvent, stage: string): string {
  const what = `${words(data.title)}, ${scored(data)}`;
  const rules = plain(data.rules) === '' ? '' : `; rule: ${plain(data.rules)}`;
  return actor === 'intake'
    ? `opened a hold on ${stage}: ${what}${rules}`
    : `stopped the line before ${stage}: ${what}${rules}`;
}

const occasions: Readonly<Record<string, string>> = {
  opened: 'told of the halt',
  changed: 'told what changed',
  reminder: 'reminded',
  escalated: 'told that nobody decided in time',
  'more-time': 'told of the new time',
  'kept-halted': 'told that it stays stopped',
  'not-yet': 'told that evidence is missing',
  refuted: 'told that the decision does not hold',
  resumed: 'told that the line runs again',
  'not-halted': 'told that it is NOT HALTED',
  'halted-after-alarm': 'told that the halt is in force now',
  'plan-changed': 'told of the new plan',
  disputed: 'told of the changed score that waits for security',
  'dispute-refused': 'told that the changed score was refused',
  rated: 'told of the new rating',
  'worked-around': 'told that somebody worked around the halt',
  'new-link': 'Sent a new link',
  'rolled-back': 'told that the roll-back is done',
};

function toldText({ data }: HoldEvent, people: readonly Person[]): string {
  const reached = namesIn(people, plain(data.reached));
  const unreached = namesIn(people, plain(data.unreached));
  const told = reached.length === 0 ? 'nobody' : reached.join(', ');
  const missed = unreached.length === 0 ? '' : ` Not reached: ${unreached.join(', ')}.`;
  return `${occasions[plain(data.kind)] ?? 'Told'}: ${told}.${missed}`;
}

function votedText({ data }: HoldEvent): string {
  const fields = fieldNames.flatMap((name) =>
    plain(data[name]) === '' ? [] : [`${fieldsInWords[name] ?? name} ${plain(data[name])}`],
  );
  return `voted to ${verbOf(data.action)}: ${plain(data.reason)}${fields.length === 0 ? '' : ` (${fields.join(', ')})`}`;
}

const fieldsInWords: { readonly [name in FieldName]?: string } = {
  evidenceKept: 'logs and memory kept:',
  evidenceKeptBy: 'kept by',
};

function ratedText(data: Data, people: readonly Person[]): string {
  const confirmed = plain(data.confirmedBy) === '' ? '' : `, confirmed by ${nameOf(people, plain(data.confirmedBy))}`;
  const why = plain(data.difference) === '' ? '' : `: ${plain(data.difference)}`;
  return `rated it ${scored(data)}${confirmed}${why}${data.reason ? `. Reason: ${words(data.reason)}` : ''}`;
}

function planned(data: Data, people: readonly Person[]): string {
  const parts = [
    typeof data.fix === 'number' ? `${duration(data.fix)} fix` : null,
    typeof data.test === 'number' ? `${duration(data.test)} test` : null,
    plain(data.workaround) === '' ? null : `workaround ${words(data.workaround)}`,
    plain(data.owner) === '' ? null : `owned by ${nameOf(people, plain(data.owner))}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

function verbOf(action: Data[string] | undefined): string {
  const known = actionNamed(action);
  return known === null ? words(action) : actionVerbs[known];
}

function endOf(outcome: Data[string] | undefined): string {
  return outcomeWords(outcomes.find((known) => known === outcome) ?? null);
}

function scored(data: Data): string {
  return scoreInWords(
    typeof data.score === 'number' ? data.score : null,
    typeof data.severity === 'string' ? data.severity : null,
  );
}

function findingsOf(count: Data[string] | undefined): string {
  return count === 1 ? 'one' : plain(count);
}

/** Facts of an event without words of its own, one after the other. */
function details(data: Data): string {
  const known = Object.entries(data).filter(([, value]) => value !== null && value !== '');
  return known.length === 0 ? '' : `: ${known.map(([name, value]) => `${name} ${value}`).join(', ')}`;
}

function short(release: Data[string] | undefined): string {
  return plain(release).slice(0, 8);
}

function words(text: Data[string] | undefined): string {
  return quoted(plain(text), 200);
}

function plain(value: Data[string] | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}
