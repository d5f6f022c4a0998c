import { randomBytes } from 'node:crypto';
import { StateMachine } from 'aws-local-stepfunctions';
import { z } from 'zod';

/** Calls a function by its name or ARN; what it throws is the task's error. */
export type Invoke = (functionName: string, payload: unknown) => Promise<unknown>;

/** One event of an execution's history: a state entered, left, failed, retried or caught. */
export type HistoryEvent = { readonly type: string; readonly state: string | null; readonly at: number };

/** A run of a state machine. */
export interface Run {
  /** Resolves with the output; rejects with a `RunFailed`. Never settles after `abort`. */
  readonly output: Promise<unknown>;
  abort(): void;
}

/** A state machine ended in an error that nothing in it caught. */
export class RunFailed extends Error {
  override readonly name = 'RunFailed';
  /** The error's name, as `States.Timeout`. */
  readonly error: string;

  constructor(error: string, cause: string) {
    super(cause);
    this.error = error;
  }
}

/** How an answer to a task token was taken. */
export type Answered = 'taken' | 'gone' | 'invalid';

/**
 * The longest wait that a timer of Node can count, 24 days. Executions that would last longer end early with a time-out;
 * the sweep then starts their successor.
 */
const secondsMax = 2_147_483;

/**
 * Runs a definition in the Amazon States Language (JSONPath). Each task is a call of `invoke`; a state whose resource ends
 * in `.waitForTaskToken` gets a fresh token and waits for its answer. Throws when the definition is not valid.
 */
export class Interpreter {
  readonly #machine: StateMachine;
  readonly #tasks: readonly { readonly name: string; readonly waits: boolean }[];
  readonly #invoke: Invoke;
  /** What `$$.Task.Token` reads as, until a fresh token replaces it; random, so that no input can hold it. */
  readonly #placeholder = `token-${randomBytes(16).toString('hex')}`;
  readonly #waiting = new Map<string, Waiting>();

  constructor(definition: unknown, invoke: Invoke) {
    const machine = Machine.parse(definition);
    const states = Object.entries(machine.States);
    this.#invoke = invoke;
    this.#tasks = states.flatMap(([name, state]) =>
      state.Type === 'Task' ? [{ name, waits: state.Resource?.endsWith('.waitForTaskToken') ?? false }] : [],
    );
    this.#machine = new StateMachine(JSON.parse(JSON.stringify(adapted(machine))));
  }

  /** Starts a run; `onEvent` hears each step of it, and `execution` is what the context object says of it. */
  run(
    input: unknown,
    onEvent: (event: HistoryEvent) => void = () => {},
    execution: { readonly Id: string; readonly Name: string } = { Id: 'local', Name: 'local' },
  ): Run {
    const run = Symbol('run');
    let aborted = false;
    // The library would try a failed task again even after the abort.
    const perform = (name: string, waits: boolean, task: unknown) => {
      if (aborted) throw new NoLongerWaits();
      return waits ? this.#await(run, name, task) : this.#call(task);
    };
    const handlers = this.#tasks.map(({ name, waits }) => [name, (task: unknown) => perform(name, waits, task)]);
    const started = this.#machine.run(JSON.parse(JSON.stringify(input ?? {})), {
      overrides: { taskResourceLocalHandlers: Object.fromEntries(handlers) },
      noThrowOnAbort: true,
      context: { Task: { Token: this.#placeholder }, Execution: { ...execution } },
    });
    const events = this.#follow(run, started.eventLogs, onEvent);
    const output = started.result.then(
      (result) => (aborted ? new Promise<never>(() => {}) : result),
      (error: unknown) => (aborted ? new Promise<never>(() => {}) : Promise.reject(failureOf(error))),
    );
    return {
      output: output.finally(() => events),
      abort: () => {
        aborted = true;
        started.abort();
        this.#forget(run, null);
      },
    };
  }

  /** Ends the wait of a token with an output. */
  succeed(token: string, output: unknown): Answered {
    return this.#answer(token, (waiting) => waiting.resolve(output));
  }

  /** Ends the wait of a token with an error. */
  fail(token: string, error: string, cause: string): Answered {
    return this.#answer(token, (waiting) => waiting.reject(new TaskFailed(error, cause)));
  }

  #answer(token: string, end: (waiting: Waiting) => void): Answered {
    if (!/^[A-Za-z0-9_-]{64}$/.test(token)) return 'invalid';
    const waiting = this.#waiting.get(token);
    if (waiting === undefined) return 'gone';
    this.#waiting.delete(token);
    end(waiting);
    return 'taken';
  }

  async #call(task: unknown): Promise<{ readonly StatusCode: number; readonly Payload: Json }> {
    const { FunctionName, Payload } = Task.parse(task);
    const result = await this.#invoke(FunctionName, Payload);
    return { StatusCode: 200, Payload: Json.parse(JSON.parse(JSON.stringify(result ?? null))) };
  }

  // The token is known before the function is: an answer may arrive while it still runs. What the function returns is
  // dropped, what it throws ends the wait, as on AWS.
  async #await(run: symbol, state: string, task: unknown): Promise<Json> {
    const token = randomBytes(48).toString('base64url');
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(token, { run, state, resolve, reject });
    const { FunctionName, Payload } = Task.parse(JSON.parse(JSON.stringify(task).replaceAll(this.#placeholder, token)));
    this.#invoke(FunctionName, Payload).catch((error: unknown) => {
      this.#waiting.delete(token);
      reject(error);
    });
    return Json.parse(await promise);
  }

  // A state that failed (by its time-out, say) no longer waits, and its token must not be taken as if it did.
  async #follow(
    run: symbol,
    events: AsyncIterable<{
      readonly type: string;
      readonly timestamp: number;
      readonly state?: { readonly name: string };
    }>,
    onEvent: (event: HistoryEvent) => void,
  ): Promise<void> {
    for await (const event of events) {
      const state = event.state?.name ?? null;
      if (event.type === 'StateFailed' && state !== null) this.#forget(run, state);
      onEvent({ type: event.type, state, at: event.timestamp });
    }
    this.#forget(run, null);
  }

  #forget(run: symbol, state: string | null): void {
    for (const [token, waiting] of this.#waiting) {
      if (waiting.run !== run || (state !== null && waiting.state !== state)) continue;
      this.#waiting.delete(token);
      waiting.reject(new NoLongerWaits()); // so that the library lets go of its timer
    }
  }
}

type Waiting = {
  readonly run: symbol;
  readonly state: string;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: unknown) => void;
};

type Json = z.infer<typeof Json>;
const Json = z.json();

const State = z.looseObject({
  Type: z.string(),
  Resource: z.string().optional(),
  TimeoutSeconds: z.number().optional(),
  TimeoutSecondsPath: z.string().optional(),
});
const Machine = z.looseObject({ States: z.record(z.string(), State), TimeoutSeconds: z.number().optional() });
const Task = z.looseObject({ FunctionName: z.string(), Payload: z.unknown() });

/** An error with the name that `Retry` and `Catch` compare. */
class TaskFailed extends Error {
  constructor(error: string, cause: string) {
    super(cause);
    this.name = error;
  }
}

/** Ends a state for good: the library reads these two. */
class NoLongerWaits extends Error {
  readonly isRetryable = false;
  readonly isCatchable = false;
}

// The library counts a task without a time-out as 60 seconds, and any time-out past 24 days as none at all; AWS waits.
function adapted(machine: z.infer<typeof Machine>): z.infer<typeof Machine> {
  const states = Object.entries(machine.States).map(([name, state]) => [name, adaptedState(state)]);
  return {
    ...machine,
    ...(machine.TimeoutSeconds === undefined ? {} : { TimeoutSeconds: Math.min(machine.TimeoutSeconds, secondsMax) }),
    States: Object.fromEntries(states),
  };
}

function adaptedState(state: z.infer<typeof State>): z.infer<typeof State> {
  if (state.Type !== 'Task' || state.TimeoutSecondsPath !== undefined) return state;
  return { ...state, TimeoutSeconds: Math.min(state.TimeoutSeconds ?? secondsMax, secondsMax) };
}

function failureOf(error: unknown): RunFailed {
  if (!(error instanceof Error)) return new RunFailed('States.Runtime', String(error));
  if (error.name === 'ExecutionTimeoutError') return new RunFailed('States.Timeout', error.message);
  const cause = error.cause instanceof Error ? error.cause : error;
  return new RunFailed(cause.name, cause.message);
}
