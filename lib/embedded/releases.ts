import { z } from 'zod';
import type { EntryRule } from './entry-condition.ts';

/** How an execution of an embedded pipeline stands. */
export const executionStatuses = ['InProgress', 'Stopping', 'Stopped', 'Succeeded', 'Superseded', 'Failed'] as const;

/** One action of an execution, once it began. Times are milliseconds since 1970. */
export type ActionRun = z.infer<typeof ActionRun>;
export const ActionRun = z.object({
  id: z.string(),
  stage: z.string(),
  action: z.string(),
  status: z.enum(['InProgress', 'Succeeded', 'Abandoned', 'Failed']),
  startedAt: z.number(),
  updatedAt: z.number(),
});

/** A release on its way through an embedded pipeline, as it is kept. Times are milliseconds since 1970. */
export type Release = z.infer<typeof Release>;
export const Release = z.object({
  id: z.string(),
  /** Key of its pipeline: account/region/name. */
  pipeline: z.string(),
  /** Place in the order of starts, over all pipelines. */
  number: z.number(),
  commit: z.string(),
  author: z.string(),
  digest: z.string().nullable(),
  status: z.enum(executionStatuses),
  statusSummary: z.string().nullable(),
  startedAt: z.number(),
  updatedAt: z.number(),
  trigger: z.object({ type: z.string(), detail: z.string() }),
  type: z.enum(['STANDARD', 'ROLLBACK']),
  /** The execution that a rollback brings back. */
  target: z.string().nullable(),
  /** Where it is; null once it ended. `waiting` is before the transition, `entering` before the stage's condition, `inside` in it. */
  place: z
    .object({ stage: z.string(), position: z.enum(['waiting', 'entering', 'inside']), since: z.number() })
    .nullable(),
  /** Names of the stages in which it succeeded. */
  passed: z.array(z.string()),
  actions: z.array(ActionRun),
  /** The caller's idempotency token. */
  token: z.string().nullable(),
});

/** The inbound transition of a stage and what last ran in it, as they are kept. */
export type StageRecord = z.infer<typeof StageRecord>;
export const StageRecord = z.object({
  enabled: z.boolean(),
  reason: z.string().nullable(),
  changedBy: z.string().nullable(),
  changedAt: z.number().nullable(),
  latest: z.object({ execution: z.string(), status: z.string() }).nullable(),
  /** What became of the entry condition for the release that last asked; null without a condition, or before. */
  entry: z
    .object({
      execution: z.string(),
      status: z.enum(['InProgress', 'Succeeded', 'Failed', 'Overridden']),
      summary: z.string().nullable(),
      at: z.number(),
    })
    .nullish()
    .transform((entry) => entry ?? null),
});

/** A pipeline as the embedded CodePipeline is given it. */
export type PipelineOptions = {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** At least two: the first brings the source, the second builds. */
  readonly stages: readonly string[];
  /** Where a release's author shows. @default action Build, variable AUTHOR_EMAIL */
  readonly author?: OutputVariable | undefined;
  /** Where a release's image digest shows. @default action Build, variable IMAGE_DIGEST */
  readonly digest?: OutputVariable | undefined;
  /** Entry conditions of its stages. @default none: every release enters */
  readonly entry?: readonly EntryRule[] | undefined;
  /** Releases that exist when the pipeline is first made, oldest first. @default none */
  readonly initial?: readonly InitialRelease[] | undefined;
};

/** An output variable of an action. */
export type OutputVariable = { readonly action: string; readonly variable: string };

/** A release that exists from the start. */
export type InitialRelease = {
  readonly commit: string;
  readonly author: string;
  /** `sha256:…`; null leaves the digest variable out. */
  readonly digest: string | null;
  /** Before the last stage, in it, or through it. */
  readonly position: 'waiting' | 'inside' | 'passed';
};

/** A stage with its actions and the variables that they put out. */
export type StagePlan = {
  readonly name: string;
  readonly actions: readonly {
    readonly name: string;
    readonly category: 'Source' | 'Build' | 'Deploy';
    readonly provider: string;
    /** Variable name → which datum of the release it shows. */
    readonly variables: Readonly<Record<string, 'commit' | 'author' | 'digest'>>;
  }[];
};

/** A service's stage among others, as the policy says it. */
type ServiceStage = {
  readonly pipeline: {
    readonly account: string;
    readonly region: string;
    readonly name: string;
    readonly stage: string;
  };
  readonly author?: OutputVariable | undefined;
  readonly digest?: OutputVariable | undefined;
};

/**
 * The pipelines that the services of a policy name: one for each account, Region and name, with `Source`, `Build` and the
 * stages of all its services, production last.
 */
export function pipelinesOf(services: readonly ServiceStage[]): readonly PipelineOptions[] {
  const groups = Map.groupBy(services, ({ pipeline }) => pipelineKey(pipeline));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { account, region, name } = first.pipeline;
    const named = group
      .map(({ pipeline }) => pipeline.stage)
      .sort((a, b) => Number(isProduction(a)) - Number(isProduction(b)));
    return {
      account,
      region,
      name,
      stages: [...new Set(['Source', 'Build', ...named])],
      author: group.find(({ author }) => author !== undefined)?.author,
      digest: group.find(({ digest }) => digest !== undefined)?.digest,
    };
  });
}

function isProduction(stage: string): boolean {
  return /prod|live/i.test(stage);
}

/** The pipelines with stopship's gate as the entry condition of the stages that services protect. */
export function withGate(
  pipelines: readonly PipelineOptions[],
  services: readonly ServiceStage[],
): readonly PipelineOptions[] {
  return pipelines.map((pipeline) => {
    const stages = services.filter((service) => pipelineKey(service.pipeline) === pipelineKey(pipeline));
    const names = new Set(stages.map((service) => service.pipeline.stage));
    return { ...pipeline, entry: [...names].map((stage) => ({ stage, functionName: 'gate' })) };
  });
}

/** `account/region/name`. */
export function pipelineKey(pipeline: {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}): string {
  return `${pipeline.account}/${pipeline.region}/${pipeline.name}`;
}

/** The stages of a pipeline with their actions: what `GetPipeline` declares and each release runs. */
export function stagePlansOf(pipeline: PipelineOptions): readonly StagePlan[] {
  const author = pipeline.author ?? { action: 'Build', variable: 'AUTHOR_EMAIL' };
  const digest = pipeline.digest ?? { action: 'Build', variable: 'IMAGE_DIGEST' };
  return pipeline.stages.map((name, index) => {
    if (index === 0)
      return {
        name,
        actions: [
          {
            name: 'Source',
            category: 'Source',
            provider: 'CodeStarSourceConnection',
            variables: {
              CommitId: 'commit',
              ...variables(author, 'author', 'Source'),
              ...variables(digest, 'digest', 'Source'),
            },
          },
        ],
      };
    if (index > 1) return { name, actions: [{ name: 'Deploy', category: 'Deploy', provider: 'ECS', variables: {} }] };
    const actions = [...new Set(['Build', author.action, digest.action])].filter((action) => action !== 'Source');
    return {
      name,
      actions: actions.map((action) => ({
        name: action,
        category: 'Build',
        provider: 'CodeBuild',
        variables: {
          ...(action === 'Build' ? { COMMIT_ID: 'commit' as const } : {}),
          ...variables(author, 'author', action),
          ...variables(digest, 'digest', action),
        },
      })),
    };
  });
}

function variables<Datum extends 'author' | 'digest'>(
  place: OutputVariable,
  datum: Datum,
  action: string,
): Readonly<Record<string, Datum>> {
  return place.action === action ? { [place.variable]: datum } : {};
}

/** What an action of a release puts out. */
export function outputVariables(
  variables: StagePlan['actions'][number]['variables'],
  release: Pick<Release, 'commit' | 'author' | 'digest'>,
): Readonly<Record<string, string>> {
  const entries = Object.entries(variables).map(([name, datum]) => [name, release[datum]] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null));
}
