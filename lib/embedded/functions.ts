import { awaitFunction, notifyFunction, reviewFunction, stageFunction, verifyFunction } from '../aws/functions.ts';
import type { Ports } from '../aws/ports.ts';
import { functionNames } from './services.ts';

/** Calls a function of the workflow in this process, as Lambda would. */
export async function localFunctions(name: string, ports: Ports, payload: unknown): Promise<unknown> {
  switch (name) {
    case functionNames.stage:
      return await stageFunction(ports, payload);
    case functionNames.notify:
      return await notifyFunction(ports, payload);
    case functionNames.await:
      return await awaitFunction(ports, payload);
    case functionNames.verify:
      return await verifyFunction(ports, payload);
    case functionNames.review:
      return await reviewFunction(ports, payload);
    default:
      throw new Error(`the workflow calls ${name}, which is no function here`);
  }
}
