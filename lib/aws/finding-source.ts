import type { CoveredResource, Inspector2Client } from '@aws-sdk/client-inspector2';
import type { SecurityHubClient } from '@aws-sdk/client-securityhub';
import type { Coverage, FindingAddress, FindingSource, SourceState } from '../decision/findings.ts';
import type { Finding } from '../finding/finding.ts';
import { instantOf } from '../finding/instant.ts';
import { readValue } from '../finding/read.ts';

/** Reads Inspector for its own findings and Security Hub for all others. What cannot be read is said, never guessed. */
export function findingSource(
  inspector: () => Promise<Inspector2Client>,
  securityHub: () => Promise<SecurityHubClient>,
): FindingSource {
  return {
    async state(finding) {
      try {
        return finding.id.includes(':inspector2:')
          ? await inspectorState(await inspector(), finding)
          : await hubState(await securityHub(), finding);
      } catch (error) {
        if (error instanceof Error) return 'unreadable';
        throw error;
      }
    },
    async coverage(resource) {
      try {
        return await coverageOf(await inspector(), resource);
      } catch (error) {
        if (error instanceof Error) return { status: 'unreadable', why: error.name };
        throw error;
      }
    },
    openOnImage: async (digest) => await openOnImage(await inspector(), digest),
  };
}

async function inspectorState(inspector: Inspector2Client, finding: FindingAddress): Promise<SourceState> {
  const { ListFindingsCommand } = await import('@aws-sdk/client-inspector2');
  const filterCriteria = { findingArn: [{ comparison: 'EQUALS' as const, value: finding.id }] };
  const { findings = [] } = await inspector.send(new ListFindingsCommand({ filterCriteria }));
  return stateOf(findings);
}

async function hubState(hub: SecurityHubClient, finding: FindingAddress): Promise<SourceState> {
  const { GetFindingsCommand } = await import('@aws-sdk/client-securityhub');
  const { Findings = [] } = await hub.send(
    new GetFindingsCommand({ Filters: { Id: [{ Comparison: 'EQUALS', Value: finding.id }] } }),
  );
  return stateOf(Findings);
}

/** A source may know a finding several times over (by account): open anywhere is open. */
function stateOf(records: readonly unknown[]): SourceState {
  if (records.length === 0) return 'not-found';
  const states = readValue(plain(records)).map((reading) =>
    reading.status === 'finding' ? reading.finding.state : 'unreadable',
  );
  for (const state of ['open', 'unreadable', 'suppressed', 'closed'] as const) if (states.includes(state)) return state;
  return 'unreadable';
}

async function coverageOf(inspector: Inspector2Client, resource: string): Promise<Coverage> {
  const { ListCoverageCommand } = await import('@aws-sdk/client-inspector2');
  const named = inspectorName(resource);
  const id = [{ comparison: 'EQUALS' as const, value: named }];
  // A digest alone names an image in any repository.
  const filterCriteria = resource.startsWith('sha256:') ? {} : { resourceId: id };
  const covered: CoveredResource[] = [];
  let nextToken: string | undefined;
  do {
    const page = await inspector.send(new ListCoverageCommand({ filterCriteria, nextToken }));
    covered.push(...(page.coveredResources ?? []).filter(({ resourceId }) => resourceId?.includes(named)));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  if (covered.length === 0) return { status: 'gone' };
  const scans = covered.map(coverageIn);
  return scans.find(({ status }) => status !== 'scanned') ?? scans[0] ?? { status: 'gone' };
}

/** Inspector lists an instance by its bare id, everything else by its ARN. */
function inspectorName(resource: string): string {
  return /^arn:[^:]+:ec2:[^:]*:[^:]*:instance\/(i-[0-9a-f]+)$/.exec(resource)?.[1] ?? resource;
}

function coverageIn(covered: CoveredResource): Coverage {
  const { scanStatus, lastScannedAt } = covered;
  if (scanStatus?.statusCode !== 'ACTIVE') return { status: 'not-scanned', why: scanStatus?.reason ?? 'inactive' };
  if (lastScannedAt === undefined) return { status: 'not-scanned', why: 'never scanned' };
  return { status: 'scanned', at: instantOf(lastScannedAt.getTime()) };
}

async function openOnImage(inspector: Inspector2Client, digest: string): Promise<readonly Finding[]> {
  const { paginateListFindings } = await import('@aws-sdk/client-inspector2');
  const equals = (value: string) => [{ comparison: 'EQUALS' as const, value }];
  const filterCriteria = { ecrImageHash: equals(digest), findingStatus: equals('ACTIVE') };
  const findings: Finding[] = [];
  for await (const page of paginateListFindings({ client: inspector }, { filterCriteria })) {
    for (const reading of readValue(plain(page.findings ?? []))) {
      if (reading.status === 'rejected')
        throw new Error(`Inspector answered a finding on ${digest} that cannot be read: ${reading.error.message}`);
      if (reading.status === 'finding' && reading.finding.state === 'open') findings.push(reading.finding);
    }
  }
  return findings;
}

/** The SDK gives dates as objects; our readers know them as text. */
function plain(records: readonly unknown[]): unknown {
  return JSON.parse(JSON.stringify(records));
}
