import type { BriefFacts } from '../../lib/brief/facts.ts';
import { clockOf } from '../../lib/brief/recipients.ts';
import { type Instant, instantOf } from '../../lib/finding/instant.ts';
import { untrusted } from '../../lib/finding/untrusted.ts';
import { type Hold, Rating, stageKeyOf } from '../../lib/hold/hold.ts';
import { type Person, Policy, type Role, Service } from '../../lib/policy/policy.ts';

/** The vector of the golden example: no login needed, 9.2 Critical. */
export const goldenVector = 'CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N';
/** What it was believed to be: a login needed, 7.7 High. */
export const believedVector = goldenVector.replace('PR:N', 'PR:L');

/** An instant from readable text. */
export function at(text: string): Instant {
  return instantOf(Date.parse(text));
}

/** 14:05 CET on 20 November 2026, when the golden example is opened. */
export const openedAt = at('2026-11-20T13:05:00Z');

/** The service of the golden example. */
export function aService(over: Readonly<Record<string, unknown>> = {}): Service {
  return Object.keys(over).length === 0 ? goldenService() : serviceWith(over);
}

/** Parsed once: the tests of ten thousand texts ask for it as often. */
const goldenService = once(() => serviceWith({}));
const goldenPolicy = once(() => policyWith({}));

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function serviceWith(over: Readonly<Record<string, unknown>>): Service {
  return Service.parse({
    name: 'checkout',
    pipeline: { account: '123456789012', region: 'eu-west-1', name: 'checkout', stage: 'Production' },
    resources: ['arn:aws:ecr:eu-west-1:123456789012:repository/checkout*'],
    exposure: 'internet',
    dataClass: 'restricted',
    holds: "customers' names and payment cards",
    criticality: 'essential',
    launch: '2026-12-01T09:00Z',
    plan: { fix: '4h', test: '2h', workaround: 'switch off one-click pay', owner: 'dee' },
    stakeholders: {
      security: ['ana'],
      'release-manager': ['rui'],
      developer: ['dee'],
      product: ['pia'],
      executive: ['eva'],
      'risk-owner': ['ola'],
    },
    ...over,
  });
}

/** The policy of the golden example. */
export function aPolicy(over: Readonly<Record<string, unknown>> = {}): Policy {
  return Object.keys(over).length === 0 ? goldenPolicy() : policyWith(over);
}

function policyWith(over: Readonly<Record<string, unknown>>): Policy {
  const { plan: _, ...service } = aService();
  return Policy.parse({
    version: 1,
    security: ['ana'],
    clock: { remind: '1h', escalate: [['rui'], ['ola']], every: '4h', deadline: '4h' },
    services: [service],
    rules: [{ then: 'halt', because: 'critical', when: { scoreAtLeast: 9 } }],
    people: [
      ['ana', 'Ana Lima'],
      ['rui', 'Rui Costa'],
      ['dee', 'Dee Okafor'],
      ['pia', 'Pia Holm'],
      ['eva', 'Eva Brandt'],
      ['ola', 'Ola Nowak'],
    ].map(([id, name], n) => ({
      id,
      name,
      email: `${id}@example.com`,
      sms: `+35191000000${n}`,
      git: [`${id}@example.com`],
    })),
    ...over,
  });
}

/** A person of the golden policy. Throws for an unknown id. */
export function aPerson(id: string): Person {
  const person = aPolicy().people.find((each) => each.id === id);
  if (person === undefined) throw new Error(`no person ${id} in the policy of the tests`);
  return person;
}

/** The scanner's first rating of the golden example, and the one that replaced it. */
export const believedRating = Rating.parse({
  severity: 'high',
  score: 7.7,
  vector: believedVector,
  author: 'dee',
  reason: untrusted('the form is behind the login'),
  at: openedAt,
});
export const goldenRating = Rating.parse({
  severity: 'critical',
  score: 9.2,
  vector: goldenVector,
  author: 'ana',
  reason: untrusted('the session cookie is read before it is checked'),
  at: at('2026-11-20T13:20:00Z'),
});

type OpenInForce = Extract<Hold, { status: 'in-force' }>;

const executionId = '7c1d6a52-0b1e-4f8e-9a3f-1d2c3b4a5f60';

type Origin = NonNullable<Hold['origin']>;

/** Production was scanned, and does not show the flaw of the golden example. */
export const introduced: Extract<Origin, { introduced: true }> = {
  introduced: true,
  at: openedAt,
  revision: 1,
  release: executionId,
  production: '0d6a1f3e-7b52-4c19-8e04-5a9c2b7d3f61',
  scannedAt: at('2026-11-20T06:00:00Z'),
  comparison: { brings: [], shares: [], since: null, addsWorst: null, removesWorst: null, lowersRisk: false },
};

/** Production has it since 3 November. */
export const inherited: Extract<Origin, { introduced: false }> = {
  introduced: false,
  at: openedAt,
  revision: 1,
  release: executionId,
  production: introduced.production,
  comparison: {
    ...introduced.comparison,
    shares: [{ name: untrusted('CVE-2026-1234'), score: 9.2 }],
    since: at('2026-11-03T08:00:00Z'),
  },
};

/** A hold in force on the golden example; `over` replaces what matters to the test. */
export function aHold(over: Partial<OpenInForce> = {}): OpenInForce {
  const service = aService();
  const digest = untrusted(`sha256:${'a1'.repeat(32)}`);
  return {
    id: '01JDHOLD',
    code: 'K7QX',
    stage: service.pipeline,
    stageKey: stageKeyOf(service.pipeline),
    service: 'checkout',
    policyHash: 'f00d',
    problem: { hash: 'beef', kind: 'code', title: untrusted('SQL injection in the login query'), vulnerabilities: [] },
    assessment: anAssessment(),
    reasons: [{ rule: 'rule 2', because: 'critical' }],
    reportedBy: null,
    ratings: [believedRating, goldenRating],
    dispute: null,
    exploited: [],
    reassessed: [],
    wayBack: null,
    outlook: null,
    findings: 1,
    worst: [
      {
        id: untrusted('arn:aws:inspector2:eu-west-1:123456789012:finding/1'),
        title: untrusted('SQL injection in the login query'),
        vulnerabilityId: null,
        resource: untrusted('auth/session.ts'),
        digest,
        account: untrusted('123456789012'),
        region: untrusted('eu-west-1'),
        dialect: 'inspector2',
        score: 9.2,
        severity: 'critical',
        package: null,
        fixedIn: null,
        path: null,
      },
    ],
    evidence: 'before-stage',
    origin: introduced,
    revision: 1,
    release: {
      executionId,
      commit: '3f9c1ab77e',
      author: 'dee@example.com',
      digest,
      position: 'waiting',
    },
    plan: { fix: 4 * 3_600_000, test: 2 * 3_600_000, workaround: 'switch off one-click pay', owner: 'dee' },
    openedAt,
    deadline: at('2026-11-20T17:00:00Z'),
    wakeAt: at('2026-11-20T14:05:00Z'),
    level: 0,
    decision: null,
    closing: null,
    notice: { n: 1, occasion: { kind: 'opened' } },
    wantsVerify: false,
    wantsNotify: true,
    attempt: 1,
    rounds: 0,
    token: null,
    predecessor: null,
    head: { n: 1, hash: '00' },
    status: 'in-force',
    inForceAt: at('2026-11-20T13:05:02Z'),
    ...over,
  };
}

/** The same hold while the halt is not confirmed. */
export function aPendingHold(over: Partial<OpenInForce> = {}): Extract<Hold, { status: 'pending' }> {
  const { inForceAt: _, ...hold } = aHold(over);
  return { ...hold, status: 'pending' };
}

/** The same hold after it closed at 21:12 CET. */
export function aClosedHold(over: Partial<OpenInForce> = {}): Extract<Hold, { status: 'closed' }> {
  return { ...aHold(over), status: 'closed', closedAt: at('2026-11-20T20:12:00Z'), outcome: 'remediated' };
}

/** The assessment of the golden example: our own code, so no published likelihood. */
export function anAssessment(over: Partial<Hold['assessment']> = {}): Hold['assessment'] {
  return {
    scannerSeverity: 'critical',
    cvss: { version: '4.0', vector: goldenVector, baseScore: 9.2, score: 9.2, severity: 'critical' },
    adjustments: [],
    vectors: [],
    disagreement: null,
    score: 9.2,
    severity: 'critical',
    threat: { epss: null, knownExploited: null, exploitAvailable: null, fix: null },
    ssvc: { exploitation: 'none', exposure: 'open', automatable: 'yes', humanImpact: 'high', decision: 'out-of-cycle' },
    factors: [],
    unknowns: [{ datum: 'whether code that exploits it is public', couldChange: 'the priority' }],
    ...over,
  };
}

/** The facts of a brief to the one person who has this role in the golden policy. */
export function someFacts(role: Role, over: Partial<BriefFacts> = {}): BriefFacts {
  const policy = aPolicy();
  const service = over.service ?? aService();
  const id = service.stakeholders[role]?.[0] ?? 'ana';
  return {
    hold: aHold(),
    service,
    clock: clockOf(service, policy),
    people: policy.people,
    person: aPerson(id),
    role,
    now: at('2026-11-20T13:06:00Z'),
    zone: 'Europe/Berlin',
    occasion: { kind: 'opened' },
    alsoNew: [],
    viewLink:
      'https://stopship.example.com/d/ss1.dmlld3NlbGVjdG9yMDAwMA.dmlld3ZlcmlmaWVyMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA',
    link: 'https://stopship.example.com/d/ss1.c2VsZWN0b3I.dmVyaWZpZXI',
    ...over,
  };
}
