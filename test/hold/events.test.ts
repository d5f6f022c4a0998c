import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chained, emptyHead, firstBroken } from '../../lib/hold/events.ts';
import { eventKinds } from '../../lib/hold/hold.ts';
import { changeHold, eventsOf, holdWrites } from '../../lib/hold/ledger.ts';
import { aWorld, NOON } from '../builders.ts';

const happening = fc.record({
  kind: fc.constantFrom(...eventKinds),
  actor: fc.string(),
  data: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.constant(null))),
});
const happenings = fc.array(happening, { minLength: 1, maxLength: 6 });

test('events chained in one go or one by one are the same chain, and fit', () => {
  fc.assert(
    fc.property(happenings, (list) => {
      const events = chained(emptyHead, NOON, list);
      let head = emptyHead;
      const single = list.flatMap((one) => {
        const [event] = chained(head, NOON, [one]);
        if (event !== undefined) head = event;
        return event === undefined ? [] : [event];
      });

      expect(single).toEqual(events);
      expect(firstBroken(events)).toBeNull();
    }),
  );
});

test('a changed, missing or exchanged event shows', () => {
  fc.assert(
    fc.property(happenings, fc.nat(), fc.string(), (list, n, actor) => {
      const events = chained(emptyHead, NOON, list);
      const at = n % events.length;
      fc.pre(events[at]?.actor !== actor);
      const changed = events.map((event, index) => (index === at ? { ...event, actor } : event));

      expect(firstBroken(changed)).toBe(at + 1);
      const last = at === events.length - 1;
      expect(firstBroken(events.toSpliced(at, 1))).toBe(last ? null : at + 2);
    }),
  );
});

test('of two changes that read the same hold at once and both say what happened, one lands', async () => {
  const world = await aWorld();
  const holdId = await world.halt();
  const hold = await world.hold(holdId);
  const changes = ['reminded', 'escalated'].map((kind) => ({
    happenings: [
      { kind: kind === 'reminded' ? ('reminded' as const) : ('escalated' as const), actor: 'clock', data: {} },
    ],
  }));

  const done = await Promise.all(
    changes.map((change) => world.ports.table.transact([...holdWrites(hold, change, NOON).writes])),
  );

  expect(done.map(({ ok }) => ok).sort()).toEqual([false, true]);
});

test('however changes of a hold interleave, none is lost and the chain fits', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 5 }), async (scheduler, writers) => {
      const world = await aWorld();
      const holdId = await world.halt();
      const inner = world.ports.table;
      const table = {
        ...inner,
        get: (...args: Parameters<typeof inner.get>) => scheduler.schedule(inner.get(...args)),
        transact: (...args: Parameters<typeof inner.transact>) =>
          scheduler.schedule(Promise.resolve()).then(() => inner.transact(...args)),
      };
      const all = Promise.all(
        Array.from({ length: writers }, (_, n) =>
          changeHold(table, holdId, world.clock.now, (hold) => ({
            set: { level: hold.level + 1 },
            happenings: [{ kind: 'escalated', actor: `writer ${n}`, data: {} }],
          })),
        ),
      );
      await scheduler.waitFor(all);

      const events = await eventsOf(world.table, holdId);
      expect(firstBroken(events)).toBeNull();
      expect(events).toHaveLength(writers + 1);
      expect(await world.hold(holdId)).toMatchObject({ level: writers });
    }),
    { numRuns: 25 },
  );
});
