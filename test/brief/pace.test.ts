import { expect, test } from 'vitest';
import type { Occasion } from '../../lib/brief/facts.ts';
import { type News, newsOf } from '../../lib/brief/news.ts';
import { firstsAlone, holdsPerMessage, pacedOf, type Sendings, updateEvery } from '../../lib/brief/pace.ts';
import { later } from '../../lib/finding/instant.ts';
import { aClosedHold, aHold, at } from './build-hold.ts';

const now = at('2026-12-01T12:00:00Z');
const night = at('2026-12-01T23:00:00Z');
const quiet = '22:00-07:00 Europe/Lisbon';
const nothing: Sendings = { firsts: [], lastAt: null, updateAt: null };
const changed: Occasion = { kind: 'changed', why: 'a worse finding joined' };
const moreTime: Occasion = { kind: 'more-time', hours: 4, by: 'rui' };

function news(occasions: readonly Occasion[], isFirst = false, hold: Parameters<typeof newsOf>[0] = aHold()): News {
  const made = newsOf(hold, occasions, isFirst);
  if (made === null) throw new Error('this is no news');
  return made;
}

test('a first brief goes at once, also in quiet hours', () => {
  const first = news([], true);

  expect(pacedOf([first], nothing, quiet, night)).toEqual({ now: [[first]], later: [], at: null });
});

test('a few first briefs are a message each; more of them at once are one message', () => {
  const few = Array.from({ length: firstsAlone }, () => news([], true));
  const many = Array.from({ length: holdsPerMessage + 2 }, () => news([], true));

  expect(pacedOf(few, nothing, quiet, now).now).toHaveLength(firstsAlone);
  const paced = pacedOf(many, nothing, quiet, now);
  expect(paced.now).toEqual([many.slice(0, holdsPerMessage)]);
  expect(paced).toMatchObject({ later: many.slice(holdsPerMessage), at: later(now, updateEvery) });
});

test('what findings bring waits for ten minutes after the last message, what people do only for the last update', () => {
  const sent = { firsts: [now], lastAt: now, updateAt: null };
  const soon = later(now, 60_000);

  expect(pacedOf([news([changed])], sent, quiet, soon)).toMatchObject({ now: [], at: later(now, updateEvery) });
  expect(pacedOf([news([moreTime])], sent, quiet, soon).now).toHaveLength(1);
  expect(pacedOf([news([moreTime])], { ...sent, lastAt: soon, updateAt: soon }, quiet, soon)).toMatchObject({
    now: [],
    at: later(soon, updateEvery),
  });
});

test('in quiet hours nothing but first briefs and the alarm goes; the rest goes at their end as one message', () => {
  const end = at('2026-12-02T07:00:00Z');
  const over = news([{ kind: 'resumed', how: 'evidence', stoodMs: 1 }], false, aClosedHold());
  const held = [news([changed]), news([moreTime]), over];

  expect(pacedOf(held, nothing, quiet, night)).toMatchObject({ now: [], at: end });
  expect(pacedOf(held, nothing, quiet, end).now).toHaveLength(1);
  expect(pacedOf([news([{ kind: 'not-halted' }])], nothing, quiet, night).now).toHaveLength(1);
});

test('a message says each kind of news once, and nothing that later news made void', () => {
  const told = news([
    { kind: 'reminder' },
    { kind: 'changed', why: 'further findings joined' },
    { kind: 'not-halted' },
    { kind: 'halted-after-alarm' },
    changed,
    moreTime,
    { ...moreTime, hours: 8 },
  ]);

  expect(told.main).toEqual({ ...moreTime, hours: 8 });
  expect(told.also).toEqual([{ kind: 'changed', why: 'further findings joined; a worse finding joined' }]);
});

test('of a hold that is over nothing is told but its end, and that not to who never heard of it', () => {
  const end: Occasion = { kind: 'resumed', how: 'evidence', stoodMs: 1 };

  expect(newsOf(aClosedHold(), [changed, end], false)).toMatchObject({ main: end, also: [] });
  expect(newsOf(aClosedHold(), [changed], false)).toBeNull();
  expect(newsOf(aClosedHold(), [end], true)).toBeNull();
});

test('who is decided on is not reminded of', () => {
  const decision = {
    action: 'remediation-approved' as const,
    revision: 1,
    by: ['rui'],
    at: now,
    reason: 'the fix is on its way',
    fields: {},
    state: 'awaiting-evidence' as const,
  };

  expect(newsOf(aHold({ decision }), [{ kind: 'reminder' }], false)).toBeNull();
  expect(newsOf(aHold(), [{ kind: 'reminder' }], false)).toMatchObject({ main: { kind: 'reminder' } });
});
