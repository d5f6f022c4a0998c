import type { EmbeddedPipeline, Pipelines } from './pipelines.ts';
import type { Release } from './releases.ts';

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
    /** The release that the entry condition refused, until another one comes. */
    readonly refused: ReleaseOnBoard | null;
  }[];
};

/** A pipeline as a row of stages. */
export function rowOf(pipelines: Pipelines, pipeline: EmbeddedPipeline): PipelineRow {
  const releases = pipelines.releases(pipeline);
  return {
    account: pipeline.account,
    region: pipeline.region,
    name: pipeline.name,
    stages: pipeline.stages.map((name) => {
      const { enabled, reason, changedBy, latest, entry } = pipelines.stage(pipeline, name);
      const at = (position: string) =>
        onBoard(releases.find(({ place }) => place?.stage === name && place.position === position));
      const isRefused = entry?.status === 'Failed' && latest?.status === 'Failed';
      return {
        name,
        key: `${pipeline.key}/${name}`,
        transition: enabled ? 'enabled' : 'disabled',
        reason,
        changedBy,
        waiting: at('waiting') ?? at('entering'),
        inside: at('inside'),
        passed: onBoard(lastPassed(releases, name)),
        refused: isRefused ? onBoard(releases.find(({ id }) => id === latest.execution)) : null,
      };
    }),
  };
}

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
