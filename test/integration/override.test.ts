import {
  EnableStageTransitionCommand,
  OverrideStageConditionCommand,
  StartPipelineExecutionCommand,
} from '@aws-sdk/client-codepipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../lib/aws/ports.ts';
import { demoFinding, demoPolicy } from '../../lib/embedded/demo.ts';
import { pipelinesOf } from '../../lib/embedded/releases.ts';
import type { Runtime } from '../../lib/embedded/runtime.ts';
import { eventsOf } from '../../lib/hold/ledger.ts';
import { mailTo, startWorld, strangersClients, until } from './world.ts';

let runtime: Runtime;
beforeAll(async () => {
  ({ runtime } = await startWorld({ pipelines: pipelinesOf(demoPolicy().services), sweepEvery: 3_600_000 }));
  runtime.go();
});
afterAll(async () => {
  await runtime.stop();
});

test('who enables a held stage and overrides its gate is on the hold, and security is told', async () => {
  const [answers] = await runtime.takeIn(demoFinding(systemClock.now()));
  const [answer] = answers ?? [];
  const holdId = answer?.status === 'assessed' ? (answer.holdId ?? '') : '';
  await mailTo(runtime, 'ana', holdId);
  const codepipeline = await strangersClients(runtime).codepipeline();
  const { pipelineExecutionId } = await codepipeline.send(new StartPipelineExecutionCommand({ name: 'checkout' }));
  const stage = { pipelineName: 'checkout', stageName: 'Production' } as const;
  const production = () =>
    runtime.services.pipelines
      .rows()
      .find(({ name }) => name === 'checkout')
      ?.stages.at(-1);
  await until(() => production()?.waiting);

  await codepipeline.send(new EnableStageTransitionCommand({ ...stage, transitionType: 'Inbound' }));
  await until(() => production()?.refused);
  await codepipeline.send(
    new OverrideStageConditionCommand({ ...stage, pipelineExecutionId, conditionType: 'BEFORE_ENTRY' }),
  );

  const events = await until(async () => {
    const all = await eventsOf(runtime.ports.table, holdId);
    return all.some(({ kind }) => kind === 'released-inside') && all;
  });
  const foreign = events.filter(({ kind }) => kind === 'foreign-change');
  expect(foreign.map(({ data }) => data.what).toSorted()).toEqual([
    'EnableStageTransition',
    'OverrideStageCondition',
    'StartPipelineExecution',
  ]);
  expect(new Set(foreign.map(({ data }) => data.principal))).toEqual(
    new Set(['arn:aws:iam::123456789012:user/SOMEBODY']),
  );
  await until(() => production()?.transition === 'disabled');
  const mail = await mailTo(runtime, 'ana', holdId, 'worked-around');
  expect(mail.body).toContain('user/SOMEBODY');
});
