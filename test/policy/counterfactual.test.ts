import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Finding } from '../../lib/finding/finding.ts';
import { severities } from '../../lib/finding/finding.ts';
import { instantOf } from '../../lib/finding/instant.ts';
import { counterfactualsOf, wouldNotHaltIf } from '../../lib/policy/counterfactual.ts';
import type { PolicyInForce } from '../../lib/policy/policy.ts';
import { authentications, criticalities, dataClasses, exposures } from '../../lib/risk/setting.ts';
import { aFinding, aVector, calm, golden, v31 } from '../risk/builders.ts';
import { aPolicy, aServiceEntry, judgedOn, NOON } from './builders.ts';

test('the golden example says what would let it pass, with the score', () => {
  const stated = counterfactualsOf(judgedOn(aFinding({ vectors: [aVector(golden)] }), aPolicy()));

  expect(stated).toContainEqual({ if: 'a login were needed', score: 7.7, verdict: 'watch' });
  expect(stated).toContainEqual({ if: 'it were not reachable from the internet', score: 7.7, verdict: 'watch' });
  expect(stated).toContainEqual({ if: 'the fix were in', score: 9.2, verdict: 'pass' });
});

test('a flaw that a person reports says what the rules alone would say', () => {
  const ordered = aFinding({ dialect: 'ordered', orderedBy: 'ana', vectors: [aVector(golden, 'ana')] });

  const stated = wouldNotHaltIf(counterfactualsOf(judgedOn(ordered, aPolicy())));

  expect(stated).toContainEqual({ if: 'a login were needed', score: 7.7, verdict: 'watch' });
});

test('a waived flaw would halt if its waiver had ended', () => {
  const waiver = {
    service: 'checkout',
    vulnerability: 'CVE-2024-0001',
    kind: 'risk',
    because: 'x',
    by: ['ana'],
    until: '2027-01-01',
  };

  const stated = counterfactualsOf(judgedOn(aFinding({ vectors: [aVector(golden)] }), aPolicy({ waivers: [waiver] })));

  expect(stated).toContainEqual({ if: 'its waiver had ended', score: 9.2, verdict: 'halt' });
});

test('what is closed has no counterfactuals', () => {
  expect(counterfactualsOf(judgedOn(aFinding({ state: 'closed', vectors: [aVector(golden)] }), aPolicy()))).toEqual([]);
});

/** A case in the words of its sources: an entry of the policy and the parts of a finding. */
type Raw = {
  readonly vectors: readonly string[];
  readonly finding: Omit<Parameters<typeof aFinding>[0], 'vectors'> & { readonly threat: Finding['threat'] };
  readonly service: Readonly<Record<string, unknown>>;
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

function judgedRaw({ vectors, finding, service }: Raw) {
  return judgedOn(aFinding({ ...finding, vectors: vectors.map((vector) => aVector(vector)) }), policyWith(service));
}

/** Every single change of one fact, made on the sources by hand: by text in vectors, by key elsewhere. */
const changes: Readonly<Record<string, (raw: Raw) => Raw>> = {
  'no login were needed': metrics([/PR:[LH]/, 'PR:N'], [/Au:[SM]/, 'Au:N']),
  'a login were needed': metrics([/PR:[NH]/, 'PR:L'], [/Au:[NM]/, 'Au:S']),
  'administrator rights were needed': metrics([/PR:[NL]/, 'PR:H']),
  'several logins were needed': metrics([/Au:[NS]/, 'Au:M']),
  'it worked over any network': metrics([/AV:[ALP]/, 'AV:N']),
  'it worked from the same network only': metrics([/AV:[NLP]/, 'AV:A']),
  'it worked on the machine itself only': metrics([/AV:[NAP]/, 'AV:L']),
  'it needed the machine in hand': metrics([/^(CVSS:.*)AV:[NAL]/, '$1AV:P']),
  'nobody had to be led to act': metrics([/UI:[RPA]/, 'UI:N']),
  'somebody had to be led to act': metrics([/^(CVSS:3.*)UI:N/, '$1UI:R'], [/^(CVSS:4.*)UI:[NP]/, '$1UI:A']),
  'somebody had to use it as usual': metrics([/^(CVSS:4.*)UI:[NA]/, '$1UI:P']),
  'the attack were easy': metrics([/AC:[MH]/, 'AC:L']),
  'the attack were less easy': metrics([/^AV(.*)AC:[LH]/, 'AV$1AC:M']),
  'the attack were hard': metrics([/AC:[LM]/, 'AC:H']),
  'no particular circumstances were needed': metrics([/AT:P/, 'AT:N']),
  'particular circumstances were needed': metrics([/AT:N/, 'AT:P']),
  ...impact('C', 'it revealed', 'it revealed nothing', 'it revealed some data only', 'it revealed all data'),
  ...impact('I', 'it changed', 'it changed nothing', 'it changed some data only', 'it changed all data'),
  ...impact('A', 'it stopped', 'it stopped nothing', 'it slowed the service only', 'it stopped the service'),
  'it were reachable from the internet': service('exposure', 'internet'),
  'it were not reachable from the internet': service('exposure', 'internal'),
  'its network were isolated': service('exposure', 'isolated'),
  'no login stood in front of the service': service('authentication', 'none'),
  'a login stood in front of the service': service('authentication', 'user'),
  'an administrator login stood in front of the service': service('authentication', 'administrator'),
  ...Object.fromEntries(dataClasses.map((word) => [`its data were ${word}`, service('dataClass', word)])),
  ...Object.fromEntries(criticalities.map((word) => [`its criticality were ${word}`, service('criticality', word)])),
  'the fix were in': (raw) => ({ ...raw, finding: { ...raw.finding, state: 'closed' } }),
  'it were known to be exploited': threat({ knownExploited: true }),
  'it were not known to be exploited': (raw) =>
    raw.finding.threat.knownExploited === true ? threat({ knownExploited: false })(raw) : raw,
  'an exploit were public': threat({ exploitAvailable: true }),
  'no exploit were public': (raw) =>
    raw.finding.threat.exploitAvailable === true ? threat({ exploitAvailable: false })(raw) : raw,
  'a fix were available': threat({ fix: 'available' }),
  'no fix existed': threat({ fix: 'none' }),
  'its maker refused a fix': threat({ fix: 'wont-fix' }),
  'its EPSS were 0.5 or more': (raw) => ((raw.finding.threat.epss ?? 0) >= 0.5 ? raw : threat({ epss: 0.5 })(raw)),
  'its EPSS were below 0.5': (raw) => ((raw.finding.threat.epss ?? 0) >= 0.5 ? threat({ epss: 0.1 })(raw) : raw),
  'it had been known here for 90 days': (raw) => ({
    ...raw,
    finding: { ...raw.finding, firstObservedAt: instantOf(Date.parse(NOON) - 90 * 86_400_000) },
  }),
  ...Object.fromEntries(
    severities.map((severity) => [
      `the scanner called it ${severity}`,
      (raw: Raw) => ({ ...raw, finding: { ...raw.finding, severity } }),
    ]),
  ),
};

function metrics(...pairs: readonly (readonly [RegExp, string])[]): (raw: Raw) => Raw {
  return (raw) => ({
    ...raw,
    vectors: raw.vectors.map((vector) => pairs.reduce((text, [from, to]) => text.replace(from, to), vector)),
  });
}

function impact(metric: string, _: string, none: string, some: string, all: string) {
  const at = (value: string, v2: string) =>
    metrics(
      [new RegExp(`^(AV.*/)${metric}:[NPC]`), `$1${metric}:${v2}`],
      [new RegExp(`^(CVSS:3.*/)${metric}:[NLH]`), `$1${metric}:${value}`],
      [new RegExp(`^(CVSS:4.*/)V${metric}:[NLH]`), `$1V${metric}:${value}`],
    );
  return { [none]: at('N', 'N'), [some]: at('L', 'P'), [all]: at('H', 'C') };
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
  })
  .map(({ vectors, severity, knownExploited, exploitAvailable, epss, fix, ...facts }) => ({
    vectors,
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
        const score = changed.assessment.score;
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

  expect(stated.map((one) => `${one.if}: ${one.verdict}`)).toContain('it were known to be exploited: halt');
});
