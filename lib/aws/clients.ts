import type { CodePipelineClient } from '@aws-sdk/client-codepipeline';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { Inspector2Client } from '@aws-sdk/client-inspector2';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SecurityHubClient } from '@aws-sdk/client-securityhub';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** Where the services are and who calls them. What is left out comes from the environment, as the SDK reads it. */
export type AwsConfig = {
  /** Address of every service but DynamoDB. */
  readonly endpoint?: string;
  /** Address of DynamoDB. */
  readonly dynamodbEndpoint?: string;
  readonly region?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /**
   * Milliseconds after which one request is given up.
   * @default 5000: the lease of the stage controller is longer than any late request
   */
  readonly requestTimeoutMs?: number;
};

/** The clients of the AWS SDK, each loaded and made when it is first asked for: loading them all is most of a cold start. */
export interface AwsClients {
  dynamodb(): Promise<DynamoDBDocumentClient>;
  /** Never tries again by itself: a late second call could land after the lease ended (see the stage controller). */
  codepipeline(): Promise<CodePipelineClient>;
  sns(): Promise<SNSClient>;
  sqs(): Promise<SQSClient>;
  sfn(): Promise<SFNClient>;
  securityHub(): Promise<SecurityHubClient>;
  inspector2(): Promise<Inspector2Client>;
  secretsManager(): Promise<SecretsManagerClient>;
  eventBridge(): Promise<EventBridgeClient>;
  lambda(): Promise<LambdaClient>;
}

/** The clients for one place and caller. Makes nothing until asked. */
export function awsClients(config: AwsConfig = {}): AwsClients {
  const common = clientConfig(config, config.endpoint);
  return {
    dynamodb: once(async () => {
      const [{ DynamoDBClient }, { DynamoDBDocumentClient }] = await Promise.all([
        import('@aws-sdk/client-dynamodb'),
        import('@aws-sdk/lib-dynamodb'),
      ]);
      return DynamoDBDocumentClient.from(new DynamoDBClient(clientConfig(config, config.dynamodbEndpoint)), {
        marshallOptions: { removeUndefinedValues: true },
      });
    }),
    codepipeline: once(async () => {
      const { CodePipelineClient } = await import('@aws-sdk/client-codepipeline');
      return new CodePipelineClient({ ...common, maxAttempts: 1 });
    }),
    sns: once(async () => new (await import('@aws-sdk/client-sns')).SNSClient(common)),
    sqs: once(async () => new (await import('@aws-sdk/client-sqs')).SQSClient(common)),
    sfn: once(async () => new (await import('@aws-sdk/client-sfn')).SFNClient(common)),
    securityHub: once(async () => new (await import('@aws-sdk/client-securityhub')).SecurityHubClient(common)),
    inspector2: once(async () => new (await import('@aws-sdk/client-inspector2')).Inspector2Client(common)),
    secretsManager: once(
      async () => new (await import('@aws-sdk/client-secrets-manager')).SecretsManagerClient(common),
    ),
    eventBridge: once(async () => new (await import('@aws-sdk/client-eventbridge')).EventBridgeClient(common)),
    lambda: once(async () => new (await import('@aws-sdk/client-lambda')).LambdaClient(common)),
  };
}

// An absent field lets the SDK look in the environment; a field that is there but undefined does not always.
function clientConfig(config: AwsConfig, endpoint: string | undefined) {
  const { requestTimeoutMs = 5_000 } = config;
  return {
    ...(config.region === undefined ? {} : { region: config.region }),
    ...(config.credentials === undefined ? {} : { credentials: config.credentials }),
    ...(endpoint === undefined ? {} : { endpoint }),
    requestHandler: {
      connectionTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true, // without it the SDK only warns
    },
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
