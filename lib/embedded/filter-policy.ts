import { z } from 'zod';
import { AwsError } from './aws-error.ts';

/** The attributes of a message: a String.Array has several values. */
export type Attributes = Readonly<Record<string, readonly (string | number | boolean | null)[]>>;

type Condition = z.infer<typeof Condition>;
const Condition = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
  z.strictObject({ exists: z.boolean() }),
  z.strictObject({ prefix: z.string() }),
  z.strictObject({ suffix: z.string() }),
  z.strictObject({ 'equals-ignore-case': z.string() }),
  z.strictObject({
    'anything-but': z.union([
      z.string(),
      z.number(),
      z.array(z.union([z.string(), z.number()])),
      z.strictObject({ prefix: z.string() }),
      z.strictObject({ suffix: z.string() }),
    ]),
  }),
  z.strictObject({ numeric: z.array(z.union([z.string(), z.number()])).min(2) }),
]);

/** Attribute → conditions of which one must hold; all attributes must. */
export type FilterPolicy = z.infer<typeof FilterPolicy>;
const FilterPolicy = z.record(z.string(), z.array(Condition).min(1));

/**
 * Reads a subscription's filter policy. Throws SNS's `InvalidParameter` for what SNS would not take.
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 */
export function filterPolicyOf(text: string): FilterPolicy {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw new AwsError('InvalidParameter', 'Invalid parameter: FilterPolicy: failed to parse JSON.');
  }
  const parsed = FilterPolicy.safeParse(policy);
  if (parsed.success && conditionsOf(parsed.data).every(isNumericSound)) return parsed.data;
  throw new AwsError(
    'InvalidParameter',
    'Invalid parameter: FilterPolicy: each key takes a list of texts, numbers or match objects (exists, prefix, suffix, anything-but, numeric, equals-ignore-case)',
  );
}

/** Whether a message passes the policy. */
export function passes(policy: FilterPolicy, attributes: Attributes): boolean {
  return Object.entries(policy).every(([name, conditions]) => {
    const values = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    return conditions.some((condition) => holds(condition, values));
  });
}

function holds(condition: Condition, values: Attributes[string] | undefined): boolean {
  if (typeof condition === 'object' && condition !== null && 'exists' in condition)
    return condition.exists === (values !== undefined);
  return values?.some((value) => matches(condition, value)) ?? false;
}

function matches(condition: Condition, value: string | number | boolean | null): boolean {
  if (typeof condition !== 'object' || condition === null) return value === condition;
  if ('prefix' in condition) return typeof value === 'string' && value.startsWith(condition.prefix);
  if ('suffix' in condition) return typeof value === 'string' && value.endsWith(condition.suffix);
  if ('equals-ignore-case' in condition)
    return typeof value === 'string' && value.toLowerCase() === condition['equals-ignore-case'].toLowerCase();
  if ('numeric' in condition) return typeof value === 'number' && inRange(condition.numeric, value);
  if ('anything-but' in condition) return !isExcepted(condition['anything-but'], value);
  return false;
}

function isExcepted(
  excepted: Extract<Condition, { 'anything-but': unknown }>['anything-but'],
  value: string | number | boolean | null,
): boolean {
  if (Array.isArray(excepted)) return excepted.some((one) => one === value);
  return matches(excepted, value);
}

function inRange(numeric: readonly (string | number)[], value: number): boolean {
  for (let index = 0; index < numeric.length; index += 2) {
    const bound = Number(numeric[index + 1]);
    const compare = comparisons[String(numeric[index])];
    if (compare === undefined || !compare(value, bound)) return false;
  }
  return true;
}

const comparisons: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

function conditionsOf(policy: FilterPolicy): readonly Condition[] {
  return Object.values(policy).flat();
}

function isNumericSound(condition: Condition): boolean {
  if (typeof condition !== 'object' || condition === null || !('numeric' in condition)) return true;
  return condition.numeric.every((part, index) =>
    index % 2 === 0 ? Object.hasOwn(comparisons, String(part)) : typeof part === 'number',
  );
}
