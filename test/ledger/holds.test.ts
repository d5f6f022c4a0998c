import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryTable } from '../../lib/embedded/memory-table.ts';
import { awaitDecision } from '../../lib/hold/await.ts';
import { closeHold } from '../../lib/hold/close.ts';
import { rowOf } from '../../lib/hold/finding-row.ts';
import { stageKeyOf } from '../../lib/hold/hold.ts';
import { returnLease, takeLease, underLease } from '../../lib/hold/lease.ts';
import { changeHold, eventsOf, joinsOf, readHold } from '../../lib/hold/ledger.ts';
import { openOrJoin } from '../../lib/hold/open.ts';
import { refreshHold } from '../../lib/hold/refresh.ts';
import { readStage } from '../../lib/hold/stage.ts';
import type { Table } from '../../lib/hold/table.ts';
import { judge } from '../../lib/policy/judge.ts';
import { settingOf } from '../../lib/policy/policy.ts';
import { assess } from '../../lib/risk/assess.ts';
import type { Intelligence } from '../../lib/risk/known-exploited.ts';
import { aFinding, aPolicy, findingId, manualClock, NOON, seededChance, stage } from '../builders.ts';
import { dynamoTables } from './start-table.ts';

const makeTable = dynamoTables();

const policy = aPolicy();
const problems = ['p0', 'p1', 'p2'];

const kinds = ['open', 'older', 'refresh', 'raise', 'force', 'verify', 'close', 'await', 'lease', 'late'] as const;

/** One call of a method of the ledger; `p` and `f` choose problem and finding. */
type Step = {
  readonly does: (typeof kinds)[number];
  readonly p: number;
  readonly f: number;
};

/** One ledger that commands are carried out on, with a clock and a chance of its own that go like the other's. */
type Side = Deps & { readonly holds: Set<string> };

function sideOf(table: Table): Side {
  const clock = manualClock(NOON);
  const intelligence = async () => ({ now: clock.now(), kev: null });
  return { table, clock, chance: seededChance(11), policy, intelligence, holds: new Set() };
}

/** A method of the ledger as a command: the model is the ledger in memory, the real one is in DynamoDB. */
class LedgerCommand implements fc.AsyncCommand<Side, Side> {
  readonly step: Step;
  constructor(step: Step) {
    this.step = step;
  }

  /** Without a hold most methods only say that there is none. */
  check({ holds }: Readonly<Side>): boolean {
    return holds.size > 0 || this.step.does === 'open' || this.step.does === 'lease';
  }

  async run(model: Side, real: Side): Promise<void> {
    const expected = await tried(model, this.step);

    expect(await tried(real, this.step)).toEqual(expected);
  }

  toString(): string {
    return JSON.stringify(this.step);
  }
}

/** Carries a step out: what it answers, or says when it throws. */
async function tried(side: Side, step: Step): Promise<unknown> {
  side.clock.advance(1000);
  return await answered(side, step, side.holds).catch((error: Error) => error.message);
}

/** All that a ledger says. */
async function stateOf({ table, holds }: Side): Promise<unknown> {
  const state = await Promise.all(
    [...holds].map(async (id) => ({
      hold: await readHold(table, id),
      events: await eventsOf(table, id),
      items: await table.query(`HOLD#${id}`, ''),
    })),
  );
  const rows = await Promise.all(problems.map((problem) => table.query(`PROBLEM#${problem}`, '')));
  const lists = await Promise.all(
    ['OUTBOX', 'HOLDS', 'UNFILED', 'STAGES', 'REVIEWS'].map((list) => table.listed(list)),
  );
  return { state, rows, lists, stageNow: await readStage(table, stage) };
}

type Deps = {
  readonly table: Table;
  readonly clock: ReturnType<typeof manualClock>;
  readonly chance: ReturnType<typeof seededChance>;
  readonly policy: typeof policy;
  readonly intelligence: () => Promise<Intelligence>;
};

async function answered(deps: Deps, { does, p, f }: Step, holds: Set<string>): Promise<unknown> {
  const { table, clock } = deps;
  const problem = problems[p] ?? 'p0';
  const service = policy.services[0];
  const item = await table.get({ pk: `PROBLEM#${problem}`, sk: 'STATE' });
  const holdId = typeof item?.hold === 'string' ? item.hold : 'none';
  if (service === undefined) throw new Error('the policy of the tests has a service');
  switch (does) {
    case 'open':
    case 'older': {
      const finding = aFinding({ id: findingId(f), updatedAt: does === 'older' ? NOON : clock.now() });
      const assessment = assess(finding, settingOf(service, policy), { now: NOON, kev: null });
      const verdict = judge(finding, assessment, service, policy, clock.now());
      const rows = [rowOf(finding, assessment, verdict, clock.now())];
      const openings = does === 'open' ? problems.slice(p) : [problem];
      const opened = await openOrJoin(
        deps,
        openings.map((one) => ({ problem: one, service, rows })),
        clock.now(),
      );
      for (const one of opened) if ('holdId' in one) holds.add(one.holdId);
      return opened;
    }
    case 'refresh':
      return await refreshHold(deps, holdId);
    case 'raise':
      return await changeHold(table, holdId, clock.now, () => ({
        raises: true,
        notice: { kind: 'changed', why: 'x' },
      }));
    case 'force':
      return await changeHold(table, holdId, clock.now, (hold) =>
        hold.status === 'pending'
          ? {
              status: { status: 'in-force', inForceAt: clock.now() },
              happenings: [{ kind: 'in-force', actor: 'c', data: { f } }],
            }
          : null,
      );
    case 'verify': {
      const closing = {
        outcome: 'remediated',
        release: f === 0 ? null : `r${f}`,
        because: 'scan',
        waiver: null,
      } as const;
      return await changeHold(table, holdId, clock.now, () => ({ set: { closing } }));
    }
    case 'close': {
      const hold = await readHold(table, holdId);
      return hold === null
        ? null
        : await closeHold(table, hold, await joinsOf(table, hold.problem.hash), clock.now(), []);
    }
    case 'await':
      return await awaitDecision(deps, { holdId, token: `t${f}` });
    case 'lease': {
      const lease = await takeLease(table, clock, stageKeyOf(stage), `owner ${f}`);
      if (lease !== null && f === 0) await returnLease(table, lease);
      if (f === 2) clock.advance(100_000);
      return lease;
    }
    case 'late':
      return await table.transact([
        underLease({ key: { pk: `STAGE#${stageKeyOf(stage)}`, sk: 'LEASE' }, epoch: f, until: NOON }),
      ]);
    default:
      return does satisfies never;
  }
}

function step(does: Step['does'], p = 0, f = 0): Step {
  return { does, p, f };
}

async function playAlike(commands: Iterable<fc.AsyncCommand<Side, Side>>): Promise<void> {
  const [model, real] = [sideOf(memoryTable()), sideOf(await makeTable())];
  await fc.asyncModelRun(() => ({ model, real }), commands);

  expect(await stateOf(real)).toEqual(await stateOf(model));
}

test('the story of a hold and its successor is the same in memory and in DynamoDB', async () => {
  const story = [
    step('open'),
    step('open', 0, 1),
    step('older', 0, 1),
    step('lease'),
    step('force'),
    step('refresh'),
    step('await', 0, 1),
    step('close'),
    step('verify', 0, 1),
    step('raise'),
    step('close'),
    step('verify'),
    step('close'),
    step('close'),
    step('open', 0, 2),
    step('lease', 0, 2),
    step('lease', 0, 1),
    step('lease', 0, 1),
    step('late', 0, 1),
    step('late', 0, 3),
  ];

  await playAlike(story.map((one) => new LedgerCommand(one)));
});

test('any commands on the ledger answer and leave the same in memory and in DynamoDB', {
  timeout: 240_000,
}, async () => {
  const commands = kinds.map((does) =>
    fc.record({ p: fc.nat(2), f: fc.nat(2) }).map(({ p, f }) => new LedgerCommand({ does, p, f })),
  );

  await fc.assert(fc.asyncProperty(fc.commands([...commands], { maxCommands: 25, size: 'max' }), playAlike), {
    numRuns: 40,
  });
});
