import {
  awaitFunction,
  dispatchFunction,
  feedFunction,
  intakeFunction,
  notifyFunction,
  overrideFunction,
  reviewFunction,
  stageFunction,
  summaryFunction,
  sweepFunction,
  verifyFunction,
} from '../aws/functions.ts';
import type { Ports } from '../aws/ports.ts';

/** The functions of stopship that this machine calls as AWS would: by name, with the event that AWS would send. */
const functions = {
  intake: intakeFunction,
  dispatch: dispatchFunction,
  stage: stageFunction,
  notify: notifyFunction,
  await: awaitFunction,
  verify: verifyFunction,
  review: reviewFunction,
  sweep: sweepFunction,
  override: overrideFunction,
  summary: summaryFunction,
  feed: feedFunction,
} as const satisfies { readonly [name: string]: (ports: Ports, event: unknown) => Promise<unknown> };

/** Names of the functions, as the workflow and the schedules know them here. */
export type FunctionName = keyof typeof functions;

/** Calls a function in this process. Throws for a name that is none. */
export async function callHere(name: string, ports: Ports, payload: unknown): Promise<unknown> {
  const found = Object.entries(functions).find(([known]) => known === name);
  if (found === undefined) throw new Error(`${name} is no function of stopship`);
  return await found[1](ports, payload);
}
