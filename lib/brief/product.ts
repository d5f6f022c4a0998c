import { type Block, text } from './email.ts';
import type { BriefFacts } from './facts.ts';
import { customersOf } from './flaw.ts';
import { linkTo, openingOf } from './opening.ts';
import { byWhen, decidersOf, endInWords, launchOf, silenceOf, workaroundOf } from './options.ts';
import { saferWithIt } from './origin.ts';
import { capital } from './plain.ts';

/** For the product manager: what users would suffer, when it is over, what can ship meanwhile, who decides. */
export function productBrief(facts: BriefFacts): readonly Block[] {
  const workaround = workaroundOf(facts);
  return [
    ...openingOf(facts, `You need to decide nothing; ${decidersOf(facts)} decides ${byWhen(facts)}.`),
    text(customersOf(facts), saferWithIt(facts), `${capital(endInWords(facts))}.`, launchOf(facts)),
    text(
      workaround === null
        ? 'What can ship meanwhile: nothing yet, as no workaround is named. If the feature with the flaw can be switched off, tell the release manager.'
        : `What can ship meanwhile: the rest, with this workaround: ${workaround}. If that hurts more than waiting, tell ${decidersOf(facts)} ${byWhen(facts)}.`,
    ),
    text(
      silenceOf(facts),
      'Nothing ships with this flaw unless named people accept it, and their names stay on the record.',
    ),
    ...linkTo(facts, 'Progress', 'view only'),
  ];
}
