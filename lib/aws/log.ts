/** Event of the log that says NOT HALTED: an open hold whose transition does not read disabled. */
export const notHaltedEvent = 'stage.not-halted';
/** Event of the log that says that the list of known exploited vulnerabilities is as of now. */
export const kevReadEvent = 'kev.read';

/** Writes one line of the log that is no failure: an event of the glossary and its facts, which are our own. */
export function note(event: string, facts: { readonly [fact: string]: string | number }): void {
  process.stderr.write(`${JSON.stringify({ level: 'info', event, ...facts })}\n`);
}

/**
 * Writes one line of the log: an event of the glossary and the error's name and message. Never a link, a token or an event
 * as it came; line breaks and other control characters cannot forge a second line.
 */
export function report(event: string, error: unknown): void {
  const { name, message } = error instanceof Error ? error : { name: 'unknown', message: '' };
  const safe = message.replace(/ss1\.[A-Za-z0-9_.-]+/g, 'ss1.…').slice(0, 500);
  process.stderr.write(`${JSON.stringify({ level: 'error', event, name, message: safe })}\n`);
}
