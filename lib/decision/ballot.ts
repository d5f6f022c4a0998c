import { z } from 'zod';
import { Instant, later } from '../finding/instant.ts';
import { untrusted } from '../finding/untrusted.ts';
import type { Hold } from '../hold/hold.ts';
import type { Person } from '../policy/policy.ts';
import { scoreVector } from '../risk/cvss.ts';
import { planMistakes } from './plan.ts';
import { type ActionRule, type FieldName, fieldNames, type OfferedAction } from './rules.ts';

/** What a person entered, as text. */
export type Ballot = z.infer<typeof Ballot>;
export const Ballot = z.object({
  action: z.string().default(''),
  reason: z.string().default(''),
  confirmation: z.string().default(''),
  totp: z.string().default(''),
  nonce: z.string().default(''),
  release: z.string().default(''),
  reference: z.string().default(''),
  hours: z.string().default(''),
  until: z.string().default(''),
  condition: z.string().default(''),
  scope: z.string().default(''),
  vector: z.string().default(''),
  evidenceKept: z.string().default(''),
  evidenceKeptBy: z.string().default(''),
  fix: z.string().default(''),
  test: z.string().default(''),
  workaround: z.string().default(''),
  owner: z.string().default(''),
} satisfies Record<FieldName, unknown> & Record<string, unknown>);

/** What a ticked box says. */
export const ticked = 'yes';

/** What is wrong with a ballot, by field, as sentences that say how to mend it. */
export type Mistakes = { readonly [field: string]: string };

/** The fields that an action needs, as they go on the record. */
export function enteredFields({ fields }: ActionRule, ballot: Ballot): { readonly [field: string]: string } {
  const entered = fieldNames.filter((name) => fields.includes(name));
  return Object.fromEntries(entered.map((name) => [name, untrusted(ballot[name], fieldMax[name] ?? 200)]));
}

/** Characters kept of a field, where it is not 200: a vector with every metric is longer. */
const fieldMax: { readonly [name in FieldName]?: number } = { vector: 400 };

/** The mistakes in the fields that an action needs, and in the reason that every one needs. */
export function mistakesIn(
  { action, rule }: { readonly action: OfferedAction; readonly rule: ActionRule },
  ballot: Ballot,
  on: { readonly hold: Hold; readonly people: readonly Person[]; readonly now: Instant },
): Mistakes {
  const single = rule.fields.map((field) => [field, mistakeIn(field, ballot[field], on.hold, on.now)] as const);
  return {
    ...Object.fromEntries(single.filter((entry): entry is [FieldName, string] => entry[1] !== null)),
    ...(action === 'change-plan' ? planMistakes(ballot, on.people) : {}),
    ...(untrusted(ballot.reason) === '' ? { reason: 'Say why: it stays on the record.' } : {}),
  };
}

/** What is wrong with a field that the action needs, and how to mend it; null when nothing is. */
function mistakeIn(field: FieldName, text: string, hold: Hold, now: Instant): string | null {
  switch (field) {
    case 'release':
      return needed(text, 'Name the release: its commit, image digest or execution.');
    case 'reference':
      return needed(text, 'Say where the fix can be looked up: a change, a ticket, a test.');
    case 'condition':
      return needed(text, 'Say under which condition it may ship: what is switched off, and who checks it.');
    case 'scope':
      return needed(text, 'Say what the acceptance covers: which release, which customers, which part.');
    case 'evidenceKept':
      return text === ticked ? null : 'Tick that logs and memory of what runs are kept: rolling back destroys them.';
    case 'evidenceKeptBy':
      return needed(text, 'Name who kept logs and memory of what runs.');
    case 'hours':
      return hoursMistake(Number(text));
    case 'until':
      return untilMistake(endOf(text), now);
    case 'vector':
      return vectorMistake(text.trim(), hold);
    // The parts of a plan may be left out; planMistakes looks at them together.
    case 'fix':
    case 'test':
    case 'workaround':
    case 'owner':
      return null;
    default:
      return field satisfies never;
  }
}

function needed(text: string, mistake: string): string | null {
  return untrusted(text) === '' ? mistake : null;
}

function hoursMistake(hours: number): string | null {
  return Number.isInteger(hours) && hours >= 1 && hours <= hoursMax ? null : `Give whole hours from 1 to ${hoursMax}.`;
}

function untilMistake(until: Instant | null, now: Instant): string | null {
  return until !== null && until > now && until <= later(now, waiverMax)
    ? null
    : 'Give a day within the next 90, such as 2026-12-31: at its end the stage halts again unless the flaw is gone.';
}

function vectorMistake(vector: string, hold: Hold): string | null {
  const score = scoreVector(vector);
  if (!score.ok) return `The vector ${score.error}.`;
  return vector === hold.ratings.at(-1)?.vector
    ? 'This is the vector that counts now: change the metric that is wrong.'
    : null;
}

/** The end of a day in UTC, written as `2026-12-31`; null when it is no day. */
export function endOf(day: string): Instant | null {
  const parsed = Instant.safeParse(`${day.trim()}T23:59:59.999Z`);
  return parsed.success ? parsed.data : null;
}

/** The longest leave for a flawed release, in milliseconds. */
const waiverMax = 90 * 86_400_000;

/** The most by which one vote extends the clock, in hours. */
const hoursMax = 168;
