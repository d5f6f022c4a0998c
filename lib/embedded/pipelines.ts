import { randomBytes, randomUUID } from 'node:crypto';
import type { PipelineRow } from '../web/show/pipeline-row.ts';
import { rowOf } from './board-rows.ts';
import { type AskEntry, type EntryJob, EntryJobs } from './entry-condition.ts';
import {
  type InitialRelease,
  type PipelineOptions,
  pipelineKey,
  Release,
  type StagePlan,
  StageRecord,
  stagePlansOf,
} from './releases.ts';
import type { Documents, Store } from './store.ts';

/** How long a release stays in a stage, in milliseconds. */
export type Pace = {
  /** In the first two stages, source and build. */
  readonly step: number;
  /** In every later one. */
  readonly stage: number;
  /** How long an entry condition waits for its answer before it fails. @default 30 s */
  readonly entry?: number;
};

/** A pipeline as it is kept in memory: its options and what its stages do. */
export type EmbeddedPipeline = PipelineOptions & { readonly key: string; readonly plans: readonly StagePlan[] };

/** What a new release brings; what is not given is made up. */
export type ReleaseSource = {
  readonly commit?: string | undefined;
  readonly author?: string | undefined;
  /** Null: the build puts out no digest. */
  readonly digest?: string | null | undefined;
  readonly trigger?: { readonly type: string; readonly detail: string };
  readonly token?: string | undefined;
};

/** Authors of releases that nobody gave an author. */
const authors = ['dee@example.com', 'max@example.com', 'noor@example.com', 'sam@example.com'] as const;

/**
 * Pipelines in which releases flow: through source and build, waiting before a stage whose inbound transition is disabled
 * or that another release is in, superseded by a newer one while they wait. All of it is kept in the store, and goes on
 * after a restart. Nothing moves before `start`.
 */
export class Pipelines {
  readonly pipelines: readonly EmbeddedPipeline[];
  readonly #releases: Documents<Release>;
  readonly #stages: Documents<StageRecord>;
  readonly #store: Store;
  readonly #pace: Pace;
  readonly #now: () => number;
  readonly #jobs: EntryJobs;
  readonly #onEnter: (pipeline: EmbeddedPipeline, stage: string, executionId: string) => void;
  readonly #listeners = new Set<(pipelineKey: string) => void>();
  #timer: NodeJS.Timeout | null = null;
  #running = false;

  constructor(options: {
    readonly store: Store;
    readonly pipelines: readonly PipelineOptions[];
    /** @default 400 ms in source and build, 3 s in later stages */
    readonly pace?: Pace | undefined;
    readonly now?: (() => number) | undefined;
    /** Asks the functions of entry conditions. @default nobody answers, so they fail after their time */
    readonly ask?: AskEntry | undefined;
    /** Hears that a release began in a stage. @default nobody */
    readonly onEnter?: (pipeline: EmbeddedPipeline, stage: string, executionId: string) => void;
  }) {
    this.#store = options.store;
    this.#onEnter = options.onEnter ?? (() => {});
    this.#jobs = new EntryJobs(options.store, options.ask ?? (async () => {}));
    this.#pace = options.pace ?? { step: 400, stage: 3000 };
    this.#now = options.now ?? Date.now;
    this.#releases = options.store.documents('release', Release);
    this.#stages = options.store.documents('stage', StageRecord);
    this.pipelines = options.pipelines.map((pipeline) => ({
      ...pipeline,
      key: pipelineKey(pipeline),
      plans: stagePlansOf(pipeline),
    }));
    for (const pipeline of this.pipelines) this.#found(pipeline);
  }

  /** Lets releases move; those that were on their way go on, and those that asked to enter ask again. */
  start(): void {
    this.#running = true;
    for (const pipeline of this.pipelines)
      for (const stage of pipeline.stages) {
        const entering = this.at(pipeline, stage, 'entering');
        const job = entering && this.#jobs.openFor(entering.id);
        if (job !== undefined) this.#ask(pipeline, job);
      }
    this.#advance();
  }

  /** Nothing moves any more. */
  stop(): void {
    this.#running = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** Calls back after each change with the key of the pipeline; the answer ends it. */
  onChange(listener: (pipelineKey: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** All releases of a pipeline, newest first. */
  releases(pipeline: EmbeddedPipeline): readonly Release[] {
    return this.#releases
      .all()
      .filter((release) => release.pipeline === pipeline.key)
      .sort((a, b) => b.number - a.number);
  }

  release(pipeline: EmbeddedPipeline, id: string): Release | undefined {
    const release = this.#releases.get(id);
    return release?.pipeline === pipeline.key ? release : undefined;
  }

  stage(pipeline: EmbeddedPipeline, stage: string): StageRecord {
    return this.#stages.get(`${pipeline.key}/${stage}`) ?? unchanged;
  }

  /** The release that waits before the stage, asks to enter it, or is in it. */
  at(pipeline: EmbeddedPipeline, stage: string, position: 'waiting' | 'entering' | 'inside'): Release | undefined {
    return this.releases(pipeline).find(({ place }) => place?.stage === stage && place.position === position);
  }

  /** The release that asks to enter the stage or is in it: no other goes in meanwhile. */
  occupant(pipeline: EmbeddedPipeline, stage: string): Release | undefined {
    return this.releases(pipeline).find(({ place }) => place?.stage === stage && place.position !== 'waiting');
  }

  /** The job of an entry condition by its id. */
  job(id: string): EntryJob | undefined {
    return this.#jobs.get(id);
  }

  /** Takes the answer of an entry condition's function: the release enters, or fails with the reason. Late answers do nothing. */
  answerEntry(job: EntryJob, refusal: string | null): void {
    const pipeline = this.pipelines.find(({ key }) => key === job.pipeline);
    if (pipeline !== undefined) this.#change(pipeline, () => this.#settleEntry(pipeline, job, refusal));
  }

  /** Lets in the release that the entry condition refused, without asking again. */
  overrideEntry(pipeline: EmbeddedPipeline, stage: string, release: Release): void {
    const summary = this.stage(pipeline, stage).entry?.summary ?? null;
    this.#change(pipeline, () => {
      this.#enter(pipeline, { ...release, status: 'InProgress', statusSummary: null }, stage);
      this.#keepStage(pipeline, stage, {
        entry: { execution: release.id, status: 'Overridden', summary, at: this.#now() },
      });
    });
  }

  /** Brings a new release; the same token brings the same one again. */
  bring(pipeline: EmbeddedPipeline, source: ReleaseSource): Release {
    const again = source.token && this.releases(pipeline).find(({ token }) => token === source.token);
    if (again) return again;
    const release: Release = {
      ...this.#blank(pipeline, {
        commit: source.commit ?? randomBytes(20).toString('hex'),
        author: source.author ?? authors[(randomBytes(1)[0] ?? 0) % authors.length] ?? authors[0],
        digest: source.digest === undefined ? `sha256:${randomBytes(32).toString('hex')}` : source.digest,
      }),
      trigger: source.trigger ?? { type: 'StartPipelineExecution', detail: '' },
      token: source.token ?? null,
    };
    this.#change(pipeline, () => this.#arrive(pipeline, release, pipeline.stages[0]));
    return release;
  }

  /** Switches a stage's inbound transition. Says nothing of who may. */
  switchTransition(
    pipeline: EmbeddedPipeline,
    stage: string,
    to: { readonly enabled: boolean; readonly reason: string | null; readonly by: string },
  ): void {
    this.#change(pipeline, () =>
      this.#keepStage(pipeline, stage, {
        enabled: to.enabled,
        reason: to.reason,
        changedBy: to.by,
        changedAt: this.#now(),
      }),
    );
  }

  /** Stops a release: at once when it waits or is abandoned, else when its actions end. */
  halt(
    pipeline: EmbeddedPipeline,
    release: Release,
    how: { readonly abandon: boolean; readonly reason: string },
  ): void {
    this.#change(pipeline, () => {
      if (release.place?.position === 'inside' && !how.abandon) {
        this.#keep({ ...release, status: 'Stopping', statusSummary: how.reason });
        return;
      }
      this.#end(
        { ...release, statusSummary: how.reason, actions: ended(release, 'Abandoned', this.#now()) },
        'Stopped',
      );
      if (release.place !== null && release.place.position !== 'waiting')
        this.#keepStage(pipeline, release.place.stage, { latest: { execution: release.id, status: 'Stopped' } });
    });
  }

  /** Puts a release that succeeded in the stage before into it again, as a release of its own that goes in at once. */
  rollBack(pipeline: EmbeddedPipeline, stage: string, target: Release): Release {
    const release: Release = {
      ...this.#blank(pipeline, target),
      type: 'ROLLBACK',
      target: target.id,
      trigger: { type: 'ManualRollback', detail: target.id },
    };
    this.#change(pipeline, () => this.#enter(pipeline, release, stage));
    return release;
  }

  /** Runs a stage again for a release that failed or was stopped in it; the entry condition is asked again. */
  retry(pipeline: EmbeddedPipeline, stage: string, release: Release): void {
    this.#change(pipeline, () =>
      this.#knock(pipeline, { ...release, status: 'InProgress', statusSummary: null }, stage),
    );
  }

  /** Every pipeline as a row of stages. */
  rows(): readonly PipelineRow[] {
    return this.pipelines.map((pipeline) => rowOf(this, pipeline));
  }

  #found(pipeline: EmbeddedPipeline): void {
    const first = pipeline.stages[0] ?? '';
    if (this.#stages.get(`${pipeline.key}/${first}`) !== undefined) return;
    this.#store.transaction(() => {
      this.#keepStage(pipeline, first, {});
      for (const initial of pipeline.initial ?? []) this.#place(pipeline, initial);
    });
  }

  #place(pipeline: EmbeddedPipeline, initial: InitialRelease): void {
    const last = pipeline.stages.at(-1) ?? '';
    const before = pipeline.plans.slice(0, -1);
    const now = this.#now();
    const release: Release = {
      ...this.#blank(pipeline, initial),
      trigger: { type: 'WebhookV2', detail: `commit ${initial.commit.slice(0, 12)}` },
      passed: before.map(({ name }) => name),
      actions: before.flatMap((plan) => begun(plan, now)).map((run) => ({ ...run, status: 'Succeeded' })),
    };
    for (const { name } of before)
      this.#keepStage(pipeline, name, { latest: { execution: release.id, status: 'Succeeded' } });
    if (initial.position === 'waiting') this.#arrive(pipeline, release, last);
    else this.#enter(pipeline, release, last);
    if (initial.position === 'passed') this.#leave(pipeline, this.#releases.get(release.id) ?? release);
  }

  #blank(pipeline: EmbeddedPipeline, content: Pick<Release, 'commit' | 'author' | 'digest'>): Release {
    const now = this.#now();
    return {
      id: randomUUID(),
      pipeline: pipeline.key,
      number: Math.max(0, ...this.#releases.all().map(({ number }) => number)) + 1,
      commit: content.commit,
      author: content.author,
      digest: content.digest,
      status: 'InProgress',
      statusSummary: null,
      startedAt: now,
      updatedAt: now,
      trigger: { type: 'StartPipelineExecution', detail: '' },
      type: 'STANDARD',
      target: null,
      place: null,
      passed: [],
      actions: [],
      token: null,
    };
  }

  #change(pipeline: EmbeddedPipeline, work: () => void): void {
    this.#store.transaction(work);
    for (const listener of this.#listeners) listener(pipeline.key);
    this.#advance();
  }

  // Level-triggered: looks at where everything is, moves what may move, and comes back when the next stage is done.
  #advance(): void {
    if (!this.#running) return;
    let due = Number.POSITIVE_INFINITY;
    for (const pipeline of this.pipelines) {
      let moved = false;
      this.#store.transaction(() => {
        for (const stage of pipeline.stages.toReversed()) {
          const inside = this.at(pipeline, stage, 'inside');
          const dueAt = inside === undefined ? null : this.#dueAt(pipeline, inside);
          if (inside !== undefined && dueAt !== null && dueAt <= this.#now()) {
            this.#leave(pipeline, inside);
            moved = true;
          } else if (dueAt !== null) due = Math.min(due, dueAt);
        }
        for (const stage of pipeline.stages) {
          const entering = this.at(pipeline, stage, 'entering');
          const failsAt = (entering?.place?.since ?? Number.POSITIVE_INFINITY) + this.#entryMs();
          const job = entering && this.#jobs.openFor(entering.id);
          if (job !== undefined && failsAt <= this.#now()) {
            this.#settleEntry(pipeline, job, 'The rule of the entry condition did not answer in time');
            moved = true;
          } else due = Math.min(due, failsAt);
        }
        for (const stage of pipeline.stages) {
          const waiting = this.at(pipeline, stage, 'waiting');
          if (waiting === undefined || !this.stage(pipeline, stage).enabled || this.occupant(pipeline, stage)) continue;
          this.#knock(pipeline, waiting, stage);
          due = Math.min(due, this.#now() + Math.min(this.#stay(pipeline, stage), this.#entryMs()));
          moved = true;
        }
      });
      if (moved) for (const listener of this.#listeners) listener(pipeline.key);
    }
    this.#comeBack(due);
  }

  #comeBack(due: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (due === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#advance(), Math.max(1, due - this.#now()));
  }

  #dueAt(pipeline: EmbeddedPipeline, release: Release): number {
    return (release.place?.since ?? 0) + this.#stay(pipeline, release.place?.stage ?? '');
  }

  #stay(pipeline: EmbeddedPipeline, stage: string): number {
    return pipeline.stages.indexOf(stage) < 2 ? this.#pace.step : this.#pace.stage;
  }

  #arrive(pipeline: EmbeddedPipeline, release: Release, stage: string | undefined): void {
    const older = stage === undefined ? undefined : this.at(pipeline, stage, 'waiting');
    if (stage === undefined) {
      this.#end(release, 'Succeeded');
    } else if (older !== undefined && older.number > release.number) {
      this.#end({ ...release, statusSummary: superseded(older) }, 'Superseded');
    } else {
      if (older !== undefined) this.#end({ ...older, statusSummary: superseded(release) }, 'Superseded');
      this.#keep({ ...release, place: { stage, position: 'waiting', since: this.#now() } });
    }
  }

  #entryMs(): number {
    return this.#pace.entry ?? 30_000;
  }

  /** Into the stage, by way of its entry condition where it has one. */
  #knock(pipeline: EmbeddedPipeline, release: Release, stage: string): void {
    if (pipeline.entry?.every((rule) => rule.stage !== stage) ?? true) {
      this.#enter(pipeline, release, stage);
      return;
    }
    const since = this.#now();
    this.#keep({ ...release, place: { stage, position: 'entering', since } });
    this.#keepStage(pipeline, stage, {
      latest: { execution: release.id, status: 'InProgress' },
      entry: { execution: release.id, status: 'InProgress', summary: null, at: since },
    });
    const job = this.#jobs.open({ pipeline: pipeline.key, stage, release: release.id, since });
    // After the transaction: a job is on disk before its function hears of it.
    queueMicrotask(() => this.#ask(pipeline, job));
  }

  #ask(pipeline: EmbeddedPipeline, job: EntryJob): void {
    const rule = pipeline.entry?.find(({ stage }) => stage === job.stage);
    if (rule !== undefined && this.#running) this.#jobs.ask(job, rule);
  }

  #settleEntry(pipeline: EmbeddedPipeline, job: EntryJob, refusal: string | null): void {
    const release = this.release(pipeline, job.release);
    const isAsking = release?.place?.stage === job.stage && release.place.position === 'entering';
    this.#jobs.close(job);
    if (release === undefined || !isAsking || !job.isOpen) return;
    const entry = { execution: release.id, summary: refusal, at: this.#now() };
    if (refusal === null) {
      this.#enter(pipeline, release, job.stage);
      this.#keepStage(pipeline, job.stage, { entry: { ...entry, status: 'Succeeded' } });
      return;
    }
    this.#end({ ...release, statusSummary: refusal }, 'Failed');
    this.#keepStage(pipeline, job.stage, {
      latest: { execution: release.id, status: 'Failed' },
      entry: { ...entry, status: 'Failed' },
    });
  }

  #enter(pipeline: EmbeddedPipeline, release: Release, stage: string): void {
    const plan = pipeline.plans.find(({ name }) => name === stage);
    const now = this.#now();
    this.#keep({
      ...release,
      place: { stage, position: 'inside', since: now },
      actions: [...release.actions, ...(plan === undefined ? [] : begun(plan, now))],
    });
    this.#keepStage(pipeline, stage, { latest: { execution: release.id, status: 'InProgress' } });
    // After the transaction: what is told has happened.
    if (this.#running) queueMicrotask(() => this.#onEnter(pipeline, stage, release.id));
  }

  #leave(pipeline: EmbeddedPipeline, release: Release): void {
    const stage = release.place?.stage ?? '';
    const actions = ended(release, 'Succeeded', this.#now());
    const status = release.status === 'Stopping' ? 'Stopped' : 'Succeeded';
    this.#keepStage(pipeline, stage, { latest: { execution: release.id, status } });
    if (status === 'Stopped') {
      this.#end({ ...release, actions }, 'Stopped');
      return;
    }
    // A rollback goes into its one stage only.
    const next = release.type === 'ROLLBACK' ? undefined : pipeline.stages[pipeline.stages.indexOf(stage) + 1];
    this.#arrive(pipeline, { ...release, actions, passed: [...release.passed, stage] }, next);
  }

  #end(release: Release, status: Release['status']): void {
    this.#keep({ ...release, status, place: null });
  }

  #keep(release: Release): void {
    this.#releases.put(release.id, { ...release, updatedAt: this.#now() });
  }

  #keepStage(pipeline: EmbeddedPipeline, stage: string, change: Partial<StageRecord>): void {
    this.#stages.put(`${pipeline.key}/${stage}`, { ...this.stage(pipeline, stage), ...change });
  }
}

const unchanged: StageRecord = {
  enabled: true,
  reason: null,
  changedBy: null,
  changedAt: null,
  latest: null,
  entry: null,
};

function begun(plan: StagePlan, now: number): Release['actions'] {
  return plan.actions.map(({ name }) => ({
    id: randomUUID(),
    stage: plan.name,
    action: name,
    status: 'InProgress',
    startedAt: now,
    updatedAt: now,
  }));
}

function ended(release: Release, status: 'Succeeded' | 'Abandoned', now: number): Release['actions'] {
  return release.actions.map((run) => (run.status === 'InProgress' ? { ...run, status, updatedAt: now } : run));
}

function superseded(by: Release): string {
  return `Superseded by ${by.id}`;
}
