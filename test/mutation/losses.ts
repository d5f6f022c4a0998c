import type { Reading } from '../../lib/finding/finding.ts';
import { readValue } from '../../lib/finding/read.ts';
import type { PolicyInForce } from '../../lib/policy/policy.ts';
import { clone, type Document, fieldsOf, takeOut } from './documents.ts';
import { halts, judge, unknownsOf } from './judging.ts';

/** A datum whose loss let a finding pass that halted, without a word. */
export type SilentLoss = { readonly document: string; readonly path: string; readonly became: string };

/**
 * Every place of a document of which the loss is a loss of data, and not of the finding itself. A severity that an image scan
 * does not count was not found, so that a count which is gone is no datum that is missing.
 */
export function dataOf({ value, at }: Document): readonly (readonly string[])[] {
  return fieldsOf(value).filter(
    (path) => !path.every((key, index) => at[index] === key) && path.at(-2) !== 'finding-severity-counts',
  );
}

/**
 * What became of a finding that halted, when it lost one datum: null when it halts still, is rejected (which is an alarm) or
 * names something that was known before.
 */
export function silentLoss(document: Document, path: readonly string[], policy: PolicyInForce): SilentLoss | null {
  const [before] = readValue(document.value);
  const value = clone(document.value);
  takeOut(value, path);
  const [after] = readValue(value);
  if (before?.status !== 'finding' || !halts(before, policy) || halts(after, policy) || after?.status === 'rejected')
    return null;
  if (after?.status === 'finding' && after.finding.state === 'open') {
    const known = unknownsOf(before, policy);
    if ([...unknownsOf(after, policy)].some((unknown) => !known.has(unknown))) return null;
  }
  return { document: document.name, path: path.join('.'), became: inWords(after, policy) };
}

function inWords(reading: Reading | undefined, policy: PolicyInForce): string {
  if (reading?.status !== 'finding') return reading === undefined ? 'nothing' : reading.status;
  const { state, kind } = reading.finding;
  return `${judge(reading, policy).verdict.verdict} (${state}, ${kind})`;
}
