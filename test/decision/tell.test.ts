import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Message } from '../../lib/brief/notifier.ts';
import { holdsPerMessage, updateEvery } from '../../lib/brief/pace.ts';
import { notifyStakeholders, remind, tellDue } from '../../lib/decision/notify.ts';
import { readSendings } from '../../lib/decision/sendings.ts';
import { sweep } from '../../lib/decision/sweep.ts';
import { holdsPerLook } from '../../lib/decision/tell.ts';
import type { Instant } from '../../lib/finding/instant.ts';
import { stageKeyOf } from '../../lib/hold/hold.ts';
import { eventsOf } from '../../lib/hold/ledger.ts';
import { holdView } from '../../lib/web/show/hold-view.ts';
import {
  aFinding,
  aPolicy,
  aWorld,
  bringFix,
  findingId,
  flawedDigest,
  recorded,
  stage,
  type World,
} from '../builders.ts';
import { aVector } from '../risk/builders.ts';

const hour = 3_600_000;
const everybody = ['ana', 'dee', 'eva', 'ola', 'pia', 'rui'];

/** A world whose mail notes when each message left. */
async function aTimedWorld(clock: Readonly<Record<string, unknown>> = {}) {
  const policy = aPolicy({
    clock: { remind: '1h', escalate: [['rui'], ['ola']], every: '4h', deadline: '4h', ...clock },
  });
  const world = await aWorld({ policy });
  const sentAt: Instant[] = [];
  const { sent } = world.mail;
  const push = sent.push.bind(sent);
  sent.push = (...messages: Message[]) => {
    sentAt.push(...messages.map(() => world.clock.now()));
    return push(...messages);
  };
  return {
    world,
    to: (id: string) => sent.map((one, at) => ({ ...one, at: sentAt[at] })).filter((one) => one.personId === id),
  };
}

async function aHalt(world: World): Promise<string> {
  world.pipeline.bring(stage, {
    executionId: 'flawed-01',
    digest: flawedDigest,
    commit: null,
    author: 'dee@example.com',
  });
  const holdId = await world.halt();
  await world.settle();
  return holdId;
}

function anotherProblem(n: number, parts: Parameters<typeof aFinding>[0] = {}) {
  return aFinding({
    ...parts,
    id: findingId(n),
    packages: [{ name: `package-${n}`, version: '1', fixedIn: '2', path: null, ecosystem: null }],
  });
}

/** Lets time pass as on AWS: a minute at a time, with a sweep in each, and the clock of the workflow. */
async function pass(world: World, holdId: string, minutes: number): Promise<void> {
  for (let n = 0; n < minutes; n += 1) {
    world.clock.advance(60_000);
    if ((await world.hold(holdId)).wakeAt <= world.clock.now()) await world.timeOut(holdId);
    await sweep(world.ports);
    await world.settle();
  }
}

test('fifty findings of one problem are the first brief and one update that counts them', async () => {
  const { world, to } = await aTimedWorld();
  const holdId = await aHalt(world);
  for (let n = 2; n <= 50; n += 1) {
    await world.take(aFinding({ id: findingId(n) }));
    await world.settle();
  }

  await pass(world, holdId, 11);

  for (const id of everybody) expect(to(id).map(({ kind }) => kind)).toEqual(['opened', 'changed']);
  expect(to('ana')[1]?.email.replace(/\s+/g, ' ')).toContain('50 findings');
});

test('fifty problems opened at once are one message to each, and the rest waits for its turn with links of its own', async () => {
  const { world, to } = await aTimedWorld();
  await world.take(...Array.from({ length: 50 }, (_, n) => anotherProblem(n)));
  await world.settle();

  for (const id of everybody) expect(to(id)).toHaveLength(1);
  expect(to('rui')[0]?.email.match(/\/d\/ss1\./g)).toHaveLength(holdsPerMessage);

  world.clock.advance(updateEvery);
  await sweep(world.ports);
  expect(to('rui')).toHaveLength(2);
  for (let turn = 0; turn < 4; turn += 1) {
    world.clock.advance(updateEvery);
    await sweep(world.ports);
  }
  expect(to('rui').flatMap(({ email }) => email.match(/\/d\/ss1\./g) ?? [])).toHaveLength(50);
  expect(new Set(to('rui').flatMap(({ email }) => email.match(/code \w{4}/g) ?? [])).size).toBe(50);
});

test('what waits beyond what one turn looks at is told too, and the gravest first', async () => {
  const { world, to } = await aTimedWorld();
  const many = 2 * holdsPerLook + 5;
  await world.take(...Array.from({ length: many }, (_, n) => anotherProblem(n)));
  await world.settle();
  const worst = aVector('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H');
  await world.take(anotherProblem(many, { vectors: [worst] }));
  world.calls.reads = 0;
  await world.settle();

  const readsOfEach = world.calls.reads / everybody.length;
  expect(readsOfEach).toBeLessThan(2 * holdsPerLook);

  world.clock.advance(updateEvery);
  await sweep(world.ports);
  expect(to('rui')[1]?.email).toContain('(severity 10.0 of 10,');
  const turns = Math.ceil(many / holdsPerMessage);
  for (let turn = 0; turn < turns; turn += 1) {
    world.clock.advance(updateEvery);
    await sweep(world.ports);
  }
  const told = to('rui').flatMap(({ email }) => email.match(/code \w{4}/g) ?? []);
  expect(new Set(told).size).toBe(many + 1);
  expect((await readSendings(world.table, 'rui', stageKeyOf(stage))).waiting).toEqual([]);
});

test('what two processes tell at once about a stage goes out once', async () => {
  const { world, to } = await aTimedWorld();
  const holdId = await world.halt();

  await Promise.all([1, 2, 3].map(() => notifyStakeholders(world.ports, holdId)));

  for (const id of everybody) expect(to(id)).toHaveLength(1);
});

test('a process that ended while it told is made up for by the sweep', async () => {
  const { world, to } = await aTimedWorld();
  const holdId = await world.halt();
  world.mail.send = async () => await new Promise(() => {});
  void notifyStakeholders(world.ports, holdId);
  while ((await readSendings(world.table, 'rui', stageKeyOf(stage))).claimedUntil === null) await Promise.resolve();
  const unsent = world.mail.sent.length;

  Object.assign(world.mail, {
    send: async (message: Message) => {
      world.mail.sent.push(message);
      return { email: true, sms: false };
    },
  });
  world.clock.advance(2 * 60_000);
  await sweep(world.ports);

  expect(unsent).toBe(0);
  expect(to('rui')).toHaveLength(1);
});

test('by night only the first brief goes out; the rest comes at seven as one message, and the ladder rests', async () => {
  const { world, to } = await aTimedWorld({ quiet: '22:00-07:00 UTC', deadline: '12h' });
  world.clock.advance(10.5 * hour);
  const holdId = await aHalt(world);
  expect(to('rui').map(({ kind }) => kind)).toEqual(['opened']);

  await world.take(aFinding({ id: findingId(2) }));
  await pass(world, holdId, 8 * 60);
  expect(to('rui')).toHaveLength(1);
  await pass(world, holdId, 60);

  expect(to('rui').slice(1)).toMatchObject([{ kind: 'changed', at: '2026-12-02T07:00:00.000Z' }]);
  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force', level: 0 });
});

test('that it is over is told at once by day, and in the morning after a night', async () => {
  const { world, to } = await aTimedWorld({ quiet: '22:00-07:00 UTC' });
  world.clock.advance(9.5 * hour);
  const holdId = await aHalt(world);
  world.clock.advance(hour);
  await bringFix(world);
  await sweep(world.ports);
  await world.settle();
  expect(await world.hold(holdId)).toMatchObject({ status: 'closed' });
  expect(to('eva').map(({ kind }) => kind)).toEqual(['opened']);

  world.clock.advance(8.5 * hour);
  await sweep(world.ports);

  for (const id of everybody) expect(to(id).map(({ kind }) => kind)).toEqual(['opened', 'resumed']);
});

test('who decides and was not reached is on the record, and it goes up to the next who can be', async () => {
  const { world, to } = await aTimedWorld();
  world.mail.unconfirmed.add('rui');
  const holdId = await aHalt(world);

  const escalated = (await eventsOf(world.table, holdId)).filter(({ kind }) => kind === 'escalated');
  expect(escalated).toMatchObject([{ actor: 'notify', data: { level: 2, unreached: 'rui' } }]);
  expect(to('ola').map(({ kind }) => kind)).toEqual(['opened', 'escalated']);
  expect(to('ola')[1]?.email).toContain('Rui was not reached, so this now goes to you.');
  expect(to('eva')).toHaveLength(1);
});

test('who let a deadline pass, and who was not reached, stands on the hold by name', async () => {
  const { world } = await aTimedWorld();
  world.mail.unconfirmed.add('dee');
  const holdId = await aHalt(world);
  recorded(
    await world.vote('ana', { action: 'workaround-accepted', condition: 'pay switched off', until: '2026-12-20' }),
  );

  await pass(world, holdId, 4 * 60 + 1);

  const told = (await holdView(world.ports, holdId))?.told ?? [];
  const remarks = Object.fromEntries(told.map(({ person, remark }) => [person.split(' ')[0], remark]));
  expect(remarks).toMatchObject({ Rui: 'has not answered in time', Ana: null, Eva: null });
  expect(told.find(({ person }) => person.startsWith('Dee'))).toMatchObject({ reached: false });
});

test('decided is silent until facts change: no reminder, no escalation', async () => {
  const { world, to } = await aTimedWorld();
  const holdId = await aHalt(world);
  recorded(await world.vote('rui', { action: 'remediation-approved' }));
  await world.settle();
  const before = world.mail.sent.length;

  await pass(world, holdId, 10 * 60);
  expect(world.mail.sent).toHaveLength(before);
  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force', level: 0 });

  await world.take(anotherFindingOf(3));
  await pass(world, holdId, 1);
  expect(to('rui').at(-1)?.kind).toBe('changed');
});

function anotherFindingOf(n: number) {
  return aFinding({ id: findingId(n) });
}

test('reminders go to those who may decide and have not voted yet', async () => {
  const { world, to } = await aTimedWorld();
  const holdId = await aHalt(world);
  recorded(
    await world.vote('ana', { action: 'workaround-accepted', condition: 'pay switched off', until: '2026-12-20' }),
  );

  await pass(world, holdId, 61);

  const reminded = (id: string) => to(id).some(({ kind }) => kind === 'reminder');
  expect(everybody.filter(reminded)).toEqual(['dee', 'ola', 'rui']);
});

test('after the last level it reminds once every four hours, and never resumes', async () => {
  const { world, to } = await aTimedWorld({ remind: '24h' });
  const holdId = await aHalt(world);

  await pass(world, holdId, 24 * 60);

  expect(to('rui').map(({ kind }) => kind)).toEqual([
    'opened',
    'escalated',
    'escalated',
    'reminder',
    'reminder',
    'reminder',
    'reminder',
  ]);
  expect(await world.hold(holdId)).toMatchObject({ status: 'in-force', level: 2 });
  expect(world.pipeline.isEnabled(stage)).toBe(false);
});

test('however news comes, a person gets at most one update of a stage in ten minutes, and at the end knows everything', async () => {
  const happening = fc.constantFrom('finding', 'problem', 'more-time', 'keep-halted', 'minutes', 'hour');
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 5, maxLength: 20 }), async (happenings) => {
      const { world, to } = await aTimedWorld();
      const holdId = await aHalt(world);
      for (const [n, what] of happenings.entries()) {
        if (what === 'finding') await world.take(aFinding({ id: findingId(n + 100) }));
        else if (what === 'problem') await world.take(anotherProblem(n + 200));
        else if (what === 'minutes') await pass(world, holdId, 3);
        else if (what === 'hour') await pass(world, holdId, 60);
        else await world.vote('rui', { action: what, hours: '2' });
        await world.settle();
      }
      await pass(world, holdId, 25);

      for (const id of everybody) {
        const updates = to(id).filter(({ kind }) => kind !== 'opened');
        const gaps = updates.slice(1).map(({ at }, n) => Date.parse(String(at)) - Date.parse(String(updates[n]?.at)));
        expect(Math.min(updateEvery, ...gaps)).toBe(updateEvery);
      }
      const still = await readSendings(world.table, 'rui', stageKeyOf(stage));
      expect(still.waiting).toEqual([]);
    }),
    { numRuns: 10 },
  );
});

test('a remind that runs too early tells nothing new', async () => {
  const { world } = await aTimedWorld();
  const holdId = await aHalt(world);
  const before = world.mail.sent.length;

  await remind(world.ports, holdId);
  await tellDue(world.ports);

  expect(world.mail.sent).toHaveLength(before);
});

test('the sweep compares subscriptions once an hour, and a leak rings until it is mended', async () => {
  let asked = 0;
  const leak = { kind: 'leaks', personId: 'rui', channel: 'email', endpoint: 'old@example.com' } as const;
  const world = await aWorld({
    subscriptionFaults: async () => {
      asked += 1;
      return asked < 3 ? [leak] : [];
    },
  });

  const rang = [];
  for (let minutes = 0; minutes <= 180; minutes += 20) {
    rang.push((await sweep(world.ports)).failures.length);
    world.clock.advance(20 * 60_000);
  }

  expect(asked).toBe(4);
  expect(rang).toEqual([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
});
