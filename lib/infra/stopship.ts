import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { cisaAddress } from '../aws/kev-feed.ts';
import { kevReadEvent, notHaltedEvent } from '../aws/log.ts';
import { batchesAtOnce } from '../hold/intake.ts';
import type { Policy } from '../policy/policy.ts';
import { kevFreshFor } from '../risk/known-exploited.ts';
import { Alarms } from './alarms.ts';
import { DecisionApi } from './decision-api.ts';
import { aQueue, EventPath } from './event-path.ts';
import { HoldWorkflow } from './hold-workflow.ts';
import { Ledger } from './ledger.ts';
import { bundledCss, bundledPolicy, defaultName, kevReadMetric, metricNamespace, notHaltedMetric } from './names.ts';
import { errandKinds, OutboxStream } from './outbox-stream.ts';
import { OverrideWatch } from './override-watch.ts';
import { PeopleTopics } from './people-topics.ts';
import {
  mayHalt,
  mayInvoke,
  mayPublish,
  mayReadPipelines,
  mayReadSecurityHub,
  mayReadSubscriptions,
  mayResume,
  mayRollBack,
  mayRunWorkflows,
  stateMachineArnOf,
} from './rights.ts';
import { type RuntimeEnvironment, root, StepFunction } from './step-function.ts';
import { mayUnscoped } from './unscoped.ts';

export interface StopshipProps {
  /** What the rules, rights and topics are made from. */
  readonly policy: Policy;
  /** Path of the file of this policy; it is put beside the code of every function. A changed policy is a deployment. */
  readonly policyFile: string;
  /** Name of the state machine. @default stopship */
  readonly name?: string | undefined;
  /**
   * Where people reach the decision pages, such as `https://stopship.example.com`; every link begins with it, and no
   * request can change that. @default the address of the HTTP API
   */
  readonly publicAddress?: string | undefined;
  /** E-mail address that alarms are sent to. @default nobody: subscribe to the alarm topic */
  readonly alarmAddress?: string | undefined;
  /**
   * Where the catalogue of known exploited vulnerabilities is read, over https.
   * @default CISA's own address; another is for accounts whose functions reach only a mirror
   */
  readonly kevAddress?: string | undefined;
}

/** Everything of stopship in one account and Region. The ids of its parts are a contract: a renamed one replaces a ledger. */
export class Stopship extends Construct {
  /** The function behind the entry condition of a protected stage; see `protect`. */
  readonly gate: IFunction;
  readonly #props: StopshipProps;
  readonly #key: Key;
  readonly #ledger: Ledger;
  readonly #topics: PeopleTopics;
  readonly #linkKeys: Secret;
  readonly #failures: Queue;
  readonly #stateMachineArn: string;
  readonly #publicAddress: string;

  constructor(scope: Construct, id: string, props: StopshipProps) {
    super(scope, id);
    const name = props.name ?? defaultName;
    const api = new DecisionApi(this, 'DecisionApi');
    this.#props = props;
    this.#key = new Key(this, 'Key', {
      description: 'Ledger, topics and link keys of stopship',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.#ledger = new Ledger(this, 'Ledger', { key: this.#key });
    this.#topics = new PeopleTopics(this, 'People', { policy: props.policy, key: this.#key });
    this.#linkKeys = linkKeys(this, this.#key);
    this.#failures = aQueue(this, 'Failures', {});
    this.#stateMachineArn = stateMachineArnOf(Stack.of(this), name);
    this.#publicAddress = props.publicAddress ?? api.address;

    const steps = this.#steps();
    this.gate = steps.gate.function;
    this.#lookAndHalt(steps);
    this.#runWorkflows(steps);
    this.#tellAndDecide(steps);
    this.#byTheClock(steps);
    this.#watchOverrides(steps);
    nameOurRoles(steps);

    const events = new EventPath(this, 'Events', {
      policy: props.policy,
      readerTimeoutSeconds: timeouts.intake,
      failures: this.#failures,
    });
    steps.intake.function.addEventSource(
      new SqsEventSource(events.queue, {
        batchSize: 10,
        maxConcurrency: batchesAtOnce,
        reportBatchItemFailures: true,
      }),
    );
    api.serve(steps.decide.function);
    const workflow = new HoldWorkflow(this, 'Workflow', { name, steps });
    this.#raiseAlarms(events, workflow, steps);
    new CfnOutput(this, 'TableName', { value: this.#ledger.name, description: 'For --table' });
    new CfnOutput(this, 'DecisionAddress', { value: this.#publicAddress, description: 'Where links lead' });
    new CfnOutput(this, 'PeopleTopics', {
      value: this.#topics.arns.join(','),
      description: 'For `stopship people sync --topic`',
    });
    new CfnOutput(this, 'LinkKeysArn', {
      value: this.#linkKeys.secretArn,
      description: 'For `stopship people enroll --secret`',
    });
    new CfnOutput(this, 'FeedFunctionName', {
      value: steps.feed.function.functionName,
      description: 'Reads the list of known exploited vulnerabilities; invoke it once after the first deployment',
    });
    new CfnOutput(this, 'DeadLettersUrl', {
      value: events.deadLetters.queueUrl,
      description: 'For `stopship dlq --queue`',
    });
    new CfnOutput(this, 'GateFunctionName', {
      value: steps.gate.function.functionName,
      description: 'For the Lambda rule of an entry condition',
    });
  }

  /** Every function with its environment; what each may do follows. */
  #steps(): Steps {
    const table = { TABLE_NAME: this.#ledger.name };
    const workflows = { STATE_MACHINE_ARN: this.#stateMachineArn };
    const links = { SECRET_ARN: this.#linkKeys.secretArn, PUBLIC_ADDRESS: this.#publicAddress };
    const topics = { TOPIC_ARNS: this.#topics.arns.join(',') };
    const stage = this.#step('Stage', 'stage', table);
    const notify = this.#step('Notify', 'notify', { ...table, ...links, ...topics });
    return {
      stage,
      notify,
      intake: this.#step('Intake', 'intake', table),
      dispatch: this.#step('Dispatch', 'dispatch', { ...table, ...workflows }),
      await: this.#step('Await', 'await', table),
      verify: this.#step('Verify', 'verify', table),
      review: this.#step('Review', 'review', table),
      decide: this.#step('Decide', 'decide', { ...table, ...links }),
      sweep: this.#step('Sweep', 'sweep', {
        ...table,
        ...workflows,
        ...topics,
        STAGE_FUNCTION: stage.function.functionName,
        NOTIFY_FUNCTION: notify.function.functionName,
      }),
      gate: this.#step('Gate', 'gate', table),
      summary: this.#step('Summary', 'summary', { ...table, ...topics, PUBLIC_ADDRESS: this.#publicAddress }),
      override: this.#step('Override', 'override', table),
      feed: this.#step('Feed', 'feed', { ...table, KEV_ADDRESS: this.#props.kevAddress ?? cisaAddress }),
    };
  }

  #step(id: string, entry: keyof Steps, environment: RuntimeEnvironment): StepFunction {
    return new StepFunction(this, id, {
      entry,
      environment,
      beside: {
        [bundledPolicy]: this.#props.policyFile,
        ...(entry === 'decide' ? { [bundledCss]: `${root}node_modules/@picocss/pico/css/pico.classless.min.css` } : {}),
      },
      timeoutSeconds: timeouts[entry],
      ...(calledWithoutWaiting.includes(entry) ? { failures: this.#failures } : {}),
      // A sweep that failed is an alarm, and the next one starts within a minute: neither retried nor kept.
      ...(entry === 'sweep' ? { retries: 0 } : {}),
    });
  }

  /** Intake disables at once; the stage controller alone enables. */
  #lookAndHalt({ intake, stage, gate }: Steps): void {
    const { policy } = this.#props;
    this.#ledger.grantRecord(intake);
    this.#ledger.grantErrands(stage);
    this.#ledger.grantRead(gate);
    for (const step of [intake, stage]) {
      mayReadPipelines(step, policy);
      mayHalt(step, policy);
    }
    mayResume(stage, policy);
    // A release that nobody cleared comes up: the controller looks at it before it enables.
    this.#mayReadFindings(stage);
    mayUnscoped(gate, 'pipelineJobs');
    new OutboxStream(this, 'ReconcileStream', {
      ledger: this.#ledger,
      reader: stage,
      kinds: ['reconcile'],
      failures: this.#failures,
    });
  }

  #runWorkflows({ dispatch, sweep, await: awaiting, verify, review, stage, notify }: Steps): void {
    const { policy } = this.#props;
    this.#ledger.grantErrands(dispatch);
    this.#ledger.grantErrands(sweep);
    for (const step of [awaiting, verify, review]) this.#ledger.grantRecord(step);
    for (const step of [dispatch, sweep]) mayRunWorkflows(step, this.#stateMachineArn);
    for (const step of [verify, sweep]) mayReadPipelines(step, policy);
    mayRollBack(verify, policy);
    for (const step of [verify, sweep]) this.#mayReadFindings(step);
    mayInvoke(sweep, [stage, notify]);
    mayReadSubscriptions(sweep, this.#topics.arns);
    new OutboxStream(this, 'DispatchStream', {
      ledger: this.#ledger,
      reader: dispatch,
      kinds: errandKinds.filter((kind) => kind !== 'reconcile'),
      failures: this.#failures,
    });
  }

  #tellAndDecide({ notify, decide, summary }: Steps): void {
    this.#ledger.grantErrands(notify);
    this.#ledger.grantRead(summary);
    this.#ledger.grantRecordIn(summary, ['PERSON#*']);
    this.#ledger.grantRecordIn(decide, ['LINK#*', 'PERSON#*', 'HOLD#*']);
    for (const step of [notify, decide]) this.#linkKeys.grantRead(step);
    for (const step of [notify, summary]) {
      mayPublish(step, this.#topics.arns, this.#key);
      mayReadSubscriptions(step, this.#topics.arns);
    }
  }

  #byTheClock({ sweep, summary, feed }: Steps): void {
    this.#ledger.grantRecordIn(feed, ['FEED#*']);
    schedule(this, 'FeedDaily', Schedule.cron({ hour: '5', minute: '30' }), feed);
    schedule(this, 'SweepEveryMinute', Schedule.rate(Duration.minutes(1)), sweep);
    // Each person gets it once a day: whose quiet hours it falls in, at a later hour.
    schedule(this, 'SummaryDaily', Schedule.cron({ hour: '6-23', minute: '30' }), summary);
  }

  /** Only looks and records: what it finds enabled is for the stage controller to halt. */
  #watchOverrides({ override }: Steps): void {
    const { policy } = this.#props;
    this.#ledger.grantRecord(override);
    mayReadPipelines(override, policy);
    new OverrideWatch(this, 'OverrideWatch', { policy, watcher: override, failures: this.#failures });
  }

  #mayReadFindings(step: StepFunction): void {
    mayUnscoped(step, 'inspector');
    mayReadSecurityHub(step, this.#props.policy);
  }

  #raiseAlarms(events: EventPath, workflow: HoldWorkflow, { stage, sweep, feed }: Steps): void {
    const alarms = new Alarms(this, 'Alarms', { key: this.#key, address: this.#props.alarmAddress });
    const period = Duration.minutes(1);
    alarms.raise('FindingsNotTaken', {
      says: 'Events that intake could not take lie in the dead-letter queue: look into it, mend the cause, and start a redrive.',
      metric: events.deadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
    });
    alarms.raise('CallsFailed', {
      says: 'Calls of stopship failed for good and lie in the queue of failures: look into it; the sweep repairs what concerns a hold.',
      metric: this.#failures.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
    });
    alarms.raise('WorkflowsFailed', {
      says: 'A workflow failed. If its hold is open, the sweep starts the next attempt; if not, its review is not filed.',
      metric: workflow.failed(period),
    });
    new MetricFilter(this, 'NotHalted', {
      logGroup: stage.logGroup,
      metricNamespace,
      metricName: notHaltedMetric,
      filterPattern: FilterPattern.stringValue('$.event', '=', notHaltedEvent),
    });
    const reading = new MetricFilter(this, 'KnownExploitedRead', {
      logGroup: feed.logGroup,
      metricNamespace,
      metricName: kevReadMetric,
      filterPattern: FilterPattern.stringValue('$.event', '=', kevReadEvent),
    });
    const day = Duration.days(1);
    alarms.raiseUnlessCounted('KnownExploitedStale', {
      says: 'The list of known exploited vulnerabilities is absent or stale: what it does not hold counts as unknown. Look at the log of the feed function.',
      metric: reading.metric({ period: day, statistic: 'Sum' }),
      periods: kevFreshFor / day.toMilliseconds(),
    });
    alarms.raise('StageErrors', {
      says: 'The stage controller fails: stages may be halted or free against the ledger.',
      metric: stage.function.metricErrors({ period }),
    });
    alarms.raise('SweepErrors', {
      says: 'The sweep fails: nothing is repaired, no clock rings.',
      metric: sweep.function.metricErrors({ period }),
    });
  }
}

/** The functions by their entry in `lambdas/`. */
export type Steps = { readonly [entry in keyof typeof timeouts]: StepFunction };

/** In seconds. Those that switch a transition stay at 30, well inside the stage's lease of 90. */
const timeouts = {
  intake: 30,
  dispatch: 30,
  stage: 30,
  notify: 60,
  await: 30,
  verify: 60,
  review: 60,
  decide: 20,
  sweep: 55,
  gate: 30,
  summary: 120,
  feed: 60,
  override: 30,
} as const;

/** Entries whose caller does not see a failure. */
const calledWithoutWaiting: readonly (keyof Steps)[] = ['gate', 'summary', 'override'];

/**
 * Secrets that links are made with, as JSON: `current` names the key that new links use, every other name is a key's id.
 * Rotating is adding a key and naming it; links of a removed key end.
 */
function linkKeys(scope: Construct, key: Key): Secret {
  return new Secret(scope, 'LinkKeys', {
    description: 'Keys of the links of stopship',
    encryptionKey: key,
    generateSecretString: {
      secretStringTemplate: JSON.stringify({ current: 'k1' }),
      generateStringKey: 'k1',
      passwordLength: 64,
      excludePunctuation: true,
    },
  });
}

/** Tells those who read transitions by which roles they are switched: a disable by anybody else is a person's. */
function nameOurRoles({ intake, stage, verify, sweep, override }: Steps): void {
  const stack = Stack.of(stage);
  const arnOf = ({ roleName }: StepFunction) =>
    stack.formatArn({ service: 'sts', region: '', resource: 'assumed-role', resourceName: `${roleName}/*` });
  const roles = [stage, intake].map(arnOf);
  for (const step of [intake, stage, verify, sweep]) step.function.addEnvironment('ROLES', roles.join(','));
  // Verify switches no transition, and rolls back and stops releases where that was decided.
  override.function.addEnvironment('ROLES', [...roles, arnOf(verify)].join(','));
}

function schedule(scope: Construct, id: string, when: Schedule, step: StepFunction): void {
  new Rule(scope, id, { schedule: when, targets: [new LambdaFunction(step.function, { retryAttempts: 2 })] });
}
