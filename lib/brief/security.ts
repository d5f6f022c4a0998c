import { needsCircumstances } from './attack.ts';
import { type Block, text } from './email.ts';
import { type BriefFacts, whom } from './facts.ts';
import { flawOf, placesOf } from './flaw.ts';
import { disagreementOf, groundsOf } from './grounds.ts';
import { linkTo, onlyYou, openingOf } from './opening.ts';
import { byWhen, decidersOf, endInWords, planOf, readyAt, silenceOf } from './options.ts';
import { loweringInWords, originInWords } from './origin.ts';
import { ownRelease } from './release-manager.ts';
import { ratingHistory, reportedBy, unknownsOf } from './risk.ts';
import { originOf } from './standing.ts';

/** For the security engineer: an assessment that stands up in a room full of people under deadline. */
export function securityBrief(facts: BriefFacts): readonly Block[] {
  const { hold } = facts;
  return [
    ...openingOf(facts, taskOf(facts)),
    text(disagreementOf(facts), flawOf(facts), circumstances(facts)),
    // Security also reads why it is not known.
    text(originInWords(originOf(hold), facts), loweringInWords(originOf(hold))),
    { kind: 'points', intro: `What the verdict rests on (${reportedBy(facts)}):`, items: groundsOf(facts) },
    {
      kind: 'points',
      intro: `Where it is (${hold.findings === 1 ? 'one finding' : `${hold.findings} findings`}):`,
      items: placesOf(facts),
    },
    text(ratingHistory(facts)),
    text(unknownsOf(hold, 5)),
    text(
      readyAt(facts) === null ? `Plan: ${planOf(facts)}.` : `Plan: ${planOf(facts)}; ${endInWords(facts)}.`,
      'A workaround needs your vote as well. Your link also lets you rate it anew and change the plan.',
      ownRelease(facts),
    ),
    ...linkTo(facts, 'Decide', onlyYou(facts)),
    text(silenceOf(facts)),
  ];
}

function taskOf(facts: BriefFacts): string {
  const { dispute } = facts.hold;
  return dispute?.state === 'open'
    ? `Please confirm or refuse the severity that ${whom(facts, dispute.author)} brought, ${byWhen(facts)}; until then nothing changes.`
    : `Please check the assessment; ${decidersOf(facts)} or you decide ${byWhen(facts)}.`;
}

function circumstances(facts: BriefFacts): string | null {
  const vector = facts.hold.ratings.at(-1)?.vector ?? null;
  return needsCircumstances(vector)
    ? 'The attack needs circumstances that the attacker cannot bring about alone.'
    : null;
}
