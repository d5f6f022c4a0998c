import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Finding } from '../finding/finding.ts';
import { repositoryOf } from './binding.ts';

/** What one remediation would mend on one stage: its key, and the key's hash (32 hex characters) for the ledger. */
export type ProblemKey = { readonly hash: string; readonly key: string };

/**
 * The problem that a finding reports on a stage: of a package, the package (the first by name, so that a finding is never two
 * problems); of code, detector and file; of a network path, resource and ports; of an image scan, the repository; of posture,
 * control and resource; of a threat, type and resource; of a finding ordered by a person, that order. It does not depend on
 * the dialect.
 */
export function problemOf(finding: Finding, stageKey: string): ProblemKey {
  // As JSON, since no text from outside can then reach over into the next part.
  const key = JSON.stringify([stageKey, ...partsOf(finding)]);
  return { key, hash: bytesToHex(sha256(utf8ToBytes(key))).slice(0, 32) };
}

function partsOf(finding: Finding): readonly string[] {
  if (finding.dialect === 'ordered') return ['ordered', finding.title, finding.id];
  const weakness = finding.vulnerabilityId ?? finding.title;
  switch (finding.kind) {
    case 'package': {
      const [name] = finding.packages.map((pack) => pack.name.toLowerCase()).sort();
      return name === undefined ? ['package', '', weakness] : ['package', name];
    }
    case 'code':
      return ['code', weakness, finding.file ?? resourceOf(finding)];
    case 'network':
      return ['network', resourceOf(finding), finding.ports ?? ''];
    case 'image-scan':
      return ['image-scan', repositoryOf(resourceOf(finding))];
    case 'posture':
    case 'threat':
      return [finding.kind, weakness, resourceOf(finding)];
    default:
      return finding.kind satisfies never;
  }
}

// The first by name: dialects list the same resources in different order.
function resourceOf(finding: Finding): string {
  return finding.resources.map((resource) => resource.id).sort()[0] ?? '';
}
