import { EnableStageTransitionCommand, StartPipelineExecutionCommand } from '@aws-sdk/client-codepipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../lib/aws/ports.ts';
import { demoFinding, demoPolicy } from '../../lib/embedded/demo.ts';
import { pipelinesOf } from '../../lib/embedded/releases.ts';
import type { Runtime } from '../../lib/embedded/runtime.ts';
import { eventsOf, existingHold } from '../../lib/hold/ledger.ts';
import { codeOf, decideByLink, mailTo, startWorld, strangersClients, until } from './world.ts';

let runtime: Runtime;
beforeAll(async () => {
  // No sweep comes between: what keeps the release out is the gate.
  ({ runtime } = await startWorld({ pipelines: pipelinesOf(demoPolicy().services), sweepEvery: 3_600_000 }));
  runtime.go();
});
afterAll(async () => {
  await runtime.stop();
});

function production() {
  const stage = runtime.services.pipelines
    .rows()
    .find(({ name }) => name === 'checkout')
    ?.stages.at(-1);
  if (stage === undefined) throw new Error('checkout has no Production');
  return stage;
}

async function takeIn(): Promise<string> {
  const [answers] = await runtime.takeIn(demoFinding(systemClock.now()));
  const [answer] = answers ?? [];
  if (answer?.status !== 'assessed' || answer.holdId === null) throw new Error('the finding opened no hold');
  return answer.holdId;
}

const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

test('the gate keeps a release out of a held stage that somebody enabled, and it can be retried when the stage is free', async () => {
  const holdId = await takeIn();
  const mail = await mailTo(runtime, 'rui', holdId);
  const { code } = await existingHold(runtime.ports.table, holdId);
  const codepipeline = await strangersClients(runtime).codepipeline();
  const { pipelineExecutionId = '' } = await codepipeline.send(
    new StartPipelineExecutionCommand({
      name: 'checkout',
      variables: [{ name: 'AUTHOR_EMAIL', value: 'dee@example.com' }],
    }),
  );
  await until(() => production().waiting?.executionId === pipelineExecutionId);

  await codepipeline.send(
    new EnableStageTransitionCommand({ pipelineName: 'checkout', stageName: 'Production', transitionType: 'Inbound' }),
  );
  const refused = await until(() => production().refused);

  expect(refused.executionId).toBe(pipelineExecutionId);
  expect(production()).toMatchObject({ waiting: null, inside: null, passed: null });
  const pipeline = runtime.services.pipelines.pipelines.find(({ name }) => name === 'checkout');
  if (pipeline === undefined) throw new Error('no pipeline');
  expect(runtime.services.pipelines.release(pipeline, pipelineExecutionId)?.statusSummary).toContain(code);

  // The sweep learns which release stands before the stage, and halts it again.
  await runtime.sweepNow();
  await decideByLink(mail.links[0] ?? '', {
    action: 'risk-accepted',
    reason: 'not reachable from outside',
    confirmation: code,
    totp: codeOf(runtime, 'rui'),
    until: tomorrow,
    scope: 'release',
  });
  const second = await mailTo(runtime, 'ola', holdId);
  const voted = await decideByLink(second.links[0] ?? '', {
    action: 'risk-accepted',
    reason: 'for one day',
    confirmation: code,
    totp: codeOf(runtime, 'ola'),
    until: tomorrow,
    scope: 'release',
  });
  expect(voted).toMatchObject({ status: 200 });
  const resumed = await until(async () =>
    (await eventsOf(runtime.ports.table, holdId)).find(({ kind }) => kind === 'resumed'),
  );
  expect(resumed.data).toMatchObject({ refused: pipelineExecutionId, retry: 'yes' });
  const over = await mailTo(runtime, 'rui', holdId, 'resumed');
  expect(over.body.replace(/\s+/g, ' ')).toContain(
    `RetryStageExecution on pipeline checkout, execution ${pipelineExecutionId}`,
  );

  const retried = await fetch(`${runtime.url}/retries`, {
    method: 'POST',
    body: new URLSearchParams({ service: 'checkout' }),
    headers: { origin: runtime.url, 'sec-fetch-site': 'same-origin' },
    redirect: 'manual',
  });
  expect(retried.status).toBe(303);
  await until(() => (production().inside ?? production().passed)?.executionId === pipelineExecutionId);
});
