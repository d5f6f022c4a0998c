import { type Block, text } from './email.ts';
import { type BriefFacts, isViewOnly } from './facts.ts';
import { flawInPlainWords } from './flaw.ts';
import { linkTo, newsOf, onlyYou } from './opening.ts';
import { capital } from './plain.ts';
import { scoreOf } from './risk.ts';
import { problemOf } from './standing.ts';

/** Further holds of the same stage that a message speaks of, each in a few lines with the person's link to it. */
export function othersOf(others: readonly BriefFacts[]): readonly Block[] {
  const [first] = others;
  if (first === undefined) return [];
  const stage = first.hold.stage.stage;
  const intro =
    others.length === 1
      ? `One more problem is news before ${stage}. It is decided by itself:`
      : `${others.length} more problems are news before ${stage}. Each is decided by itself:`;
  return [text(intro), ...others.flatMap(other)];
}

function other(facts: BriefFacts): readonly Block[] {
  const { hold, occasion, role } = facts;
  if (hold.status === 'closed') return [text(`${capital(problemOf(hold))}: this one is over.`)];
  const score = isViewOnly(role) ? '' : ` (${scoreOf(hold)})`;
  const what = `${capital(problemOf(hold))}${score}: ${flawInPlainWords(facts)}.`;
  return [
    text(what, occasion.kind === 'opened' ? null : newsOf(facts, occasion)),
    ...(isViewOnly(role) ? linkTo(facts, 'Progress', 'view only') : linkTo(facts, 'Decide', onlyYou(facts))),
  ];
}
