import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { codepipeline } from '../../lib/embedded/codepipeline.ts';
import { EventQueue } from '../../lib/embedded/event-queue.ts';
import { eventbridge } from '../../lib/embedded/eventbridge.ts';
import { Executions } from '../../lib/embedded/executions.ts';
import { FindingsStore } from '../../lib/embedded/findings-store.ts';
import { inspector2 } from '../../lib/embedded/inspector2.ts';
import { Mailbox } from '../../lib/embedded/mailbox.ts';
import { Pipelines } from '../../lib/embedded/pipelines.ts';
import { securityhub } from '../../lib/embedded/securityhub.ts';
import { sns } from '../../lib/embedded/sns.ts';
import { states } from '../../lib/embedded/states-api.ts';
import { openStore } from '../../lib/embedded/store.ts';
import { sts } from '../../lib/embedded/sts.ts';
import { endpointOf } from './endpoint.ts';

const hasBoto3 = spawnSync('python3', ['-c', 'import boto3']).status === 0;
const account = '123456789012';
const region = 'eu-west-1';

test.skipIf(!hasBoto3)(
  'boto3 drives a pipeline, topics and workflows as it would on AWS (skipped without boto3)',
  async () => {
    const store = openStore(null);
    const stages = ['Source', 'Build', 'Production'];
    const pipelines = new Pipelines({
      store,
      pipelines: [{ account, region, name: 'checkout', stages }],
      pace: { step: 1, stage: 1 },
    });
    const mailbox = new Mailbox(store);
    const findings = new FindingsStore({ store });
    const queue = new EventQueue({ store, deliver: async () => {} });
    const executions = new Executions({
      store,
      stateMachineArn: `arn:aws:states:${region}:${account}:stateMachine:stopship`,
      definition: {
        StartAt: 'Only',
        States: {
          Only: {
            Type: 'Task',
            Resource: 'arn:aws:states:::lambda:invoke',
            Parameters: { FunctionName: 'only', 'Payload.$': '$' },
            OutputPath: '$.Payload',
            End: true,
          },
        },
      },
      invoke: async (_, payload) => payload,
    });
    const { wire, errors } = await endpointOf(
      codepipeline(pipelines),
      sns({ store, mailbox, account, region, confirmsAtOnce: () => true, url: () => 'http://127.0.0.1' }),
      states(executions),
      eventbridge({ queue, account, region }),
      inspector2(findings),
      securityhub({ findings, queue, region }),
      sts(account),
    );
    pipelines.start();

    const { stdout } = await promisify(execFile)('python3', [join(import.meta.dirname, 'session.py'), wire.url]);
    pipelines.stop();
    executions.close();
    await wire.close();

    expect(JSON.parse(stdout)).toEqual({
      waiting: true,
      reason: 'a flaw - stopship',
      isDated: true,
      subscriptions: 2,
      output: '{"holdId":"h1"}',
      failedEntries: 0,
      findings: [],
      coverage: [],
      hub: [],
      identity: `arn:aws:iam::${account}:user/AKIABOTO`,
      codes: [
        'PipelineNotFoundException',
        'StageNotFoundException',
        'ValidationException',
        'NotFound',
        'InvalidParameter',
        'ExecutionAlreadyExists',
        'InvalidToken',
      ],
    });
    expect(mailbox.deliveries().map(({ endpoint, body }) => [endpoint, body])).toEqual([
      ['ana@example.com', 'for ana <&>'],
      ['rui@example.com', 'for rui <&>'],
      ['ana@example.com', 'for ana <&>'],
    ]);
    expect(errors).toEqual([]);
  },
);
