import type { Instant } from '../finding/instant.ts';
import type { Origin } from '../hold/origin.ts';
import type { Named } from '../risk/origin.ts';
import type { BriefFacts } from './facts.ts';
import { quoted } from './plain.ts';
import { isUntouched, originOf } from './standing.ts';
import { moment } from './time.ts';

/** Where and when times are told. */
type Frame = { readonly zone: string; readonly now: Instant };

/**
 * What whoever decides needs of where the flaw comes from: whether this release introduces it or production has it already, and
 * whether the release lowers the risk there. Sentences; nothing of another release than the one that is held now.
 */
export function whereFrom({ hold, role, zone, now }: BriefFacts): readonly string[] {
  const origin = originOf(hold);
  if (origin === null || origin.introduced === null) return [];
  // The first lines have said that what runs is untouched; whose change it is about reads what that rests on.
  const isSaid = isUntouched(hold) && role !== 'developer';
  return [isSaid ? null : originInWords(origin, { zone, now }), loweringInWords(origin)].filter(
    (sentence) => sentence !== null,
  );
}

/** The same for who only looks: nothing but that the release would make production safer, which is why it may be missed. */
export function saferWithIt({ hold }: BriefFacts): string | null {
  return loweringInWords(originOf(hold)) === null
    ? null
    : 'This release would also mend a worse flaw that runs today; whether it may pass for that is decided by name.';
}

/** Whether the release that is held introduces the problem, or why that is not known, as a sentence; null until it was looked at. */
export function originInWords(origin: Origin | null, frame: Frame): string | null {
  if (origin === null) return null;
  if (origin.introduced === null) return `Whether this release introduces it is not known: ${origin.because}.`;
  const { brings, shares, since } = origin.comparison;
  const before = since === null ? 'already in production' : `already in production since ${day(since, frame)}`;
  if (!origin.introduced) return `This release does not introduce it: it is ${before}.`;
  const scanned = `production, scanned ${moment(origin.scannedAt, frame.zone, frame.now)}`;
  if (shares.length === 0) return `This release introduces it: ${scanned}, does not show it.`;
  return `This release introduces ${namesOf(brings)}, which ${scanned}, does not show; ${namesOf(shares)} ${shares.length === 1 ? 'is' : 'are'} ${before}.`;
}

/** That the release lowers the risk in production, as two sentences; null when it does not, or nobody knows. */
export function loweringInWords(origin: Origin | null): string | null {
  if (origin === null || origin.introduced === null || !origin.comparison.lowersRisk) return null;
  const { removesWorst, addsWorst } = origin.comparison;
  if (removesWorst === null) return null;
  const adds = addsWorst === null ? 'adds none' : `the worst that it adds is ${nameOf(addsWorst)}`;
  return `This release lowers the risk: it takes ${nameOf(removesWorst)} out of production, and ${adds}. Whether it may pass is a person's decision all the same.`;
}

function namesOf(weaknesses: readonly Named[]): string {
  const [first, ...rest] = weaknesses.slice(0, namedMax).map(nameOf);
  const more = weaknesses.length > namedMax ? ` and ${weaknesses.length - namedMax} more` : '';
  return `${[first, ...rest].join(', ')}${more}`;
}

const namedMax = 3;

/** A public id as it is; any other name is a stranger's words. */
function nameOf({ name, score }: Named): string {
  const safe = /^(CVE|GHSA|ALAS)[\w-]{3,40}$/i.test(name) ? name : quoted(name, 60);
  return `${safe} (${score === null ? 'no score' : score.toFixed(1)})`;
}

/** `3 Nov`, with the year when it is not this one. */
function day(at: Instant, { zone, now }: Frame): string {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, day: 'numeric', month: 'short', year: 'numeric' });
  const [dayOf = '', month = '', year = ''] = format.format(new Date(at)).split(' ');
  return now.startsWith(year) ? `${dayOf} ${month}` : `${dayOf} ${month} ${year}`;
}
