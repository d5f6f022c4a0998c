import type { Service } from '../../policy/policy.ts';

/** A release where a pipeline shows it. Times are milliseconds since 1970. */
export type ReleaseOnBoard = {
  readonly executionId: string;
  readonly commit: string | null;
  readonly author: string | null;
  readonly digest: string | null;
  readonly since: number;
};

/** A pipeline as a row of stages, as whoever keeps the pipelines shows it. */
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
    readonly waiting: ReleaseOnBoard | null;
    readonly inside: ReleaseOnBoard | null;
    /** The release that last succeeded here. */
    readonly passed: ReleaseOnBoard | null;
    /** What the gate refused, until another release comes. @default nothing */
    readonly refused?: ReleaseOnBoard | null;
  }[];
};

/** The row of a service's pipeline; undefined where nobody shows it. */
export function rowOf<Row extends Pick<PipelineRow, 'account' | 'region' | 'name'>>(
  { pipeline }: Pick<Service, 'pipeline'>,
  rows: readonly Row[],
): Row | undefined {
  return rows.find(
    ({ account, region, name }) => account === pipeline.account && region === pipeline.region && name === pipeline.name,
  );
}
