import { inspect } from 'node:util';
import { withoutSecrets } from '../../lib/aws/log.ts';
import { visible } from './terminal.ts';

/** Something that a person mends. Its message is one sentence that says what is wrong and what to do. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** A command line that asks for what cannot be. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** How the process ends after an error: its exit code, and what it says on stderr. A stack only where we are to blame. */
export function exitOf(error: unknown): { readonly code: 1 | 2; readonly says: string } {
  if (error instanceof UsageError) return { code: 2, says: printable(error.message) };
  if (error instanceof Error && mended.has(error.name)) return { code: 1, says: printable(error.message) };
  const said = error instanceof Error ? awsSentence(error) : null;
  if (said !== null) return { code: 1, says: printable(said) };
  return { code: 1, says: `stopship broke, which is a mistake of ours:\n${printable(inspect(error))}` };
}

/** Errors whose messages are sentences for people. By name, so that their modules stay unloaded until needed. */
const mended: ReadonlySet<string> = new Set(['Failure', 'SetupError', 'PolicyError', 'LedgerConflict']);

/** What the AWS SDK threw, as a sentence; null when it is not from there. */
function awsSentence(error: Error): string | null {
  if (error.name === 'CredentialsProviderError') {
    return 'No AWS credentials were found: sign in, or name a profile with AWS_PROFILE.';
  }
  if (error.message === 'Region is missing') return 'No AWS Region was found: name one with AWS_REGION.';
  if ('code' in error && error.code === 'ECONNREFUSED')
    return 'The service does not answer: is the runtime still running?';
  if (error.name === 'ResourceNotFoundException') return `AWS knows no such resource: ${error.message}.`;
  return '$metadata' in error ? `AWS refused (${error.name}): ${error.message}` : null;
}

/** An error of what goes on in the background, as one line. */
export function lineOf(error: unknown): string {
  return visible(withoutSecrets(error instanceof Error ? error.message : String(error)));
}

function printable(text: string): string {
  return withoutSecrets(text).split('\n').map(visible).join('\n');
}
