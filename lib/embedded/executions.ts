import { z } from 'zod';
import { type Answered, type HistoryEvent, Interpreter, type Invoke, type Run, RunFailed } from './interpreter.ts';
import type { Documents, Store } from './store.ts';

/** One execution of the state machine, as it is kept. Times are milliseconds since 1970. */
export type Execution = z.infer<typeof Execution>;
export const Execution = z.object({
  name: z.string(),
  /** The input's JSON text as it was sent: a repeated start is the same only when it is the same byte for byte. */
  input: z.string(),
  status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']),
  startedAt: z.number(),
  stoppedAt: z.number().nullable(),
  output: z.string().nullable(),
  error: z.string().nullable(),
  cause: z.string().nullable(),
});

/** What the executions of the embedded Step Functions need. */
export type ExecutionsOptions = {
  readonly store: Store;
  /** `arn:aws:states:<region>:<account>:stateMachine:<name>`. */
  readonly stateMachineArn: string;
  /** The definition in the Amazon States Language, as an object. */
  readonly definition: unknown;
  readonly invoke: Invoke;
  readonly now?: (() => number) | undefined;
};

/**
 * Executions of one state machine. Names, inputs and ends are kept, and a name is never free again. What ran when the
 * process ended does not go on: after a restart it is ABORTED.
 */
export class Executions {
  readonly stateMachineArn: string;
  readonly definition: unknown;
  readonly #kept: Documents<Execution>;
  readonly #interpreter: Interpreter;
  readonly #now: () => number;
  readonly #runs = new Map<string, Run>();
  readonly #history = new Map<string, HistoryEvent[]>();

  constructor(options: ExecutionsOptions) {
    this.stateMachineArn = options.stateMachineArn;
    this.definition = options.definition;
    this.#kept = options.store.documents('execution', Execution);
    this.#interpreter = new Interpreter(options.definition, options.invoke);
    this.#now = options.now ?? Date.now;
    for (const execution of this.all()) if (execution.status === 'RUNNING') this.#abort(execution, 'the process ended');
  }

  all(): readonly Execution[] {
    return this.#kept.all();
  }

  get(name: string): Execution | undefined {
    return this.#kept.get(name);
  }

  /** States entered and left since this process started the execution. */
  history(name: string): readonly HistoryEvent[] {
    return this.#history.get(name) ?? [];
  }

  /** Starts an execution, or answers the running one of this name and input; null when the name is taken. */
  start(name: string, input: string): Execution | null {
    const existing = this.#kept.get(name);
    if (existing !== undefined) return existing.status === 'RUNNING' && existing.input === input ? existing : null;
    const execution: Execution = {
      name,
      input,
      status: 'RUNNING',
      startedAt: this.#now(),
      stoppedAt: null,
      output: null,
      error: null,
      cause: null,
    };
    this.#kept.put(name, execution);
    this.#run(execution);
    return execution;
  }

  /** Ends a running execution. */
  stop(name: string, error: string | null, cause: string | null): Execution | undefined {
    const execution = this.#kept.get(name);
    if (execution?.status !== 'RUNNING') return execution;
    this.#runs.get(name)?.abort();
    this.#runs.delete(name);
    return this.#abort({ ...execution, error }, cause);
  }

  succeed(token: string, output: unknown): Answered {
    return this.#interpreter.succeed(token, output);
  }

  fail(token: string, error: string, cause: string): Answered {
    return this.#interpreter.fail(token, error, cause);
  }

  /** Lets go of everything that runs. It is kept as running, and found aborted by the next process. */
  close(): void {
    for (const run of this.#runs.values()) run.abort();
    this.#runs.clear();
  }

  #run(execution: Execution): void {
    const events: HistoryEvent[] = [];
    this.#history.set(execution.name, events);
    const run = this.#interpreter.run(JSON.parse(execution.input), (event) => events.push(event), {
      Id: `${this.stateMachineArn.replace(':stateMachine:', ':execution:')}:${execution.name}`,
      Name: execution.name,
    });
    this.#runs.set(execution.name, run);
    run.output.then(
      (output) => this.#end({ ...execution, status: 'SUCCEEDED', output: JSON.stringify(output) }),
      (error: unknown) => this.#end(failed(execution, error)),
    );
  }

  #end(execution: Execution): void {
    if (!this.#runs.delete(execution.name)) return; // stopped, or the process is closing
    this.#kept.put(execution.name, { ...execution, stoppedAt: this.#now() });
  }

  #abort(execution: Execution, cause: string | null): Execution {
    const aborted: Execution = { ...execution, status: 'ABORTED', stoppedAt: this.#now(), cause };
    this.#kept.put(execution.name, aborted);
    return aborted;
  }
}

function failed(execution: Execution, error: unknown): Execution {
  const name = error instanceof RunFailed ? error.error : 'States.Runtime';
  const cause = error instanceof Error ? error.message : String(error);
  return { ...execution, status: name === 'States.Timeout' ? 'TIMED_OUT' : 'FAILED', error: name, cause };
}
