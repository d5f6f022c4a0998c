import { z } from 'zod';
import { kinds } from '../finding/finding.ts';
import { bands } from '../risk/assessment.ts';
import {
  authentications,
  conflictRules,
  criticalities,
  dataClasses,
  exploitMaturities,
  exposures,
  type Setting,
} from '../risk/setting.ts';
import { ssvcDecisions } from '../risk/ssvc.ts';
import { Duration, Moment } from './time.ts';

/** What a person is to a service. One person may have several roles. */
export const roles = ['security', 'release-manager', 'developer', 'product', 'executive', 'risk-owner'] as const;
export type Role = (typeof roles)[number];

export const verdicts = ['pass', 'watch', 'halt'] as const;

const accountMessage = 'must be twelve digits in quotation marks, such as "123456789012"';
const personId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and dashes, at most 40');
const people = z.array(personId);

/** A stage that stopship can halt, and where it is. */
export type StageAddress = z.infer<typeof StageAddress>;
export const StageAddress = z.strictObject({
  account: z.string(accountMessage).regex(/^\d{12}$/, accountMessage),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a Region such as eu-west-1'),
  name: z.string().regex(/^[A-Za-z0-9.@_-]{1,100}$/, 'must be a pipeline name'),
  stage: z.string().regex(/^[A-Za-z0-9.@_-]{1,100}$/, 'must be a stage name'),
});

const quiet = z
  .string()
  .regex(
    /^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d [A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/,
    'must be written like "22:00-07:00 Europe/Lisbon"',
  );

const Clock = z.strictObject({
  /** Between reminders to those who may decide. */
  remind: Duration.prefault('1h'),
  /** Who else is told when a deadline passes, level by level. */
  escalate: z.array(people.readonly()).readonly().default([]),
  /** Between levels. */
  every: Duration.prefault('4h'),
  /** From the halt to the moment by which somebody decides. */
  deadline: Duration.prefault('24h'),
  /** Hours in which nothing but a first brief is sent. */
  quiet: quiet.optional(),
});
export type Clock = z.infer<typeof Clock>;

// Without defaults: what a service leaves out is the policy's clock, not the built-in one.
const ServiceClock = z.strictObject({
  remind: Duration.optional(),
  escalate: z.array(people.readonly()).readonly().optional(),
  every: Duration.optional(),
  deadline: Duration.optional(),
  quiet: quiet.optional(),
});

const OutputVariable = z.strictObject({ action: z.string().min(1), variable: z.string().min(1) });

const PlanEntry = z.strictObject({
  fix: Duration.optional(),
  test: Duration.optional(),
  workaround: z.string().min(1).max(200).optional(),
  owner: personId.optional(),
});

/** What mending takes: `fix` and `test` in milliseconds, as parsed and as the ledger keeps it. */
export type Plan = z.infer<typeof Plan>;
export const Plan = PlanEntry.extend({ fix: z.number().optional(), test: z.number().optional() });

/** What is released, through which pipeline, how exposed, with which data, owned by whom. */
export type Service = z.infer<typeof Service>;
export const Service = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and dashes, at most 63'),
  mode: z.enum(['enforce', 'audit']).optional(),
  pipeline: StageAddress,
  author: OutputVariable.optional(),
  digest: OutputVariable.optional(),
  /** Patterns of resource ARNs; `*` matches any characters. */
  resources: z.array(z.string().min(1)).min(1).readonly(),
  exposure: z.enum(exposures),
  authentication: z.enum(authentications).default('none'),
  dataClass: z.enum(dataClasses),
  /** What the data is, in words a customer would understand. */
  holds: z.string().min(1).max(200).optional(),
  criticality: z.enum(criticalities),
  /** When it is announced to be live, with a zone: `2026-12-01T09:00Z`. */
  launch: Moment.optional(),
  plan: PlanEntry.optional(),
  clock: ServiceClock.optional(),
  stakeholders: z.partialRecord(z.enum(roles), people.readonly()),
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
  /** This decision or a more urgent one. */
  ssvc: z.enum(ssvcDecisions).optional(),
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
  by: people.min(1).readonly(),
  /** Its end, without which there is no waiver: a day (to its end, UTC) or a moment with a zone. */
  until: Moment,
});

/** Somebody who is told or may decide. */
export type Person = z.infer<typeof Person>;
export const Person = z.strictObject({
  id: personId,
  name: z.string().min(1).max(80),
  email: z.email().optional(),
  sms: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, 'must be a number in international form such as +351910000001')
    .optional(),
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
  onConflict: z.enum(conflictRules).default('worst'),
  exploitMaturity: z.enum(exploitMaturities).default('worst'),
  /** Told of critical findings that no service claims. */
  security: people.readonly().default([]),
  clock: Clock.prefault({}),
  services: z.array(Service).readonly().default([]),
  rules: z.array(Rule).min(1).readonly(),
  waivers: z.array(PolicyWaiver).readonly().default([]),
  people: z.array(Person).readonly().default([]),
});

/** A policy as in force, with the hash of what it says: a changed policy is another policy, a moved comment is not. */
export type PolicyInForce = Policy & { readonly hash: string };

/** The facts of a service under which a finding is assessed; null stays null, where no service claims the finding. */
export function settingOf(service: Service | null, policy: Policy): Setting | null {
  return service === null
    ? null
    : { ...service, onConflict: policy.onConflict, exploitMaturity: policy.exploitMaturity };
}
