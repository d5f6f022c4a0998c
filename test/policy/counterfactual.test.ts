import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Finding, type Severity, severities } from '../../lib/finding/finding.ts';
import { instantOf } from '../../lib/finding/instant.ts';
import { counterfactualsOf, wouldNotHaltIf } from '../../lib/policy/counterfactual.ts';
import type { PolicyInForce } from '../../lib/policy/policy.ts';
import { authentications, criticalities, dataClasses, exposures } from '../../lib/risk/setting.ts';
import { aFinding, aVector, calm, golden, v31 } from '../risk/builders.ts';
import { aPolicy, aServiceEntry, judgedOn, NOON } from './builders.ts';

test('the golden example says what would let it pass, with the score', () => {
  const stated = counterfactualsOf(judgedOn(aFinding({ vectors: [aVector(golden)] }), aPolicy()));

  expect(stated).toContainEqual({ if: 'it needs a login', score: 7.7, verdict: 'watch' });
  expect(stated).toContainEqual({ if: 'it is not reachable from the internet', score: 7.7, verdict: 'watch' });
  expect(stated).toContainEqual({ if: 'the fix is in', score: null, verdict: 'pass' });
});

test('a flaw that a person reports says what the rules alone would say', () => {
  const ordered = aFinding({ dialect: 'ordered', orderedBy: 'ana', vectors: [aVector(golden, 'ana')] });

  const stated = wouldNotHaltIf(counterfactualsOf(judgedOn(ordered, aPolicy())));

  expect(stated).toContainEqual({ if: 'it needs a login', score: 7.7, verdict: 'watch' });
});

test('a waived flaw would halt if its waiver has ended', () => {
  const waiver = {
    service: 'checkout',
    vulnerability: 'CVE-2024-0001',
    kind: 'risk',
    because: 'x',
    by: ['ana'],
    until: '2027-01-01',
  };

  const stated = counterfactualsOf(judgedOn(aFinding({ vectors: [aVector(golden)] }), aPolicy({ waivers: [waiver] })));

  expect(stated).toContainEqual({ if: 'its waiver has ended', score: 9.2, verdict: 'halt' });
});

test('a rule for what a release introduces has its own counterfactual, in both directions', () => {
  const rules = [{ then: 'halt', because: 'new', when: { introduced: true } }];
  const stated = (introduced: boolean) =>
    counterfactualsOf(judgedOn(aFinding({ vectors: [] }), aPolicy({ rules }), undefined, introduced));

  expect(stated(true)).toContainEqual({ if: 'this release does not introduce it', score: null, verdict: 'pass' });
  expect(stated(false)).toContainEqual({ if: 'this release introduces it', score: null, verdict: 'halt' });
});

test('what is closed has no counterfactuals', () => {
  expect(counterfactualsOf(judgedOn(aFinding({ state: 'closed', vectors: [aVector(golden)] }), aPolicy()))).toEqual([]);
});

/** A case in the words of its sources: an entry of the policy and the parts of a finding. */
type Raw = {
  readonly vectors: readonly string[];
  readonly finding: Omit<NonNullable<Parameters<typeof aFinding>[0]>, 'vectors'> & {
    readonly threat: Finding['threat'];
  };
  readonly service: Readonly<Record<string, unknown>>;
  readonly introduced: boolean | null;
};

const rules = [
  { then: 'halt', because: 'known exploited', when: { knownExploited: true } },
  { then: 'halt', because: 'critical', when: { scoreAtLeast: 9 } },
  { then: 'halt', because: 'likely', when: { epssAtLeast: 0.5, exposure: 'internet', fix: 'available' } },
  { then: 'halt', because: 'urgent', when: { ssvc: 'immediate' } },
  {
    then: 'halt',
    because: 'precious',
    when: { exploitAvailable: true, dataClass: 'restricted', severityAtLeast: 'medium' },
  },
  { then: 'halt', because: 'new', when: { introduced: true, scoreAtLeast: 6 } },
  { then: 'watch', because: 'kept', when: { introduced: false, epssAtLeast: 0.5 } },
  { then: 'watch', because: 'high', when: { scoreAtLeast: 7 } },
  { then: 'watch', because: 'old', when: { ageDaysAtLeast: 90 } },
];

const policies = new Map<string, PolicyInForce>();

function policyWith(service: Raw['service']): PolicyInForce {
  const key = JSON.stringify(service);
  const policy =
    policies.get(key) ?? aPolicy({ rules, services: [aServiceEntry(service)], exploitMaturity: 'reported' });
  policies.set(key, policy);
  return policy;
}

function judgedRaw({ vectors, finding, service, introduced }: Raw) {
  const found = aFinding({ ...finding, vectors: vectors.map((vector) => aVector(vector)) });
  return judgedOn(found, policyWith(service), undefined, introduced);
}

/** Every single change of one fact, made on the sources by hand: by text in vectors, by key elsewhere. */
const changes: Readonly<Record<string, (raw: Raw) => Raw>> = {
  'it needs no login': metrics([/PR:[LH]/, 'PR:N'], [/Au:[SM]/, 'Au:N']),
  'it needs a login': metrics([/PR:[NH]/, 'PR:L'], [/Au:[NM]/, 'Au:S']),
  'it needs administrator rights': metrics([/PR:[NL]/, 'PR:H']),
  'it needs several logins': metrics([/Au:[NS]/, 'Au:M']),
  'it works over the network': metrics([/AV:[ALP]/, 'AV:N']),
  'it works from the same local network only': metrics([/AV:[NLP]/, 'AV:A']),
  'it works on the machine itself only': metrics([/AV:[NAP]/, 'AV:L']),
  'it needs the machine in hand': metrics([/^(CVSS:.*)AV:[NAL]/, '$1AV:P']),
  'it needs nobody else to act': metrics([/UI:[RPA]/, 'UI:N']),
  'it needs somebody to click or open something': metrics([/^(CVSS:3.*)UI:N/, '$1UI:R']),
  'it needs somebody to be led to a particular act': metrics([/^(CVSS:4.*)UI:[NP]/, '$1UI:A']),
  'it stays within the part that has the flaw': metrics([/^(CVSS:3.*)\/S:C/, '$1/S:U']),
  'it reaches beyond the part that has the flaw': metrics([/^(CVSS:3.*)\/S:U/, '$1/S:C']),
  ...onward('C', { N: 'reveals nothing of', L: 'reveals some of', H: 'reveals all of' }),
  ...onward('I', { N: 'changes nothing in', L: 'changes some of', H: 'changes anything in' }),
  'it stops no other system': metrics([/^(CVSS:4.*)SA:[LH]/, '$1SA:N']),
  'it slows other systems down': metrics([/^(CVSS:4.*)SA:[NH]/, '$1SA:L']),
  'it stops other systems': metrics([/^(CVSS:4.*)SA:[NL]/, '$1SA:H']),
  'it needs somebody to use the service as usual': metrics([/^(CVSS:4.*)UI:[NA]/, '$1UI:P']),
  'it is easy to carry out': metrics([/AC:[MH]/, 'AC:L']),
  'it takes some skill to carry out': metrics([/^AV(.*)AC:[LH]/, 'AV$1AC:M']),
  'it is hard to carry out': metrics([/AC:[LM]/, 'AC:H']),
  'it needs no particular circumstances': metrics([/AT:P/, 'AT:N']),
  'it needs particular circumstances': metrics([/AT:N/, 'AT:P']),
  ...impact('C', 'it reveals nothing', 'it reveals some data', 'it reveals all data'),
  ...impact('I', 'it changes nothing', 'it changes some data', 'it changes any data'),
  ...impact('A', 'it stops nothing', 'it slows the service down', 'it stops the service'),
  'it is reachable from the internet': service('exposure', 'internet'),
  'it is not reachable from the internet': service('exposure', 'internal'),
  'its network is isolated': service('exposure', 'isolated'),
  'no login stands in front of the service': service('authentication', 'none'),
  'a login stands in front of the service': service('authentication', 'user'),
  'an administrator login stands in front of the service': service('authentication', 'administrator'),
  ...Object.fromEntries(dataClasses.map((word) => [`its data are ${word}`, service('dataClass', word)])),
  ...Object.fromEntries(criticalities.map((word) => [`its criticality is ${word}`, service('criticality', word)])),
  'the fix is in': (raw) => ({ ...raw, finding: { ...raw.finding, state: 'closed' } }),
  'it is known to be exploited': threat({ knownExploited: true }),
  'it is not known to be exploited': (raw) =>
    raw.finding.threat.knownExploited === true ? threat({ knownExploited: false })(raw) : raw,
  'an exploit is public': threat({ exploitAvailable: true }),
  'no exploit is public': (raw) =>
    raw.finding.threat.exploitAvailable === true ? threat({ exploitAvailable: false })(raw) : raw,
  'a fix is available': threat({ fix: 'available' }),
  'no fix exists': threat({ fix: 'none' }),
  'its maker refuses a fix': threat({ fix: 'wont-fix' }),
  'its EPSS is 0.5 or more': (raw) => ((raw.finding.threat.epss ?? 0) >= 0.5 ? raw : threat({ epss: 0.5 })(raw)),
  'its EPSS is below 0.5': (raw) => ((raw.finding.threat.epss ?? 0) >= 0.5 ? threat({ epss: 0.1 })(raw) : raw),
  'it has been known here for 90 days': (raw) => ({
    ...raw,
    finding: { ...raw.finding, firstObservedAt: instantOf(Date.parse(NOON) - 90 * 86_400_000) },
  }),
  'this release introduces it': (raw) => ({ ...raw, introduced: true }),
  'this release does not introduce it': (raw) => ({ ...raw, introduced: false }),
  ...Object.fromEntries(
    severities.map((severity) => [
      `the scanner calls it ${severity}`,
      (raw: Raw) => ({ ...raw, finding: { ...raw.finding, severity } }),
    ]),
  ),
};

function metrics(...pairs: readonly (readonly [RegExp, string])[]): (raw: Raw) => Raw {
  return (raw) => {
    const vectors = raw.vectors.map((vector) => pairs.reduce((text, [from, to]) => text.replace(from, to), vector));
    const { severity } = raw.finding;
    // A label that only says what the vector says goes along with it.
    const follows = severity !== undefined && severity === worstLabel(raw);
    return {
      ...raw,
      vectors,
      finding: follows ? { ...raw.finding, severity: worstLabel({ ...raw, vectors }) } : raw.finding,
    };
  };
}

/** The label of the base score that counts: of the newest generation, the vector that is worst in its service. */
function worstLabel(raw: Raw): Severity | null {
  const chosen = judgedRaw({ ...raw, finding: { ...raw.finding, severity: null } }).assessment.cvss;
  const base = chosen?.baseScore ?? null;
  if (base === null) return null;
  return base >= 9 ? 'critical' : base >= 7 ? 'high' : base >= 4 ? 'medium' : base > 0 ? 'low' : 'informational';
}

function impact(metric: string, none: string, some: string, all: string) {
  const at = (value: string, v2: string) =>
    metrics(
      [new RegExp(`^(AV.*/)${metric}:[NPC]`), `$1${metric}:${v2}`],
      [new RegExp(`^(CVSS:3.*/)${metric}:[NLH]`), `$1${metric}:${value}`],
      [new RegExp(`^(CVSS:4.*/)V${metric}:[NLH]`), `$1V${metric}:${value}`],
    );
  return { [none]: at('N', 'N'), [some]: at('L', 'P'), [all]: at('H', 'C') };
}

function onward(metric: string, words: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(words).map(([value, clause]) => [
      `it ${clause} other systems`,
      metrics([new RegExp(`^(CVSS:4.*)S${metric}:[NLH]`), `$1S${metric}:${value}`]),
    ]),
  );
}

function service(key: string, word: string): (raw: Raw) => Raw {
  return (raw) => ({ ...raw, service: { ...raw.service, [key]: word } });
}

function threat(facts: Partial<Finding['threat']>): (raw: Raw) => Raw {
  return (raw) => ({ ...raw, finding: { ...raw.finding, threat: { ...raw.finding.threat, ...facts } } });
}

const anyCase: fc.Arbitrary<Raw> = fc
  .record({
    vectors: fc.subarray(
      [
        golden,
        v31.critical98,
        v31.high75,
        v31.high71,
        v31.medium53,
        'AV:N/AC:M/Au:S/C:P/I:P/A:C',
        `${v31.high71}/E:P/RL:O`,
      ],
      { maxLength: 2 },
    ),
    severity: fc.constantFrom(null, ...severities),
    knownExploited: fc.constantFrom(true, false, null),
    exploitAvailable: fc.constantFrom(true, false, null),
    epss: fc.constantFrom(0.01, 0.5, 0.9, null),
    fix: fc.constantFrom('available' as const, 'none' as const, 'wont-fix' as const, null),
    exposure: fc.constantFrom(...exposures),
    authentication: fc.constantFrom(...authentications),
    dataClass: fc.constantFrom(...dataClasses),
    criticality: fc.constantFrom(...criticalities),
    introduced: fc.constantFrom(true, false, null),
  })
  .map(({ vectors, severity, knownExploited, exploitAvailable, epss, fix, introduced, ...facts }) => ({
    vectors,
    introduced,
    finding: { severity, threat: { knownExploited, exploitAvailable, epss, fix } },
    service: facts,
  }));

test('every stated change really changes the verdict, and no unstated one does', () => {
  let statedSome = 0;

  fc.assert(
    fc.property(anyCase, (raw) => {
      const now = judgedRaw(raw);
      const stated = new Map(counterfactualsOf(now).map((one) => [one.if, one]));
      statedSome += stated.size > 1 ? 1 : 0;

      expect(Object.keys(changes)).toEqual(expect.arrayContaining([...stated.keys()]));
      for (const [words, change] of Object.entries(changes)) {
        const changed = judgedRaw(change(raw));
        const verdict = changed.finding.state === 'open' ? changed.verdict.verdict : 'pass';
        const score = changed.finding.state === 'open' ? changed.assessment.score : null;
        expect({ words, ...stated.get(words) }).toEqual(
          verdict === now.verdict.verdict ? { words } : { words, if: words, score, verdict },
        );
      }
    }),
    { numRuns: 200 },
  );

  expect(statedSome).toBeGreaterThan(100);
});

test('what is known to be threatened by nothing halts for nothing that is not a fact', () => {
  const stated = counterfactualsOf(judgedOn(aFinding({ vectors: [aVector(v31.medium53)], threat: calm }), aPolicy()));

  expect(stated.map((one) => `${one.if}: ${one.verdict}`)).toContain('it is known to be exploited: halt');
});
