/** Brackets that may be open at once in a text that is read. A real finding has about 20, and wrappers add to that. */
export const bracketsMax = 1000;

/** Characters from which on a text is looked at: what is shorter costs little, however deep it is. */
const lookedAtFrom = 1_000_000;

/**
 * Whether a long text opens more brackets within each other than a finding can have. Looked at before it is parsed, since ten
 * million of them are a gigabyte and ten seconds. Whether the text is JSON at all is not asked.
 */
export function isTooDeep(text: string): boolean {
  if (text.length < lookedAtFrom) return false;
  let depth = 0;
  for (let at = 0; at < text.length && depth <= bracketsMax; at += 1) {
    const character = text.charCodeAt(at);
    if (character === quote) at = endOfString(text, at);
    else if (character === brace || character === bracket) depth += 1;
    else if (character === closingBrace || character === closingBracket) depth -= 1;
  }
  return depth > bracketsMax;
}

/** Where the text that begins at a quote ends: at its closing quote, or behind the end when it has none. */
export function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1;
  return at;
}

/** Characters that give JSON its structure, by their codes. */
export const [quote, backslash, comma, lineBreak] = [0x22, 0x5c, 0x2c, 0x0a];
export const [brace, closingBrace, bracket, closingBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
