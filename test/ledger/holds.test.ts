import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryTable } from '../../lib/embedded/memory-table.ts';
import { awaitDecision } from '../../lib/hold/await.ts';
import { closeHold } from '../../lib/hold/controller.ts';
import { rowOf } from '../../lib/hold/finding-row.ts';
import { stageKeyOf } from '../../lib/hold/hold.ts';
import { returnLease, takeLease, underLease } from '../../lib/hold/lease.ts';
import { changeHold, eventsOf, joinsOf, openHolds, readHold } from '../../lib/hold/ledger.ts';
import { openOrJoin } from '../../lib/hold/open.ts';
import { undoneErrands } from '../../lib/hold/outbox.ts';
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

/** One call of a method of the ledger; `p` and `f` choose problem and finding. */
type Step = {
  readonly does: 'open' | 'older' | 'refresh' | 'raise' | 'force' | 'verify' | 'close' | 'await' | 'lease' | 'late';
  readonly p: number;
  readonly f: number;
};

/** Carries the steps out; what each answered, then all that the ledger says. */
async function played(table: Table, steps: readonly Step[]): Promise<unknown> {
  const clock = manualClock(NOON);
  const chance = seededChance(11);
  const intelligence = async () => ({ now: clock.now(), kev: null });
  const deps = { table, clock, chance, policy, intelligence };
  const answers: unknown[] = [];
  const holds = new Set<string>();
  for (const step of steps) {
    clock.advance(1000);
    answers.push(await answered(deps, step, holds).catch((error: Error) => error.message));
  }
  const state = await Promise.all(
    [...holds].map(async (id) => ({
      hold: await readHold(table, id),
      events: await eventsOf(table, id),
      items: await table.query(`HOLD#${id}`, ''),
    })),
  );
  const rows = await Promise.all(problems.map((problem) => table.query(`PROBLEM#${problem}`, '')));
  const stageNow = await readStage(table, stage);
  return { answers, state, rows, stageNow, errands: await undoneErrands(table, 100), open: await openHolds(table) };
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

async function playsAlike(steps: readonly Step[]): Promise<void> {
  const inMemory = await played(memoryTable(), steps);

  expect(await played(await makeTable(), steps)).toEqual(inMemory);
}

test('the story of a hold and its successor is the same in memory and in DynamoDB', async () => {
  await playsAlike([
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
  ]);
});

test('any sequence of ledger methods answers and leaves the same in memory and in DynamoDB', async () => {
  const kinds = ['open', 'older', 'refresh', 'raise', 'force', 'verify', 'close', 'await', 'lease', 'late'] as const;
  const any = fc.record({ does: fc.constantFrom(...kinds), p: fc.nat(2), f: fc.nat(2) });

  await fc.assert(
    fc.asyncProperty(fc.array(any, { minLength: 4, maxLength: 25 }), (steps) => playsAlike([step('open'), ...steps])),
    { numRuns: 25, interruptAfterTimeLimit: 40_000 },
  );
});
