import { GetPipelineStateCommand, StartPipelineExecutionCommand } from '@aws-sdk/client-codepipeline';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../lib/aws/ports.ts';
import { demoFinding } from '../../lib/embedded/demo.ts';
import type { Runtime } from '../../lib/embedded/runtime.ts';
import { readHold } from '../../lib/hold/ledger.ts';
import { codeOf, decideByLink, json, mailTo, startWorld, strangersClients, until } from './world.ts';

let runtime: Runtime;
beforeAll(async () => {
  ({ runtime } = await startWorld());
  runtime.go();
});
afterAll(async () => {
  await runtime.stop();
});

type HoldJson = {
  readonly id: string;
  readonly code: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly service: string;
  readonly release: { readonly executionId: string; readonly position: string } | null;
};

test('a finding on the bus halts the stage, a link decides, a clean scan resumes it, and the review is filed', async () => {
  const clients = strangersClients(runtime);
  const codepipeline = await clients.codepipeline();
  // The releases of the demo flow into Production first: nothing is halted yet.
  await until(async () => (await production(codepipeline)).latestExecution?.status === 'Succeeded');
  const Detail = JSON.stringify({ findings: JSON.parse(demoFinding(systemClock.now())).Findings });

  const bus = await clients.eventBridge();
  const sent = await bus.send(
    new PutEventsCommand({
      Entries: [{ Source: 'aws.securityhub', DetailType: 'Security Hub Findings - Imported', Detail }],
    }),
  );
  expect(sent.FailedEntryCount).toBe(0);
  const hold = await until(async () =>
    (await json<readonly HoldJson[]>(runtime, '/api/holds')).find(({ status }) => status === 'in-force'),
  );
  expect(hold.service).toBe('checkout');
  const halted = await production(codepipeline);
  expect(halted.inboundTransitionState).toMatchObject({ enabled: false });
  expect(halted.inboundTransitionState?.disabledReason).toContain(hold.code);

  const digest = `sha256:${'8d'.repeat(32)}`;
  const { pipelineExecutionId } = await codepipeline.send(
    new StartPipelineExecutionCommand({
      name: 'checkout',
      variables: [
        { name: 'IMAGE_DIGEST', value: digest },
        { name: 'AUTHOR_EMAIL', value: 'dee@example.com' },
      ],
    }),
  );
  await until(
    async () => (await production(codepipeline)).inboundExecution?.pipelineExecutionId === pipelineExecutionId,
  );

  const mail = await mailTo(runtime, 'rui', hold.id);
  expect(mail.links).toHaveLength(1);
  expect(mail.body).toContain(hold.code);
  const ballot = {
    action: 'remediation-approved',
    reason: 'certifi is updated',
    confirmation: hold.code,
    totp: codeOf(runtime, 'rui'),
    release: pipelineExecutionId ?? '',
    reference: '',
  };
  const decided = await decideByLink(mail.links[0] ?? '', ballot);
  expect(decided.status).toBe(200);
  const again = await decideByLink(mail.links[0] ?? '', ballot);
  expect(again.status).toBe(410);

  // Approved, but no scan has seen the new image: the release goes on waiting.
  await until(async () => (await readHold(runtime.ports.table, hold.id))?.decision?.state === 'awaiting-evidence');
  expect((await production(codepipeline)).inboundTransitionState?.enabled).toBe(false);

  const id = `arn:aws:ecr:eu-central-1:123456789012:repository/repo-poetry/${digest}`;
  const said = await fetch(`${runtime.url}/api/resources`, {
    method: 'POST',
    body: JSON.stringify({ id, exists: true, scanned: true }),
  });
  expect(said.status).toBe(200);
  const closed = await until(async () => {
    const now = await json<HoldJson>(runtime, `/api/holds/${hold.id}`);
    return now.status === 'closed' && now;
  });
  expect(closed.outcome).toBe('remediated');
  await until(
    async () => (await production(codepipeline)).latestExecution?.pipelineExecutionId === pipelineExecutionId,
  );
  expect((await production(codepipeline)).inboundTransitionState?.enabled).toBe(true);

  const review = await until(async () => {
    const all = await json<
      readonly {
        readonly id: string;
        readonly outcome: string;
        readonly timeline: readonly { readonly kind: string }[];
      }[]
    >(runtime, '/api/reviews');
    return all.find((one) => one.id === hold.id);
  });
  expect(review.outcome).toBe('remediated');
  expect(review.timeline.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining([
      'opened',
      'in-force',
      'told',
      'voted',
      'decided',
      'not-yet',
      'verified',
      'closed',
      'resumed',
    ]),
  );
});

async function production(codepipeline: Awaited<ReturnType<ReturnType<typeof strangersClients>['codepipeline']>>) {
  const state = await codepipeline.send(new GetPipelineStateCommand({ name: 'checkout' }));
  const stage = state.stageStates?.find(({ stageName }) => stageName === 'Production');
  if (stage === undefined) throw new Error('the pipeline has no stage Production');
  return stage;
}
