import { account, region } from '../simulation/world-policy.ts';

/** One finding of the flood: number `n`, on a package of a service's image. */
export type FloodEvent = { readonly n: number; readonly service: string; readonly pack: string; readonly at: string };

/** A critical finding of Amazon Inspector as EventBridge brings it. */
export function eventOf({ n, service, pack, at }: FloodEvent): string {
  const digest = `sha256:${String(n % 7).repeat(64)}`;
  return JSON.stringify({
    version: '0',
    id: `event-${n}`,
    'detail-type': 'Inspector2 Finding',
    source: 'aws.inspector2',
    account,
    time: at,
    region,
    resources: [],
    detail: {
      findingArn: `arn:aws:inspector2:${region}:${account}:finding/${n}`,
      awsAccountId: account,
      status: 'ACTIVE',
      severity: 'CRITICAL',
      type: 'PACKAGE_VULNERABILITY',
      title: `CVE-2026-${1000 + (n % 5)} - ${pack}`,
      description: `A flaw in ${pack}`,
      inspectorScore: 9.8,
      firstObservedAt: at,
      updatedAt: at,
      packageVulnerabilityDetails: {
        vulnerabilityId: `CVE-2026-${1000 + (n % 5)}`,
        vulnerablePackages: [{ name: pack, version: '1.0.0' }],
        cvss: [
          {
            baseScore: 9.8,
            scoringVector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
            version: '3.1',
            source: 'NVD',
          },
        ],
      },
      resources: [
        {
          id: `arn:aws:ecr:${region}:${account}:repository/${service}/${digest}`,
          type: 'AWS_ECR_CONTAINER_IMAGE',
          details: { awsEcrContainerImage: { repositoryName: service, imageHash: digest, registry: account } },
        },
      ],
    },
  });
}
