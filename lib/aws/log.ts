/** Event of the log that says NOT HALTED: an open hold whose transition does not read disabled. */
export const notHaltedEvent = 'stage.not-halted';

/**
 * Writes one line of the log: an event of the glossary and the error's name and message. Never a link, a token or an event
 * as it came; line breaks and other control characters cannot forge a second line.
 */
export function report(event: string, error: unknown): void {
  const { name, message } = error instanceof Error ? error : { name: 'unknown', message: '' };
  const safe = message.replace(/ss1\.[A-Za-z0-9_.-]+/g, 'ss1.…').slice(0, 500);
  process.stderr.write(`${JSON.stringify({ level: 'error', event, name, message: safe })}\n`);
}
