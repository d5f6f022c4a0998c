import type { CoverageFilterCriteria, CoveredResource, Inspector2Client } from '@aws-sdk/client-inspector2';
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
    async coverage(resource, near = []) {
      try {
        return await coverageOf(await inspector(), resource, near);
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
  const filterCriteria = { findingArn: equals(finding.id) };
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

async function coverageOf(
  inspector: Inspector2Client,
  resource: string,
  near: readonly (string | null)[],
): Promise<Coverage> {
  const named = inspectorName(resource);
  const covered = resource.startsWith('sha256:')
    ? await coveredImages(inspector, named, imagesNear(named, near))
    : await coveredBy(inspector, { resourceId: equals(named) });
  if (covered.length === 0) return { status: 'gone' };
  const scans = covered.map(coverageIn);
  return scans.find(({ status }) => status !== 'scanned') ?? scans[0] ?? { status: 'gone' };
}

/** ListCoverage has no filter for a digest: a digest alone names an image in any repository, so that all images are read. */
async function coveredImages(
  inspector: Inspector2Client,
  digest: string,
  ids: readonly string[],
): Promise<readonly CoveredResource[]> {
  const known = ids.length === 0 ? [] : await coveredBy(inspector, { resourceId: equals(...ids) });
  if (known.length > 0) return known;
  const images = await coveredBy(inspector, { resourceType: equals('AWS_ECR_CONTAINER_IMAGE') });
  return images.filter(({ resourceId }) => resourceId?.includes(digest));
}

/** Values that one filter takes. */
const filterMax = 10;

/** ARNs that an image has in the repositories of other images. */
function imagesNear(digest: string, near: readonly (string | null)[]): readonly string[] {
  const repositories = near.flatMap(
    (one) => /^(arn:[^:]+:ecr:[^:]+:[^:]+:repository\/.+)\/sha256:/.exec(one ?? '')?.[1] ?? [],
  );
  return [...new Set(repositories)].slice(0, filterMax).map((repository) => `${repository}/${digest}`);
}

async function coveredBy(
  inspector: Inspector2Client,
  filterCriteria: CoverageFilterCriteria,
): Promise<readonly CoveredResource[]> {
  const { paginateListCoverage } = await import('@aws-sdk/client-inspector2');
  const covered: CoveredResource[] = [];
  for await (const { coveredResources = [] } of paginateListCoverage({ client: inspector }, { filterCriteria }))
    covered.push(...coveredResources);
  return covered;
}

function equals(...values: readonly string[]): { readonly comparison: 'EQUALS'; readonly value: string }[] {
  return values.map((value) => ({ comparison: 'EQUALS', value }));
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
