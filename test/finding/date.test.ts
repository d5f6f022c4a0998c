import { describe, expect, test } from 'vitest';
import { instantFrom } from '../../lib/finding/date.ts';

describe('a date is read in whatever form a scanner writes it', () => {
  test.each([
    ['2024-01-01T10:30:00Z', '2024-01-01T10:30:00.000Z'],
    ['2023-03-18T15:43:31.5Z', '2023-03-18T15:43:31.500Z'],
    ['2021-09-16T20:54:59.332489963Z', '2021-09-16T20:54:59.332Z'],
    ['2024-02-02T16:30:33.045000+01:00', '2024-02-02T15:30:33.045Z'],
    ['2024-01-26T17:19:14.000-05:00', '2024-01-26T22:19:14.000Z'],
    ['2024-01-26T17:19:14+0530', '2024-01-26T11:49:14.000Z'],
    ['2025-12-26 14:21:44.742000+01:00', '2025-12-26T13:21:44.742Z'],
    ['2024-06-03', '2024-06-03T00:00:00.000Z'],
    ['Wed Sep 04 16:59:44.356 UTC 2024', '2024-09-04T16:59:44.356Z'],
    ['Dec 3, 2021, 6:02:30 PM', '2021-12-03T18:02:30.000Z'],
    ['Dec 3, 2021, 12:02:30\u202fAM', '2021-12-03T00:02:30.000Z'],
    [1748539687.919, '2025-05-29T17:28:07.919Z'],
    [1758903843057, '2025-09-26T16:24:03.057Z'],
    [1739539650, '2025-02-14T13:27:30.000Z'],
    [1758903843057123, '2025-09-26T16:24:03.057Z'],
    ['1.663703546405E9', '2022-09-20T19:52:26.405Z'],
    ['1758903843057', '2025-09-26T16:24:03.057Z'],
    [
      { __class__: 'datetime', year: 2019, month: 1, day: 26, hour: 13, minute: 30, second: 5, microsecond: 42000 },
      '2019-01-26T13:30:05.042Z',
    ],
    [{ __class__: 'datetime', __value__: '2023-01-01T12:00:00' }, '2023-01-01T12:00:00.000Z'],
  ])('%j', (written, read) => {
    expect(instantFrom(written)).toBe(read);
  });

  test('a time without a zone is UTC, whatever the machine thinks', () => {
    expect(instantFrom('2024-06-03T14:15:19.382075')).toBe('2024-06-03T14:15:19.382Z');
    expect(instantFrom('2024-06-03 14:15:19')).toBe('2024-06-03T14:15:19.000Z');
    expect(instantFrom('Wed Sep 04 16:59:44 2024')).toBe('2024-09-04T16:59:44.000Z');
  });

  test.each([
    ['', null],
    ['soon', null],
    ['2024-02-30T00:00:00Z', null],
    ['2024-13-01T00:00:00Z', null],
    ['2024-01-01T25:00:00Z', null],
    ['0000-01-01T00:00:00+01:00', null],
    ['9999-12-31T23:59:59-01:00', null],
    [0, null],
    [-5, null],
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
    [1e300, null],
    [true, null],
    [null, null],
    [undefined, null],
    [[], null],
    [{}, null],
    [{ year: 'x' }, null],
    [{ year: 2024, month: 99, day: 1 }, null],
    ['9'.repeat(100_000), null],
  ])('what is no date is unknown, not a failure (%#)', (written, read) => {
    expect(instantFrom(written)).toBe(read);
  });
});
