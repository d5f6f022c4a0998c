import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Hold } from '../hold/hold.ts';

/**
 * Hash of what a person is asked to decide about: the facts on which every choice of the page rests. It goes out with the page,
 * comes back with the vote and stays on the record, so that what was decided on can be shown later.
 */
export function shownHash(hold: Hold, policyHash: string): string {
  const { release, wayBack } = hold;
  const facts = [
    [hold.id, hold.revision, policyHash, hold.service, hold.stageKey],
    [hold.problem.title, hold.problem.vulnerabilities, hold.findings, hold.worst.map(({ id }) => id)],
    hold.ratings.map(({ score, severity, vector, author, reason }) => [score, severity, vector, author, reason]),
    hold.dispute === null ? null : [hold.dispute.vector, hold.dispute.score, hold.dispute.author, hold.dispute.state],
    [hold.plan.fix, hold.plan.test, hold.plan.workaround, hold.plan.owner],
    release === null ? null : [release.executionId, release.digest, release.commit, release.author, release.position],
    wayBack === null ? null : [wayBack.from, wayBack.to?.executionId, wayBack.to?.brings],
  ];
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(facts))));
}
