import { type Block, text } from './email.ts';
import type { BriefFacts } from './facts.ts';
import { flawOf } from './flaw.ts';
import { rulesOf } from './grounds.ts';
import { linkTo, onlyYou, openingOf } from './opening.ts';
import { byWhen, decidersOf, endInWords, launchOf, silenceOf } from './options.ts';
import { whereFrom } from './origin.ts';
import { capital } from './plain.ts';
import { ownRelease } from './release-manager.ts';
import { likelihoodOf, unknownsOf } from './risk.ts';
import { optionsOf } from './ways-in-words.ts';

/** For the risk owner: what accepting the risk would mean, and that nobody can accept it without them. */
export function riskOwnerBrief(facts: BriefFacts): readonly Block[] {
  return [
    ...openingOf(
      facts,
      `Shipping it with the flaw needs your vote; if you would accept that, say so ${byWhen(facts)}. Otherwise you need to do nothing.`,
    ),
    text(flawOf(facts), likelihoodOf(facts.hold)),
    text(...whereFrom(facts)),
    { kind: 'options', intro: `${decidersOf(facts)} chooses between:`, items: optionsOf(facts) },
    text(
      'An accepted risk has a scope and an end that you set, and lapses by itself: unfixed at its end, the stage halts again.',
      ownRelease(facts),
    ),
    ...linkTo(facts, 'Accept the risk', onlyYou(facts)),
    text(`${capital(endInWords(facts))}.`, launchOf(facts), silenceOf(facts)),
    text(unknownsOf(facts.hold, 2), rulesOf(facts)),
  ];
}
