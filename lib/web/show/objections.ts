import type { BriefFacts } from '../../brief/facts.ts';
import { flawOf } from '../../brief/flaw.ts';
import {
  byWhen,
  decidedSoFar,
  decidersOf,
  endInWords,
  launchOf,
  rollBackOf,
  silenceOf,
  workaroundOf,
} from '../../brief/options.ts';
import { capital } from '../../brief/plain.ts';
import { rulesOf } from '../../brief/release-manager.ts';
import { likelihoodOf, patchLaterDays, ratingHistory, scoreOf, unknownsOf } from '../../brief/risk.ts';
import { reachOf } from '../../brief/standing.ts';
import { patchLaterFor } from '../../risk/options.ts';
import type { Objection } from '../views.ts';
import { exposedOf, riskWithin } from './option-view.ts';

/** What the people in the room say, answered from this hold's facts; nothing once it is over. */
export function objectionsTo(facts: BriefFacts): readonly Objection[] {
  if (facts.hold.status === 'closed') return [];
  return [
    {
      who: 'Release manager',
      says: 'What is the issue, and how long?',
      answer: said(flawOf(facts), ...reachOf(facts.hold, 'plain'), `${capital(endInWords(facts))}.`),
    },
    {
      who: 'Release manager',
      says: 'Can we ship now and patch later?',
      answer: said(
        `Reckon with ${patchLaterDays} days: ${exposedOf(facts)} would be at risk for as long.`,
        `Chance of exploitation: ${riskWithin(patchLaterFor, facts)}`,
        'It takes a risk owner who accepts it and a second person who did not write the change.',
      ),
    },
    {
      who: 'Development lead',
      says: 'We knew, it is minor.',
      answer: said(
        ratingHistory(facts) ?? `It is rated ${scoreOf(facts.hold)}, and nobody has given another rating.`,
        likelihoodOf(facts.hold),
      ),
    },
    { who: 'Development lead', says: 'Can we roll back and fix it next sprint?', answer: said(rollBackOf(facts)) },
    {
      who: 'Product manager',
      says: 'This hurts the launch.',
      answer: said(
        launchOf(facts) ?? 'No launch is named in the policy.',
        `${capital(endInWords(facts))}.`,
        meanwhile(facts),
      ),
    },
    {
      who: 'Executive',
      says: 'Who decides, and when is it over?',
      answer: said(
        decidedSoFar(facts) ?? `${capital(decidersOf(facts))} decides ${byWhen(facts)}.`,
        `${capital(endInWords(facts))}.`,
      ),
    },
    { who: 'Anyone', says: 'Says who?', answer: said(rulesOf(facts), unknownsOf(facts.hold, 3)) },
    { who: 'Anyone', says: 'And if nobody answers?', answer: silenceOf(facts) },
  ];
}

function meanwhile(facts: BriefFacts): string {
  const text = workaroundOf(facts);
  return text === null
    ? 'No workaround is planned with which it could ship meanwhile.'
    : `Sooner only with the workaround, if it is accepted: ${text}.`;
}

function said(...sentences: readonly string[]): string {
  return sentences.filter((sentence) => sentence !== '').join(' ');
}
