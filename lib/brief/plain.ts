import { untrusted } from '../finding/untrusted.ts';

/**
 * One line that no mail program and no phone makes a link of: compatibility forms folded, control characters gone,
 * schemes and host names broken up as `http[:]//evil[.]example`. For every text in a message but the address of our link.
 */
export function harmless(text: string, max: number = lineMax): string {
  return untrusted(text.normalize('NFKC').replace(/[。｡]/gu, '.'), max)
    .replace(/:(?=\/\/)/g, '[:]')
    .replace(/\b(mailto|tel|sms|data|file|javascript|vbscript|callto|facetime):(?=\S)/giu, '$1[:]')
    .replace(/\bwww\.\S+/giu, withoutDots)
    .replace(afterMark, withoutDots)
    .replace(beforePath, withoutDots)
    .replace(knownEnding, withoutDots);
}

/** Somebody else's words inside our sentence: in quotation marks that they cannot close, at most `max` characters. */
export function quoted(text: string, max: number = quoteMax): string {
  return `"${untrusted(text, max).replace(/["“”„‟«»＂]/gu, "'")}"`;
}

/** Printable ASCII: accents taken off, quotation marks and dashes made plain, what has no likeness a single `?`. */
export function asciiOf(text: string): string {
  return [...text]
    .map((character) => likeness[character] ?? character)
    .join('')
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^\x20-\x7e]+/gu, '?');
}

/** The text cut to `max` characters at a word where one is near, with `...` to say so. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  if (max <= 3) return '';
  const head = text.slice(0, max - 3);
  const space = head.lastIndexOf(' ');
  return `${(space > head.length * 0.6 ? head.slice(0, space) : head).trimEnd()}...`;
}

/** Words from a part of stopship as one sentence of at most `max` characters. */
export function sentence(text: string, max = 240): string {
  return `${capital(untrusted(text, max)).replace(/[.\s]+$/, '')}.`;
}

/** Capital first letter, for a sentence that begins with a fact. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function withoutDots(host: string): string {
  return host.replace(/\.(?=[\p{L}\p{N}])/gu, '[.]');
}

const lineMax = 2000;
const quoteMax = 120;

const likeness: Readonly<Record<string, string>> = {
  '–': '-',
  '—': '-',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '…': '...',
  '€': 'EUR',
  ß: 'ss',
  ø: 'o',
  Ø: 'O',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  ı: 'i',
};

/** After `//` and `@` every dot is one of a host. */
const afterMark = /(?<=\/\/|@)\S+/gu;
const beforePath = /(?<![\p{L}\p{N}_-])[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*\.\p{L}{2,}(?=[/?#]|:\d)/gu;
// Endings that mail programs link by themselves; those of a package or file name (`log4j.core`, `session.ts`) are not among them.
const knownEnding =
  /(?<![\p{L}\p{N}_-])[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*\.(?:com|net|org|info|biz|io|dev|app|co|me|tv|cc|xyz|top|site|online|shop|club|live|link|click|page|web|cloud|ly|gl|gd|to|uk|us|de|fr|es|it|pt|nl|be|ch|at|eu|pl|ru|cn|in|br|jp|au|ca|gov|edu|mil|int|zip|mov|ai|example|test)(?![\p{L}\p{N}_-])/giu;
