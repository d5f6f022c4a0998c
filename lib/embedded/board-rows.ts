import type { PipelineRow, ReleaseOnBoard } from '../web/show/pipeline-row.ts';
import type { EmbeddedPipeline, Pipelines } from './pipelines.ts';
import type { Release } from './releases.ts';

/** A pipeline as a row of stages. */
export function rowOf(pipelines: Pipelines, pipeline: EmbeddedPipeline): PipelineRow {
  const releases = pipelines.releases(pipeline);
  return {
    account: pipeline.account,
    region: pipeline.region,
    name: pipeline.name,
    stages: pipeline.stages.map((name) => {
      const { enabled, reason, latest, entry } = pipelines.stage(pipeline, name);
      const at = (position: string) =>
        onBoard(releases.find(({ place }) => place?.stage === name && place.position === position));
      const isRefused = entry?.status === 'Failed' && latest?.status === 'Failed';
      return {
        name,
        key: `${pipeline.key}/${name}`,
        transition: enabled ? 'enabled' : 'disabled',
        reason,
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
    since: release.place?.since ?? release.updatedAt,
  };
}
