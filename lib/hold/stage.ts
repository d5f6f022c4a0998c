import { z } from 'zod';
import { Instant, later } from '../finding/instant.ts';
import { StageAddress } from '../policy/policy.ts';
import { type StageKey, stageKeyOf } from './hold.ts';
import type { ReleaseDetails } from './pipeline.ts';
import type { Item, Key, Table, Write } from './table.ts';

/** What the ledger knows of a stage. `open` is the truth; the pipeline is made to agree with it. */
export type Stage = z.infer<typeof Stage>;
export const Stage = z.object({
  address: StageAddress,
  /** Ids of the open holds. */
  open: z.set(z.string()),
  phase: z.enum(['FREE', 'HALTING', 'HALTED', 'RESUMING']),
  /** Executions that may enter though the stage is halted. */
  allow: z.set(z.string()),
  /** Releases that people decided to go back to since the stage was last free: what brings one back is meant to be inside. */
  back: z.set(z.string()),
  /** Closed holds whose waiver for one release runs: as long as there is one, nothing but `allow` may enter. */
  only: z.set(z.string()),
  /** `yes`: a person disabled the transition. `unknown`: it was not readable when we halted; only a person enables it then. */
  foreign: z.enum(['no', 'yes', 'unknown']),
  /** The reason with which a person's disable is to be put back, which an enable of ours undid in a race; null almost always. */
  putBack: z.string().nullable(),
  /** Raised while an open hold is not in force though we tried. */
  alarm: z.string().nullable(),
  /** Holds closed since the halt, each with the releases that it was cleared for (`*`: any). */
  cleared: z.record(z.string(), z.set(z.string())),
  /** When we last asked the pipeline to switch the transition. */
  lastCallAt: Instant.nullable(),
  /** Our own last enable: when, and which releases had entered by then or were looked at since. */
  lastEnable: z.object({ at: Instant, known: z.array(z.string()).readonly() }).nullable(),
});

/**
 * From our word that we switch a transition until no request of ours can land any more and no read shows what was before: a
 * function's life (30 s), a late request (6), an old answer (3), and clocks that differ (20); in milliseconds.
 */
export const callSeenAfter = 60_000;

/** Whether our last enable shows in whatever is read from now on, unless somebody switched the transition since. */
export function isEnableSeen({ lastEnable }: Pick<Stage, 'lastEnable'>, now: Instant): boolean {
  return lastEnable === null || later(lastEnable.at, callSeenAfter) <= now;
}

/** Key of a stage's state. */
export function stageItemKey(key: StageKey): Key {
  return { pk: `STAGE#${key}`, sk: 'STATE' };
}

/** A stage of which the ledger knows nothing yet: free. */
export function freeStage(address: StageAddress): Stage {
  return {
    address,
    open: new Set(),
    phase: 'FREE',
    allow: new Set(),
    back: new Set(),
    only: new Set(),
    foreign: 'no',
    putBack: null,
    alarm: null,
    cleared: {},
    lastCallAt: null,
    lastEnable: null,
  };
}

/** Reads a stage, strongly consistent. */
export async function readStage(table: Table, address: StageAddress): Promise<Stage> {
  const item = await table.get(stageItemKey(stageKeyOf(address)));
  return item === null ? freeStage(address) : stageOf(item, address);
}

/**
 * Whether a release inside a held stage is meant to be there: by name, or since it brings back what people decided to go back
 * to, whose own name is known only when the pipeline has answered.
 */
export function hasLeave(
  { allow, back }: Pick<Stage, 'allow' | 'back'>,
  { executionId, backTo }: Pick<ReleaseDetails, 'executionId' | 'backTo'>,
): boolean {
  return allow.has(executionId) || (backTo !== null && back.has(backTo));
}

/** Stages that are not at rest: those with open holds, an alarm, or a phase under way. May lag behind on AWS. */
export async function unrestedStages(
  table: Table,
): Promise<readonly { readonly address: StageAddress; readonly isHeld: boolean }[]> {
  const items = await table.listed('STAGES');
  return items.map(({ address, open }) => ({ address: StageAddress.parse(address), isHeld: open !== undefined }));
}

/**
 * The write that adds holds to a stage, and puts it on the list of stages that the sweep looks after. A new problem
 * concerns every release: leave given earlier to single ones ends.
 */
export function addToStage(address: StageAddress, holdIds: readonly string[], now: Instant): Write {
  const key = stageKeyOf(address);
  return {
    update: stageItemKey(key),
    change: { set: { address, list: 'STAGES', at: `${now}#${key}` }, remove: ['allow'], unite: { open: holdIds } },
  };
}

/** Attribute that says for which releases a closed hold was cleared. */
export function clearedAttribute(holdId: string): string {
  return `${clearedPrefix}${holdId}`;
}

/** Whether a closed hold was cleared for a release; no release is only covered by any. */
export function isCovered(cleared: ReadonlySet<string>, release: string | null): boolean {
  return cleared.has('*') || (release !== null && cleared.has(release));
}

/** Whether every hold closed since the halt was cleared for a release, or for any. */
export function isCleared({ cleared }: Pick<Stage, 'cleared'>, release: string | null): boolean {
  return Object.values(cleared).every((one) => isCovered(one, release));
}

const clearedPrefix = 'cleared:';

function stageOf(item: Item, address: StageAddress): Stage {
  const cleared = Object.entries(item)
    .filter(([name]) => name.startsWith(clearedPrefix))
    .map(([name, release]) => [name.slice(clearedPrefix.length), release]);
  return Stage.parse({
    ...freeStage(address),
    ...item,
    address,
    open: item.open ?? new Set(),
    allow: item.allow ?? new Set(),
    back: item.back ?? new Set(),
    only: item.only ?? new Set(),
    cleared: Object.fromEntries(cleared),
  });
}
