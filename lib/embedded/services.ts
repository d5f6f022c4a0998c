import { codepipeline } from './codepipeline.ts';
import { type AwsEvent, EventQueue } from './event-queue.ts';
import { eventbridge } from './eventbridge.ts';
import { Executions } from './executions.ts';
import { FindingsStore } from './findings-store.ts';
import { inspector2 } from './inspector2.ts';
import type { Invoke } from './interpreter.ts';
import { Mailbox } from './mailbox.ts';
import { type Pace, Pipelines } from './pipelines.ts';
import type { PipelineOptions } from './releases.ts';
import { secretsmanager } from './secretsmanager.ts';
import { securityhub } from './securityhub.ts';
import { sns } from './sns.ts';
import { sqs } from './sqs.ts';
import { states } from './states-api.ts';
import { openStore } from './store.ts';
import { sts } from './sts.ts';
import { startedEvent } from './trail.ts';
import { startWire } from './wire.ts';

/** Access key under which the runtime itself calls the services; every other key is somebody else's. */
export const ownAccessKey = 'STOPSHIPLOCAL';
/** Role that the services show for our own calls. */
export const ownRole = 'arn:aws:sts::*:assumed-role/stopship-local/*';

export type ServicesOptions = {
  /** Null: everything is in memory. */
  readonly dataDir: string | null;
  readonly account: string;
  readonly region: string;
  readonly pipelines: readonly PipelineOptions[];
  readonly pace?: Pace | undefined;
  /** The state machine in the states language. */
  readonly definition: unknown;
  readonly invoke: Invoke;
  /** Takes one event of the bus. What it throws makes the event come again. */
  readonly deliver: (event: AwsEvent) => Promise<void>;
  /** Hears of each event that was not taken after its tries. */
  readonly onGivenUp?: ((event: AwsEvent, error: string) => void) | undefined;
  /** Before the second try of an event, in milliseconds; it doubles. @default 500 */
  readonly retryMs?: number | undefined;
  readonly secrets: Readonly<Record<string, string>>;
  /** Addresses whose owners confirm subscriptions without a mail. */
  readonly confirmsAtOnce: (endpoint: string) => boolean;
  readonly onError: (error: unknown) => void;
};

/** The AWS services of one machine behind one endpoint. */
export type Services = Awaited<ReturnType<typeof startServices>>;

/** Starts the services. Releases do not move and events do not flow before `go`. */
export async function startServices(options: ServicesOptions) {
  const { account, region } = options;
  const store = openStore(options.dataDir);
  let isStopped = false;
  const principalOf = (accessKeyId: string) =>
    accessKeyId === ownAccessKey ? `arn:aws:sts::${account}:assumed-role/stopship-local/runtime` : undefined;
  const pipelines = new Pipelines({
    store,
    pipelines: options.pipelines,
    pace: options.pace,
    ask: options.invoke,
    onEnter: (pipeline, stage, executionId) => emit(startedEvent(pipeline, stage, executionId)),
  });
  function emit(event: AwsEvent): void {
    if (!isStopped) queue.accept([event]).catch(options.onError);
  }
  const mailbox = new Mailbox(store);
  const findings = new FindingsStore({ store });
  const queue = new EventQueue({
    store,
    deliver: options.deliver,
    onGivenUp: options.onGivenUp,
    retryMs: options.retryMs,
  });
  const stateMachineArn = `arn:aws:states:${region}:${account}:stateMachine:stopship`;
  const executions = new Executions({ store, stateMachineArn, definition: options.definition, invoke: options.invoke });
  const wire = await startWire({
    services: [
      codepipeline(pipelines, principalOf, emit),
      sns({ store, mailbox, account, region, confirmsAtOnce: options.confirmsAtOnce, url: () => wire.url }),
      states(executions),
      eventbridge({ queue, account, region }),
      sqs({ queue, account, region, url: () => wire.url }),
      securityhub({ findings, queue, region }),
      inspector2(findings),
      secretsmanager({ secrets: options.secrets, account, region }),
      sts(account, principalOf),
    ],
    onError: options.onError,
  });
  return {
    url: wire.url,
    stateMachineArn,
    pipelines,
    mailbox,
    findings,
    executions,
    /** Events that were not taken after their tries. */
    givenUp: () => queue.givenUp(),
    /** Lets releases move and hands over the events that the last process left. */
    go() {
      pipelines.start();
      queue.start();
    },
    async stop() {
      isStopped = true;
      pipelines.stop();
      queue.stop();
      executions.close();
      await wire.close();
      store.close();
    },
  };
}
