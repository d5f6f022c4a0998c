import { patchLaterFor } from '../risk/options.ts';
import { exposedOf } from './attack.ts';
import { type BriefFacts, oneOf, whoIs } from './facts.ts';
import { flawOf } from './flaw.ts';
import { disagreementOf, rulesOf, wouldNotHalt } from './grounds.ts';
import { exploitedWithin, patchLaterWindow } from './likelihood.ts';
import {
  byWhen,
  decidedSoFar,
  decidersOf,
  endInWords,
  launchOf,
  planOf,
  rollBackOf,
  silenceOf,
  workaroundOf,
} from './options.ts';
import { originInWords } from './origin.ts';
import { capital } from './plain.ts';
import { likelihoodOf, ratingHistory, scoreOf, unknownsOf } from './risk.ts';
import { reachOf } from './standing.ts';
import { missedByPatchingLater } from './ways-in-words.ts';

/** What somebody in the room says under pressure, and the answer from this hold's facts, ready to be read aloud. */
export type Objection = { readonly who: string; readonly says: string; readonly answer: string };

/** The objections of the people in the room with their answers: the one source for pages, sheet and briefs. None once it is over. */
export function objectionsTo(facts: BriefFacts): readonly Objection[] {
  if (facts.hold.status === 'closed') return [];
  return [...ofReleaseManager(facts), ...ofDevelopmentLead(facts), ...ofProduct(facts), ...ofAnyone(facts)];
}

/** "Can we ship now and patch later?": the window, the risk in it, who lies open, and who would have to accept it. */
export function patchLater(facts: BriefFacts): string {
  return said(
    `That window is reckoned with ${patchLaterWindow}: ${exposedOf(facts.service)} would be at risk for as long, and ${exploitedWithin(patchLaterFor, facts.hold)}.`,
    missedByPatchingLater(facts),
    `It takes ${whoIs(facts, 'risk-owner')} (risk owner), who accepts it by name, and a second person who did not write the change; at the end of that leave, unfixed, the stage halts again.`,
  );
}

/** "Can we roll back and fix it next sprint?": what taking it out does and costs, beside the fix. */
export function rollBackInstead(facts: BriefFacts): string {
  return said(rollBackOf(facts), `Against it the fix: ${planOf(facts)}.`, originInWords(facts.hold.origin, facts));
}

function ofReleaseManager(facts: BriefFacts): readonly Objection[] {
  return [
    {
      who: 'Release manager',
      says: 'What exactly is the issue?',
      answer: said(flawOf(facts), ...reachOf(facts.hold, 'plain')),
    },
    {
      who: 'Release manager',
      says: 'How long?',
      answer: said(`${capital(endInWords(facts))}: ${planOf(facts)}.`, meanwhile(facts)),
    },
    { who: 'Release manager', says: 'Can we ship now and patch later?', answer: patchLater(facts) },
  ];
}

function ofDevelopmentLead(facts: BriefFacts): readonly Objection[] {
  const rating = ratingHistory(facts) ?? `It is rated ${scoreOf(facts.hold)}, and nobody has given another rating.`;
  return [
    {
      who: 'Development lead',
      says: 'We knew, it is minor.',
      answer: said(
        rating,
        likelihoodOf(facts.hold),
        `If that is wrong, dispute it with another vector and the reason: ${whoIs(facts, 'security')} confirms or refuses it, and every rating stays on the record.`,
      ),
    },
    {
      who: 'Development lead',
      says: 'Can we roll back and fix it next sprint?',
      answer: rollBackInstead(facts),
    },
  ];
}

function ofProduct(facts: BriefFacts): readonly Objection[] {
  const who =
    decidedSoFar(facts) ??
    `${capital(decidersOf(facts))} decides ${byWhen(facts)}; nothing is decided or accepted yet.`;
  return [
    {
      who: 'Product manager',
      says: 'This delays the launch.',
      answer: said(
        launchOf(facts) ?? 'No launch is named in the policy.',
        `${capital(endInWords(facts))}.`,
        meanwhile(facts),
      ),
    },
    {
      who: 'Executive',
      says: 'Who decided what, and when is it over?',
      answer: said(who, acceptedBy(facts), `${capital(endInWords(facts))}.`),
    },
  ];
}

function ofAnyone(facts: BriefFacts): readonly Objection[] {
  return [
    { who: 'Anyone', says: 'Says who?', answer: said(rulesOf(facts), `It is rated ${scoreOf(facts.hold)}.`) },
    {
      who: 'Anyone',
      says: 'How sure is it?',
      answer: said(disagreementOf(facts), unknownsOf(facts.hold, 4), wouldNotHalt(facts)),
    },
    { who: 'Anyone', says: 'And if nobody answers?', answer: silenceOf(facts) },
  ];
}

function meanwhile(facts: BriefFacts): string {
  const workaround = workaroundOf(facts);
  return workaround === null
    ? 'Nothing can ship meanwhile: no workaround is named yet.'
    : `Meanwhile the rest can ship with this workaround, once ${whoIs(facts, 'security')} and ${whoIs(facts, 'release-manager')} accept it: ${workaround}.`;
}

function acceptedBy(facts: BriefFacts): string | null {
  const waiver = facts.hold.closing?.waiver ?? null;
  return waiver === null ? null : `${capital(oneOf(facts, waiver.by, 'and'))} accepted it: ${waiver.reason}.`;
}

function said(...sentences: readonly (string | null)[]): string {
  return sentences.filter((sentence) => sentence !== null && sentence !== '').join(' ');
}
