import type { StageAddress } from '../policy/policy.ts';
import { readHold } from './ledger.ts';
import { isCleared, readStage, type Stage } from './stage.ts';
import type { Table } from './table.ts';

/** Whether a release may enter a stage, and why not. */
export type Gate =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly why: string; readonly holds: readonly string[] };

/**
 * Asks the ledger, strongly consistent, and names a hold by its code and title. Throws when it does not answer: the caller
 * must refuse then.
 */
export async function gate(table: Table, address: StageAddress, executionId: string | null): Promise<Gate> {
  const answer = gateOf(await readStage(table, address), executionId);
  const [first] = answer.allowed ? [] : answer.holds;
  const hold = first === undefined ? null : await readHold(table, first);
  if (answer.allowed || hold === null) return answer;
  const others = answer.holds.length - 1;
  const more = others === 0 ? '' : ` and ${others} more`;
  return { ...answer, why: `hold ${hold.code} (${hold.problem.title})${more} is open on ${address.stage}` };
}

/**
 * The rule of the gate: free when no hold is open, no waiver for one release runs, and every hold closed since the halt was
 * cleared for this release or for any; or when this release is allowed by name. So nothing slips in while a stage resumes.
 */
export function gateOf(stage: Stage, executionId: string | null): Gate {
  if (executionId !== null && stage.allow.has(executionId)) return { allowed: true };
  if (stage.open.size > 0) {
    return { allowed: false, why: `${stage.open.size} open on this stage`, holds: [...stage.open].toSorted() };
  }
  if (stage.only.size > 0)
    return { allowed: false, why: 'only the release that brings the fix may pass until it is verified', holds: [] };
  if (!isCleared(stage, executionId))
    return { allowed: false, why: 'the stage resumes for another release, and this one is looked at first', holds: [] };
  return { allowed: true };
}
