import { z } from 'zod';

/**
 * Text that a stranger wrote: one line, NFC, capped, without control, bidi or zero-width characters.
 * It is not escaped: each sink (HTML, mail, SMS, terminal, Markdown, CSV, log) escapes what it prints.
 */
export type Untrusted = z.infer<typeof Untrusted>;
export const Untrusted = z.string().brand<'Untrusted'>();

/** Characters kept of one text from outside; longer text ends in an ellipsis. */
export const untrustedMax = 1000;

/** Cleans text from outside. Never throws: what is no text becomes the empty text. Cleaning twice changes nothing. */
export function untrusted(text: unknown, max: number = untrustedMax): Untrusted {
  const clean = typeof text === 'string' ? cleaned(text, max) : '';
  // Always true: it gives the brand without the price of a schema, which intake pays fifty times a finding.
  return isClean(clean) ? clean : Untrusted.parse(clean);
}

function isClean(text: string): text is Untrusted {
  return typeof text === 'string';
}

function cleaned(text: string, max: number): string {
  const near = text.length > max * 4 ? text.slice(0, max * 4) : text;
  if (near.length <= max && printable.test(near) && !near.includes('  ')) return near.trim();
  const flat = near.replace(blanks, ' ').trim();
  if (printable.test(flat)) return flat.length > max ? `${flat.slice(0, max - 1)}…` : flat;
  const clean = flat
    .replace(invisible, '')
    // Only now: a character taken out may have stood between a letter and its accent, or between two blanks.
    .normalize('NFC')
    .replace(/ {2,}/g, ' ')
    .trim();
  if (clean.length <= max) return clean;
  const points = [...clean];
  return points.length > max ? `${points.slice(0, max - 1).join('')}…` : clean;
}

/** Most text is printable ASCII, of which only blanks need a look. */
const printable = /^[ -~]*$/;

/** Every run of blanks but a single space, which most are and which needs no work. */
const blanks = /[^\S ]\s*| \s+/g;

// Control (Cc), format (Cf: bidi, zero-width, tags), surrogate (Cs), private use (Co), noncharacters (XML forbids them),
// line and paragraph separators, fillers that print as nothing, and variation selectors, which can carry hidden text.
const invisible =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\u2028\u2029\u115F\u1160\u3164\uFFA0\u2800\u034F\u17B4\u17B5\u180B-\u180F\uFE00-\uFE0F\u{E0100}-\u{E01EF}]/gu;
