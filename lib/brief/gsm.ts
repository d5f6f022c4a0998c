import { asciiOf, harmless } from './plain.ts';

/** Septets that one part of a text message holds in the GSM 7-bit alphabet. @see 3GPP TS 23.038 */
export const smsSeptets = 160;
/** UTF-16 units that one part holds where a character is outside of that alphabet. */
export const smsUnits = 70;

/** How many parts a text takes: phones send and operators charge each by itself. The empty text takes one. */
export function smsParts(text: string): number {
  const septets = septetsOf(text);
  const [length, one, ofMany] = septets === null ? [text.length, smsUnits, 67] : [septets, smsSeptets, 153];
  return length <= one ? 1 : Math.ceil(length / ofMany);
}

/** Septets of a text in the GSM alphabet, where some characters count twice; null when one is outside of it. */
export function septetsOf(text: string): number | null {
  const counts = [...text].map((character) => (basic.has(character) ? 1 : extended.has(character) ? 2 : null));
  return counts.reduce<number | null>((sum, count) => (sum === null || count === null ? null : sum + count), 0);
}

/** Text in the part of the GSM alphabet whose characters count once; the others become their likeness. */
export function gsmOf(text: string): string {
  return asciiOf(harmless(text)).replace(/[[\]{}\\|^~`]/g, (character) => likeness[character] ?? '');
}

const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑܧ¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const extended = new Set('\f^{}\\[~]|€');

const likeness: Readonly<Record<string, string>> = {
  '[': '(',
  ']': ')',
  '{': '(',
  '}': ')',
  '\\': '/',
  '|': '/',
  '^': '',
  '~': '-',
  '`': "'",
};
