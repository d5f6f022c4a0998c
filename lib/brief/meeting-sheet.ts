import { type Block, emailOf, text } from './email.ts';
import type { BriefFacts } from './facts.ts';
import { flawOf, placesOf } from './flaw.ts';
import { disagreementOf, groundsOf } from './grounds.ts';
import { type Objection, objectionsTo } from './objections.ts';
import { byWhen, decidedSoFar, decidersOf, endInWords, launchOf, planOf } from './options.ts';
import { loweringInWords, originInWords } from './origin.ts';
import { capital, harmless } from './plain.ts';
import { ratingHistory, unknownsOf } from './risk.ts';
import { originOf, problemOf, reachOf, standingOf } from './standing.ts';
import { moment } from './time.ts';
import { optionsOf } from './ways-in-words.ts';

/** One page for the room: each section is read aloud from its heading on. */
export type MeetingSheet = {
  readonly title: string;
  readonly sections: readonly SheetSection[];
  /** None of a hold that is over. */
  readonly objections: readonly Objection[];
};

/** A part of the sheet with its heading. */
export type SheetSection = { readonly heading: string; readonly blocks: readonly Block[] };

/**
 * The sheet for the meeting about one hold: how it stands, the assessment, the ways forward, and each objection of the people
 * in the room with its answer from this hold's facts. It carries no link: paper goes from hand to hand. Facts about nobody in
 * particular, so that nobody in the room is "you". Of a hold that is over it says how it stands.
 */
export function meetingSheetOf(facts: BriefFacts): MeetingSheet {
  const { hold, now, zone } = facts;
  const title = `${capital(hold.service)} before ${hold.stage.stage}: hold ${hold.code}, as of ${moment(now, zone, hold.openedAt)}`;
  const sections: readonly SheetSection[] = [
    { heading: 'How it stands', blocks: standing(facts) },
    { heading: 'The assessment', blocks: assessment(facts) },
    { heading: 'The ways forward', blocks: waysForward(facts) },
  ];
  return {
    title,
    sections: hold.status === 'closed' ? sections.slice(0, 2) : sections,
    objections: objectionsTo(facts),
  };
}

/** The sheet as plain text of 76 columns, for a printer or a terminal. */
export function sheetText({ title, sections, objections }: MeetingSheet): string {
  const parts = [...sections, ...objections.map(answered)].map(
    ({ heading, blocks }) => `${underlined(harmless(heading), '-')}\n\n${emailOf(blocks)}`,
  );
  return `${underlined(harmless(title), '=')}\n\n${parts.join('\n')}`;
}

function answered({ who, says, answer }: Objection): SheetSection {
  return { heading: `${who}: "${says}"`, blocks: [text(answer)] };
}

function standing(facts: BriefFacts): readonly Block[] {
  const { hold } = facts;
  return [
    text(`${capital(standingOf(hold))}, for ${problemOf(hold)}.`, ...reachOf(hold, 'plain')),
    text(originInWords(originOf(hold), facts), loweringInWords(originOf(hold))),
    text(
      decidedSoFar(facts) ??
        (hold.status === 'closed' ? null : `${capital(decidersOf(facts))} decides ${byWhen(facts)}.`),
      hold.status === 'closed' ? null : `${capital(endInWords(facts))} (${planOf(facts)}).`,
      launchOf(facts),
    ),
  ];
}

function assessment(facts: BriefFacts): readonly Block[] {
  return [
    text(flawOf(facts), disagreementOf(facts)),
    text(ratingHistory(facts)),
    { kind: 'points', intro: 'It rests on:', items: groundsOf(facts) },
    { kind: 'points', intro: 'Where it is:', items: placesOf(facts) },
    text(unknownsOf(facts.hold, 6)),
  ];
}

function waysForward(facts: BriefFacts): readonly Block[] {
  return [{ kind: 'options', intro: 'Side by side:', items: optionsOf(facts) }];
}

function underlined(heading: string, mark: string): string {
  return `${heading}\n${mark.repeat(Math.min(heading.length, 76))}`;
}
