import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterEach, expect, test } from 'vitest';
import { Executions } from '../../lib/embedded/executions.ts';
import { states } from '../../lib/embedded/states-api.ts';
import { openStore } from '../../lib/embedded/store.ts';
import { endpointOf, eventually } from './endpoint.ts';

const stateMachineArn = 'arn:aws:states:eu-west-1:123456789012:stateMachine:stopship';
const executionArn = (name: string) => `arn:aws:states:eu-west-1:123456789012:execution:stopship:${name}`;

const closings: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

/** Halt, then wait for a person: answered → Done, timed out → Remind, which waits again. */
function definition(retry: readonly unknown[] = []) {
  const invoke = 'arn:aws:states:::lambda:invoke';
  return {
    StartAt: 'Halt',
    TimeoutSeconds: 5_184_000,
    States: {
      Halt: {
        Type: 'Task',
        Resource: invoke,
        Parameters: { FunctionName: 'halt', Payload: { 'holdId.$': '$.holdId' } },
        Retry: retry,
        ResultSelector: { 'Payload.$': '$.Payload' },
        OutputPath: '$.Payload',
        Next: 'Await',
      },
      Await: {
        Type: 'Task',
        Resource: `${invoke}.waitForTaskToken`,
        TimeoutSecondsPath: '$.Payload.wait',
        Parameters: {
          FunctionName: 'await',
          Payload: { 'holdId.$': '$.holdId', 'wait.$': '$.wait', 'token.$': '$$.Task.Token' },
        },
        Catch: [{ ErrorEquals: ['States.Timeout'], ResultPath: '$.timedOut', Next: 'Remind' }],
        Next: 'Done',
      },
      Remind: {
        Type: 'Task',
        Resource: invoke,
        Parameters: { FunctionName: 'remind', Payload: { 'holdId.$': '$.holdId' } },
        OutputPath: '$.Payload',
        Next: 'Await',
      },
      Done: { Type: 'Succeed' },
    },
  };
}

type Call = { readonly name: string; readonly payload: unknown };

async function running(
  invoke: (call: Call) => unknown = ({ name }) => ({ holdId: 'h1', wait: name === 'halt' ? 3600 : 3600 }),
  options: { readonly dataDir?: string; readonly retry?: readonly unknown[] } = {},
) {
  const calls: Call[] = [];
  const store = openStore(options.dataDir ?? null);
  const executions = new Executions({
    store,
    stateMachineArn,
    definition: definition(options.retry),
    invoke: async (name, payload) => {
      calls.push({ name, payload });
      return invoke({ name, payload });
    },
  });
  const { wire, config } = await endpointOf(states(executions));
  closings.push(async () => {
    executions.close();
    await wire.close();
    store.close();
  });
  const client = new SFNClient(config);
  const start = (name: string, input: unknown = { holdId: 'h1' }) =>
    client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
  const tokens = () =>
    calls.filter(({ name }) => name === 'await').map(({ payload }) => String(Reflect.get(Object(payload), 'token')));
  const token = (index = 0) => eventually(() => tokens()[index]);
  const ended = (name: string) =>
    eventually(async () => {
      const execution = await client.send(new DescribeExecutionCommand({ executionArn: executionArn(name) }));
      return execution.status === 'RUNNING' ? undefined : execution;
    });
  return { client, calls, start, token, ended };
}

test('a waiting state gets a fresh token and goes on with the output that answers it', async () => {
  const { client, start, token, ended, calls } = await running();
  await start('h1-a1');

  const taskToken = await token();
  await client.send(new SendTaskSuccessCommand({ taskToken, output: '{"outcome":"remediation"}' }));
  const execution = await ended('h1-a1');

  expect(execution).toMatchObject({
    status: 'SUCCEEDED',
    output: '{"outcome":"remediation"}',
    input: '{"holdId":"h1"}',
  });
  expect(calls[1]).toEqual({ name: 'await', payload: { holdId: 'h1', wait: 3600, token: taskToken } });
});

test('two executions never share a token, and a token answers once', async () => {
  const { client, start, token } = await running();
  await start('h1-a1');
  await start('h2-a1');
  const first = await token(0);
  const second = await token(1);

  await client.send(new SendTaskSuccessCommand({ taskToken: first, output: '{}' }));
  const again = client.send(new SendTaskSuccessCommand({ taskToken: first, output: '{}' }));

  expect(first).not.toBe(second);
  await expect(again).rejects.toMatchObject({ name: 'TaskTimedOut' });
});

test('an answer that comes while the function still runs is taken', async () => {
  const { start, ended, client } = await running(async ({ name, payload }) => {
    if (name !== 'await') return { holdId: 'h1', wait: 3600 };
    await client.send(
      new SendTaskSuccessCommand({ taskToken: Reflect.get(Object(payload), 'token'), output: '"early"' }),
    );
    return 'dropped';
  });

  await start('h1-a1');

  expect(await ended('h1-a1')).toMatchObject({ status: 'SUCCEEDED', output: '"early"' });
});

test('a wait that times out goes to its catch, and its token is gone', async () => {
  const { client, start, token, ended, calls } = await running(({ name }) => ({
    holdId: 'h1',
    wait: name === 'halt' ? 1 : 3600,
  }));
  await start('h1-a1');

  const late = await token(0);
  const next = await token(1);
  const refusal = client.send(new SendTaskSuccessCommand({ taskToken: late, output: '{}' }));
  await expect(refusal).rejects.toMatchObject({ name: 'TaskTimedOut' });
  await client.send(new SendTaskSuccessCommand({ taskToken: next, output: '{}' }));

  expect((await ended('h1-a1')).status).toBe('SUCCEEDED');
  expect(calls.map(({ name }) => name)).toEqual(['halt', 'await', 'remind', 'await']);
});

test('a task that fails is tried again as often as its Retry says', async () => {
  const retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 1, BackoffRate: 1 }];
  const at: number[] = [];
  const { start, ended } = await running(
    () => {
      at.push(performance.now());
      throw new Error('unreachable');
    },
    { retry },
  );

  await start('h1-a1');
  const execution = await ended('h1-a1');

  expect(execution).toMatchObject({ status: 'FAILED', error: 'Error', cause: 'unreachable' });
  expect(at).toHaveLength(2);
  expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(900);
});

test('a failed answer ends the execution with its error', async () => {
  const { client, start, token, ended } = await running();
  await start('h1-a1');

  await client.send(new SendTaskFailureCommand({ taskToken: await token(), error: 'Gone', cause: 'the hold is gone' }));

  expect(await ended('h1-a1')).toMatchObject({ status: 'FAILED', error: 'Gone', cause: 'the hold is gone' });
});

test('the same name and input while it runs is the same execution; anything else is refused', async () => {
  const { client, start, token, ended } = await running();
  const first = await start('h1-a1');
  const second = await start('h1-a1');
  const other = start('h1-a1', { holdId: 'h2' });
  await expect(other).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });

  await client.send(new SendTaskSuccessCommand({ taskToken: await token(), output: '{}' }));
  await ended('h1-a1');

  expect(second).toMatchObject({ executionArn: first.executionArn, startDate: first.startDate });
  await expect(start('h1-a1')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
});

test('after a restart what ran is aborted, its name stays used and its token is gone', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'stopship-embedded-'));
  const first = await running(undefined, { dataDir });
  await first.start('h1-a1');
  const taskToken = await first.token();
  await closings.pop()?.();

  const { client, start, ended, token } = await running(undefined, { dataDir });

  expect((await ended('h1-a1')).status).toBe('ABORTED');
  await expect(start('h1-a1')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  await expect(client.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }))).rejects.toMatchObject({
    name: 'TaskTimedOut',
  });
  await start('h1-a2');
  await token();
  const { executions } = await client.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }));
  expect(executions?.map(({ name }) => name)).toEqual(['h1-a2']);
});

test.each([
  ['another state machine', { stateMachineArn: `${stateMachineArn}x` }, 'StateMachineDoesNotExist'],
  ['what is no ARN', { stateMachineArn: 'stopship' }, 'InvalidArn'],
  ['a name with a colon', { name: 'a:b' }, 'InvalidName'],
  ['a name of 81 characters', { name: 'x'.repeat(81) }, 'InvalidName'],
  ['an input that is not JSON', { input: '{' }, 'InvalidExecutionInput'],
])('starting with %s is refused', async (_, more, name) => {
  const { client } = await running();

  const refusal = client.send(new StartExecutionCommand({ stateMachineArn, name: 'n', input: '{}', ...more }));

  await expect(refusal).rejects.toMatchObject({ name });
});

test('unknown executions, foreign tokens and broken outputs have their own errors', async () => {
  const { client, start, token } = await running();
  await start('h1-a1');
  const taskToken = await token();

  const describe = client.send(new DescribeExecutionCommand({ executionArn: executionArn('nope') }));
  await expect(describe).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
  const foreign = client.send(new SendTaskSuccessCommand({ taskToken: 'no token', output: '{}' }));
  await expect(foreign).rejects.toMatchObject({ name: 'InvalidToken' });
  const broken = client.send(new SendTaskSuccessCommand({ taskToken, output: '{' }));
  await expect(broken).rejects.toMatchObject({ name: 'InvalidOutput' });
});
