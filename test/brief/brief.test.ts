import { describe, expect, test } from 'vitest';
import { briefFor } from '../../lib/brief/brief.ts';
import type { BriefFacts, Occasion } from '../../lib/brief/facts.ts';
import { untrusted } from '../../lib/finding/untrusted.ts';
import type { ForeignCall } from '../../lib/hold/foreign-call.ts';
import type { Hold } from '../../lib/hold/hold.ts';
import { roles } from '../../lib/policy/policy.ts';
import {
  aClosedHold,
  aHold,
  anAssessment,
  aPendingHold,
  at,
  believedRating,
  goldenRating,
  inherited,
  introduced,
  someFacts,
} from './build-hold.ts';

const inside = { ...theRelease(), position: 'in-stage' as const };

describe('the golden example', () => {
  test('the release manager reads what, what to do and by when in the first lines', () => {
    const message = briefFor(someFacts('release-manager'));

    expect(message.subject).toBe('Checkout release held before Production - decide by 18:00 CET');
    expect(flat(message.email)).toMatch(
      /^Rui, the checkout release 3f9c1ab is stopped before Production, because of "SQL injection in the login query"\. Production itself is untouched\. Please choose how it goes on by 18:00 CET\./,
    );
    expect(message.sms).toBe(`Checkout held (9.2 of 10): decide by 18:00 CET ${someFacts('release-manager').viewLink}`);
  });

  test('the release manager sees each way forward with its time, its risk and whom it needs', () => {
    const email = flat(briefFor(someFacts('release-manager')).email);

    expect(email).toContain('1. Fix now: ready about 20:05 CET (4 h fix, 2 h test; Dee owns it)');
    expect(email).toContain('2. Ship with this workaround: switch off one-click pay. Needs Ana (security) and you');
    expect(email).toContain(
      "4. Ship as it is and patch later, reckoned with 3 days: customers' names and payment cards at risk",
    );
    expect(email).toContain('Needs Ola (risk owner) and a second person');
    expect(email).toContain('3. Take the change out: revert 3f9c1ab. Production never had it');
    expect(email).toContain('If nobody decides, it stays stopped, and it goes up to Ola at 22:00 CET');
    expect(email).toContain('code K7QX');
  });

  test('the developer sees both ratings and the one fact that parts them', () => {
    const email = flat(briefFor(someFacts('developer')).email);

    expect(email).toContain('First rated 7.7 of 10, High (you, 14:05 CET). Now 9.2 of 10, Critical (Ana, 14:20 CET).');
    expect(email).toContain('it was thought that it needs a login; it needs no login');
    expect(email).toContain(
      'dispute it through your link with the vector that you hold right and the reason: Ana confirms or',
    );
    expect(email).toContain('auth/session.ts');
  });

  test('security gets the vector, the rule and what is not known', () => {
    const email = flat(briefFor(someFacts('security')).email);

    expect(email).toContain('CVSS:4.0/AV:N/AC:L/AT:P/PR:N/');
    expect(email).toContain('the policy\'s rule "critical"');
    expect(email).toContain('Not known: whether it has been used against us');
    expect(email).toContain('estimates are published only for flaws with a public number');
  });

  test('product and executive need to do nothing and get a link that only shows', () => {
    for (const role of ['product', 'executive'] as const) {
      const email = flat(briefFor(someFacts(role)).email);

      expect(email).toMatch(/You need to (decide|do) nothing/);
      expect(email).toContain('(view only)');
      expect(email).not.toContain('K7QX');
      expect(email).not.toMatch(/CVSS|EPSS|SSVC|9\.2/);
    }
  });

  test('the risk owner reads that shipping with the flaw needs their vote', () => {
    expect(flat(briefFor(someFacts('risk-owner')).email)).toContain('Shipping it with the flaw needs your vote');
  });
});

describe('what a brief may claim', () => {
  const everywhere = (over: Partial<BriefFacts>) =>
    roles.flatMap((role) => occasions.map((occasion) => briefFor(someFacts(role, { occasion, ...over }))));

  test.each<[string, Hold]>([
    ['inside the stage', aHold({ release: inside })],
    ['inside the stage with the flaw behind it', aHold({ release: inside, evidence: 'behind-stage' })],
    ['inside the stage while the halt is pending', aPendingHold({ release: inside })],
    ['not confirmed halted', aPendingHold()],
  ])('nothing says "stopped" of a release that is %s', (_, hold) => {
    for (const message of everywhere({ hold })) {
      expect(`${message.subject} ${message.email} ${message.sms}`).not.toMatch(/\bstopped\b|\bheld before\b/i);
    }
  });

  test('a release inside the stage is told in the first clause, and who is to stop it', () => {
    const message = briefFor(someFacts('release-manager', { hold: aHold({ release: inside }) }));

    expect(flat(message.email)).toMatch(/^Rui, the checkout release 3f9c1ab is already inside Production/);
    expect(flat(message.email)).toContain('needs a person: StopPipelineExecution on pipeline checkout');
    expect(message.subject).toContain('already inside Production');
  });

  test('a pending hold says NOT HALTED in subject, first line and text message', () => {
    for (const message of everywhere({ hold: aPendingHold() }).filter(({ kind }) => kind !== 'resumed')) {
      expect(message.subject).toMatch(/^NOT HALTED: /);
      expect(message.email.split('\n')[0]).toContain('NOT HALTED');
      expect(message.sms ?? 'NOT HALTED').toContain('NOT HALTED');
    }
  });

  test('without a release it is the next one that will stop', () => {
    expect(flat(briefFor(someFacts('product', { hold: aHold({ release: null }) })).email)).toContain(
      'the next checkout release will stop before Production',
    );
  });

  test.each<[string, Hold]>([
    ['the flaw is in what already runs', aHold({ evidence: 'behind-stage' })],
    ['a person reported it', aHold({ evidence: 'ordered' })],
    ['the digest of the release is not known', aHold({ release: { ...theRelease(), digest: null } })],
    ['the flaw is in another image', aHold({ release: { ...theRelease(), digest: 'sha256:00' } })],
    ['no release waits', aHold({ release: null })],
    ['the halt is not confirmed', aPendingHold()],
    ['the release is inside', aHold({ release: inside })],
    ['production was not compared', aHold({ origin: null })],
    ['another release was compared', aHold({ origin: { ...introduced, release: 'another' } })],
    ['production has it already', aHold({ origin: inherited })],
    ['production has a part of it', aHold({ origin: { ...introduced, comparison: inherited.comparison } })],
  ])('"untouched" is not claimed when %s', (_, hold) => {
    for (const message of everywhere({ hold })) expect(message.email).not.toMatch(/untouched|never reached|never had/);
  });

  test('a flaw that production has already is said to be in what runs', () => {
    const facts = { hold: aHold({ origin: inherited }) };

    expect(flat(briefFor(someFacts('release-manager', facts)).email)).toContain(
      'The flaw is in what already runs in Production too.',
    );
    expect(flat(briefFor(someFacts('executive', facts)).email)).toContain('customers may be exposed now');
  });

  test('a likelihood has its window, also the shorter one of shipping now and patching later', () => {
    const threat = { epss: 0.94, knownExploited: null, exploitAvailable: true, fix: 'available' as const };
    const email = flat(
      briefFor(someFacts('release-manager', { hold: aHold({ assessment: anAssessment({ threat }) }) })).email,
    );

    expect(email).toContain('within 30 days: 94 % (estimate published as EPSS)');
    expect(email).toContain('the chance of exploitation is 25 % in 3 days');
  });

  test('a flaw without a vector is told by its title', () => {
    const hold = aHold({ ratings: [{ ...goldenRating, vector: null }], assessment: anAssessment({ cvss: null }) });

    expect(flat(briefFor(someFacts('release-manager', { hold })).email)).toContain(
      'What an attacker gains is not described; the report says "SQL injection in the login query" (severity 9.2 of 10, Critical).',
    );
  });

  test('a halt that a person ordered names who reported it', () => {
    const hold = aHold({ evidence: 'ordered', ratings: [goldenRating] });

    expect(flat(briefFor(someFacts('release-manager', { hold })).email)).toContain('reported by Ana, 14:05 CET');
    expect(flat(briefFor(someFacts('executive', { hold })).email)).toContain('anyone on the internet can read');
  });

  test('who wrote the change cannot let it go, and reads so', () => {
    const release = { ...theRelease(), author: 'rui@example.com' };

    expect(flat(briefFor(someFacts('release-manager', { hold: aHold({ release }) })).email)).toContain(
      'You wrote this change',
    );
  });

  test('an unknown author needs one vote more', () => {
    const release = { ...theRelease(), author: null };

    expect(flat(briefFor(someFacts('release-manager', { hold: aHold({ release }) })).email)).toContain(
      'one more of security',
    );
  });

  test('when it is over, the brief says when, why and how long it stood', () => {
    const message = briefFor(
      someFacts('release-manager', {
        hold: aClosedHold(),
        occasion: {
          kind: 'resumed',
          how: 'release 8d01c77 was scanned after the fix and does not show the flaw',
          release: '8d01c77aaa',
          stoodMs: 25_620_000,
        },
      }),
    );

    expect(message.subject).toBe('Checkout released 21:12 CET - Production is open again');
    expect(flat(message.email)).toContain('It stood 7 h 07 min.');
    expect(flat(message.email)).toContain('Release 8d01c77 was scanned after the fix and does not show the flaw.');
  });

  test('a deadline that has passed is said to be due', () => {
    const email = flat(
      briefFor(someFacts('release-manager', { now: at('2026-11-20T18:00:00Z'), occasion: { kind: 'escalated' } }))
        .email,
    );

    expect(email).toContain('Please choose how it goes on now (it was due by 18:00 CET).');
  });

  test('without an address of their own nobody gets an address', () => {
    for (const role of roles) expect(briefFor(someFacts(role, { link: null })).email).not.toContain('://');
  });

  test('a person without a telephone gets no text message', () => {
    const { sms: _, ...person } = someFacts('release-manager').person;

    expect(briefFor(someFacts('release-manager', { person })).sms).toBeNull();
  });
});

describe('limits', () => {
  test('every mail wraps at 76 columns but for the address', () => {
    for (const role of roles) {
      const lines = briefFor(someFacts(role))
        .email.split('\n')
        .filter((line) => !line.includes('://'));
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(76);
    }
  });

  test('our own words carry no exclamation mark and no capitals but NOT HALTED', () => {
    for (const role of roles) {
      for (const occasion of occasions) {
        const { email } = briefFor(someFacts(role, { occasion }));
        const words = email.replace(/\S*:\/\/\S*|CVSS:\S*|K7QX/g, '').match(/\b[A-Z]{4,}\b/g) ?? [];
        expect(email).not.toContain('!');
        expect(words.filter((word) => !['NOT', 'HALTED', 'CVSS', 'EPSS', 'SSVC', 'CISA'].includes(word))).toEqual([]);
      }
    }
  });
});

const occasions: readonly Occasion[] = [
  { kind: 'opened' },
  { kind: 'changed', why: 'two more findings' },
  { kind: 'reminder' },
  { kind: 'escalated' },
  { kind: 'more-time', hours: 4, by: 'rui' },
  { kind: 'kept-halted', by: 'rui', reason: 'no workaround holds' },
  { kind: 'not-yet', missing: 'a scan of release 8d01c77' },
  { kind: 'refuted', why: 'the scan still shows it' },
  { kind: 'not-halted', why: 'the stage reads enabled' },
  { kind: 'halted-after-alarm' },
  { kind: 'plan-changed', by: 'ana' },
  { kind: 'rated', by: 'ana' },
  { kind: 'resumed', how: 'evidence', stoodMs: 60_000 },
];

function theRelease() {
  const { release } = aHold();
  if (release === null) throw new Error('the golden hold has a release');
  return release;
}

function flat(email: string): string {
  return email.replace(/\s+/g, ' ');
}

test.each<[ForeignCall['call'], string, string]>([
  ['EnableStageTransition', 'Production is halted again.', 'somebody worked around the halt'],
  ['OverrideStageCondition', 'look at what is inside', 'somebody worked around the halt'],
  ['RollbackStage', 'an earlier release into Production past the halt', 'somebody worked around the halt'],
  ['DisableStageTransition', 'stays closed until somebody enables it', 'somebody else acted on the stage'],
  ['StopPipelineExecution', 'does not go on by itself', 'somebody else acted on the stage'],
])('after %s security reads what it means for the halt', (what, consequence, short) => {
  const call = { what, principal: 'arn:aws:iam::123456789012:user/eva', at: at('2026-11-20T13:00:00Z'), reason: '' };
  const occasion = { kind: 'worked-around', by: '', ...call } as const;

  const { email, subject } = briefFor(someFacts('security', { occasion }));

  expect(flat(email)).toContain(`called ${what} on the held stage Production at 14:00 CET.`);
  expect(flat(email)).toContain(consequence);
  expect(flat(email)).toContain('Find out who it was, and why.');
  expect(subject).toContain(short);
});

test('publishers that disagree across a band are named before the flaw, to security and the developer', () => {
  const hold = aHold({ assessment: anAssessment({ disagreement: 'NVD 9.8 critical, distribution 7.1 high' }) });

  for (const role of ['security', 'developer'] as const) {
    const [, second = ''] = briefFor(someFacts(role, { hold })).email.split('\n\n');
    expect(flat(second)).toMatch(/^Those who publish scores disagree: "NVD 9\.8 critical, distribution 7\.1 high"\./);
  }
});

test.each([
  ['dee', ['ana'], 'until Ana confirms or refuses it'],
  ['ana', ['ana', 'dee'], 'until Dee confirms or refuses it'],
  ['ana', ['ana'], 'nobody confirms their own score, and nobody else is named for security'],
])('of a severity that %s brought where security is %j people read who can answer', (by, security, said) => {
  const facts = someFacts('release-manager', {
    occasion: { kind: 'disputed', by, difference: 'needs a login: 9.2 Critical became 7.7 High', reason: 'x' },
  });
  const stakeholders = { ...facts.service.stakeholders, security };

  expect(flat(briefFor({ ...facts, service: { ...facts.service, stakeholders } }).email)).toContain(said);
});

test('security is asked to confirm or refuse a severity that somebody brought', () => {
  const { email } = briefFor(
    someFacts('security', {
      hold: aHold({
        dispute: { ...believedRating, origin: 'developer', about: untrusted('SQL injection'), state: 'open' },
      }),
      occasion: { kind: 'disputed', by: 'dee', difference: 'needs a login: 9.2 Critical became 7.7 High', reason: 'x' },
    }),
  );

  expect(flat(email)).toContain('Please confirm or refuse the severity that Dee brought, by 18:00 CET');
});
