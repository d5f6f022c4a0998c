import { jsonLine } from '../finding/json-line.ts';

/** Event of the log that says NOT HALTED: an open hold whose transition does not read disabled. */
export const notHaltedEvent = 'stage.not-halted';
/** Event of the log that says that the list of known exploited vulnerabilities is as of now. */
export const kevReadEvent = 'kev.read';

/** Writes one line of the log that is no failure: an event of the glossary and its facts, which are our own. */
export function note(event: string, facts: { readonly [fact: string]: string | number }): void {
  process.stderr.write(`${jsonLine({ level: 'info', event, ...facts })}\n`);
}

/**
 * Writes one line of the log: an event of the glossary, the error's name and message, and facts which are our own, without
 * what opens anything.
 */
export function report(event: string, error: unknown, facts: { readonly [fact: string]: string } = {}): void {
  const { name, message } = error instanceof Error ? error : { name: 'unknown', message: '' };
  const safe = { name: withoutSecrets(name).slice(0, 100), message: withoutSecrets(message).slice(0, 500) };
  process.stderr.write(`${jsonLine({ level: 'error', event, ...facts, ...safe })}\n`);
}

/**
 * Writes one line of the log that CloudWatch makes metrics of by itself.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function measure(event: string, counts: { readonly [metric: string]: number }, at: number): void {
  const Metrics = Object.keys(counts).map((Name) => ({ Name, Unit: 'Count' }));
  const _aws = { Timestamp: at, CloudWatchMetrics: [{ Namespace: 'stopship', Dimensions: [[]], Metrics }] };
  process.stdout.write(`${JSON.stringify({ _aws, level: 'info', event, ...counts })}\n`);
}

/**
 * An error to throw in place of another: Lambda writes what is thrown into the log with its trace, and Step Functions into
 * the history of the execution. The name stays, for those who retry by it.
 */
export function safeError(error: unknown): Error {
  const {
    name,
    message,
    stack = '',
  } = error instanceof Error ? error : new Error('something that is no error was thrown');
  return Object.assign(new Error(withoutSecrets(message)), { name, stack: withoutSecrets(stack) });
}

/**
 * Text without what opens anything: links and their selectors, and the addresses of authenticators. Errors of others quote
 * what they were given, such as the mail that could not be sent.
 */
export function withoutSecrets(text: string): string {
  return text
    .replace(/ss1\.[\w.%-]+/gi, 'ss1.…')
    .replace(/LINK#[\w%-]+/gi, 'LINK#…')
    .replace(/otpauth:[^\s"'<>]+/gi, 'otpauth:…');
}
