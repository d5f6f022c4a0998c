import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { FindingId } from './finding.ts';
import { untrusted, untrustedMax } from './untrusted.ts';

/**
 * The finding's identity: the first id that the scanner gave. Null when there is none. An id too long to keep ends in the
 * hash of the whole, so that two of them never become one.
 */
export function findingIdOf(...ids: readonly unknown[]): FindingId | null {
  for (const id of ids) {
    const clean = untrusted(id, idMax);
    const short = clean.length > untrustedMax ? shortened(String(id)) : clean;
    if (isFindingId(short)) return short;
  }
  return null;
}

function isFindingId(text: string): text is FindingId {
  return text !== '';
}

/** The Inspector ARN within an id of Security Hub, which puts its own product before it. */
export function inspectorArnIn(id: string): string | null {
  return id.length > arnMax ? null : (inspectorArn.exec(id)?.[0] ?? null);
}

const inspectorArn = /arn:[\w-]+:inspector2:[^\s]*:finding\/[^\s]+$/;
const arnMax = 2048;
const idMax = 100_000;

function shortened(id: string): string {
  return `${untrusted(id, 900)} sha256:${bytesToHex(sha256(utf8ToBytes(id)))}`;
}
