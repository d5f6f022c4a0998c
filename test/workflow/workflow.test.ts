import aslValidator from 'asl-validator';
import { type RunOptions, StateMachine } from 'aws-local-stepfunctions';
import { describe, expect, test } from 'vitest';
import { workflow } from '../../lib/workflow/workflow.ts';

const definition = workflow({
  stage: functionArn('stage'),
  notify: functionArn('notify'),
  await: functionArn('await'),
  verify: functionArn('verify'),
  review: functionArn('review'),
});

test('the definition is valid', () => {
  const { isValid, errorsText } = aslValidator(definition, { checkArn: true, checkPaths: true });

  expect(errorsText()).toBe('');
  expect(isValid).toBe(true);
});

test('no time-out is longer than the timers of the embedded runtime can count', () => {
  expect((definition.TimeoutSeconds ?? 0) * 1000).toBeLessThan(2 ** 31);
});

describe('the path of a hold', () => {
  test('runs from halting to the filed review when the decision holds', async () => {
    const story = await run({ AwaitDecision: [outcome('verify')], VerifyDecision: [result('holds')] });

    expect(story.states).toEqual([
      'HaltStage',
      'NotifyStakeholders',
      'AwaitDecision',
      'Route',
      'VerifyDecision',
      'RouteVerified',
      'ResumeStage',
      'TellResumed',
      'FileReview',
    ]);
  });

  test('tells people anew after a decision that leaves the hold open', async () => {
    const story = await run({ AwaitDecision: [outcome('notify'), outcome('rest')] });

    expect(story.tasks).toEqual([
      'HaltStage',
      'NotifyStakeholders',
      'AwaitDecision',
      'NotifyStakeholders',
      'AwaitDecision',
    ]);
    expect(story.states.at(-1)).toBe('Rested');
  });

  test('while the evidence is not there yet, tells whom an earlier telling did not reach, and keeps waiting', async () => {
    const story = await run({
      AwaitDecision: [outcome('verify'), outcome('verify')],
      VerifyDecision: [result('not-yet'), result('holds')],
    });

    expect(story.tasks).toEqual([
      'HaltStage',
      'NotifyStakeholders',
      'AwaitDecision',
      'VerifyDecision',
      'NotifyStakeholders',
      'AwaitDecision',
      'VerifyDecision',
      'ResumeStage',
      'TellResumed',
      'FileReview',
    ]);
  });

  test('tells people when a decision is refuted', async () => {
    const story = await run({
      AwaitDecision: [outcome('verify'), outcome('rest')],
      VerifyDecision: [result('refuted')],
    });

    expect(story.tasks.slice(3)).toEqual(['VerifyDecision', 'NotifyStakeholders', 'AwaitDecision']);
  });

  test('never resumes on an outcome or a result that it does not know', async () => {
    const unknownOutcome = await run({ AwaitDecision: [outcome('released')] });
    const unknownResult = await run({ AwaitDecision: [outcome('verify')], VerifyDecision: [result('maybe')] });

    expect(unknownOutcome.states.at(-1)).toBe('Rested');
    expect(unknownResult.states.at(-1)).toBe('Rested');
    expect([...unknownOutcome.tasks, ...unknownResult.tasks]).not.toContain('ResumeStage');
  });

  test('reminds when nobody decides in the time that the step before gave, and waits again', async () => {
    const story = await run({
      AwaitDecision: [silence, silence, outcome('rest')],
      Remind: [{ wait: 1 }, { wait: 77 }],
    });

    expect(story.tasks.slice(2)).toEqual(['AwaitDecision', 'Remind', 'AwaitDecision', 'Remind', 'AwaitDecision']);
    expect(story.payloads('Remind')[0]).toEqual({ action: 'remind', holdId: 'h1' });
    expect(story.payloads('AwaitDecision').map((payload) => payload.wait)).toEqual([1, 1, 77]);
  });
});

describe('what a task is given', () => {
  test('every task gets the id of the hold, also after a caught error', async () => {
    const story = await run({
      HaltStage: [failure('AccessDenied'), failure('AccessDenied'), failure('AccessDenied'), failure('AccessDenied')],
      AwaitDecision: [silence, outcome('verify')],
      VerifyDecision: [result('holds')],
    });

    expect(story.calls.map((call) => call.payload.holdId)).toEqual(story.calls.map(() => 'h1'));
    expect(story.payloads('HaltStage')[0]).toEqual({ action: 'halt', holdId: 'h1' });
    expect(story.payloads('ResumeStage')[0]).toEqual({ action: 'resume', holdId: 'h1' });
  });

  test('each wait has a token of its own', async () => {
    const story = await run({ AwaitDecision: [outcome('notify'), outcome('rest')] });

    expect(story.payloads('AwaitDecision').map((payload) => payload.token)).toEqual(['token-1', 'token-2']);
  });

  test('a task names its function', async () => {
    const story = await run({ AwaitDecision: [outcome('rest')] });

    expect(story.calls.map((call) => call.functionName)).toEqual(['stage', 'notify', 'await'].map(functionArn));
  });
});

describe('when a task fails', () => {
  test('halting is tried four times, then people are told that the stage is not halted', async () => {
    const story = await run({
      HaltStage: Array(5).fill(failure('ThrottlingException')),
      AwaitDecision: [outcome('rest')],
    });

    expect(story.tasks).toEqual([...Array(4).fill('HaltStage'), 'NotifyStakeholders', 'AwaitDecision']);
  });

  test('the review is filed though people could not be told that the line runs again', async () => {
    const story = await run({
      AwaitDecision: [outcome('verify')],
      VerifyDecision: [result('holds')],
      TellResumed: Array(20).fill(failure('NotFound')),
    });

    expect(story.payloads('TellResumed')[0]).toEqual({ action: 'resumed', holdId: 'h1' });
    expect(story.tasks.at(-1)).toBe('FileReview');
  });

  test('a decision is awaited though people could not be told', async () => {
    const story = await run({
      NotifyStakeholders: Array(20).fill(failure('NotFound')),
      AwaitDecision: [outcome('rest')],
    });

    expect(story.states).toContain('TellLater');
    expect(story.payloads('AwaitDecision')).toHaveLength(1);
  });

  test('a reminder that could not be sent does not end the waiting', async () => {
    const story = await run({
      AwaitDecision: [silence, outcome('rest')],
      Remind: Array(20).fill(failure('NotFound')),
    });

    expect(story.states.slice(-4)).toEqual(['TellLater', 'AwaitDecision', 'Route', 'Rested']);
  });

  test('resuming looks again until the transition reads enabled', async () => {
    const story = await run({
      AwaitDecision: [outcome('verify')],
      VerifyDecision: [result('holds')],
      ResumeStage: [...Array(50).fill(failure('StageNotSettled')), {}],
    });

    expect(story.payloads('ResumeStage')).toHaveLength(51);
    expect(story.tasks.at(-1)).toBe('FileReview');
  });

  test('the review is filed though the transition never reads enabled', async () => {
    const story = await run({
      AwaitDecision: [outcome('verify')],
      VerifyDecision: [result('holds')],
      ResumeStage: Array(700).fill(failure('StageNotSettled')),
    });

    expect(story.tasks.slice(-2)).toEqual(['ResumeStage', 'FileReview']);
  });

  test.each(['VerifyDecision', 'ResumeStage', 'AwaitDecision'])(
    'the attempt ends at rest when %s keeps failing',
    async (state) => {
      const story = await run({
        AwaitDecision: [outcome('verify')],
        VerifyDecision: [result('holds')],
        [state]: Array(20).fill(failure('LedgerConflict')),
      });

      expect(story.states.at(-1)).toBe('Rested');
    },
  );

  test('a review that cannot be filed fails the execution, so that it is seen', async () => {
    const running = run({
      AwaitDecision: [outcome('verify')],
      VerifyDecision: [result('holds')],
      FileReview: Array(100).fill(failure('LedgerConflict')),
    });

    await expect(running).rejects.toThrow('LedgerConflict');
  });
});

type Answer = { readonly [name: string]: string | number } | Error | typeof silence;
type Call = {
  readonly state: string;
  readonly functionName: unknown;
  readonly payload: { readonly [name: string]: unknown };
};
type Story = {
  /** States as entered. */
  readonly states: readonly string[];
  /** States of tasks as called, retries included. */
  readonly tasks: readonly string[];
  readonly calls: readonly Call[];
  payloads(state: string): readonly Call['payload'][];
};

/** A person who does not answer: the task never ends by itself. */
const silence = Symbol('silence');

/** Plays a workflow. Each state takes its answers in turn; without any it says to wait one second. */
async function run(answers: { readonly [state: string]: readonly Answer[] }): Promise<Story> {
  const left = new Map(Object.entries(answers).map(([state, list]) => [state, [...list]]));
  const calls: Call[] = [];
  const handlers: NonNullable<NonNullable<RunOptions['overrides']>['taskResourceLocalHandlers']> = {};
  const states = Object.keys(definition.States);
  for (const state of states) {
    handlers[state] = (input) => {
      calls.push(callOf(state, input));
      const answer = left.get(state)?.shift() ?? { wait: 1 };
      if (answer === silence) return new Promise(() => {});
      if (answer instanceof Error) throw answer;
      return state === 'AwaitDecision' ? answer : { Payload: answer };
    };
  }
  let tokens = 0;
  const execution = new StateMachine(definition).run(
    { holdId: 'h1' },
    {
      overrides: {
        taskResourceLocalHandlers: handlers,
        retryIntervalOverrides: Object.fromEntries(states.map((state) => [state, 0])),
      },
      context: {
        Task: {
          get Token() {
            tokens += 1;
            return `token-${tokens}`;
          },
        },
      },
    },
  );
  const entered: string[] = [];
  const watching = (async () => {
    for await (const event of execution.eventLogs) if (event.type === 'StateEntered') entered.push(event.state.name);
  })();
  await execution.result;
  await watching;
  return {
    states: entered,
    tasks: calls.map((call) => call.state),
    calls,
    payloads: (state) => calls.filter((call) => call.state === state).map((call) => call.payload),
  };
}

function callOf(state: string, input: unknown): Call {
  if (typeof input !== 'object' || input === null || !('FunctionName' in input) || !('Payload' in input)) {
    throw new Error(`${state} was not given a function and a payload`);
  }
  return { state, functionName: input.FunctionName, payload: { ...Object(input.Payload) } };
}

function outcome(word: string): Answer {
  return { holdId: 'h1', outcome: word };
}

function result(word: string): Answer {
  return { holdId: 'h1', wait: 1, result: word };
}

function failure(name: string): Error {
  return Object.assign(new Error(name), { name });
}

function functionArn(name: string): string {
  return `arn:aws:lambda:eu-west-1:123456789012:function:stopship-${name}`;
}
