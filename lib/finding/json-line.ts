/**
 * A record as one line of JSON that does nothing to a terminal. JSON escapes control characters by itself, but neither
 * U+007F to U+009F, on which terminals act, nor marks that reorder or hide what is read.
 */
export function jsonLine(record: unknown): string {
  return JSON.stringify(record).replace(acting, escapesOf);
}

const acting = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** A character beyond the basic plane is two escapes. */
function escapesOf(character: string): string {
  return Array.from({ length: character.length }, (_, at) => {
    return `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }).join('');
}
