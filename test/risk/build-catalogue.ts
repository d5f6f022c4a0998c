/** An entry of CISA's catalogue, with all its fields; `parts` are what matters in the test. */
export function anEntry(parts: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    cveID: 'CVE-2026-1001',
    vendorProject: 'Example',
    product: 'Server',
    vulnerabilityName: 'Example Server Path Traversal Vulnerability',
    dateAdded: '2026-05-05',
    shortDescription: 'Example Server contains a path traversal vulnerability.',
    requiredAction: 'Apply mitigations per vendor instructions.',
    dueDate: '2026-05-26',
    knownRansomwareCampaignUse: 'Unknown',
    notes: 'https://example.com/advisory',
    cwes: ['CWE-22'],
    ...parts,
  };
}

/** So many entries, each of another vulnerability. */
export function entries(count: number): readonly unknown[] {
  return Array.from({ length: count }, (_, n) => anEntry({ cveID: `CVE-2025-${10_000 + n}` }));
}

/** CISA's catalogue as text. */
export function aCatalogue(vulnerabilities: readonly unknown[], parts: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    title: 'CISA Catalog of Known Exploited Vulnerabilities',
    catalogVersion: '2026.05.08',
    dateReleased: '2026-05-08T14:00:05.123Z',
    count: vulnerabilities.length,
    vulnerabilities,
    ...parts,
  });
}
