import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { AwsError, member, page, pageSize, parseInput } from './aws-error.ts';
import type { Execution, Executions } from './executions.ts';
import type { Answered, HistoryEvent } from './interpreter.ts';
import type { Action, WireService } from './wire.ts';

/**
 * AWS Step Functions over the executions of one state machine.
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/
 */
export function states(executions: Executions): WireService {
  const actions = {
    ListStateMachines: listStateMachines,
    DescribeStateMachine: describeStateMachine,
    StartExecution: startExecution,
    StopExecution: stopExecution,
    DescribeExecution: describeExecution,
    ListExecutions: listExecutions,
    GetExecutionHistory: getExecutionHistory,
    SendTaskSuccess: sendTaskSuccess,
    SendTaskFailure: sendTaskFailure,
    SendTaskHeartbeat: () => ({}),
  } satisfies Record<string, (input: unknown, executions: Executions) => unknown>;
  const bound = Object.entries(actions).map(([name, action]): [string, Action] => [
    name,
    (input) => action(input, executions),
  ]);
  return { protocol: 'json', target: 'AWSStepFunctions', version: '1.0', actions: Object.fromEntries(bound) };
}

const arn = member({ min: 1, max: 256 });
const token = member({ min: 1, max: 2048 });
/** @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: 256 KiB */
const payloadMax = 262_144;

function startExecution(input: unknown, executions: Executions): unknown {
  const call = parseInput(
    z.object({ stateMachineArn: arn, name: z.string().nullish(), input: z.string().nullish() }),
    input,
  );
  machineOf(call.stateMachineArn, executions);
  const name = call.name ?? randomUUID();
  // biome-ignore lint/complexity/noUselessEscapeInRegex: as the API reference lists the characters
  if (name.length === 0 || name.length > 80 || /[\s<>{}\[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]/.test(name))
    throw new AwsError('InvalidName', `Invalid Name: '${name.slice(0, 100)}'`);
  const text = call.input ?? '{}';
  if (Buffer.byteLength(text) > payloadMax || jsonOf(text) === undefined)
    throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${text.slice(0, 100)}'`);
  const execution = executions.start(name, text);
  if (execution === null)
    throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${executionArn(name, executions)}'`);
  return { executionArn: executionArn(name, executions), startDate: seconds(execution.startedAt) };
}

function stopExecution(input: unknown, executions: Executions): unknown {
  const call = parseInput(
    z.object({ executionArn: arn, error: z.string().nullish(), cause: z.string().nullish() }),
    input,
  );
  const { name } = executionOf(call.executionArn, executions);
  const stopped = executions.stop(name, call.error ?? null, call.cause ?? null);
  return { stopDate: seconds(stopped?.stoppedAt ?? null) };
}

function describeExecution(input: unknown, executions: Executions): unknown {
  const execution = executionOf(parseInput(z.object({ executionArn: arn }), input).executionArn, executions);
  return {
    ...summaryOf(execution, executions),
    input: execution.input,
    inputDetails: { included: true },
    output: execution.output ?? undefined,
    outputDetails: execution.output === null ? undefined : { included: true },
    error: execution.error ?? undefined,
    cause: execution.cause ?? undefined,
  };
}

function listExecutions(input: unknown, executions: Executions): unknown {
  const call = parseInput(
    z.object({
      stateMachineArn: arn,
      statusFilter: z.string().nullish(),
      maxResults: pageSize(1000),
      nextToken: z.string().nullish(),
    }),
    input,
  );
  machineOf(call.stateMachineArn, executions);
  const wanted = executions.all().filter(({ status }) => !call.statusFilter || status === call.statusFilter);
  const shown = page(wanted.toReversed(), call.maxResults ?? 100, call.nextToken, 'InvalidToken');
  return {
    executions: shown.items.map((execution) => summaryOf(execution, executions)),
    nextToken: shown.nextToken,
  };
}

function getExecutionHistory(input: unknown, executions: Executions): unknown {
  const execution = executionOf(parseInput(z.object({ executionArn: arn }), input).executionArn, executions);
  const events = executions.history(execution.name).map((event, index) => historyEvent(event, index));
  return { events };
}

function historyEvent(event: HistoryEvent, index: number): unknown {
  const type = eventTypes[event.type] ?? 'TaskStateEntered';
  const details =
    event.state === null
      ? {}
      : { [type.endsWith('Exited') ? 'stateExitedEventDetails' : 'stateEnteredEventDetails']: { name: event.state } };
  return { id: index + 1, previousEventId: index, timestamp: seconds(event.at), type, ...details };
}

const eventTypes: Readonly<Record<string, string>> = {
  ExecutionStarted: 'ExecutionStarted',
  ExecutionSucceeded: 'ExecutionSucceeded',
  ExecutionFailed: 'ExecutionFailed',
  ExecutionAborted: 'ExecutionAborted',
  ExecutionTimeout: 'ExecutionTimedOut',
  StateEntered: 'TaskStateEntered',
  StateExited: 'TaskStateExited',
  StateFailed: 'TaskFailed',
  StateRetried: 'TaskScheduled',
  StateCaught: 'TaskStateExited',
};

function listStateMachines(_input: unknown, executions: Executions): unknown {
  const { stateMachineArn } = executions;
  return {
    stateMachines: [{ stateMachineArn, name: machineName(stateMachineArn), type: 'STANDARD', creationDate: createdAt }],
  };
}

function describeStateMachine(input: unknown, executions: Executions): unknown {
  const { stateMachineArn } = parseInput(z.object({ stateMachineArn: arn }), input);
  machineOf(stateMachineArn, executions);
  const account = stateMachineArn.split(':')[4] ?? '';
  return {
    stateMachineArn,
    name: machineName(stateMachineArn),
    status: 'ACTIVE',
    definition: JSON.stringify(executions.definition),
    roleArn: `arn:aws:iam::${account}:role/${machineName(stateMachineArn)}`,
    type: 'STANDARD',
    creationDate: createdAt,
  };
}

function sendTaskSuccess(input: unknown, executions: Executions): unknown {
  const call = parseInput(z.object({ taskToken: token, output: z.string() }), input);
  const output = jsonOf(call.output);
  if (output === undefined || Buffer.byteLength(call.output) > payloadMax)
    throw new AwsError('InvalidOutput', `Invalid Output: '${call.output.slice(0, 100)}'`);
  return taken(executions.succeed(call.taskToken, output));
}

function sendTaskFailure(input: unknown, executions: Executions): unknown {
  const call = parseInput(
    z.object({ taskToken: token, error: z.string().nullish(), cause: z.string().nullish() }),
    input,
  );
  return taken(executions.fail(call.taskToken, call.error ?? 'States.TaskFailed', call.cause ?? ''));
}

function taken(answered: Answered): unknown {
  switch (answered) {
    case 'taken':
      return {};
    case 'gone':
      throw new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
    case 'invalid':
      throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
    default:
      return answered satisfies never;
  }
}

function machineOf(wanted: string, { stateMachineArn }: Executions): void {
  if (!/^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:.+$/.test(wanted))
    throw new AwsError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${wanted.slice(0, 200)}'`);
  if (wanted !== stateMachineArn)
    throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${wanted.slice(0, 200)}'`);
}

function executionOf(wanted: string, executions: Executions): Execution {
  if (!/^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:execution:.+$/.test(wanted))
    throw new AwsError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${wanted.slice(0, 200)}'`);
  const name = wanted.slice(wanted.lastIndexOf(':') + 1);
  const execution = wanted === executionArn(name, executions) ? executions.get(name) : undefined;
  if (execution === undefined)
    throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${wanted.slice(0, 200)}'`);
  return execution;
}

function summaryOf(execution: Execution, executions: Executions): Readonly<Record<string, unknown>> {
  return {
    executionArn: executionArn(execution.name, executions),
    stateMachineArn: executions.stateMachineArn,
    name: execution.name,
    status: execution.status,
    startDate: seconds(execution.startedAt),
    stopDate: seconds(execution.stoppedAt),
  };
}

function executionArn(name: string, { stateMachineArn }: Executions): string {
  return `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
}

function machineName(stateMachineArn: string): string {
  return stateMachineArn.slice(stateMachineArn.lastIndexOf(':') + 1);
}

// The state machine was "made" on 2026-01-01. Step Functions counts in seconds.
const createdAt = 1_767_225_600;

function seconds(ms: number | null): number | undefined {
  return ms === null ? undefined : ms / 1000;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
