import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/** The HTTP API of the decision pages. It knows nobody: who holds a link, and what it allows, is for the function to say. */
export class DecisionApi extends Construct {
  /** Where it answers, without a slash at the end. */
  readonly address: string;
  readonly #api: HttpApi;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.#api = new HttpApi(this, 'Api', { description: 'Decision pages of stopship', createDefaultStage: false });
    new HttpStage(this, 'Stage', {
      httpApi: this.#api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: 20, burstLimit: 40 },
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLog', {
            retention: RetentionDays.THREE_MONTHS,
            removalPolicy: RemovalPolicy.DESTROY,
          }),
        ),
        format: AccessLogFormat.custom(JSON.stringify(accessLogFields)),
      },
    });
    this.address = this.#api.apiEndpoint;
  }

  /** Sends the decision pages' requests to their function. */
  serve(pages: IFunction): void {
    const integration = new HttpLambdaIntegration('Decide', pages);
    const { GET, POST } = HttpMethod;
    this.#api.addRoutes({ path: '/d/{token}', methods: [GET, POST], integration });
    this.#api.addRoutes({ path: '/d/{token}/renew', methods: [POST], integration });
    this.#api.addRoutes({ path: '/assets/{proxy+}', methods: [GET], integration });
  }
}

/** The route and never the path: the path of a decision page carries the link's secret. */
const accessLogFields = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  route: '$context.routeKey',
  status: '$context.status',
  length: '$context.responseLength',
  error: '$context.integrationErrorMessage',
};
