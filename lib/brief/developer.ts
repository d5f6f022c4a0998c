import { type Block, text } from './email.ts';
import { authorOf, type BriefFacts, releaseName, whoIs } from './facts.ts';
import { flawOf, placesOf } from './flaw.ts';
import { disagreementOf, rulesOf, wouldNotHalt } from './grounds.ts';
import { linkTo, onlyYou, openingOf } from './opening.ts';
import { byWhen, planOf, rollBackOf, silenceOf, workaroundOf } from './options.ts';
import { whereFrom } from './origin.ts';
import { likelihoodOf, ratingHistory, reportedBy, unknownsOf } from './risk.ts';

/** For the development lead: why the rating is what it is, where the flaw sits, the plan, and what to do when it is wrong. */
export function developerBrief(facts: BriefFacts): readonly Block[] {
  return [
    ...openingOf(facts, `Please confirm or change the plan, or dispute the score, ${byWhen(facts)}.`),
    text(disagreementOf(facts), flawOf(facts), likelihoodOf(facts.hold)),
    text(...whereFrom(facts)),
    text(
      ratingHistory(facts) ??
        `Nobody has rated it otherwise${facts.hold.evidence === 'ordered' ? '' : ` since it was ${reportedBy(facts)}`}.`,
      rulesOf(facts),
      wouldNotHalt(facts),
    ),
    { kind: 'points', intro: 'Where it is:', items: placesOf(facts) },
    { kind: 'points', intro: 'Fixing it now against taking it out until next sprint:', items: waysOf(facts) },
    text(
      `If the score is wrong, dispute it through your link with the vector that you hold right and the reason: ${whoIs(facts, 'security')} confirms or refuses it, and both ratings stay on the record.`,
    ),
    ...linkTo(facts, 'Dispute, plan, or ask for time', onlyYou(facts)),
    text(silenceOf(facts)),
    text(unknownsOf(facts.hold, 3)),
  ];
}

function waysOf(facts: BriefFacts): readonly string[] {
  const workaround = workaroundOf(facts);
  return [
    `Fix: ${planOf(facts)}.`,
    rollBackOf(facts),
    workaround === null
      ? 'Workaround: none is named yet; one that you know would let the rest ship.'
      : `Workaround: ${workaround}.`,
    authorLine(facts),
  ].filter((each) => each !== null);
}

function authorLine(facts: BriefFacts): string | null {
  const { release } = facts.hold;
  const author = authorOf(facts);
  if (release === null || author?.id !== facts.person.id) return null;
  return `Release ${releaseName(release)} carries your change, so somebody else votes to let it go.`;
}
