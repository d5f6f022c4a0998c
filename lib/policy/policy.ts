import { z } from 'zod';
import { kinds } from '../finding/finding.ts';
import { bands } from '../risk/assessment.ts';

/** A length of time as written in a policy (`30s 15m 4h 3d`), in milliseconds once parsed. */
export const Duration = z
  .string()
  .regex(/^[1-9]\d{0,5}[smhd]$/, 'is a whole number with s, m, h or d, such as 15m or 4h')
  .transform((text) => Number.parseInt(text, 10) * durationUnits[text.at(-1) as keyof typeof durationUnits]);
const durationUnits = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** What a person is to a service. One person may have several roles. */
export const roles = ['security', 'release-manager', 'developer', 'product', 'executive', 'risk-owner'] as const;
export type Role = (typeof roles)[number];

export const verdicts = ['pass', 'watch', 'halt'] as const;
export const exposures = ['internet', 'internal', 'isolated'] as const;
export const dataClasses = ['public', 'internal', 'confidential', 'restricted'] as const;
export const criticalities = ['low', 'medium', 'high', 'essential'] as const;

const personId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'is lower-case letters, digits and dashes, at most 40');
const people = z.array(personId).readonly();

/** A stage that stopship can halt, and where it is. */
export type StageAddress = z.infer<typeof StageAddress>;
export const StageAddress = z.strictObject({
  account: z.string().regex(/^\d{12}$/, 'is an account of twelve digits, in quotation marks'),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'is a Region such as eu-west-1'),
  name: z.string().regex(/^[A-Za-z0-9.@_-]{1,100}$/, 'is a pipeline name'),
  stage: z.string().regex(/^[A-Za-z0-9.@_-]{1,100}$/, 'is a stage name'),
});

const Clock = z.strictObject({
  /** Between reminders to those who may decide. */
  remind: Duration.default(3_600_000),
  /** Who else is told when a deadline passes, level by level. */
  escalate: z.array(people).readonly().default([]),
  /** Between levels. */
  every: Duration.default(4 * 3_600_000),
  /** From the halt to the moment by which somebody decides. */
  deadline: Duration.default(24 * 3_600_000),
  /** Hours in which nothing but a first brief is sent. */
  quiet: z
    .string()
    .regex(/^\d\d:\d\d-\d\d:\d\d [A-Za-z_]+(\/[A-Za-z_+-]+)*$/, 'is written like "22:00-07:00 Europe/Lisbon"')
    .optional(),
});
export type Clock = z.infer<typeof Clock>;

const OutputVariable = z.strictObject({ action: z.string().min(1), variable: z.string().min(1) });

export type Plan = z.infer<typeof Plan>;
export const Plan = z.strictObject({
  fix: Duration.optional(),
  test: Duration.optional(),
  workaround: z.string().min(1).max(200).optional(),
  owner: personId.optional(),
});

/** What is released, through which pipeline, how exposed, with which data, owned by whom. */
export type Service = z.infer<typeof Service>;
export const Service = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is lower-case letters, digits and dashes, at most 63'),
  mode: z.enum(['enforce', 'audit']).optional(),
  pipeline: StageAddress,
  author: OutputVariable.optional(),
  digest: OutputVariable.optional(),
  /** Patterns of resource ARNs; `*` matches any characters. */
  resources: z.array(z.string().min(1)).min(1).readonly(),
  exposure: z.enum(exposures),
  dataClass: z.enum(dataClasses),
  /** What the data is, in words a customer would understand. */
  holds: z.string().min(1).max(200).optional(),
  criticality: z.enum(criticalities),
  launch: z.string().datetime({ offset: true, precision: undefined, local: false }).or(z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(Z|[+-]\d\d:\d\d)$/)).optional(),
  plan: Plan.optional(),
  clock: Clock.partial().optional(),
  stakeholders: z.partialRecord(z.enum(roles), people),
});

/** The conditions of a rule; all must hold. One whose datum is unknown does not match unless the rule says `unknownCounts`. */
export type When = z.infer<typeof When>;
export const When = z.strictObject({
  scoreAtLeast: z.number().min(0).max(10).optional(),
  severityAtLeast: z.enum(bands).optional(),
  epssAtLeast: z.number().min(0).max(1).optional(),
  knownExploited: z.boolean().optional(),
  exploitAvailable: z.boolean().optional(),
  fix: z.enum(['available', 'none', 'wont-fix']).optional(),
  ssvc: z.enum(['defer', 'scheduled', 'out-of-cycle', 'immediate']).optional(),
  exposure: z.enum(exposures).optional(),
  dataClass: z.enum(dataClasses).optional(),
  criticality: z.enum(criticalities).optional(),
  kind: z.enum(kinds).optional(),
  ecosystem: z.string().min(1).optional(),
  ageDaysAtLeast: z.number().int().min(0).optional(),
  introduced: z.boolean().optional(),
  service: z.string().min(1).optional(),
});

export type Rule = z.infer<typeof Rule>;
export const Rule = z.strictObject({
  then: z.enum(verdicts),
  /** The rule's name, said in every brief that it caused. */
  because: z.string().min(1).max(100),
  when: When,
  unknownCounts: z.boolean().default(false),
});

export type PolicyWaiver = z.infer<typeof PolicyWaiver>;
export const PolicyWaiver = z.strictObject({
  service: z.string().min(1),
  vulnerability: z.string().min(1),
  kind: z.enum(['risk', 'workaround']),
  because: z.string().min(1),
  by: people,
  until: z.string().regex(/^\d{4}-\d\d-\d\d/, 'is a date such as 2026-12-31'),
});

/** Somebody who is told or may decide. */
export type Person = z.infer<typeof Person>;
export const Person = z.strictObject({
  id: personId,
  name: z.string().min(1).max(80),
  email: z.email().optional(),
  sms: z.string().regex(/^\+[1-9]\d{6,14}$/, 'is a number in international form such as +351910000001').optional(),
  /** Principals that are this person; `*` matches any characters. */
  aws: z.array(z.string().min(1)).readonly().default([]),
  /** Addresses under which this person commits. */
  git: z.array(z.string().min(1)).readonly().default([]),
});

/** The policy file: what we do about risk, for which services, and who the people are. */
export type Policy = z.infer<typeof Policy>;
export const Policy = z.strictObject({
  version: z.literal(1),
  mode: z.enum(['enforce', 'audit']).default('enforce'),
  onConflict: z.enum(['worst', 'source']).default('worst'),
  /** Told of critical findings that no service claims. */
  security: people.default([]),
  clock: Clock.prefault({}),
  services: z.array(Service).readonly().default([]),
  rules: z.array(Rule).min(1).readonly(),
  waivers: z.array(PolicyWaiver).readonly().default([]),
  people: z.array(Person).readonly().default([]),
});

/** A policy as in force, with the hash of its text: a changed policy is another policy. */
export type PolicyInForce = Policy & { readonly hash: string };
