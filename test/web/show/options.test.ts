import { describe, expect, test } from 'vitest';
import { objectionsTo } from '../../../lib/brief/objections.ts';
import { optionViews, riskWithin } from '../../../lib/web/show/option-view.ts';
import { aHold, anAssessment, aService, someFacts } from '../../brief/build-hold.ts';

function optionsWith(hold: ReturnType<typeof aHold>) {
  return optionViews(someFacts('executive', { hold }));
}

describe('the ways forward', () => {
  test('while the flaw only waits, fixing exposes nobody and shipping exposes the data of the policy', () => {
    const [fix, workaround, out, ship] = optionsWith(aHold());
    expect(fix).toMatchObject({ name: 'Fix now', riskMeanwhile: 'None by this release: it does not run' });
    expect(fix?.readyWhen).toMatch(/^About 20:05 (CET|GMT\+1), in \d+ h[^;]*; \d+ days[^;]* before the launch$/);
    expect(fix?.work).toMatch(/^4 h fix, 2 h test/);
    expect(workaround?.name).toBe('Workaround: switch off one-click pay');
    expect(out?.name).toBe('Take the change out: revert 3f9c1ab');
    expect(ship?.exposed).toContain("customers' names and payment cards");
    expect(ship?.agrees).toContain('Ola Nowak (risk owner)');
  });

  test('without a plan no time is promised, and without a workaround none is offered', () => {
    const options = optionsWith(aHold({ plan: {} }));
    expect(options.map(({ name }) => name)).not.toContainEqual(expect.stringContaining('Workaround'));
    expect(options[0]?.readyWhen).toContain('Not known');
  });

  test('a flaw in what already runs exposes its data whatever is chosen', () => {
    const options = optionsWith(aHold({ evidence: 'behind-stage' }));
    expect(options.map(({ name }) => name)).toContain('Roll back Production');
    expect(options[0]?.exposed).toContain('already runs');
  });

  test('no change is offered for taking out while no release is known', () => {
    expect(optionsWith(aHold({ release: null })).map(({ name }) => name)).not.toContainEqual(
      expect.stringMatching(/Take|Roll/),
    );
  });

  test('an unknown author asks for one vote more of security', () => {
    const release = aHold().release;
    const [, , , ship] = optionsWith(aHold({ release: release && { ...release, author: null } }));
    expect(ship?.agrees).toMatch(/, and Ana Lima \(security\)$/);
  });

  test('a closed hold has none, and answers no objections', () => {
    const hold = { ...aHold(), status: 'closed', closedAt: aHold().deadline, outcome: 'remediated' } as const;
    const facts = someFacts('executive', { hold });
    expect(optionViews(facts)).toEqual([]);
    expect(objectionsTo(facts)).toEqual([]);
  });
});

describe('the risk meanwhile', () => {
  const day = 86_400_000;
  const threat = anAssessment().threat;

  test('reckons a shorter window from the thirty days of the published estimate', () => {
    const hold = aHold({ assessment: anAssessment({ threat: { ...threat, epss: 0.94 } }) });
    expect(riskWithin(3 * day, { hold })).toMatch(/^25 % in 3 days \(an estimate/);
  });

  test('says that no figure exists where none was published', () => {
    expect(riskWithin(3 * day, { hold: aHold() })).toBe('No figure exists.');
  });

  test('takes a figure for what is exploited already as the least', () => {
    const hold = aHold({ assessment: anAssessment({ threat: { ...threat, epss: 0.94, knownExploited: true } }) });
    expect(riskWithin(3 * day, { hold })).toMatch(/^At least 25 %.*known to be exploited already/);
    const bare = aHold({ assessment: anAssessment({ threat: { ...threat, knownExploited: true } }) });
    expect(riskWithin(3 * day, { hold: bare })).toMatch(/^No figure exists, but it is known to be exploited/);
  });
});

test('every objection of the room is answered from the facts of the hold', () => {
  const objections = objectionsTo(someFacts('executive', { service: aService() }));
  const answers = Object.fromEntries(objections.map(({ says, answer }) => [says, answer]));
  expect(answers['We knew, it is minor.']).toMatch(
    /First rated 7\.7 of 10, High \(Dee.*Now 9\.2 of 10, Critical \(Ana/,
  );
  expect(answers['Can we ship now and patch later?']).toContain(
    'estimates are published only for flaws with a public number',
  );
  expect(answers['This delays the launch.']).toContain('The launch is on 1 Dec');
  expect(answers['And if nobody answers?']).toContain('it stays stopped');
  for (const answer of Object.values(answers)) expect(answer).not.toMatch(/\byou\b|undefined|\.\./);
});
