import { expect, test } from 'vitest';
import { meetingSheetOf, sheetText } from '../../lib/brief/meeting-sheet.ts';
import { objectionsTo } from '../../lib/brief/objections.ts';
import type { Hold } from '../../lib/hold/hold.ts';
import { aClosedHold, aHold, anAssessment, someFacts } from './build-hold.ts';

const nobody = { id: '', name: 'everybody', aws: [], git: [] };
const about = (hold: Hold) => someFacts('executive', { hold, person: nobody, link: null, viewLink: null });
const flat = (hold: Hold) => sheetText(meetingSheetOf(about(hold))).replace(/\s+/g, ' ');

test('the sheet has the assessment, the ways forward, and every objection with its answer', () => {
  const sheet = flat(aHold());

  for (const heading of ['How it stands', 'The assessment', 'The ways forward']) expect(sheet).toContain(heading);
  for (const says of [
    'What exactly is the issue?',
    'How long?',
    'Can we ship now and patch later?',
    'We knew, it is minor.',
    'Can we roll back and fix it next sprint?',
    'This delays the launch.',
    'Who decided what, and when is it over?',
  ])
    expect(sheet).toContain(`"${says}"`);
  expect(sheet).toContain('First rated 7.7 of 10, High (Dee, 14:05 CET). Now 9.2 of 10, Critical (Ana, 14:20 CET).');
  expect(sheet).toContain('Against it the fix: 4 h fix, 2 h test; Dee owns it.');
});

test('on paper nobody is "you", no link is given away, and every line fits', () => {
  const text = sheetText(meetingSheetOf(about(aHold())));

  expect(text).not.toMatch(/:\/\/|\byou\b/);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(76);
});

test('shipping now and patching later is answered with its window, its risk, its dates and its names', () => {
  const threat = { epss: 0.94, knownExploited: null, exploitAvailable: true, fix: 'available' as const };
  const due = { standard: 'CISA BOD 26-04', what: 'fixed', start: null, basis: 'x', appliesIf: 'y' };
  const hold = aHold({
    assessment: anAssessment({ threat }),
    outlook: {
      revision: 1,
      counterfactuals: [{ if: 'it needs a login', score: 7.7, verdict: 'watch' }],
      unknowns: [],
      obligations: [{ ...due, due: aHold().deadline }],
    },
  });
  const answer = objectionsTo(about(hold)).find(({ says }) => says.startsWith('Can we ship now'))?.answer;

  expect(answer).toContain("3 days: customers' names and payment cards would be at risk for as long");
  expect(answer).toContain('the chance of exploitation is 25 % in 3 days');
  expect(answer).toContain('Too late for CISA BOD 26-04 (18:00 CET), if that applies.');
  expect(answer).toContain('It takes Ola (risk owner)');
  expect(flat(hold)).toContain('It would not halt if one of these were so: it needs a login (7.7).');
});

test('publishers that disagree are said before the rest of the assessment', () => {
  const disagreement = 'NVD 9.8 critical, distribution 7.1 high';
  const sheet = flat(aHold({ assessment: anAssessment({ disagreement }) }));

  expect(sheet).toContain(`The assessment -------------- Anyone on the internet`);
  expect(sheet.indexOf(disagreement)).toBeLessThan(sheet.indexOf('It rests on'));
});

test('of a hold that is over the sheet says so and answers nothing', () => {
  const sheet = flat(aClosedHold());

  expect(sheet).toContain('The way into Production is open again for checkout');
  expect(sheet).not.toContain('How long?');
});
