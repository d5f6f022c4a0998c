import type { Reading } from '../../lib/finding/finding.ts';

/** A reading as one line that a person can check against its sample. */
export function lineOf(reading: Reading): string {
  switch (reading.status) {
    case 'ignored':
      return `ignored: ${reading.reason}`;
    case 'rejected':
      return `rejected at "${reading.error.path}": ${reading.error.message}`;
    case 'finding': {
      const { finding } = reading;
      const { epss, exploitAvailable, fix } = finding.threat;
      return [
        `${finding.dialect} ${finding.kind} ${finding.state}`,
        `${finding.severity ?? '?'} ${finding.score ?? '?'}`,
        finding.vulnerabilityId ?? '?',
        `${finding.vectors.length}v${finding.vectors.filter(({ adjusted }) => adjusted).length}`,
        [...finding.packages.map(({ name }) => name), finding.file, finding.ports]
          .filter((one) => one !== null)
          .join(' '),
        finding.resources.map(({ id }) => id).join(' + '),
        `${epss ?? '?'} ${exploitAvailable === null ? '?' : exploitAvailable ? 'exploit' : 'no-exploit'} ${fix ?? '?'}`,
        `${finding.updatedAt}`,
      ].join(' | ');
    }
    default:
      return reading satisfies never;
  }
}
