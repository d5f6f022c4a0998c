import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ledgerExpiryAttribute, ledgerTableDefinition } from '../../lib/aws/dynamo-table.ts';
import { kevReadEvent, notHaltedEvent } from '../../lib/aws/log.ts';
import { watchedCalls } from '../../lib/hold/foreign-call.ts';
import { acknowledged } from '../../lib/infra/acknowledged.ts';
import { kevReadMetric, metricNamespace, notHaltedMetric } from '../../lib/infra/names.ts';
import { errandKinds } from '../../lib/infra/outbox-stream.ts';
import { unscopedActions } from '../../lib/infra/unscoped.ts';
import { eventPatterns } from '../../lib/policy/pattern.ts';
import { workflow } from '../../lib/workflow/workflow.ts';
import { examplePolicy, rightsOf, synthesised } from './template.ts';

const template = synthesised();
const rights = rightsOf(template);

describe('the ledger', () => {
  test('outlives its stack, can be brought back to any second, and is encrypted with a key of its own', () => {
    template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: Match.anyValue() },
        StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      },
    });
    template.hasResource('AWS::KMS::Key', { DeletionPolicy: 'Retain', Properties: { EnableKeyRotation: true } });
  });

  test('is the table that the code reads and writes', () => {
    const { KeySchema, GlobalSecondaryIndexes } = ledgerTableDefinition;

    template.hasResourceProperties('AWS::DynamoDB::Table', {
      KeySchema,
      GlobalSecondaryIndexes,
      TimeToLiveSpecification: { AttributeName: ledgerExpiryAttribute, Enabled: true },
    });
  });
});

describe('rights', () => {
  test.each([
    ['codepipeline:EnableStageTransition', ['Stage']],
    ['codepipeline:DisableStageTransition', ['Intake', 'Stage']],
    ['codepipeline:RollbackStage', ['Verify']],
    ['codepipeline:StopPipelineExecution', ['Verify']],
    ['codepipeline:PutJobSuccessResult', ['Gate']],
    ['states:StartExecution', ['Dispatch', 'Sweep']],
    ['states:SendTaskSuccess', ['Dispatch', 'Sweep']],
    ['sns:Publish', ['Notify', 'Summary']],
    ['secretsmanager:GetSecretValue', ['Decide', 'Notify']],
    ['sns:GetSubscriptionAttributes', ['Notify', 'Summary', 'Sweep']],
    ['dynamodb:DeleteItem', ['Dispatch', 'Notify', 'Stage', 'Sweep']],
    ['lambda:InvokeFunction', ['Sweep', 'Workflow']],
  ])('%s is for %j alone', (action, who) => {
    expect(whoMay(action)).toEqual(who);
  });

  test('nobody may do what nobody needs', () => {
    const never =
      /^(states:SendTaskFailure|states:StopExecution|sns:Subscribe|dynamodb:(Scan|DeleteTable|BatchWriteItem))$/;

    expect(rights.filter(({ action }) => never.test(action))).toEqual([]);
  });

  test('every action is granted by its name', () => {
    expect(rights.length).toBeGreaterThan(100);
    expect(rights.filter(({ action }) => action.includes('*'))).toEqual([]);
  });

  test('only the listed actions are granted on every resource', () => {
    const listed: ReadonlySet<string> = new Set(Object.values(unscopedActions).flat());
    const unscoped = rights.filter(({ resources }) => resources.includes('"*"'));

    expect(unscoped.length).toBeGreaterThan(0);
    expect(unscoped.filter(({ action }) => !listed.has(action))).toEqual([]);
    expect([...listed].filter((action) => !unscoped.some((right) => right.action === action))).toEqual([]);
  });

  test('a transition is granted on its stage and on nothing wider', () => {
    const switches = rights.filter(({ action }) => /StageTransition|RollbackStage/.test(action));

    expect(switches).toHaveLength(4);
    for (const { resources } of switches) {
      expect(resources).toHaveLength(1);
      expect(resources[0]).toMatch(/:codepipeline:eu-west-1:123456789012:checkout\/Production"/);
    }
  });

  test('those who look for evidence may read findings, and nobody else', () => {
    const readers = rights.filter(({ action }) => action === 'inspector2:ListCoverage').map(({ who }) => who);

    expect(readers.toSorted()).toEqual(['Stage', 'Sweep', 'Verify']);
  });

  test('the decision pages reach links, people and holds of the ledger and nothing else', () => {
    const onTheTable = rights.filter(({ who, action }) => who === 'Decide' && action.startsWith('dynamodb:'));

    expect(onTheTable.map(({ action }) => action).toSorted()).toEqual([
      'dynamodb:ConditionCheckItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    ]);
    for (const { conditions, resources } of onTheTable) {
      expect(conditions).toEqual({
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['LINK#*', 'PERSON#*', 'HOLD#*'] },
        Null: { 'dynamodb:LeadingKeys': 'false' },
      });
      expect(resources.join()).not.toContain('/index/');
    }
  });

  test('the feed reaches its own list in the ledger and nothing else', () => {
    const own = rights.filter(({ who }) => who === 'Feed');
    const onTheTable = own.filter(({ action }) => action.startsWith('dynamodb:'));

    expect(onTheTable.length).toBeGreaterThan(0);
    for (const { conditions, resources } of onTheTable) {
      expect(conditions).toMatchObject({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['FEED#*'] } });
      expect(resources.join()).not.toContain('/index/');
    }
    expect(own.filter(({ action }) => !/^(dynamodb|kms|logs|xray):/.test(action))).toEqual([]);
  });

  test('only what was asked for and is done can be struck off, never a link, a person or a stage', () => {
    for (const { conditions } of rights.filter(({ action }) => action === 'dynamodb:DeleteItem')) {
      expect(conditions).toMatchObject({
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['HOLD#*', 'PROBLEM#*'] },
      });
    }
  });

  test('every role is of one function or of the workflow, and has no managed policy', () => {
    const roles = Object.values(template.findResources('AWS::IAM::Role'));
    const functions = Object.values(template.findResources('AWS::Lambda::Function'));

    expect(functions).toHaveLength(13);
    expect(new Set(functions.map((one) => JSON.stringify(one.Properties.Role))).size).toBe(13);
    expect(roles).toHaveLength(14);
    expect(roles.filter((role) => role.Properties.ManagedPolicyArns !== undefined)).toEqual([]);
  });
});

describe('the functions', () => {
  test('run on Node 24 on arm64, with a log that ends', () => {
    template.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      LoggingConfig: { LogGroup: Match.anyValue() },
      Environment: { Variables: Match.objectLike({ TABLE_NAME: Match.anyValue() }) },
    });
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 });
  });

  test('those that switch a transition end well inside the lease of 90 seconds', () => {
    for (const name of ['Stage', 'Intake']) {
      const [[, resource] = []] = Object.entries(template.findResources('AWS::Lambda::Function')).filter(([id]) =>
        id.startsWith(`Stopship${name}Function`),
      );

      expect(resource?.Properties.Timeout).toBeLessThanOrEqual(30);
    }
  });

  test('a sweep that failed is not tried again, the next one is', () => {
    template.resourceCountIs('AWS::Lambda::EventInvokeConfig', 1);
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: Match.stringLikeRegexp('^StopshipSweepFunction') },
      MaximumRetryAttempts: 0,
    });
    template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(1 minute)' });
  });

  test('know which roles are ours where transitions are read', () => {
    for (const name of ['Stage', 'Intake', 'Verify', 'Sweep']) {
      const roles = JSON.stringify(environmentOf(name).ROLES);

      expect(roles).toMatch(/assumed-role.*StopshipStageRole.*assumed-role.*StopshipIntakeRole/);
    }
  });
});

describe('the path of a finding', () => {
  test('has a rule for every pattern that the policy needs, into the queue', () => {
    const rules = Object.values(template.findResources('AWS::Events::Rule')).map(
      (rule) => rule.Properties.EventPattern,
    );

    expect(eventPatterns(examplePolicy).length).toBeGreaterThan(0);
    const ofFindings = rules.filter((pattern) => pattern !== undefined && !pattern.source.includes('aws.codepipeline'));
    expect(ofFindings).toEqual(eventPatterns(examplePolicy));
  });

  test('gives the reader six time-outs before a message counts as failed, and keeps what failed', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      VisibilityTimeout: 180,
      RedrivePolicy: { maxReceiveCount: 5, deadLetterTargetArn: Match.anyValue() },
    });
    template.allResourcesProperties('AWS::SQS::Queue', {
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
    });
  });
});

test('every kind of errand reaches exactly one reader, and reconcile the stage controller', () => {
  const mappings = Object.values(template.findResources('AWS::Lambda::EventSourceMapping'))
    .filter((mapping) => mapping.Properties.FilterCriteria !== undefined)
    .map(({ Properties }) => ({
      reader: String(Properties.FunctionName.Ref),
      prefixes: Filter.parse(JSON.parse(Properties.FilterCriteria.Filters[0].Pattern)).dynamodb.Keys.sk.S.map(
        ({ prefix }) => prefix,
      ),
    }));

  const read = mappings.flatMap(({ prefixes }) => prefixes);
  const reconciling = mappings.find(({ prefixes }) => prefixes.includes('OUTBOX#reconcile#'));

  expect(read.toSorted()).toEqual(errandKinds.map((kind) => `OUTBOX#${kind}#`).toSorted());
  expect(reconciling?.reader).toMatch(/^StopshipStageFunction/);
});

test('the state machine is the workflow, and its log has no data: that would carry task tokens', () => {
  const [machine] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
  const functionOf = (name: string) => `<Stopship${name}Function>`;

  expect(JSON.parse(joined(machine?.Properties.DefinitionString))).toEqual(
    workflow({
      stage: functionOf('Stage'),
      notify: functionOf('Notify'),
      await: functionOf('Await'),
      verify: functionOf('Verify'),
      review: functionOf('Review'),
    }),
  );
  expect(machine?.Properties.StateMachineName).toBe('stopship');
  expect(machine?.Properties.LoggingConfiguration).toMatchObject({ Level: 'ALL', IncludeExecutionData: false });
});

test('NOT HALTED rings on the line that the stage controller writes', () => {
  template.hasResourceProperties('AWS::Logs::MetricFilter', {
    FilterPattern: `{ $.event = "${notHaltedEvent}" }`,
    MetricTransformations: [{ MetricName: 'NotHalted', MetricNamespace: 'stopship', MetricValue: '1' }],
  });
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    MetricName: 'NotHalted',
    Namespace: 'stopship',
    Threshold: 0,
  });
});

describe('the decision pages', () => {
  test('are the only addresses, and are throttled', () => {
    const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route')).map(
      (one) => one.Properties.RouteKey,
    );

    expect(routes.toSorted()).toEqual([
      'GET /assets/{proxy+}',
      'GET /d/{token}',
      'POST /d/{token}',
      'POST /d/{token}/renew',
    ]);
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingBurstLimit: Match.anyValue(), ThrottlingRateLimit: Match.anyValue() },
    });
  });

  test('leave no link in the access log', () => {
    const [stage] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage'));
    const format = String(stage?.Properties.AccessLogSettings.Format);

    expect(format).toContain('$context.routeKey');
    expect(format).not.toMatch(/\$context\.(path|http|domain)|\$request/i);
  });

  test('have the configured address in every link when there is one', () => {
    const configured = synthesised({ publicAddress: 'https://stopship.example.com' });

    configured.hasOutput('*', { Value: 'https://stopship.example.com' });
    expect(environmentOf('Notify', configured).PUBLIC_ADDRESS).toBe('https://stopship.example.com');
    expect(environmentOf('Decide', configured).PUBLIC_ADDRESS).toBe('https://stopship.example.com');
  });
});

describe('what must not go unseen', () => {
  test('a stage that is not halted, what was dropped, and what fails each raise an alarm', () => {
    const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm')).map(([id]) =>
      id.replace(/^StopshipAlarms/, '').replace(/[0-9A-F]{8}$/, ''),
    );

    expect(alarms.toSorted()).toEqual([
      'CallsFailed',
      'FindingsNotTaken',
      'KnownExploitedStale',
      'NotHalted',
      'StageErrors',
      'SweepErrors',
      'WorkflowsFailed',
    ]);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: metricNamespace,
      MetricName: notHaltedMetric,
      AlarmActions: [Match.anyValue()],
    });
  });

  test('the list of known exploited vulnerabilities is read daily, and three days without a reading ring', () => {
    template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'cron(30 5 * * ? *)' });
    template.hasResourceProperties('AWS::Logs::MetricFilter', {
      FilterPattern: `{ $.event = "${kevReadEvent}" }`,
      MetricTransformations: [{ MetricName: kevReadMetric, MetricNamespace: metricNamespace, MetricValue: '1' }],
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: kevReadMetric,
      Namespace: metricNamespace,
      Period: 86_400,
      EvaluationPeriods: 3,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
  });

  test('the catalogue is read at the address of CISA, or at a mirror that is configured', () => {
    const mirrored = synthesised({ kevAddress: 'https://mirror.example.com/kev.json' });

    expect(environmentOf('Feed').KEV_ADDRESS).toMatch(/^https:\/\/www\.cisa\.gov\//);
    expect(environmentOf('Feed', mirrored).KEV_ADDRESS).toBe('https://mirror.example.com/kev.json');
  });

  test('CloudWatch may publish to the alarm topic, and the address is told', () => {
    const addressed = synthesised({ alarmAddress: 'ops@example.com' });

    addressed.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'ops@example.com' });
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 'sns:Publish',
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
          }),
        ]),
      },
    });
  });
});

test('ninety-one people need two topics', () => {
  const [ana] = examplePolicy.people;
  const people = Array.from({ length: 91 }, (_, n) => ({ ...ana, id: `p${n}`, name: 'P', aws: [], git: [] }));

  const crowded = synthesised({ policy: { ...examplePolicy, people } });

  expect(topicsOfPeople(template)).toBe(1);
  expect(topicsOfPeople(crowded)).toBe(2);
});

test('a policy without services gives a stack that may switch nothing', () => {
  const empty = rightsOf(synthesised({ policy: { ...examplePolicy, services: [] } }));

  expect(empty.filter(({ action }) => /^codepipeline:.*(Stage|Pipeline)/.test(action))).toEqual([]);
});

test('every acknowledged finding says why', () => {
  for (const { because } of acknowledged) expect(because.length).toBeGreaterThan(60);
});

const Filter = z.object({
  dynamodb: z.object({ Keys: z.object({ sk: z.object({ S: z.array(z.object({ prefix: z.string() })) }) }) }),
});

function whoMay(action: string): readonly string[] {
  return rights
    .filter((right) => right.action === action)
    .map(({ who }) => who)
    .toSorted();
}

function environmentOf(name: string, of = template): { readonly [name: string]: unknown } {
  const [[, resource] = []] = Object.entries(of.findResources('AWS::Lambda::Function')).filter(([id]) =>
    id.startsWith(`Stopship${name}Function`),
  );
  return resource?.Properties.Environment.Variables;
}

function topicsOfPeople(of: typeof template): number {
  return Object.keys(of.findResources('AWS::SNS::Topic')).filter((id) => id.startsWith('StopshipPeople')).length;
}

/** The text of an `Fn::Join`, with each function's ARN as `<Stopship…Function>`. */
function joined(value: unknown): string {
  const {
    'Fn::Join': [, parts],
  } = z
    .object({ 'Fn::Join': z.tuple([z.string(), z.array(z.union([z.string(), z.record(z.string(), z.unknown())]))]) })
    .parse(value);
  return parts
    .map((part) => {
      if (typeof part === 'string') return part;
      if ('Fn::GetAtt' in part)
        return `<${String(part['Fn::GetAtt']).replace(/Function[0-9A-F]{8},Arn$/, 'Function')}>`;
      return 'aws';
    })
    .join('');
}

describe('the override watch', () => {
  test('sees every call that works around a halt, and releases that begin in a protected stage', () => {
    const targets = [{ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('Override'), 'Arn'] }, Id: 'Target0' }];

    for (const pattern of [
      { 'detail-type': ['AWS API Call via CloudTrail'], detail: Match.objectLike({ eventName: [...watchedCalls] }) },
      {
        'detail-type': ['CodePipeline Stage Execution State Change'],
        detail: { pipeline: ['checkout'], stage: ['Production'], state: ['STARTED'] },
      },
    ])
      template.hasResourceProperties('AWS::Events::Rule', {
        EventPattern: { source: ['aws.codepipeline'], ...pattern },
        Targets: targets.map((target) => Match.objectLike(target)),
      });
  });

  test('may switch nothing, and knows which calls are ours', () => {
    const actions = rights.filter(({ who }) => who === 'Override').map(({ action }) => action);

    expect(actions.filter((action) => /^codepipeline:(?!Get|List)|sns:|states:|Delete/.test(action))).toEqual([]);
    const [own] = Object.values(template.findResources('AWS::Lambda::Function')).filter(({ Properties }) =>
      JSON.stringify(Properties.Role).includes('StopshipOverride'),
    );
    for (const role of ['StopshipStage', 'StopshipIntake', 'StopshipVerify'])
      expect(JSON.stringify(own?.Properties.Environment.Variables.ROLES)).toContain(role);
  });
});
