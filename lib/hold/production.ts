import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import type { Finding } from '../finding/finding.ts';
import { Instant, later } from '../finding/instant.ts';
import type { Policy, Service } from '../policy/policy.ts';
import { problemOf } from '../policy/problem.ts';
import { type StageKey, stageKeyOf } from './hold.ts';
import { type Pipeline, standsBefore } from './pipeline.ts';
import type { ClockPort } from './ports.ts';
import { remembered } from './remembered.ts';
import type { Key, Table } from './table.ts';

/** The release that passed a stage last, as it was seen: what is in production behind it. */
export type Production = z.infer<typeof Production>;
export const Production = z.object({
  executionId: z.string(),
  digest: z.string().nullable(),
  seenAt: Instant,
  /** The release that would enter the stage next, or is inside, as it was seen with it. */
  waiting: z.object({ executionId: z.string(), digest: z.string().nullable() }).nullable().default(null),
  /** Marks of all weaknesses of its image, one after the other; null when it is not known to be scanned, or nobody asked. */
  weaknesses: z.string().nullable().default(null),
});

export type ProductionDeps = { readonly table: Table; readonly pipeline: Pipeline; readonly clock: ClockPort };

/** How long it is believed that nothing newer passed, in milliseconds; and after how long the sweep looks again. */
const believedFor = 3_600_000;
const lookAgainAfter = 10 * 60_000;
/** How long a process uses what it read of the ledger, in milliseconds. */
const usedFor = 5 * 60_000;

/**
 * Reads which release is in production of a service and which waits, and keeps it in the ledger; null when none passed the
 * stage yet. `weaknesses`: what the scanner knows of the image; without it what was known of the same image stays.
 */
export async function learnProduction(
  deps: ProductionDeps,
  service: Service,
  weaknesses?: (digest: string) => Promise<string | null>,
): Promise<Production | null> {
  const view = await deps.pipeline.state(service.pipeline);
  const { passed } = view;
  if (passed === null) return null;
  const key = productionKey(stageKeyOf(service.pipeline));
  const known = await readProduction(deps.table, key);
  const digest = known?.executionId === passed ? known.digest : await digestOf(deps.pipeline, service, passed);
  const same = known?.digest === digest ? (known?.weaknesses ?? null) : null;
  const production = {
    executionId: passed,
    digest,
    seenAt: deps.clock.now(),
    waiting: await waitingOf(deps.pipeline, service, {
      next: standsBefore(view) ?? view.inside,
      known: known?.waiting ?? null,
    }),
    weaknesses: weaknesses === undefined || digest === null ? same : await weaknesses(digest),
  };
  await deps.table.transact([{ put: { ...key, ...production } }]);
  return production;
}

/** As `learnProduction`, at most every ten minutes; false when it was not due. */
export async function learnProductionWhenDue(
  deps: ProductionDeps,
  service: Service,
  weaknesses: (digest: string) => Promise<string | null>,
): Promise<boolean> {
  const known = await readProduction(deps.table, productionKey(stageKeyOf(service.pipeline)));
  if (known !== null && deps.clock.now() < later(known.seenAt, lookAgainAfter)) return false;
  return (await learnProduction(deps, service, weaknesses)) !== null;
}

/** Whether a rule of the policy asks whether a release introduces a finding: only then production is looked at beforehand. */
export function asksForOrigin({ rules }: Pick<Policy, 'rules'>): boolean {
  return rules.some(({ when }) => when.introduced !== undefined);
}

/** What is in production behind a stage, as this process remembers it of the ledger; null is unknown, or seen too long ago. */
export function productionFrom(
  table: Pick<Table, 'get'>,
  clock: Pick<ClockPort, 'now'>,
): (stage: StageKey) => Promise<Production | null> {
  const stages = new Map<StageKey, () => Promise<Production | null>>();
  return async (stage) => {
    const read =
      stages.get(stage) ??
      remembered(
        () => readProduction(table, productionKey(stage)),
        clock,
        () => usedFor,
      );
    stages.set(stage, read);
    const production = await read();
    return production !== null && clock.now() <= later(production.seenAt, believedFor) ? production : null;
  };
}

/**
 * Whether a finding comes with the release that waits: `false` when it is on the image in production, or when that has the same
 * weakness; `true` when it is on the image that waits and the scanned one in production lacks it. Else unknown: that it is on
 * another image alone does not say that production lacks it. As true as what was last seen, an hour ago at most.
 */
export function introducedBy(finding: Finding, stage: StageKey, production: Production | null): boolean | null {
  if (production === null || production.digest === null) return null;
  const { digest, waiting, weaknesses } = production;
  if (isOn(finding, digest)) return false;
  if (weaknesses === null || !isOn(finding, waiting?.digest ?? null)) return null;
  return !weaknesses.includes(markOf(finding, stage));
}

/** The same for the same weakness in every image: what would mend it, and its public id. */
export function weaknessKey(finding: Finding, stage: StageKey): string {
  return `${problemOf(finding, stage).hash}/${finding.vulnerabilityId ?? finding.title}`;
}

/** Weaknesses of an image that are kept at most: an item of DynamoDB holds 400 KB. */
const weaknessesMax = 10_000;

/** What is kept of the findings on an image; null for so many that they do not fit. */
export function weaknessMarks(findings: readonly Finding[], stage: StageKey): string | null {
  const marks = new Set(findings.map((finding) => markOf(finding, stage)));
  return marks.size > weaknessesMax ? null : [...marks].join(' ');
}

function markOf(finding: Finding, stage: StageKey): string {
  return bytesToHex(sha256(utf8ToBytes(weaknessKey(finding, stage)))).slice(0, 24);
}

function isOn({ resources }: Finding, digest: string | null): boolean {
  return digest !== null && resources.some((resource) => resource.digest === digest);
}

async function waitingOf(
  pipeline: Pipeline,
  service: Service,
  { next, known }: { readonly next: string | null; readonly known: Production['waiting'] },
): Promise<Production['waiting']> {
  if (next === null || known?.executionId === next) return next === null ? null : known;
  return { executionId: next, digest: await digestOf(pipeline, service, next) };
}

async function readProduction(table: Pick<Table, 'get'>, key: Key): Promise<Production | null> {
  return Production.safeParse(await table.get(key)).data ?? null;
}

async function digestOf(pipeline: Pipeline, service: Service, executionId: string): Promise<string | null> {
  const sources = { author: service.author ?? null, digest: service.digest ?? null };
  return (await pipeline.release(service.pipeline, executionId, sources)).digest;
}

function productionKey(stage: StageKey): Key {
  return { pk: `STAGE#${stage}`, sk: 'PRODUCTION' };
}
