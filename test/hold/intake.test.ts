import { expect, test } from 'vitest';
import { updateEvery } from '../../lib/brief/pace.ts';
import { tellDue } from '../../lib/decision/notify.ts';
import { later } from '../../lib/finding/instant.ts';
import { type StageKey, stageKeyOf } from '../../lib/hold/hold.ts';
import { intake, intakeMemory } from '../../lib/hold/intake.ts';
import { intelligenceFrom } from '../../lib/hold/intelligence.ts';
import { refreshKnownExploited } from '../../lib/hold/kev-feed.ts';
import { eventsOf } from '../../lib/hold/ledger.ts';
import { undoneErrands } from '../../lib/hold/outbox.ts';
import { PipelineThrottled } from '../../lib/hold/pipeline.ts';
import { rejectedRecords, unclaimedFindings } from '../../lib/hold/rejected.ts';
import { readStage, stageItemKey } from '../../lib/hold/stage.ts';
import { aFinding, aPolicy, aWorld, findingId, NOON, stage } from '../builders.ts';
import { aCatalogue, anEntry } from '../risk/build-catalogue.ts';
import { aVector, v31 } from '../risk/builders.ts';
import { ourRole, somebody } from './fake-pipeline.ts';

const mild = { severity: 'medium', vectors: [aVector(v31.medium53)] } as const;

test('a halt opens hold, review, first event, stage set and errands in one transaction', async () => {
  const world = await aWorld();

  const holdId = await world.halt();

  expect(world.calls.transactions).toBe(1);
  expect(await world.hold(holdId)).toMatchObject({ status: 'pending', revision: 1, service: 'checkout' });
  expect(await world.table.get({ pk: `HOLD#${holdId}`, sk: 'REVIEW' })).toMatchObject({ id: holdId, openedAt: NOON });
  expect(await eventsOf(world.table, holdId)).toMatchObject([{ n: 1, kind: 'opened', actor: 'intake' }]);
  expect((await readStage(world.table, stage)).open).toEqual(new Set([holdId]));
  const errands = await undoneErrands(world.table, 10);
  expect(errands.map(({ errand }) => errand.kind).sort()).toEqual(['reconcile', 'start-workflow']);
});

test('from record to halt there are two trips in sequence: ledger and pipeline side by side, then the disable', async () => {
  const world = await aWorld();
  let isCommitted = false;
  const table = world.ports.table;
  const slow = {
    ...table,
    // The transaction ends only after the read of the pipeline began: one after the other would never end.
    async transact(writes: Parameters<typeof table.transact>[0]) {
      while (!world.pipeline.calls.includes('state')) await Promise.resolve();
      const done = await table.transact(writes);
      isCommitted = true;
      return done;
    },
  };
  world.pipeline.once('disable', 'before', () => {
    expect(isCommitted).toBe(true);
  });

  const memory = { ...intakeMemory(), stages: { readAt: NOON, keys: new Set<StageKey>() } };

  await intake({ ...world.ports, table: slow, memory }, [{ status: 'finding', finding: aFinding() }]);

  expect(world.pipeline.calls).toEqual(['state', 'disable']);
  expect(world.calls).toMatchObject({ transactions: 1, reads: 0 });
  expect(world.pipeline.isEnabled(stage)).toBe(false);
});

test('a cold process reads what is known of threats and which stages are held before it judges, once each', async () => {
  const world = await aWorld();
  const cold = { ...world.ports, intelligence: intelligenceFrom(world.ports.table, world.clock) };

  await intake(cold, [{ status: 'finding', finding: aFinding() }]);
  await intake(cold, [{ status: 'finding', finding: aFinding({ id: findingId(2) }) }]);

  expect(world.calls).toMatchObject({ reads: 2 });
});

test('a vulnerability that the list names halts, though the finding says nothing of it', async () => {
  const rules = [{ then: 'halt', because: 'known exploited', when: { knownExploited: true } }];
  const world = await aWorld({ policy: aPolicy({ rules }) });
  const text = aCatalogue([anEntry({ cveID: 'CVE-2024-7777' })]);
  const kevFeed = { read: async () => ({ status: 'catalogue', text, etag: null, copiedAt: null }) as const };
  await refreshKnownExploited({ ...world.ports, kevFeed });
  const warm = { ...world.ports, intelligence: intelligenceFrom(world.ports.table, world.clock) };

  const answers = await intake(warm, [
    { status: 'finding', finding: aFinding({ ...mild, vulnerabilityId: 'CVE-2024-7777' }) },
    { status: 'finding', finding: aFinding({ ...mild, id: findingId(2), vulnerabilityId: 'CVE-2024-7778' }) },
  ]);

  expect(answers.flat()).toMatchObject([{ verdict: 'halt' }, { verdict: 'pass' }]);
});

test('ten findings of one problem are one hold, one transaction and one disable', async () => {
  const world = await aWorld();
  const findings = Array.from({ length: 10 }, (_, n) =>
    aFinding({ id: findingId(n), vulnerabilityId: `CVE-2024-${n}` }),
  );

  const answers = await world.take(...findings);

  const ids = answers.map((answer) => (answer.status === 'assessed' ? answer.holdId : null));
  expect(new Set(ids).size).toBe(1);
  expect(world.calls.transactions).toBe(1);
  expect(world.pipeline.calls).toEqual(['state', 'disable']);
  expect(await world.hold(ids[0] ?? '')).toMatchObject({ findings: 10 });
});

test('sixty findings of one problem are one hold that counts them all', async () => {
  const world = await aWorld();
  const findings = Array.from({ length: 60 }, (_, n) => aFinding({ id: findingId(n) }));

  const [answer] = await world.take(...findings);
  await world.settle();

  const holdId = answer?.status === 'assessed' ? answer.holdId : null;
  expect(await world.hold(holdId ?? '')).toMatchObject({ findings: 60 });
});

test('twenty problems of one batch open twenty holds on one stage', async () => {
  const world = await aWorld();
  const packages = Array.from({ length: 20 }, (_, n) => [
    { name: `package-${n}`, version: '1', fixedIn: null, path: null, ecosystem: null },
  ]);

  await world.take(...packages.map((list, n) => aFinding({ id: findingId(n), packages: list })));

  expect((await readStage(world.table, stage)).open.size).toBe(20);
  expect(world.pipeline.calls).toEqual(['state', 'disable']);
});

test('two problems on one stage are one write of the stage', async () => {
  const world = await aWorld();
  const curl = [{ name: 'curl', version: '8', fixedIn: null, path: null, ecosystem: null }];

  await world.take(aFinding(), aFinding({ id: findingId(2), packages: curl }));

  const key = stageItemKey(stageKeyOf(stage));
  const [writes = []] = world.calls.written;
  expect(world.calls.transactions).toBe(1);
  expect(writes.filter((write) => 'update' in write && write.update.pk === key.pk)).toHaveLength(1);
  expect((await readStage(world.table, stage)).open.size).toBe(2);
});

test('one finding by three dialects is one hold with one finding', async () => {
  const world = await aWorld();

  const answers = await world.take(
    aFinding(),
    aFinding({ dialect: 'asff', updatedAt: later(NOON, -1000) }),
    aFinding({ dialect: 'ocsf' }),
  );
  const holdId = answers[0]?.status === 'assessed' ? answers[0].holdId : null;
  await world.take(aFinding({ dialect: 'asff' }));
  await world.settle();

  expect((await readStage(world.table, stage)).open.size).toBe(1);
  expect(await world.hold(holdId ?? '')).toMatchObject({ findings: 1 });
});

test('two processes that take the same finding in at once open one hold', async () => {
  const world = await aWorld();
  const other = { ...world.ports, memory: intakeMemory() };

  const [one, two] = await Promise.all([
    world.take(aFinding()),
    intake(other, [{ status: 'finding', finding: aFinding() }]),
  ]);

  expect(two.flat()).toEqual(one);
  expect((await readStage(world.table, stage)).open.size).toBe(1);
});

test('a join does not touch the stage, and halts nothing anew', async () => {
  const world = await aWorld();
  const holdId = await world.halt();
  world.calls.written.length = 0;

  const [answer] = await world.take(aFinding({ id: findingId(2) }));

  expect(answer).toMatchObject({ holdId });
  expect(world.pipeline.calls.filter((call) => call === 'disable')).toHaveLength(1);
  const failedAndJoin = world.calls.written.slice(1).flat();
  expect(failedAndJoin.some((write) => 'update' in write && write.update.pk.startsWith('STAGE#'))).toBe(false);
});

test('what is held is joined by one transaction, also by a process that only knows that its stage is', async () => {
  const world = await aWorld();
  await world.halt();
  world.calls.written.length = 0;

  const cold = { ...world.ports, memory: intakeMemory() };
  await intake(cold, [{ status: 'finding', finding: aFinding({ id: findingId(2) }) }]);
  await intake(cold, [{ status: 'finding', finding: aFinding({ id: findingId(3) }) }]);

  expect(world.calls.written).toHaveLength(2);
  expect(world.calls.written.flat().filter((write) => 'put' in write && write.put.sk === 'STATE')).toEqual([]);
});

test('of a batch that failed in part, what was done is not done again when it comes again', async () => {
  const world = await aWorld();
  const curl = [{ name: 'curl', version: '8', fixedIn: null, path: null, ecosystem: null }];
  await world.take(aFinding(), aFinding({ id: findingId(2), packages: curl }));
  const again = [aFinding({ id: findingId(3) }), aFinding({ id: findingId(4), packages: curl })].map(
    (finding) => ({ status: 'finding', finding }) as const,
  );
  let isBroken = true;
  const transact: typeof world.table.transact = async (writes) => {
    const isCurl = writes.some((write) => 'put' in write && JSON.stringify(write.put).includes('curl 8'));
    if (isCurl && isBroken) throw new Error('the ledger is throttled');
    return await world.ports.table.transact(writes);
  };
  const deps = { ...world.ports, table: { ...world.ports.table, transact } };
  world.calls.written.length = 0;

  await expect(intake(deps, again)).rejects.toThrow('throttled');
  isBroken = false;
  await intake(deps, again);

  const rows = world.calls.written
    .flat()
    .flatMap((write) => ('put' in write && write.put.sk.startsWith('FINDING#') ? [write.put.sk] : []));
  expect(rows).toHaveLength(2);
  expect(new Set(rows).size).toBe(2);
});

test('a report that a warm process knows already makes no call at all', async () => {
  const world = await aWorld();
  const holdId = await world.halt();
  const before = { ...world.calls, pipeline: world.pipeline.calls.length };

  const [again] = await world.take(aFinding());

  expect(again).toMatchObject({ status: 'assessed', holdId });
  expect(world.calls.transactions).toBe(before.transactions);
  expect(world.calls.reads).toBe(before.reads);
  expect(world.pipeline.calls).toHaveLength(before.pipeline);
});

test('a pass makes no call, but for one look in half a minute at which stages are held', async () => {
  const world = await aWorld();
  await world.take(aFinding(mild));
  const before = { ...world.calls };

  await world.take(aFinding({ ...mild, id: findingId(2) }));

  expect(before).toMatchObject({ transactions: 0, reads: 1 });
  expect(world.calls).toMatchObject({ transactions: 0, reads: 1 });
  expect(world.pipeline.calls).toEqual([]);
});

test.each(['closed', 'suppressed'] as const)(
  'a finding that was %s before an older report came opens nothing',
  async (state) => {
    const world = await aWorld();
    await world.take(aFinding({ state, updatedAt: NOON }));

    const [late] = await world.take(aFinding({ updatedAt: later(NOON, -60_000) }));

    expect(late).toMatchObject({ verdict: 'halt', holdId: null });
    expect((await readStage(world.table, stage)).open.size).toBe(0);
    expect(world.pipeline.calls).not.toContain('disable');
  },
);

test('of two reports of one time the more severe wins, whichever comes first', async () => {
  const world = await aWorld();
  await world.take(aFinding({ state: 'closed' }));

  const [open] = await world.take(aFinding());

  expect(open).toMatchObject({ holdId: expect.any(String) });
});

test('a finding dated 2099 counts as of its arrival, so that later truth is not frozen', async () => {
  const world = await aWorld();
  await world.take(aFinding({ state: 'closed', updatedAt: later(NOON, 73 * 365 * 86_400_000) }));
  world.clock.advance(60_000);

  const [answer] = await world.take(aFinding({ updatedAt: world.clock.now() }));

  expect(answer).toMatchObject({ holdId: expect.any(String) });
});

test('a disable by a person is not covered by ours and counts as halted', async () => {
  const world = await aWorld();
  world.pipeline.switchBy(stage, somebody, false);

  const holdId = await world.halt();
  await world.settle();

  expect(world.pipeline.calls).not.toContain('disable');
  expect(await readStage(world.table, stage)).toMatchObject({ foreign: 'yes', phase: 'HALTED' });
  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force' });
});

test('an unreadable state is disabled all the same, and only a person enables it', async () => {
  const world = await aWorld();
  world.pipeline.fail('state', 1);

  await world.halt();
  await world.settle();

  expect(world.pipeline.isEnabled(stage)).toBe(false);
  expect(await readStage(world.table, stage)).toMatchObject({ foreign: 'unknown', phase: 'HALTED' });
});

test('a state that is throttled is read by the errand, so that no person has to enable the stage', async () => {
  const world = await aWorld();
  world.pipeline.fail('state', 3, new PipelineThrottled('slow down'));

  const holdId = await world.halt();
  expect(world.pipeline.calls).not.toContain('disable');
  await world.settle();

  expect(world.pipeline.isEnabled(stage)).toBe(false);
  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force' });
  expect(await readStage(world.table, stage)).toMatchObject({ foreign: 'no', phase: 'HALTED' });
});

test('a disable by a person that was unseen while calls were throttled stays theirs', async () => {
  const world = await aWorld();
  world.pipeline.switchBy(stage, somebody, false);
  world.pipeline.fail('state', 2, new PipelineThrottled('slow down'));

  await world.halt();
  await world.settle();

  expect(world.pipeline.calls).not.toContain('disable');
  expect(await readStage(world.table, stage)).toMatchObject({ foreign: 'yes', phase: 'HALTED' });
});

test('in a flood every process leaves a stage that is held to its errands, and asks a throttled pipeline once', async () => {
  const world = await aWorld();
  world.pipeline.fail('state', 1, new PipelineThrottled('slow down'));
  const takeIn = (n: number, memory = intakeMemory()) =>
    intake({ ...world.ports, memory }, [
      {
        status: 'finding',
        finding: aFinding({
          id: findingId(n),
          packages: [{ name: `p${n}`, version: '1', fixedIn: null, path: null, ecosystem: null }],
        }),
      },
    ]);
  const memory = intakeMemory();

  await takeIn(1, memory);
  await takeIn(2, memory);
  await takeIn(3);

  expect(world.pipeline.calls).toEqual(['state']);
  await world.settle();
  expect(world.pipeline.isEnabled(stage)).toBe(false);
});

test('a disable that fails at intake is repeated by the errand', async () => {
  const world = await aWorld();
  world.pipeline.fail('disable', 1);

  const holdId = await world.halt();
  expect(world.pipeline.isEnabled(stage)).toBe(true);
  await world.settle();

  expect(world.pipeline.isEnabled(stage)).toBe(false);
  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force' });
});

test('audit mode records a halt as watched, and halts nothing', async () => {
  const world = await aWorld({ policy: aPolicy({ mode: 'audit' }) });

  const [answer] = await world.take(aFinding());

  expect(answer).toMatchObject({ verdict: 'watch', holdId: null });
  expect(world.pipeline.calls).toEqual([]);
  expect(await world.table.listed('WATCH#checkout')).toMatchObject([{ wouldHalt: true, verdict: 'watch' }]);
});

test('a critical finding that no service claims is kept for the security people', async () => {
  const world = await aWorld();
  const resources = [{ type: 'AwsLambdaFunction', id: 'arn:aws:lambda:x', original: 'arn:aws:lambda:x', digest: null }];

  const [answer] = await world.take(aFinding({ resources }));

  expect(answer).toMatchObject({ status: 'assessed', service: null, holdId: null });
  expect(await unclaimedFindings(world.table)).toMatchObject([{ id: findingId(1), resource: 'arn:aws:lambda:x' }]);
});

test('what cannot be read is kept with its reason', async () => {
  const world = await aWorld();
  const error = { message: 'has no id', path: 'detail.findingArn' };

  const answers = await intake(world.ports, [{ status: 'rejected', error }]);

  expect(answers).toEqual([[{ status: 'rejected', error }]]);
  expect(await rejectedRecords(world.table)).toMatchObject([{ ...error, rejectedAt: NOON }]);
});

test('a pipeline that does not exist raises the alarm NOT HALTED and tells people, instead of losing the finding', async () => {
  const world = await aWorld();
  world.pipeline.forget();

  const holdId = await world.halt();
  await world.settle();

  expect(await readStage(world.table, stage)).toMatchObject({ alarm: 'the pipeline checkout does not exist' });
  expect(await world.hold(holdId)).toMatchObject({ status: 'pending' });
  expect((await eventsOf(world.table, holdId)).map(({ kind }) => kind)).toContain('not-halted');
  expect(world.mail.sent.map(({ kind }) => kind)).toContain('not-halted');
});

test('a ledger that does not answer fails the batch, so that its records come again', async () => {
  const world = await aWorld();
  const table = {
    ...world.ports.table,
    transact: async () => {
      throw new Error('the ledger does not answer');
    },
  };

  await expect(intake({ ...world.ports, table }, [{ status: 'finding', finding: aFinding() }])).rejects.toThrow(
    'the ledger does not answer',
  );
});

test('a severity that falls while held waits for security, and does not resume', async () => {
  const world = await aWorld();
  const holdId = await world.halt();
  await world.settle();
  world.clock.advance(60_000);

  await world.take(aFinding({ ...mild, updatedAt: world.clock.now() }));
  await world.settle();

  expect(await world.hold(holdId)).toMatchObject({
    status: 'in-force',
    dispute: { origin: 'scanner', state: 'open', score: 5.3 },
  });
  expect(world.pipeline.isEnabled(stage)).toBe(false);
});

test('a worse finding that joins raises the revision, and everybody hears of it with their next update', async () => {
  const world = await aWorld();
  const holdId = await world.halt(aFinding({ vectors: [aVector(v31.high75)] }));
  await world.settle();
  const told = world.mail.sent.length;

  await world.take(aFinding({ id: findingId(2) }));
  await world.settle();

  const hold = await world.hold(holdId);
  expect(hold).toMatchObject({ revision: 2, findings: 2, assessment: { score: 9.8 } });
  expect(hold.ratings).toHaveLength(2);
  expect(world.mail.sent).toHaveLength(told);
  world.clock.advance(updateEvery);
  await tellDue(world.ports);
  expect(world.mail.sent.slice(told).map(({ personId }) => personId)).toContain('rui');
});

test('what our own role disabled for another hold is not disabled again', async () => {
  const world = await aWorld();
  await world.halt();
  await world.settle();
  world.pipeline.calls.length = 0;
  const curl = [{ name: 'curl', version: '8', fixedIn: null, path: null, ecosystem: null }];

  await world.halt(aFinding({ id: findingId(2), packages: curl }));
  await world.settle();

  expect(world.pipeline.calls).not.toContain('disable');
  expect((await world.ports.pipeline.state(stage)).transition).toMatchObject({ changedBy: ourRole });
});
