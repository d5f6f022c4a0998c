import fc from 'fast-check';
import { expect, test } from 'vitest';
import { briefFor } from '../../lib/brief/brief.ts';
import type { Occasion } from '../../lib/brief/facts.ts';
import { smsParts } from '../../lib/brief/gsm.ts';
import { untrusted } from '../../lib/finding/untrusted.ts';
import { evidenceKinds, type Hold } from '../../lib/hold/hold.ts';
import { type Role, roles } from '../../lib/policy/policy.ts';
import {
  aClosedHold,
  aHold,
  anAssessment,
  aPendingHold,
  aService,
  believedRating,
  goldenRating,
  openedAt,
  someFacts,
} from './build-hold.ts';

/** The most words that a mail to each role may have, with everything in it. An executive's is read in one minute. */
const wordsMax: Readonly<Record<Role, number>> = {
  executive: 180,
  product: 260,
  'release-manager': 560,
  'risk-owner': 560,
  developer: 560,
  security: 600,
};

/** The same for a hold whose texts are as long as people write them. */
const usualMax: Readonly<Record<Role, number>> = {
  executive: 120,
  product: 150,
  'release-manager': 300,
  'risk-owner': 320,
  developer: 320,
  security: 340,
};

const prose = fc.lorem({ maxCount: 39 }).map((text) => text.replaceAll(',', ''));
const text = fc.oneof(
  fc.constant(''),
  prose,
  prose.map((long) => long.slice(0, 199)),
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });

const occasion: fc.Arbitrary<Occasion> = fc.oneof(
  fc.constantFrom<Occasion>(
    { kind: 'opened' },
    { kind: 'reminder' },
    { kind: 'escalated' },
    { kind: 'escalated', unreached: 'rui, ana' },
    { kind: 'not-halted', why: 'the stage reads enabled' },
    { kind: 'halted-after-alarm' },
    { kind: 'plan-changed', by: 'ana' },
    { kind: 'new-link' },
    { kind: 'more-time', hours: 4, by: 'rui' },
  ),
  text.map((why): Occasion => ({ kind: 'changed', why })),
  text.map((reason): Occasion => ({ kind: 'kept-halted', by: 'rui', reason })),
  text.map((missing): Occasion => ({ kind: 'not-yet', missing })),
  text.map((why): Occasion => ({ kind: 'refuted', why })),
  text.map((difference): Occasion => ({ kind: 'rated', by: 'ana', difference })),
  text.map((reason): Occasion => ({ kind: 'disputed', by: 'dee', difference: 'needs a login', reason })),
  text.map((how): Occasion => ({ kind: 'rolled-back', how })),
  text.map((how): Occasion => ({ kind: 'resumed', how, release: '8d01c77', stoodMs: 7_000_000 })),
);

/** Holds of all kinds: where the release is, what is known, what was decided, how long each text is. */
const hold: fc.Arbitrary<Hold> = fc
  .record({
    status: fc.constantFrom('in-force', 'pending', 'closed'),
    title: text,
    reason: text,
    workaround: maybe(prose.map((long) => long.slice(0, 199))),
    position: maybe(fc.constantFrom('waiting' as const, 'in-stage' as const, 'none' as const)),
    author: maybe(fc.constantFrom('dee@example.com', 'rui@example.com', 'somebody@else.example')),
    evidence: fc.constantFrom(...evidenceKinds),
    findings: fc.integer({ min: 1, max: 3 }),
    epss: maybe(fc.double({ min: 0, max: 1, noNaN: true })),
    knownExploited: maybe(fc.boolean()),
    unknowns: fc.array(text, { maxLength: 20 }),
    disagreement: maybe(prose),
    vector: fc.boolean(),
    isDecided: fc.boolean(),
  })
  .map((parts): Hold => {
    const bare = aHold();
    const [worst] = bare.worst;
    const decision = {
      action: 'risk-accepted' as const,
      revision: 1,
      by: ['ola', 'rui', 'ana'],
      at: openedAt,
      reason: parts.reason,
      fields: {},
      state: 'awaiting-evidence' as const,
    };
    const over = {
      problem: { ...bare.problem, title: untrusted(parts.title), vulnerabilities: [] },
      plan: { ...bare.plan, ...(parts.workaround === null ? {} : { workaround: parts.workaround }) },
      release:
        parts.position === null || bare.release === null
          ? null
          : { ...bare.release, position: parts.position, author: parts.author },
      evidence: parts.evidence,
      ratings: [
        { ...believedRating, reason: untrusted(parts.reason) },
        { ...goldenRating, reason: untrusted(parts.reason), vector: parts.vector ? goldenRating.vector : null },
      ],
      findings: 40,
      worst:
        worst === undefined
          ? []
          : Array.from({ length: parts.findings }, () => ({
              ...worst,
              package: untrusted(parts.title),
              fixedIn: untrusted('1.2.3'),
              path: untrusted(parts.title),
            })),
      assessment: anAssessment({
        threat: { epss: parts.epss, knownExploited: parts.knownExploited, exploitAvailable: true, fix: 'available' },
        unknowns: parts.unknowns.map((datum) => ({ datum, couldChange: datum })),
        disagreement: parts.disagreement,
      }),
      decision: parts.isDecided ? decision : null,
    };
    return parts.status === 'closed'
      ? aClosedHold(over)
      : parts.status === 'pending'
        ? aPendingHold(over)
        : aHold(over);
  });

const wordsIn = (mail: string) => mail.split(/\s+/).filter((word) => word !== '').length;

test('whatever a hold is like, no mail is longer than its reader has time for, and no text message is longer than one part', () => {
  fc.assert(
    fc.property(
      hold,
      prose.map((long) => long.slice(0, 199)),
      occasion,
      fc.array(occasion, { maxLength: 3 }),
      (held, holds, first, others) => {
        for (const role of roles) {
          const facts = someFacts(role, { hold: held, service: aService({ holds }), occasion: first, alsoNew: others });
          const message = briefFor(facts);
          const words = wordsIn(message.email);
          expect(words).toBeLessThanOrEqual(wordsMax[role]);
          expect(message.subject).toMatch(/^[\x20-\x7e]{1,99}$/);
          if (message.sms !== null) expect(smsParts(message.sms)).toBe(1);
          for (const line of message.email.split('\n'))
            if (!line.includes('://')) expect([...line].length).toBeLessThanOrEqual(76);
        }
      },
    ),
    { numRuns: 600, seed: 6 },
  );
});

test('the mails of product and executive hold no abbreviation that is not explained, whatever the hold', () => {
  const known = new Set(['NOT', 'HALTED', 'CET', 'CEST', 'GMT', 'UTC']);
  fc.assert(
    fc.property(hold, occasion, fc.constantFrom('product' as const, 'executive' as const), (held, first, role) => {
      const { email } = briefFor(someFacts(role, { hold: held, occasion: first }));
      const shouted = email.replace(/\S*:\/\/\S*|"[^"]*"/g, '').match(/\b[A-Z]{3,}\b/g) ?? [];

      expect(shouted.filter((word) => !known.has(word))).toEqual([]);
    }),
    { numRuns: 400, seed: 7 },
  );
});

test('the golden example reads in the time that each reader has', () => {
  for (const role of roles) expect(wordsIn(briefFor(someFacts(role)).email)).toBeLessThanOrEqual(usualMax[role]);
});
