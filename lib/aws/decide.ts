import { readFileSync } from 'node:fs';
import { handle, type LambdaEvent } from 'hono/aws-lambda';
import { zoneOf } from '../brief/recipients.ts';
import { decisionApp } from '../web/decision-app.ts';
import { decisionSteps } from '../web/show/decision-deps.ts';
import { report } from './log.ts';
import type { Ports } from './ports.ts';

/** Serves the decision pages over the HTTP API. `event` is what the API passes on (payload format 2.0). */
export async function decideFunction(ports: Ports, event: LambdaEvent): Promise<unknown> {
  const app = decisionApp({
    ...decisionSteps(ports),
    assets: { css: css() },
    publicUrl: ports.publicAddress,
    zone: zoneOf(ports.policy.clock),
    now: ports.clock.now,
    report: (error) => report('decide.failed', error),
  });
  return await handle(app)(event);
}

let loaded: string | null = null;

/** The style sheet that the deployment put beside the code. */
function css(): string {
  loaded ??= readFileSync(new URL('./pico.css', import.meta.url), 'utf8');
  return loaded;
}
