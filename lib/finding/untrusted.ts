import { z } from 'zod';

/**
 * Text that a stranger wrote: one line, NFC, capped, without control, bidi or zero-width characters.
 * It is not escaped: each sink (HTML, mail, SMS, terminal, Markdown, CSV, log) escapes what it prints.
 */
export type Untrusted = z.infer<typeof Untrusted>;
export const Untrusted = z.string().brand<'Untrusted'>();

/** Characters kept of one text from outside; longer text ends in an ellipsis. */
export const untrustedMax = 1000;

/** Cleans text from outside. Never throws: what is no text becomes the empty text. */
export function untrusted(text: unknown, max: number = untrustedMax): Untrusted {
  if (typeof text !== 'string') return Untrusted.parse('');
  const clean = text
    .slice(0, max * 4)
    .normalize('NFC')
    .replace(/\s+/gu, ' ')
    .replace(invisible, '')
    .trim();
  const points = [...clean];
  return Untrusted.parse(points.length > max ? `${points.slice(0, max - 1).join('')}…` : clean);
}

// Control (Cc), format (Cf: bidi, zero-width, tags), surrogate (Cs), private use (Co), and the line and paragraph separators.
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029\u115F\u1160\u3164\uFFA0\u034F\u17B4\u17B5\uFE00-\uFE0F]/gu;
