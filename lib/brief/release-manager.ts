import { type Block, text } from './email.ts';
import { authorOf, type BriefFacts } from './facts.ts';
import { flawOf } from './flaw.ts';
import { rulesOf } from './grounds.ts';
import { linkTo, onlyYou, openingOf } from './opening.ts';
import { byWhen, launchOf, silenceOf } from './options.ts';
import { whereFrom } from './origin.ts';
import { likelihoodOf, unknownsOf } from './risk.ts';
import { optionsOf } from './ways-in-words.ts';

/** For the release manager: what is held, the options side by side, and the one link that decides. */
export function releaseManagerBrief(facts: BriefFacts): readonly Block[] {
  return [
    ...openingOf(facts, `Please choose how it goes on ${byWhen(facts)}.`),
    text(flawOf(facts), likelihoodOf(facts.hold)),
    text(...whereFrom(facts)),
    { kind: 'options', intro: `Your choice, ${byWhen(facts)}:`, items: optionsOf(facts) },
    text(
      'You can also ask for more time or keep it as it is; neither takes the halt back.',
      launchOf(facts),
      ownRelease(facts),
    ),
    ...linkTo(facts, 'Decide', onlyYou(facts)),
    text(silenceOf(facts)),
    text(unknownsOf(facts.hold, 2), rulesOf(facts)),
  ];
}

/** Tells the author that they cannot let their own change go; null for everybody else. */
export function ownRelease(facts: BriefFacts): string | null {
  return authorOf(facts)?.id === facts.person.id
    ? 'You wrote this change, so the vote to let it go is for somebody else.'
    : null;
}
