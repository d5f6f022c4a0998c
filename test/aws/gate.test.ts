import { afterEach, expect, test, vi } from 'vitest';
import { awsClients } from '../../lib/aws/clients.ts';
import { gateFunction } from '../../lib/aws/gate.ts';
import { type OutsidePorts, systemClock } from '../../lib/aws/ports.ts';
import { stageKeyOf } from '../../lib/hold/hold.ts';
import { stageItemKey } from '../../lib/hold/stage.ts';
import { aWorld, stage, type World } from '../builders.ts';
import { endpointOf } from '../embedded/endpoint.ts';

const closings: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
  vi.restoreAllMocks();
});

type Answer = { readonly word: 'success' } | { readonly word: 'failure'; readonly message: string };
type Context = { readonly [name: string]: unknown };

const context: Context = {
  pipelineName: stage.name,
  stage: { name: stage.stage },
  pipelineArn: `arn:aws:codepipeline:${stage.region}:${stage.account}:${stage.name}`,
  pipelineExecutionId: 'r1',
};

/** Asks the gate as CodePipeline does, against a CodePipeline that tells this of the job; what it was answered, and the log. */
async function ask(
  world: World,
  over: {
    pipelineContext?: Context | null;
    event?: unknown;
    details?: () => unknown;
    put?: () => unknown;
    wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
  } = {},
) {
  const answers: Answer[] = [];
  // The clock of these tests stands still: nothing takes too long unless a test says so.
  const clock = { ...world.clock, wait: over.wait ?? (() => new Promise<void>(() => {})) };
  const log: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => log.push(String(text)) > 0);
  const put = (answer: Answer) => {
    over.put?.();
    answers.push(answer);
  };
  const { wire, config } = await endpointOf({
    protocol: 'json',
    target: 'CodePipeline_20150709',
    version: '1.1',
    actions: {
      GetJobDetails: () =>
        over.details?.() ?? { jobDetails: { data: { pipelineContext: over.pipelineContext ?? context } } },
      PutJobSuccessResult: () => put({ word: 'success' }),
      PutJobFailureResult: (input) => put({ word: 'failure', message: Object(input).failureDetails.message }),
    },
  });
  closings.push(() => wire.close());
  const outcome = await gateFunction({ ...world.ports, clock }, over.event ?? anEvent(), awsClients(config)).then(
    () => 'returned',
    () => 'threw',
  );
  return { answers, log: log.join(''), outcome };
}

const secret = 'wJalrXUtnFEMI-credentials-of-the-job';

function anEvent(configuration: Context = { UserParameters: `${stage.name}/${stage.stage}` }) {
  return {
    'CodePipeline.job': {
      id: '11111111-2222-3333-4444-555555555555',
      accountId: '123456789012',
      data: {
        actionConfiguration: { configuration },
        artifactCredentials: { accessKeyId: 'ASIA', secretAccessKey: secret, sessionToken: secret },
      },
    },
  };
}

async function held(over: Partial<OutsidePorts> = {}): Promise<{ readonly world: World; readonly holdId: string }> {
  const world = await aWorld(over);
  const holdId = await world.halt();
  return { world, holdId };
}

test('a free stage lets the release in', async () => {
  expect((await ask(await aWorld())).answers).toEqual([{ word: 'success' }]);
});

test('a held stage refuses, and says which hold and what to do', async () => {
  const { world, holdId } = await held();
  const { code, problem } = await world.hold(holdId);

  const { answers } = await ask(world);

  expect(answers).toMatchObject([{ word: 'failure' }]);
  const [answer] = answers;
  const message = answer?.word === 'failure' ? answer.message : '';
  for (const part of [code, holdId, stage.stage, problem.title.split(' ')[0] ?? '', 'retry the stage'])
    expect(message).toContain(part);
});

test('a release that is allowed by name enters though the stage is held', async () => {
  const { world } = await held();
  const key = stageItemKey(stageKeyOf(stage));
  await world.table.transact([{ update: key, change: { unite: { allow: ['r1'] } } }]);

  const one = await ask(world);
  const other = await ask(world, { pipelineContext: { ...context, pipelineExecutionId: 'r2' } });

  expect([one.answers[0]?.word, other.answers[0]?.word]).toEqual(['success', 'failure']);
});

test('user parameters name the stage where the details of the job do not, and no release is allowed by name then', async () => {
  const { world } = await held();

  expect((await ask(await aWorld(), { pipelineContext: {} })).answers).toEqual([{ word: 'success' }]);
  expect((await ask(world, { pipelineContext: {} })).answers).toMatchObject([{ word: 'failure' }]);
});

test.each<[string, Parameters<typeof ask>[1]]>([
  ['an unknown pipeline', { pipelineContext: { ...context, pipelineName: 'elsewhere' } }],
  ['an unknown stage', { pipelineContext: { ...context, stage: { name: 'Elsewhere' } } }],
  [
    'a pipeline of that name in another Region',
    { pipelineContext: { ...context, pipelineArn: 'arn:aws:codepipeline:us-east-1:123456789012:checkout' } },
  ],
  [
    'a pipeline of that name in another account',
    { pipelineContext: { ...context, pipelineArn: 'arn:aws:codepipeline:eu-west-1:999999999999:checkout' } },
  ],
  [
    'details that are not given',
    {
      details: () => {
        throw new Error('no details');
      },
    },
  ],
  ['an event without user parameters, and a job without a stage', { pipelineContext: {}, event: anEvent({}) }],
  ['an event with nothing but an id', { pipelineContext: {}, event: { 'CodePipeline.job': { id: '1' } } }],
])('%s fails closed, and its event is not in the log', async (_, over) => {
  const { answers, log, outcome } = await ask(await aWorld(), over);

  expect(answers).toMatchObject([{ word: 'failure', message: expect.stringContaining('nothing enters') }]);
  expect(outcome).toBe('returned');
  expect(log).toContain('gate.failed');
  expect(log).not.toContain(secret);
});

test('a ledger that fails closes the gate', async () => {
  const world = await aWorld();
  const table = { ...world.table, get: () => Promise.reject(new Error('no answer')) };

  const { answers } = await ask({ ...world, ports: { ...world.ports, table } });

  expect(answers).toMatchObject([{ word: 'failure' }]);
});

test('a ledger that never answers closes the gate before its function ends', async () => {
  const world = await aWorld();
  const waits: number[] = [];
  const table = { ...world.table, get: () => new Promise<never>(() => {}) };
  const wait = async (ms: number) => {
    waits.push(ms);
  };

  const { answers } = await ask({ ...world, ports: { ...world.ports, table } }, { wait });

  expect(answers).toMatchObject([{ word: 'failure' }]);
  expect(Math.max(...waits)).toBeLessThan(30_000);
});

test('once the gate has answered it waits for nothing more, or it would keep its process alive', async () => {
  const ended: Promise<void>[] = [];
  const wait = async (ms: number, signal?: AbortSignal) => {
    const end = systemClock.wait(ms, signal);
    ended.push(end);
    await end;
  };

  expect((await ask(await aWorld(), { wait })).answers).toEqual([{ word: 'success' }]);

  expect(ended).toHaveLength(1);
  await Promise.all(ended);
}, 15_000);

test('an answer that CodePipeline did not take fails the function, so that Lambda asks again', async () => {
  const refusing = () => {
    throw new Error('slow down');
  };

  expect((await ask(await aWorld(), { put: refusing })).outcome).toBe('threw');
});
