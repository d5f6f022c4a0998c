import { type Block, text } from './email.ts';
import { type BriefFacts, called } from './facts.ts';
import { causeInPlainWords, customersOf } from './flaw.ts';
import { allNews, linkTo } from './opening.ts';
import { byWhen, decidedSoFar, decidersOf, endInWords, launchOf, workaroundOf } from './options.ts';
import { saferWithIt } from './origin.ts';
import { capital } from './plain.ts';
import { placeOf, standingOf } from './standing.ts';

/** For executives: three sentences, names, one time; at most 180 words with everything in it. */
export function executiveBrief(facts: BriefFacts): readonly Block[] {
  return [
    text(
      `${called(facts, facts.person.id)}, ${standingOf(facts.hold)}, ${causeInPlainWords(facts)}.`,
      'You need to do nothing.',
    ),
    text(...allNews(facts), customersOf(facts), saferWithIt(facts)),
    text(`${capital(endInWords(facts))}.`, launchOf(facts), decision(facts), decidedSoFar(facts)),
    ...linkTo(facts, 'Progress', 'view only'),
  ];
}

function decision(facts: BriefFacts): string {
  const workaround = workaroundOf(facts, 80);
  const sooner =
    workaround === null
      ? 'how it goes on'
      : `whether to ${placeOf(facts.hold) === 'inside' ? 'go on' : 'ship sooner'} with a workaround (${workaround})`;
  return `${decidersOf(facts)} decides ${byWhen(facts)} ${sooner}.`;
}
