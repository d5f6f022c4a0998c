import { z } from 'zod';
import { callHere } from '../../lib/embedded/functions.ts';
import type { WorkflowEngine } from '../../lib/hold/workflow.ts';
import { workflow } from '../../lib/workflow/workflow.ts';
import type { Process } from './scheduler.ts';
import type { World } from './world.ts';

/** The simulated Step Functions: names are unique for ever, and the production workflow runs state by state. */
export type Engine = WorkflowEngine & {
  runs(holdId: string): boolean;
  /** Ends one running execution, as an operator or a limit would; false when none runs. */
  abort(): boolean;
};

const Retrier = z.object({
  ErrorEquals: z.array(z.string()),
  IntervalSeconds: z.number(),
  BackoffRate: z.number(),
  MaxDelaySeconds: z.number().default(3600),
  MaxAttempts: z.number(),
});
const State = z.object({
  Type: z.enum(['Task', 'Pass', 'Choice', 'Succeed']),
  Resource: z.string().default(''),
  Parameters: z.object({ FunctionName: z.string(), Payload: z.record(z.string(), z.string()) }).optional(),
  Retry: z.array(Retrier).default([]),
  Catch: z.array(z.object({ ErrorEquals: z.array(z.string()), Next: z.string() })).default([]),
  Choices: z.array(z.object({ Variable: z.string(), StringEquals: z.string(), Next: z.string() })).default([]),
  Default: z.string().optional(),
  Result: z.unknown().optional(),
  Next: z.string().optional(),
});
type State = z.infer<typeof State>;

const functions = { stage: 'stage', notify: 'notify', await: 'await', verify: 'verify', review: 'review' };
const definition = z.object({ StartAt: z.string(), States: z.record(z.string(), State) }).parse(workflow(functions));

/** A task did not end in its time. */
class TimedOut extends Error {
  override readonly name = 'States.Timeout';
}

/** An engine without executions. The world is asked for late, because it holds the engine. */
export function engineOf(worldNow: () => World): Engine {
  const used = new Set<string>();
  const running = new Map<string, { readonly holdId: string; readonly process: Process }>();
  const waiting = new Map<string, (output: unknown) => void>();

  function execute(world: World, name: string, holdId: string): void {
    const { log, scheduler } = world;
    scheduler
      .run({ name, role: 'workflow' }, Number.POSITIVE_INFINITY, async (process) => {
        if ([...running.values()].some((one) => one.holdId === holdId))
          log.violate('I6', `a second workflow runs for hold ${holdId}`);
        running.set(name, { holdId, process });
        await walk(world, process, holdId, waiting);
      })
      .catch((error: unknown) => log.say(name, `ended: ${nameOf(error)}`))
      .finally(() => running.delete(name));
  }

  return {
    async start(name, { holdId }) {
      // As Step Functions does: starting one that runs is no error, a name that ended is.
      if (used.has(name)) return running.has(name) ? 'started' : 'exists';
      used.add(name);
      execute(worldNow(), name, holdId);
      return 'started';
    },
    async wake(token, output) {
      const wake = waiting.get(token);
      wake?.(output);
      return wake === undefined ? 'gone' : 'woken';
    },
    runs: (holdId) => [...running.values()].some((one) => one.holdId === holdId),
    abort() {
      const [first] = [...running.entries()];
      if (first === undefined) return false;
      running.delete(first[0]);
      first[1].process.kill();
      return true;
    },
  };
}

type Waiting = Map<string, (output: unknown) => void>;

async function walk(world: World, process: Process, holdId: string, waiting: Waiting): Promise<void> {
  let name: string | undefined = definition.StartAt;
  let data: unknown = {};
  while (name !== undefined) {
    const state: State | undefined = definition.States[name];
    if (state === undefined) throw new Error(`the workflow has no state ${name}`);
    world.log.say(process.name, () => `enters ${name}`);
    if (state.Type === 'Choice') {
      const on = data;
      name = state.Choices.find((one) => at(on, one.Variable) === one.StringEquals)?.Next ?? state.Default;
    } else if (state.Type === 'Task') {
      const done = await task(world, process, state, holdId, data, waiting);
      data = done.data;
      name = done.next;
    } else {
      data = state.Type === 'Pass' ? state.Result : data;
      name = state.Next;
    }
  }
}

async function task(
  world: World,
  process: Process,
  state: State,
  holdId: string,
  data: unknown,
  waiting: Waiting,
): Promise<{ readonly data: unknown; readonly next: string | undefined }> {
  const tries = state.Retry.map(() => 0);
  for (;;) {
    try {
      return { data: await attempt(world, process, state, holdId, data, waiting), next: state.Next };
    } catch (error) {
      const at = state.Retry.findIndex(({ ErrorEquals }) => matches(ErrorEquals, error));
      const retrier = state.Retry[at];
      const tried = tries[at] ?? 0;
      if (retrier !== undefined && tried < retrier.MaxAttempts) {
        tries[at] = tried + 1;
        const seconds = Math.min(retrier.IntervalSeconds * retrier.BackoffRate ** tried, retrier.MaxDelaySeconds);
        await world.scheduler.wait(process, seconds * 1000);
        continue;
      }
      const caught = state.Catch.find(({ ErrorEquals }) => matches(ErrorEquals, error));
      if (caught === undefined) throw error;
      return { data: { Error: nameOf(error) }, next: caught.Next };
    }
  }
}

async function attempt(
  world: World,
  process: Process,
  state: State,
  holdId: string,
  data: unknown,
  waiting: Waiting,
): Promise<unknown> {
  const { scheduler, design } = world;
  await scheduler.turn(process);
  const name = state.Parameters?.FunctionName ?? '';
  const token = `${process.name}/${scheduler.elapsed()}`;
  const payload = payloadOf(state.Parameters?.Payload ?? {}, holdId, token, data);
  const seconds = Number(at(data, '$.Payload.wait') ?? 60);
  const isWaiting = state.Resource.endsWith('waitForTaskToken');
  const pause = isWaiting ? scheduler.pause(process, seconds * 1000) : null;
  let output: unknown = null;
  if (pause !== null)
    waiting.set(token, (given) => {
      output = given;
      pause.cut();
    });
  try {
    const resumes = name === 'stage' && payload.action === 'resume';
    const answer = await world.call(resumes ? 'resume' : payload.action === 'halt' ? 'halt' : name, (ports) =>
      resumes ? design.resume(ports, holdId) : callHere(name, ports, payload),
    );
    if (pause === null) return { Payload: answer };
    if ((await pause.over) === 'time') throw new TimedOut('nobody decided in time');
    return output;
  } finally {
    waiting.delete(token);
  }
}

function payloadOf(template: { readonly [name: string]: string }, holdId: string, token: string, data: unknown) {
  const entries = Object.entries(template).map(([name, value]) => {
    if (!name.endsWith('.$')) return [name, value] as const;
    const key = name.slice(0, -2);
    if (value === '$$.Execution.Input.holdId') return [key, holdId] as const;
    return [key, value === '$$.Task.Token' ? token : at(data, value)] as const;
  });
  return Object.fromEntries<unknown>(entries);
}

/** The value at a path such as `$.Payload.wait`. */
function at(data: unknown, path: string): unknown {
  return path
    .split('.')
    .slice(1)
    .reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), data);
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null;
}

function matches(names: readonly string[], error: unknown): boolean {
  const name = nameOf(error);
  return names.some(
    (one) => one === 'States.ALL' || one === name || (one === 'States.TaskFailed' && name !== 'States.Timeout'),
  );
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Error';
}
