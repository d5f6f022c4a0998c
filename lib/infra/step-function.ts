import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type IGrantable, type IPrincipal, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { type BundlingOptions, LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** What the code of the functions reads from its environment; lib/aws says which function needs which. */
export type RuntimeEnvironment = {
  readonly [name in
    | 'TABLE_NAME'
    | 'STATE_MACHINE_ARN'
    | 'TOPIC_ARNS'
    | 'SECRET_ARN'
    | 'PUBLIC_ADDRESS'
    | 'KEV_ADDRESS'
    | 'STAGE_FUNCTION'
    | 'NOTIFY_FUNCTION']?: string;
};

export interface StepFunctionProps {
  /** File in `lambdas/`, without its ending. */
  readonly entry: string;
  readonly environment: RuntimeEnvironment;
  /** Files that are put beside the code: their paths, by the name they have there. */
  readonly beside: { readonly [name: string]: string };
  /** In seconds. The stage's lease of 90 s must outlast any call: no function that switches a transition takes longer than 30. */
  readonly timeoutSeconds: number;
  /** Where an asynchronous call goes that failed for good. @default nowhere: the caller sees the failure itself */
  readonly failures?: IQueue;
  /** How often Lambda tries an asynchronous call again. @default twice */
  readonly retries?: number;
}

/** One function of stopship: an entry in `lambdas/`, a role and a log of its own, and what it reads beside its code. */
export class StepFunction extends Construct implements IGrantable {
  readonly grantPrincipal: IPrincipal;
  readonly roleName: string;
  readonly function: NodejsFunction;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: StepFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Log', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    this.logGroup = logGroup;
    this.grantPrincipal = role;
    this.roleName = role.roleName;
    this.function = new NodejsFunction(this, 'Function', {
      entry: `${root}lambdas/${props.entry}.ts`,
      projectRoot: root,
      depsLockFilePath: `${root}package-lock.json`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 1024,
      timeout: Duration.seconds(props.timeoutSeconds),
      role,
      logGroup,
      tracing: Tracing.ACTIVE,
      environment: { ...props.environment, NODE_OPTIONS: '--enable-source-maps' },
      ...(props.failures === undefined ? {} : { deadLetterQueue: props.failures }),
      ...(props.retries === undefined ? {} : { retryAttempts: props.retries }),
      bundling: bundlingWith(props.beside),
    });
  }
}

function bundlingWith(beside: StepFunctionProps['beside']): BundlingOptions {
  return {
    format: OutputFormat.ESM,
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    logLevel: LogLevel.WARNING,
    sourceMap: true,
    sourcesContent: false,
    // Our lock file says which SDK runs, not the runtime of the day.
    bundleAwsSDK: true,
    // Libraries in CommonJS call `require`, which a module does not have.
    banner: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    commandHooks: {
      beforeInstall: () => [],
      beforeBundling: () => [],
      afterBundling: (_input, output) =>
        Object.entries(beside).map(([name, path]) => `cp "${path}" "${output}/${name}"`),
    },
  };
}

/** The checkout. */
export const root = fileURLToPath(new URL('../../', import.meta.url));
