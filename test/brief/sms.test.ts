import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gsmOf, septetsOf, smsParts } from '../../lib/brief/gsm.ts';
import { smsOf } from '../../lib/brief/sms.ts';
import { roles } from '../../lib/policy/policy.ts';
import { aHold, aPendingHold, someFacts } from './build-hold.ts';

test.each([
  ['a'.repeat(160), 1],
  ['a'.repeat(161), 2],
  [`${'a'.repeat(158)}€`, 1],
  [`${'a'.repeat(159)}€`, 2],
  ['漢'.repeat(70), 1],
  ['漢'.repeat(71), 2],
  [`${'a'.repeat(69)}💥`, 2],
  ['', 1],
])('parts are counted in septets, or in units of two bytes where a character needs them', (text, parts) => {
  expect(smsParts(text)).toBe(parts);
});

test('whatever a text holds, what is left of it counts once a character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(septetsOf(gsmOf(text))).toBe(gsmOf(text).length);
    }),
  );
});

test('a text message is one part with its whole link at any address, and says what, by when', () => {
  const host = fc.integer({ min: 4, max: 55 }).map((length) => `https://${'h'.repeat(length)}`);
  fc.assert(
    fc.property(
      host,
      fc.constantFrom(...roles),
      fc.boolean(),
      fc.string({ minLength: 1 }),
      (address, role, pends, name) => {
        const viewLink = `${address}/d/ss1.${'s'.repeat(22)}.${'v'.repeat(43)}`;
        const hold = { ...(pends ? aPendingHold() : aHold()), service: name };
        const sms = smsOf(someFacts(role, { hold, viewLink }));

        expect(smsParts(sms)).toBe(1);
        expect(sms.includes('NOT HALTED')).toBe(pends);
        const hasRoom = 160 - viewLink.length - 1 >= 28;
        expect(sms.endsWith(viewLink)).toBe(hasRoom);
      },
    ),
  );
});

test('the longer the address, the shorter the words', () => {
  const facts = someFacts('release-manager');
  const at = (viewLink: string | null) => smsOf({ ...facts, viewLink });

  expect(at(null)).toBe(
    'Checkout release held before Prod: 9.2 of 10, anyone on the internet could read and change data, no login. Decide by 18:00 CET, see your mail. K7QX',
  );
  expect(at(`https://s.example/d/${'x'.repeat(70)}`)).toMatch(
    /^Checkout release held before Prod \(9\.2 of 10\): decide by 18:00 CET https/,
  );
  expect(at(`https://abcdefghij.execute-api.eu-west-1.amazonaws.com/d/${'x'.repeat(70)}`)).toMatch(
    /^Checkout held, due 18:00 CET https/,
  );
});
