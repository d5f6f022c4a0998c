import type { Hold, Rating } from '../hold/hold.ts';
import { changesBetween } from '../risk/difference.ts';
import { type BriefFacts, whom } from './facts.ts';
import { noFigureFor, percent } from './likelihood.ts';
import { quoted } from './plain.ts';
import { moment } from './time.ts';

/** Days that "ship now and patch later" is reckoned with. */
export const patchLaterDays = 3;

/** The score in force with its meaning: `9.2 of 10, Critical`. */
export function scoreOf(hold: Hold): string {
  const rating = hold.ratings.at(-1);
  return scoreInWords(rating?.score ?? hold.assessment.score, rating?.severity ?? hold.assessment.severity);
}

/** A score with its meaning, also where number or label is missing. */
export function scoreInWords(score: number | null, severity: string | null): string {
  const label = severity === null ? null : `${severity.charAt(0).toUpperCase()}${severity.slice(1)}`;
  if (score !== null) return `${score.toFixed(1)} of 10${label === null ? '' : `, ${label}`}`;
  return label === null ? 'not rated by anybody yet' : `${label}, without a number`;
}

/** How likely exploitation is, with its window and its source, or that no figure exists. */
export function likelihoodOf(hold: Hold): string {
  const { epss, knownExploited, exploitAvailable } = hold.assessment.threat;
  const known =
    knownExploited === true
      ? ' It is known to be exploited already (listed by CISA, the US agency that keeps the catalogue).'
      : knownExploited === false
        ? ' It is not in the catalogue of flaws known to be exploited.'
        : '';
  const code = exploitAvailable === true ? ' Code that exploits it is public.' : '';
  if (epss === null) return `Chance that it is exploited: not known; ${noFigureFor(hold.problem)}.${known}${code}`;
  return `Chance that it is exploited somewhere within 30 days: ${percent(epss)} (estimate published as EPSS).${known}${code}`;
}

/**
 * The chance of exploitation in a shorter window than the 30 days of EPSS, supposing that it is as likely every day;
 * null without a figure.
 */
export function chanceWithin(days: number, hold: Hold): string | null {
  const { epss } = hold.assessment.threat;
  return epss === null ? null : percent(1 - (1 - epss) ** (days / 30));
}

/** How the rating came to be: the initial one beside the one in force and the reason. Null while there was one only. */
export function ratingHistory(facts: BriefFacts): string | null {
  const [first, last] = [facts.hold.ratings[0], facts.hold.ratings.at(-1)];
  if (first === undefined || last === undefined || first === last) return null;
  const changes = (changesBetween(first.vector, last.vector) ?? []).map(
    ({ before, after }) => `it was thought that it ${before}; it ${after}`,
  );
  const why = changes.length === 0 ? '' : ` What changed: ${changes.slice(0, 3).join('; ')}.`;
  return `First rated ${ratedAs(facts, first)}. Now ${ratedAs(facts, last)}.${why}${reasonOf(last)}`;
}

/** What is not known, in plain words: the unknowns of the assessment and what nobody can read off a scan. */
export function unknownsOf(hold: Hold, most: number): string {
  const unknowns = hold.outlook?.unknowns ?? hold.assessment.unknowns;
  const known = hold.evidence === 'ordered' ? ['severity'] : [];
  const data = [
    ...new Set(unknowns.filter(({ datum }) => !known.includes(datum)).map(({ datum }) => datumInWords(datum))),
  ];
  const named = data.slice(0, most);
  const more = data.length > most ? [`and ${data.length - most} more, on the page`] : [];
  return `Not known: ${['whether it has been used against us (no scan tells that)', ...named, ...more].join('; ')}.`;
}

/** A datum of an assessment as people say it; one that is not in the list keeps its name. */
export function datumInWords(datum: string): string {
  return new Map<string, string>(Object.entries(dataInWords)).get(datum) ?? datum;
}

const dataInWords = {
  vector: 'what exactly the score rests on',
  score: 'its score',
  severity: "the scanner's own label",
  epss: 'the published estimate of exploitation within 30 days (EPSS)',
  knownExploited: 'whether it is on the list of known exploited flaws (KEV)',
  exploitAvailable: 'whether a public exploit exists',
  fix: 'whether a fixed version exists',
  ecosystem: 'which kind of package it is in',
  introduced: 'whether this release introduces it',
  service: 'which service it threatens',
} as const;

/** Who found it, and when: a person by name, or the scanner. */
export function reportedBy(facts: BriefFacts): string {
  const { hold, zone, now } = facts;
  const author = hold.reportedBy ?? hold.ratings[0]?.author ?? 'a scanner';
  const verb = hold.evidence === 'ordered' ? 'reported by' : 'found by';
  return `${verb} ${whom(facts, author)}, ${moment(hold.openedAt, zone, now)}`;
}

function ratedAs(facts: BriefFacts, rating: Rating): string {
  return `${scoreInWords(rating.score, rating.severity)} (${whom(facts, rating.author)}, ${moment(rating.at, facts.zone, facts.now)})`;
}

function reasonOf(rating: Rating): string {
  return rating.reason === '' ? '' : ` Reason given: ${quoted(rating.reason, 240)}.`;
}
