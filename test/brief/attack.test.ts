import { expect, test } from 'vitest';
import { attackOf } from '../../lib/brief/attack.ts';
import { aHold, anAssessment, aService, goldenRating } from './build-hold.ts';

const attack = (vector: string | null, over: Readonly<Record<string, unknown>> = {}) =>
  attackOf(
    aHold({ ratings: [{ ...goldenRating, vector }], assessment: anAssessment({ cvss: null }) }),
    aService({ holds: 'card numbers', ...over }),
  );

test.each([
  [
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N',
    'anyone on the internet could read card numbers, without logging in',
  ],
  [
    'CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:N',
    'anyone on the internet with an ordinary account could read and change some of card numbers',
  ],
  [
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:N/I:N/A:H',
    'anyone on the internet could take checkout down, without logging in, once somebody is led to open or click something',
  ],
  [
    'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H',
    'anyone with an account on the machine could read and change card numbers, and take checkout down',
  ],
  ['AV:N/AC:L/Au:N/C:P/I:N/A:N', 'anyone on the internet could read some of card numbers, without logging in'],
  [
    'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:H/SI:N/SA:N',
    'anyone on the internet could harm other systems through checkout, without logging in',
  ],
])('%s reads "%s"', (vector, words) => {
  expect(attack(vector)).toBe(words);
});

test('the internet is named only where the service is exposed to it', () => {
  const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N';

  expect(attack(vector, { exposure: 'internal' })).toContain('anyone on the internal network');
  expect(attack(vector, { exposure: 'isolated' })).toContain('anyone who can reach its isolated network');
});

test('a modified metric replaces its base', () => {
  expect(attack('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N/MPR:L/MAV:X')).toContain('with an ordinary account');
});

test('what says nothing of who and what gives no sentence', () => {
  expect(attack(null)).toBeNull();
  expect(attack('nonsense')).toBeNull();
  expect(attack('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N')).toBeNull();
});
