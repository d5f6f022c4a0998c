import { type Block, text } from './email.ts';
import { authorOf, type BriefFacts } from './facts.ts';
import { flawOf } from './flaw.ts';
import { linkTo, onlyYou, openingOf } from './opening.ts';
import { byWhen, endInWords, launchOf, optionsOf, silenceOf } from './options.ts';
import { quoted } from './plain.ts';
import { likelihoodOf, reportedBy, unknownsOf } from './risk.ts';
import { placeOf } from './standing.ts';

/** For the release manager: what is held, the options side by side, and the one link that decides. */
export function releaseManagerBrief(facts: BriefFacts): readonly Block[] {
  return [
    ...openingOf(facts, `Please choose how it goes on ${byWhen(facts)}.`),
    text(flawOf(facts), likelihoodOf(facts.hold)),
    { kind: 'options', intro: `Your choice, ${byWhen(facts)}:`, items: optionsOf(facts) },
    text('You can also ask for more time or keep it as it is; neither takes the halt back.', ownRelease(facts)),
    ...linkTo(facts, 'Decide', onlyYou(facts)),
    text(`How long: ${endInWords(facts)}.`, launchOf(facts)),
    text(silenceOf(facts)),
    text(unknownsOf(facts.hold, 3)),
    text(rulesOf(facts)),
  ];
}

/** The rules of the policy that halted it: what answers "says who?". */
export function rulesOf(facts: BriefFacts): string {
  const rules = facts.hold.reasons.map(({ because }) => because);
  const named = rules.slice(0, 3).map((rule) => quoted(rule));
  const by =
    rules.length === 0
      ? 'an order of a person'
      : `the policy's ${named.length === 1 ? 'rule' : 'rules'} ${named.join(', ')}`;
  const halted =
    placeOf(facts.hold) === 'inside' || facts.hold.status === 'pending' ? 'The halt was asked for' : 'It was halted';
  const reported = facts.hold.evidence === 'ordered' ? `It was ${reportedBy(facts)}. ` : '';
  return `${reported}${halted} by ${by}.`;
}

/** Tells the author that they cannot let their own change go; null for everybody else. */
export function ownRelease(facts: BriefFacts): string | null {
  return authorOf(facts)?.id === facts.person.id
    ? 'You wrote this change, so the vote to let it go is for somebody else.'
    : null;
}
