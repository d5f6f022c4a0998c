import { randomBytes, randomUUID } from 'node:crypto';
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
};

/** A pipeline as it is kept in memory: its options and what its stages do. */
export type EmbeddedPipeline = PipelineOptions & { readonly key: string; readonly plans: readonly StagePlan[] };

/** A release as the board draws it. */
export type ReleaseOnBoard = {
  readonly executionId: string;
  readonly commit: string;
  readonly author: string;
  readonly digest: string | null;
  /** Milliseconds since 1970: when it was started, and when it came to where it is. */
  readonly startedAt: number;
  readonly since: number;
};

/** A pipeline as the board draws it: a row of stages. */
export type PipelineRow = {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly stages: readonly {
    readonly name: string;
    /** account/region/pipeline/stage. */
    readonly key: string;
    readonly transition: 'enabled' | 'disabled';
    readonly reason: string | null;
    readonly changedBy: string | null;
    readonly waiting: ReleaseOnBoard | null;
    readonly inside: ReleaseOnBoard | null;
    /** The release that last succeeded here. */
    readonly passed: ReleaseOnBoard | null;
  }[];
};

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
  readonly #listeners = new Set<(pipelineKey: string) => void>();
  #timer: NodeJS.Timeout | null = null;
  #running = false;

  constructor(options: {
    readonly store: Store;
    readonly pipelines: readonly PipelineOptions[];
    /** @default 400 ms in source and build, 3 s in later stages */
    readonly pace?: Pace | undefined;
    readonly now?: (() => number) | undefined;
  }) {
    this.#store = options.store;
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

  /** Lets releases move; those that were on their way go on. */
  start(): void {
    this.#running = true;
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

  /** The release that waits before the stage, or is in it. */
  at(pipeline: EmbeddedPipeline, stage: string, position: 'waiting' | 'inside'): Release | undefined {
    return this.releases(pipeline).find(({ place }) => place?.stage === stage && place.position === position);
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
      if (release.place?.position === 'inside')
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

  /** Runs a stage again for a release that failed or was stopped in it. */
  retry(pipeline: EmbeddedPipeline, stage: string, release: Release): void {
    this.#change(pipeline, () =>
      this.#enter(pipeline, { ...release, status: 'InProgress', statusSummary: null }, stage),
    );
  }

  /** Every pipeline as a row of stages. */
  rows(): readonly PipelineRow[] {
    return this.pipelines.map((pipeline) => {
      const releases = this.releases(pipeline);
      return {
        account: pipeline.account,
        region: pipeline.region,
        name: pipeline.name,
        stages: pipeline.stages.map((name) => {
          const { enabled, reason, changedBy } = this.stage(pipeline, name);
          const at = (position: string) =>
            onBoard(releases.find(({ place }) => place?.stage === name && place.position === position));
          return {
            name,
            key: `${pipeline.key}/${name}`,
            transition: enabled ? 'enabled' : 'disabled',
            reason,
            changedBy,
            waiting: at('waiting'),
            inside: at('inside'),
            passed: onBoard(lastPassed(releases, name)),
          };
        }),
      };
    });
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
          const waiting = this.at(pipeline, stage, 'waiting');
          if (waiting === undefined || !this.stage(pipeline, stage).enabled || this.at(pipeline, stage, 'inside'))
            continue;
          this.#enter(pipeline, waiting, stage);
          due = Math.min(due, this.#now() + this.#stay(pipeline, stage));
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

  #enter(pipeline: EmbeddedPipeline, release: Release, stage: string): void {
    const plan = pipeline.plans.find(({ name }) => name === stage);
    const now = this.#now();
    this.#keep({
      ...release,
      place: { stage, position: 'inside', since: now },
      actions: [...release.actions, ...(plan === undefined ? [] : begun(plan, now))],
    });
    this.#keepStage(pipeline, stage, { latest: { execution: release.id, status: 'InProgress' } });
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

const unchanged: StageRecord = { enabled: true, reason: null, changedBy: null, changedAt: null, latest: null };

/** The release that last succeeded in a stage; `releases` are newest first. */
export function lastPassed(releases: readonly Release[], stage: string): Release | undefined {
  const through = releases.filter(({ passed }) => passed.includes(stage));
  const endOf = (release: Release) =>
    Math.max(...release.actions.filter((run) => run.stage === stage).map((run) => run.updatedAt));
  return through.reduce<Release | undefined>(
    (last, release) => (last === undefined || endOf(release) > endOf(last) ? release : last),
    undefined,
  );
}

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

function onBoard(release: Release | undefined): ReleaseOnBoard | null {
  if (release === undefined) return null;
  return {
    executionId: release.id,
    commit: release.commit,
    author: release.author,
    digest: release.digest,
    startedAt: release.startedAt,
    since: release.place?.since ?? release.updatedAt,
  };
}
