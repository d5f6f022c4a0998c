import { z } from 'zod';
import { isRecord } from '../finding/field.ts';
import { Finding, type Resource } from '../finding/finding.ts';
import { msOf } from '../finding/instant.ts';
import type { Documents, Store } from './store.ts';

/** A finding as it was last posted. */
export type KnownFinding = z.infer<typeof KnownFinding>;
const KnownFinding = z.object({
  finding: Finding,
  /** The record of this finding as it was posted, without the event or list around it. */
  raw: z.unknown(),
  /** Milliseconds since 1970. */
  receivedAt: z.number(),
});

/** What Inspector covers. */
export const coveredTypes = [
  'AWS_EC2_INSTANCE',
  'AWS_ECR_CONTAINER_IMAGE',
  'AWS_ECR_REPOSITORY',
  'AWS_LAMBDA_FUNCTION',
] as const;
export type CoveredType = (typeof coveredTypes)[number];

/** A resource that exists, as the scanner knows it. */
export type ScannedResource = {
  /** As Inspector lists it: an instance by its bare id, everything else by its ARN. */
  readonly id: string;
  readonly type: CoveredType;
  readonly account: string;
  /** False when nobody scans it any more. */
  readonly active: boolean;
  /** Milliseconds since 1970; null when it was never scanned. */
  readonly scannedAt: number | null;
};

/** What somebody says of a resource, whatever was posted. `id` is an ARN, a bare id or an image digest. */
export type ResourceWord = { readonly id: string; readonly exists: boolean; readonly scanned: boolean };

const KnownResource = z.object({
  id: z.string(),
  names: z.array(z.string()),
  type: z.enum(coveredTypes),
  account: z.string(),
  scannedAt: z.number(),
});
type KnownResource = z.infer<typeof KnownResource>;

const Word = z.object({ id: z.string(), exists: z.boolean(), scanned: z.boolean(), at: z.number() });
type Word = z.infer<typeof Word>;

/**
 * What the scanners know, learnt from the findings posted so far. A finding that is open or closed was seen by a scan of its
 * resources at the time it arrived; a suppressed one says nothing of a scan.
 */
export class FindingsStore {
  readonly #findings: Documents<KnownFinding>;
  readonly #resources: Documents<KnownResource>;
  readonly #words: Documents<Word>;
  readonly #store: Store;
  readonly #now: () => number;

  constructor(options: { readonly store: Store; readonly now?: (() => number) | undefined }) {
    this.#store = options.store;
    this.#now = options.now ?? Date.now;
    this.#findings = options.store.documents('finding', KnownFinding);
    this.#resources = options.store.documents('resource', KnownResource);
    this.#words = options.store.documents('resource-word', Word);
  }

  /**
   * Takes a posted finding; `raw` is its record, or anything that holds it. An older report than the known one is left
   * out, a time in the future counts as now. A finding that a person ordered is no scanner's and is left out too.
   */
  record(finding: Finding, raw: unknown): void {
    if (finding.orderedBy !== null) return;
    const receivedAt = this.#now();
    const known = this.#findings.get(finding.id);
    if (known !== undefined && updatedAt(finding, receivedAt) < updatedAt(known.finding, known.receivedAt)) return;
    this.#store.transaction(() => {
      this.#findings.put(finding.id, { finding, raw: recordIn(raw, finding.id, 0) ?? null, receivedAt });
      if (finding.state === 'suppressed') return;
      for (const resource of finding.resources) this.#scan(resource, finding, receivedAt);
    });
  }

  /** Somebody's word on a resource: it holds until the next word on it. */
  say(word: ResourceWord): void {
    this.#words.put(word.id, { ...word, at: this.#now() });
  }

  /** In the order in which they first came. */
  findings(): readonly KnownFinding[] {
    return this.#findings.all();
  }

  /** Open findings of an image, by its digest: a scan of it reports them again. */
  openOn(digest: string): readonly Finding[] {
    return this.findings()
      .map(({ finding }) => finding)
      .filter(({ state, resources }) => state === 'open' && resources.some((one) => one.digest === digest));
  }

  /** Whether every resource of the finding was said to be gone. */
  isGone({ resources }: Finding): boolean {
    return (
      resources.length > 0 &&
      resources.every(
        (resource) => this.#wordOn([resource.id, resource.original, resource.digest ?? ''])?.exists === false,
      )
    );
  }

  /** Every resource that exists and that Inspector would cover. */
  resources(): readonly ScannedResource[] {
    const known = this.#resources.all();
    const spoken = this.#words.all().filter((word) => !known.some((resource) => isAbout(word, resource.names)));
    return [...known, ...spoken.map(unseen)].flatMap((resource) => {
      const word = this.#wordOn(resource.names);
      if (word?.exists === false) return [];
      const { id, type, account } = resource;
      const scannedAt = word?.scanned === true ? Math.max(resource.scannedAt, word.at) : resource.scannedAt;
      const active = word?.scanned ?? true;
      return { id, type, account, active, scannedAt: active && scannedAt > 0 ? scannedAt : null };
    });
  }

  #scan(resource: Resource, finding: Finding, at: number): void {
    const type = typeOf(resource.id, resource.type, resource.digest);
    if (type === null) return;
    const id = type === 'AWS_EC2_INSTANCE' ? resource.id.slice(resource.id.lastIndexOf('/') + 1) : resource.id;
    const names = [resource.id, resource.original, ...(resource.digest === null ? [] : [resource.digest]), id];
    this.#resources.put(id, { id, names, type, account: finding.account ?? accountIn(resource.id), scannedAt: at });
  }

  #wordOn(names: readonly string[]): Word | undefined {
    return this.#words
      .all()
      .filter((word) => isAbout(word, names))
      .sort((a, b) => b.at - a.at)[0];
  }
}

function updatedAt(finding: Finding, receivedAt: number): number {
  return Math.min(finding.updatedAt === null ? receivedAt : msOf(finding.updatedAt), receivedAt);
}

/** The record with this id within what was posted: an event, a list, the record itself. */
function recordIn(value: unknown, id: string, depth: number): unknown {
  if (depth > 8) return undefined;
  if (isRecord(value) && isRecordOf(value, id)) return value;
  const inner = Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : [];
  for (const one of inner) {
    const found = typeof one === 'object' ? recordIn(one, id, depth + 1) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function isRecordOf(value: { readonly [key: string]: unknown }, id: string): boolean {
  const ids = [value.findingArn, value.Id].filter((one) => typeof one === 'string');
  return ids.some((one) => one === id || one.endsWith(`/${id}`));
}

function isAbout(word: Word, names: readonly string[]): boolean {
  return names.some((name) => name === word.id || name.endsWith(`/${word.id}`));
}

// A resource that only somebody's word tells of. Without a scan of its own it was scanned when they said so.
function unseen(word: Word): KnownResource {
  const type = typeOf(word.id, '', null) ?? 'AWS_ECR_CONTAINER_IMAGE';
  return { id: word.id, names: [word.id], type, account: accountIn(word.id), scannedAt: 0 };
}

function typeOf(id: string, type: string, digest: string | null): CoveredType | null {
  if (digest !== null || id.includes('sha256:')) return 'AWS_ECR_CONTAINER_IMAGE';
  if (/:lambda:[^:]*:[^:]*:function:/.test(id)) return 'AWS_LAMBDA_FUNCTION';
  if (/(^|\/)i-[0-9a-z]+$/.test(id)) return 'AWS_EC2_INSTANCE';
  if (/:ecr:[^:]*:[^:]*:repository\//.test(id)) return 'AWS_ECR_REPOSITORY';
  return coveredTypes.find((known) => known === type) ?? null;
}

function accountIn(arn: string): string {
  const account = arn.split(':')[4] ?? '';
  return /^\d{12}$/.test(account) ? account : '000000000000';
}
