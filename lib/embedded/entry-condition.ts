import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Documents, Store } from './store.ts';

/** One question of an entry condition to its function. Times are milliseconds since 1970. */
export type EntryJob = z.infer<typeof EntryJob>;
export const EntryJob = z.object({
  id: z.string(),
  /** Key of the pipeline: account/region/name. */
  pipeline: z.string(),
  stage: z.string(),
  /** The execution that wants to enter. */
  release: z.string(),
  since: z.number(),
  /** Whether the answer is still awaited. */
  isOpen: z.boolean(),
});

/** The rule of a stage's entry condition: which function lets a release in. */
export type EntryRule = { readonly stage: string; readonly functionName: string };

/** Calls the rule's function with the event that CodePipeline would send. It answers by itself, later, or never. */
export type AskEntry = (functionName: string, event: unknown) => Promise<unknown>;

/**
 * The jobs of entry conditions: each is on disk before its function is called, and asked again after a restart. A call that
 * fails is no answer, as on AWS: the job then runs into its time-out.
 */
export class EntryJobs {
  readonly #jobs: Documents<EntryJob>;
  readonly #ask: AskEntry;

  constructor(store: Store, ask: AskEntry) {
    this.#jobs = store.documents('entry-job', EntryJob);
    this.#ask = ask;
  }

  get(id: string): EntryJob | undefined {
    return this.#jobs.get(id);
  }

  /** The open job of a release that wants to enter; a release has one at most. */
  openFor(release: string): EntryJob | undefined {
    return this.#jobs.all().find((job) => job.isOpen && job.release === release);
  }

  /** Keeps a new job, and forgets the answered ones of its stage. Belongs into the transaction that lets the release knock. */
  open(job: Omit<EntryJob, 'id' | 'isOpen'>): EntryJob {
    for (const old of this.#jobs.all())
      if (!old.isOpen && old.pipeline === job.pipeline && old.stage === job.stage) this.#jobs.delete(old.id);
    const opened = { ...job, id: randomUUID(), isOpen: true };
    this.#jobs.put(opened.id, opened);
    return opened;
  }

  /** No further answer counts. */
  close(job: EntryJob): void {
    this.#jobs.put(job.id, { ...job, isOpen: false });
  }

  /** Calls the function, without waiting for it. */
  ask(job: EntryJob, { functionName }: EntryRule): void {
    this.#ask(functionName, eventOf(job, functionName)).catch(() => {});
  }
}

/**
 * The event as a rule's function gets it, credentials and all: whoever logs it, logs them.
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-invoke-lambda-function.html
 */
function eventOf(job: EntryJob, FunctionName: string): unknown {
  const [account = ''] = job.pipeline.split('/');
  return {
    'CodePipeline.job': {
      id: job.id,
      accountId: account,
      data: {
        actionConfiguration: {
          configuration: { FunctionName, UserParameters: `${job.pipeline.split('/').at(-1)}/${job.stage}` },
        },
        inputArtifacts: [],
        outputArtifacts: [],
        artifactCredentials: { accessKeyId: 'ASIALOCAL', secretAccessKey: 'local-secret', sessionToken: 'local-token' },
      },
    },
  };
}
