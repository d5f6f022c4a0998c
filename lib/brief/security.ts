import { needsCircumstances } from './attack.ts';
import { type Block, text } from './email.ts';
import type { BriefFacts } from './facts.ts';
import { flawOf, placesOf } from './flaw.ts';
import { linkTo, onlyYou, openingOf } from './opening.ts';
import { byWhen, decidersOf, endInWords, planOf, readyAt, silenceOf } from './options.ts';
import { ownRelease, rulesOf } from './release-manager.ts';
import { likelihoodOf, ratingHistory, reportedBy, unknownsOf } from './risk.ts';

/** For the security engineer: an assessment that stands up in a room full of people under deadline. */
export function securityBrief(facts: BriefFacts): readonly Block[] {
  const { hold } = facts;
  return [
    ...openingOf(facts, `Please check the assessment; ${decidersOf(facts)} or you decide ${byWhen(facts)}.`),
    text(flawOf(facts), circumstances(facts)),
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
      'A workaround needs your vote as well.',
      ownRelease(facts),
    ),
    ...linkTo(facts, 'Decide', onlyYou(facts)),
    text(silenceOf(facts)),
  ];
}

function circumstances(facts: BriefFacts): string | null {
  const vector = facts.hold.ratings.at(-1)?.vector ?? null;
  return needsCircumstances(vector)
    ? 'The attack needs circumstances that the attacker cannot bring about alone.'
    : null;
}

function groundsOf(facts: BriefFacts): readonly string[] {
  const { hold, service } = facts;
  const { assessment } = hold;
  const vector = hold.ratings.at(-1)?.vector ?? assessment.cvss?.vector ?? null;
  return [
    vector === null
      ? 'No usable vector: the severity is the label that came with the report.'
      : `Vector (CVSS, the common scoring of flaws): ${vector}`,
    assessment.disagreement === null ? null : `Sources disagree: ${assessment.disagreement}`,
    likelihoodOf(hold),
    `Priority by the SSVC tree (a public decision tree for patching): ${assessment.ssvc.decision}, with exploitation ${assessment.ssvc.exploitation}, exposure ${assessment.ssvc.exposure}, harm to people ${assessment.ssvc.humanImpact}.`,
    `${service.name}: exposure ${service.exposure}, data ${service.dataClass}, criticality ${service.criticality}.`,
    ...assessment.factors.slice(0, 6).map(({ name, value, source }) => `${name}: ${value} (${source})`),
    rulesOf(facts),
  ].filter((each) => each !== null);
}
