import type { StateMachineDefinition } from 'aws-local-stepfunctions';

/** The states language as both interpreters take it: Step Functions, and the one of the embedded runtime. */
export type AslDefinition = StateMachineDefinition;

/** The functions that the workflow invokes, by ARN; the embedded runtime overrides them by the name of the state. */
export type WorkflowFunctions = {
  readonly stage: string;
  readonly notify: string;
  readonly await: string;
  readonly verify: string;
  readonly review: string;
};

/**
 * The workflow of one hold, from halting to the filed review. Its input is `{ holdId }`; every task reads the ledger, is
 * idempotent and may run again from the start. JSONPath only, and one shape throughout:
 *
 * - The hold's id is read from the execution's input, so that it is there after every catch and time-out.
 * - A task before `AwaitDecision` answers `{ wait }`, in whole seconds from 1 to 2,000,000; the interpreter of the embedded
 *   runtime counts with a timer that cannot wait longer than 24 days.
 * - `TimeoutSecondsPath` is read from a state's input on AWS and from its parameters in that interpreter. Both are
 *   `$.Payload.wait` here, because `AwaitDecision` repeats what it was given.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
 */
export function workflow(functions: WorkflowFunctions): AslDefinition {
  return {
    Comment: 'Halts a stage, tells people, awaits their decision, verifies it, resumes the stage and files the review.',
    StartAt: 'HaltStage',
    TimeoutSeconds: lifetimeSeconds,
    States: {
      HaltStage: {
        ...invoke(functions.stage, { action: 'halt' }),
        Retry: [{ ErrorEquals: anyError, IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 3 }],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'NotifyStakeholders' }],
        Next: 'NotifyStakeholders',
      },
      NotifyStakeholders: {
        ...invoke(functions.notify, {}),
        Retry: patiently,
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'TellLater' }],
        Next: 'AwaitDecision',
      },
      TellLater: {
        Type: 'Pass',
        Comment: 'Telling failed; deciding must not wait for it. The time-out tells again.',
        Result: { Payload: { wait: tellAgainSeconds } },
        Next: 'AwaitDecision',
      },
      AwaitDecision: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
        Parameters: call(functions.await, { 'wait.$': '$.Payload.wait', 'token.$': '$$.Task.Token' }),
        TimeoutSecondsPath: '$.Payload.wait',
        Retry: [{ ErrorEquals: ['States.TaskFailed'], IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 5 }],
        Catch: [
          { ErrorEquals: ['States.Timeout'], Next: 'Remind' },
          { ErrorEquals: ['States.ALL'], Next: 'Rested' },
        ],
        Next: 'Route',
      },
      Remind: {
        ...invoke(functions.notify, { action: 'remind' }),
        Retry: patiently,
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'TellLater' }],
        Next: 'AwaitDecision',
      },
      Route: {
        Type: 'Choice',
        Choices: [
          { Variable: '$.outcome', StringEquals: 'notify', Next: 'NotifyStakeholders' },
          { Variable: '$.outcome', StringEquals: 'verify', Next: 'VerifyDecision' },
        ],
        Default: 'Rested',
      },
      VerifyDecision: {
        ...invoke(functions.verify, {}),
        Retry: patiently,
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Rested' }],
        Next: 'RouteVerified',
      },
      RouteVerified: {
        Type: 'Choice',
        Choices: [
          { Variable: '$.Payload.result', StringEquals: 'holds', Next: 'ResumeStage' },
          // Also people whom an earlier telling did not reach: waiting goes on until the next reminder, and they must not.
          { Variable: '$.Payload.result', StringEquals: 'not-yet', Next: 'NotifyStakeholders' },
          { Variable: '$.Payload.result', StringEquals: 'refuted', Next: 'NotifyStakeholders' },
        ],
        Default: 'Rested',
      },
      ResumeStage: {
        ...invoke(functions.stage, { action: 'resume' }),
        Retry: [settling, ...patiently],
        // The hold is closed by then: its record is completed, and the sweep goes on with the stage.
        Catch: [
          { ErrorEquals: [notSettled], Next: 'FileReview' },
          { ErrorEquals: ['States.ALL'], Next: 'Rested' },
        ],
        Next: 'TellResumed',
      },
      TellResumed: {
        ...invoke(functions.notify, { action: 'resumed' }),
        Retry: patiently,
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'FileReview' }],
        Next: 'FileReview',
      },
      FileReview: {
        ...invoke(functions.review, {}),
        // Nobody starts the workflow of a closed hold again: it tries for two days, then fails and is an alarm.
        Retry: [{ ErrorEquals: anyError, IntervalSeconds: 2, BackoffRate: 2, MaxDelaySeconds: 3600, MaxAttempts: 60 }],
        End: true,
      },
      Rested: {
        Type: 'Succeed',
        Comment: 'While the hold is open, the sweep starts the next attempt.',
      },
    },
  };
}

/** Twenty-four days, the longest that both interpreters can count. The sweep then starts the next attempt. */
const lifetimeSeconds = 24 * 24 * 3600;

/** How long after people could not be told it is tried again. */
const tellAgainSeconds = 300;

/** Longer than the longest time-out of a function, so that only a lost call ends by it. */
const taskSeconds = 120;

const anyError = ['States.TaskFailed', 'States.Timeout'];

const patiently = [{ ErrorEquals: anyError, IntervalSeconds: 2, BackoffRate: 2, MaxDelaySeconds: 60, MaxAttempts: 6 }];

/** Name of the error that the stage function throws while the transition does not read enabled yet. */
const notSettled = 'StageNotSettled';

/** About ten hours of looking again. */
const settling = {
  ErrorEquals: [notSettled],
  IntervalSeconds: 2,
  BackoffRate: 1.2,
  MaxDelaySeconds: 60,
  MaxAttempts: 600,
};

function invoke(functionArn: string, payload: { readonly [name: string]: string }) {
  return {
    Type: 'Task' as const,
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: call(functionArn, payload),
    TimeoutSeconds: taskSeconds,
  };
}

function call(functionArn: string, payload: { readonly [name: string]: string }) {
  return { FunctionName: functionArn, Payload: { ...payload, 'holdId.$': '$$.Execution.Input.holdId' } };
}
