import { untrusted } from '../finding/untrusted.ts';
import type { Person, Plan } from '../policy/policy.ts';
import { Duration } from '../policy/time.ts';

/** The fields with which a plan is changed; an empty one leaves its part as it is. */
export const planFields = ['fix', 'test', 'workaround', 'owner'] as const;
type PlanField = (typeof planFields)[number];
type Entered = { readonly [field in PlanField]?: string };

/** Longest time that one part of a plan may take, in milliseconds: 90 days. */
const partMax = 90 * 86_400_000;

/** The plan with what was entered in the place of what it said. The fields are right by `planMistakes`. */
export function planOf(plan: Plan, entered: Entered): Plan {
  const { fix, test, workaround, owner } = entered;
  return {
    ...plan,
    ...(isEntered(fix) ? { fix: Duration.parse(fix.trim()) } : {}),
    ...(isEntered(test) ? { test: Duration.parse(test.trim()) } : {}),
    ...(isEntered(workaround) ? { workaround: untrusted(workaround, workaroundMax) } : {}),
    ...(isEntered(owner) ? { owner: owner.trim() } : {}),
  };
}

/** What is wrong with what was entered, by field, as sentences that say how to mend it. */
export function planMistakes(
  entered: Entered,
  people: readonly Pick<Person, 'id'>[],
): { readonly [field in PlanField]?: string } {
  if (planFields.every((field) => !isEntered(entered[field])))
    return { fix: 'Enter what changes: the time of the fix or of its test, a workaround, or who owns it.' };
  const { fix, test, owner } = entered;
  const isKnown = !isEntered(owner) || people.some(({ id }) => id === owner.trim());
  return {
    ...(isTime(fix) ? {} : { fix: timeMistake('fix') }),
    ...(isTime(test) ? {} : { test: timeMistake('test') }),
    ...(isKnown ? {} : { owner: `Name one of the people of the policy: ${people.map(({ id }) => id).join(', ')}.` }),
  };
}

const workaroundMax = 200;

function timeMistake(part: 'fix' | 'test'): string {
  return `Give the time of the ${part} as a whole number with m, h or d, at most 90 days, such as 4h.`;
}

function isTime(text: string | undefined): boolean {
  if (!isEntered(text)) return true;
  const parsed = Duration.safeParse(text.trim());
  return parsed.success && parsed.data <= partMax;
}

function isEntered(text: string | undefined): text is string {
  return untrusted(text ?? '') !== '';
}
