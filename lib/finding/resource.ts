import type { Resource } from './finding.ts';
import { type Untrusted, untrusted } from './untrusted.ts';

/** A resource as a finding names it; null is not said. */
export type NamedResource = {
  readonly type: Untrusted;
  readonly id: Untrusted;
  readonly account: string | null;
  readonly region: string | null;
  /** `sha256:…` of a container image, where the finding says it beside the id. */
  readonly digest: string | null;
  /** Name of the container image's repository, where the finding says it beside the id. */
  readonly repository: string | null;
};

/** A resource with its id completed to an ARN from account and region; the id stays as it is when that cannot be done. */
export function resourceOf(named: NamedResource): Resource {
  const digest = digestIn(named.digest ?? '') ?? digestIn(named.id);
  return {
    type: named.type,
    id: untrusted(arnOf(named, digest)),
    original: named.id,
    digest: digest === null ? null : untrusted(digest),
  };
}

/** Account and region that an ARN names; null where it names none. */
export function placeIn(arn: string): { readonly account: Untrusted | null; readonly region: Untrusted | null } {
  const [scheme, , , region, account] = arn.startsWith('arn:') ? arn.split(':', 6) : [];
  if (scheme === undefined) return { account: null, region: null };
  return { account: account ? untrusted(account) : null, region: region ? untrusted(region) : null };
}

/** The ARN of a container image, as Inspector writes it; of its repository when there is no digest. */
export function imageArn(region: string, account: string, repository: string, digest: string | null): string {
  const arn = `arn:${partitionOf(region)}:ecr:${region}:${account}:repository/${repository}`;
  return digest === null ? arn : `${arn}/${digest}`;
}

function arnOf(named: NamedResource, digest: string | null): string {
  if (named.id.startsWith('arn:')) return completedArn(named.id, digest);
  const [, registry, registryRegion, name] = imageAddress.exec(named.id) ?? [];
  if (registry && registryRegion && name) return imageArn(registryRegion, registry, name, digest);
  if (
    named.account === null ||
    named.region === null ||
    !isAccount.test(named.account) ||
    !isRegion.test(named.region)
  ) {
    return named.id;
  }
  const repository = named.repository ?? (isImage.test(named.type) && isRepository.test(named.id) ? named.id : null);
  if (repository !== null && isImage.test(named.type)) return imageArn(named.region, named.account, repository, digest);
  if (isFunction.test(named.type) && isFunctionName.test(named.id)) {
    return `arn:${partitionOf(named.region)}:lambda:${named.region}:${named.account}:function:${named.id}`;
  }
  return ec2Arn(named.id, named.account, named.region) ?? named.id;
}

function completedArn(arn: string, digest: string | null): string {
  if (digest !== null && bareRepository.test(arn) && !arn.includes(digest)) return `${arn}/${digest}`;
  return arn.replace(bareInstance, '$1instance/$2');
}

function ec2Arn(id: string, account: string, region: string): string | null {
  const type = ec2Types.get(ec2Id.exec(id)?.[1] ?? '');
  if (type === undefined) return null;
  // A machine image's ARN names no account.
  return `arn:${partitionOf(region)}:ec2:${region}:${type === 'image' ? '' : account}:${type}/${id}`;
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  if (region.startsWith('us-isob-')) return 'aws-iso-b';
  return region.startsWith('us-iso-') ? 'aws-iso' : 'aws';
}

function digestIn(text: string): string | null {
  return /sha256:[0-9a-f]{8,128}/.exec(text)?.[0] ?? null;
}

const ec2Id = /^([a-z]+)-[0-9a-z]+$/;
const ec2Types: ReadonlyMap<string, string> = new Map([
  ['i', 'instance'],
  ['ami', 'image'],
  ['sg', 'security-group'],
  ['vpc', 'vpc'],
  ['subnet', 'subnet'],
  ['eni', 'network-interface'],
  ['vol', 'volume'],
]);
const isAccount = /^\d{12}$/;
const isRegion = /^[a-z]{2}(?:-[a-z]+)+-\d$/;
const isImage = /container_?image|ecr/i;
const isFunction = /lambda_?:*function/i;
const isFunctionName = /^[\w-]+$/;
const isRepository = /^[a-z0-9][a-z0-9._/-]*$/;
const imageAddress = /^(\d{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([a-z0-9._/-]+)/;
const bareRepository = /^arn:[^:]*:ecr:[^:]*:[^:]*:repository\/[^:]+$/;
const bareInstance = /^(arn:[^:]*:ec2:[^:]*:[^:]*:)(i-[0-9a-z]+)$/;
