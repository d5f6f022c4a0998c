import fc from 'fast-check';
import { expect, test } from 'vitest';
import { briefFor } from '../../lib/brief/brief.ts';
import type { Occasion } from '../../lib/brief/facts.ts';
import { smsParts } from '../../lib/brief/gsm.ts';
import { meetingSheetOf, sheetText } from '../../lib/brief/meeting-sheet.ts';
import { harmless, quoted } from '../../lib/brief/plain.ts';
import { smsOf } from '../../lib/brief/sms.ts';
import { Untrusted } from '../../lib/finding/untrusted.ts';
import { disableReason, isOurReason } from '../../lib/hold/mark.ts';
import { roles } from '../../lib/policy/policy.ts';
import { type SummaryFacts, summaryEmail, summarySubject } from '../../lib/review/summary-text.ts';
import { aHold, anAssessment, at, goldenRating, someFacts } from './build-hold.ts';

const ourViewLink = someFacts('security').viewLink ?? '';
const ourLink = 'https://stopship.example.com/d/ss1.c2VsZWN0b3I.dmVyaWZpZXI';

const attacks = fc.constantFrom(
  'https://evil.com/x',
  'HTTP://evil.zz',
  'http://evil.com',
  'evil。com',
  'www.evil.pw',
  'evil.com/login',
  'mailto:a@evil.com',
  'javascript:alert(1)',
  'tel:+351910000001',
  '\r\nBcc: all@example.com',
  '\n\nDecide: https://evil.com\n',
  '\u2028',
  '\u202e',
  '\u0000\u0007\u001b[2J',
  '<a href="http://evil.com">',
  '"; Please approve. "',
  '“”',
  '€{}[]~^|\\`',
  '💥🙂',
  '漢字',
  'é'.repeat(300),
  'a'.repeat(500),
  'ﷺ'.repeat(40),
);
const hostile = fc
  .array(
    fc.oneof(attacks, fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 40 })),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join(' '));

// The strings bypass `untrusted()` on purpose: the sink alone has to hold.
const raw = (text: string) => Untrusted.parse(text);

function hostileFacts(text: string, withVector: boolean, role: (typeof roles)[number]) {
  const [worst] = aHold().worst;
  const hold = aHold({
    problem: { ...aHold().problem, title: raw(text), vulnerabilities: [raw(text)] },
    ratings: [
      { ...goldenRating, reason: raw(text), author: text },
      { ...goldenRating, reason: raw(text), vector: withVector ? goldenRating.vector : null },
    ],
    assessment: anAssessment({
      cvss: null,
      unknowns: [{ datum: text, couldChange: text }],
      factors: [{ name: text, value: text, source: text, asOf: null }],
      disagreement: text,
    }),
    worst:
      worst === undefined
        ? []
        : [
            {
              ...worst,
              title: raw(text),
              package: raw(text),
              fixedIn: raw(text),
              path: raw(text),
              resource: raw(text),
              vulnerabilityId: raw(text),
            },
          ],
    plan: { ...aHold().plan, workaround: text },
    release: { executionId: text, commit: text, author: text, digest: null, position: 'waiting' },
    reasons: [{ rule: text, because: text }],
    outlook: {
      revision: 1,
      counterfactuals: [{ if: text, score: 7.7, verdict: 'watch' }],
      unknowns: [{ datum: text, couldChange: text }],
      obligations: [],
    },
  });
  return someFacts(role, { hold });
}

function hostileOccasion(text: string, n: number): Occasion {
  if (n === 0) return { kind: 'kept-halted', by: text, reason: text };
  if (n === 1) return { kind: 'disputed', by: text, difference: text, reason: text };
  if (n === 2) return { kind: 'rolled-back', how: text };
  if (n === 3) return { kind: 'rated', by: text, difference: text };
  return n === 4 ? { kind: 'refuted', why: text } : { kind: 'resumed', how: text, release: text, stoodMs: 1 };
}

/** Nothing that a stranger wrote may act in a text: no address of theirs, no control or bidi character, no line of its own. */
function expectTame(sink: string): void {
  // One question a text: ten thousand times three are the longest part of the test.
  if (!wild.some((pattern) => pattern.test(sink))) return;
  for (const pattern of wild) expect(sink).not.toMatch(pattern);
}

const wild = [
  /:\/\/|\bwww\.\w|\b(mailto|javascript|tel):\S/i,
  /evil\.(com|zz|pw)/i,
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/,
];

test('ten thousand hostile texts forge no subject, no line, no address and no second part in any brief', () => {
  fc.assert(
    fc.property(hostile, fc.boolean(), fc.constantFrom(...roles), fc.nat(5), (text, withVector, role, n) => {
      const facts = { ...hostileFacts(text, withVector, role), occasion: hostileOccasion(text, n) };
      const { subject, email } = briefFor(facts);
      const withLink = smsOf({ ...facts, occasion: { kind: 'opened' } });
      const sms = withLink.replace(ourViewLink, '');

      expect(subject).toMatch(/^[\x20-\x7e]{1,99}$/);
      expect(smsParts(withLink)).toBe(1);
      expect(withLink.endsWith(` ${ourViewLink}`)).toBe(true);
      expect(sms).toMatch(/^[A-Za-z0-9 @$_!"#%&'()*+,\-./:;<=>?]{1,160}$/);
      expect(email.split(ourLink)).toHaveLength(2);
      for (const sink of [email.replace(ourLink, ''), sms, subject]) expectTame(sink);
      const labelled = email
        .split('\n\n')
        .filter((block) => /^(Decide|Bcc|Progress|Review|Accept|Dispute)/.test(block));
      expect(labelled.every((block) => block.includes(ourLink))).toBe(true);
    }),
    { numRuns: 10_000, seed: 60_906 },
  );
}, 300_000);

test('ten thousand hostile texts stay text on the meeting sheet, in the summary, and beside another hold in one mail', () => {
  fc.assert(
    fc.property(hostile, fc.constantFrom(...roles), fc.nat(2), (text, role, sink) => {
      const facts = hostileFacts(text, true, role);
      if (sink === 0) {
        const sheet = sheetText(meetingSheetOf(facts));
        expectTame(sheet);
        expect(sheet.match(/^=+$/gm)).toHaveLength(1);
      } else if (sink === 1) expectTame(`${summarySubject(hostileSummary(text))}${summaryEmail(hostileSummary(text))}`);
      else {
        const { email } = briefFor(someFacts(role), [facts]);
        expect(email.split(ourLink)).toHaveLength(3);
        expectTame(email.replaceAll(ourLink, ''));
      }
    }),
    { numRuns: 10_000, seed: 60_907 },
  );
}, 300_000);

function hostileSummary(text: string): SummaryFacts {
  return {
    name: 'Ana',
    now: at('2026-11-20T07:00:00Z'),
    zone: 'Europe/Berlin',
    endings: [{ at: at('2026-11-21T07:00:00Z'), what: text }],
    services: [{ service: 'checkout', watched: 1, fresh: [{ title: text, score: null }] }],
    unclaimed: [{ title: text, resource: text }],
    waivers: [{ service: 'checkout', vulnerability: text, until: at('2026-12-01T07:00:00Z'), state: 'unused' }],
  };
}

test.each([
  ['see https://evil.com/a.b?c', 'see https[:]//evil[.]com/a[.]b?c'],
  ['write to a@evil.com.', 'write to a@evil[.]com.'],
  ['org.apache.logging.log4j:log4j-core 2.14.1', 'org.apache.logging.log4j:log4j-core 2.14.1'],
  ['auth/session.ts', 'auth/session.ts'],
  ['CVSS:4.0/AV:N/AC:L', 'CVSS:4.0/AV:N/AC:L'],
])('%s is printed as %s', (text, printed) => {
  expect(harmless(text)).toBe(printed);
});

test('quoted words cannot close their quotation', () => {
  expect(quoted('a". Please approve, "Rui')).toBe('"a\'. Please approve, \'Rui"');
});

test('the reason on a disabled transition carries our mark and only what CodePipeline accepts', () => {
  fc.assert(
    fc.property(hostile, (title) => {
      const reason = disableReason('K7QX', title);

      expect(reason).toMatch(/^stopship [a-zA-Z0-9!@ ().*?-]{1,291}$/);
      expect(isOurReason(reason)).toBe(true);
    }),
  );
  expect(disableReason('K7QX', 'CVE-2021-44228: a/b_c')).toBe('stopship hold K7QX - CVE-2021-44228 a b c');
  expect(isOurReason('freeze for the launch')).toBe(false);
});

test('a text of thousands of letters or dots is made harmless without long thought', () => {
  for (const unit of ['a', 'a.', '.', 'www.', '//', '@a.', 'a:']) {
    expect(harmless(unit.repeat(50_000)).length).toBeLessThanOrEqual(8000);
  }
});
