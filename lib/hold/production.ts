import { z } from 'zod';
import type { Finding } from '../finding/finding.ts';
import { Instant, later } from '../finding/instant.ts';
import type { Policy, Service } from '../policy/policy.ts';
import { type StageKey, stageKeyOf } from './hold.ts';
import type { Pipeline } from './pipeline.ts';
import type { ClockPort } from './ports.ts';
import { remembered } from './remembered.ts';
import type { Key, Table } from './table.ts';

/** The release that passed a stage last, as it was seen: what is in production behind it. */
export type Production = z.infer<typeof Production>;
export const Production = z.object({ executionId: z.string(), digest: z.string().nullable(), seenAt: Instant });

export type ProductionDeps = { readonly table: Table; readonly pipeline: Pipeline; readonly clock: ClockPort };

/** How long it is believed that nothing newer passed, in milliseconds; and after how long the sweep looks again. */
const believedFor = 3_600_000;
const lookAgainAfter = 10 * 60_000;
/** How long a process uses what it read of the ledger, in milliseconds. */
const usedFor = 5 * 60_000;

/** Reads which release is in production of a service and keeps it in the ledger; null when none passed the stage yet. */
export async function learnProduction(deps: ProductionDeps, service: Service): Promise<Production | null> {
  const { passed } = await deps.pipeline.state(service.pipeline);
  if (passed === null) return null;
  const key = productionKey(stageKeyOf(service.pipeline));
  const known = await readProduction(deps.table, key);
  const digest = known?.executionId === passed ? known.digest : await digestOf(deps.pipeline, service, passed);
  const production = { executionId: passed, digest, seenAt: deps.clock.now() };
  await deps.table.transact([{ put: { ...key, ...production } }]);
  return production;
}

/** As `learnProduction`, at most every ten minutes; false when it was not due. */
export async function learnProductionWhenDue(deps: ProductionDeps, service: Service): Promise<boolean> {
  const known = await readProduction(deps.table, productionKey(stageKeyOf(service.pipeline)));
  if (known !== null && deps.clock.now() < later(known.seenAt, lookAgainAfter)) return false;
  return (await learnProduction(deps, service)) !== null;
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
 * Whether a finding came with a release that is not in production: `false` when it is on the image that runs there, else unknown.
 * That it is on another image alone does not say that production lacks it.
 */
export function introducedBy(finding: Finding, production: Production | null): false | null {
  const digest = production?.digest ?? null;
  return digest !== null && finding.resources.some((resource) => resource.digest === digest) ? false : null;
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
