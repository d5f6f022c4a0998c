import { type Block, text } from './email.ts';
import { type BriefFacts, called } from './facts.ts';
import { flawInPlainWords } from './flaw.ts';
import { allNews, linkTo } from './opening.ts';
import { byWhen, decidedSoFar, decidersOf, endInWords, launchOf, workaroundOf } from './options.ts';
import { capital } from './plain.ts';
import { causeOf, isInherited, isUntouched, placeOf, standingOf } from './standing.ts';

/** For executives: three sentences, names, one time; at most 180 words with everything in it. */
export function executiveBrief(facts: BriefFacts): readonly Block[] {
  return [
    text(
      `${called(facts, facts.person.id)}, ${standingOf(facts.hold)}, ${causeOf(facts.hold) === 'with' ? 'and' : 'because'} ${flawInPlainWords(facts)}.`,
      'You need to do nothing.',
    ),
    text(...allNews(facts), customers(facts)),
    text(`${capital(endInWords(facts))}.`, launchOf(facts), decision(facts), decidedSoFar(facts)),
    ...linkTo(facts, 'Progress', 'view only'),
  ];
}

function customers(facts: BriefFacts): string {
  const { hold } = facts;
  if (isUntouched(hold))
    return `The flaw never reached ${hold.stage.stage}, so no customer was exposed to it by this release.`;
  if (hold.evidence === 'behind-stage' || isInherited(hold))
    return 'The flaw is in what already runs, so customers may be exposed now.';
  if (placeOf(hold) === 'inside') return 'Customers may be exposed; whether it was used against us is not known.';
  return 'Whether what customers use today has the flaw too is not known.';
}

function decision(facts: BriefFacts): string {
  const workaround = workaroundOf(facts, 80);
  const sooner =
    workaround === null
      ? 'how it goes on'
      : `whether to ${placeOf(facts.hold) === 'inside' ? 'go on' : 'ship sooner'} with a workaround (${workaround})`;
  return `${decidersOf(facts)} decides ${byWhen(facts)} ${sooner}.`;
}
