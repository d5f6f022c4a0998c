import type { Finding } from '../finding/finding.ts';
import type { Instant } from '../finding/instant.ts';
import type { Untrusted } from '../finding/untrusted.ts';

/** What the source of a finding says of it now. `not-found` and `unreadable` are evidence of nothing. */
export type SourceState = 'open' | 'closed' | 'suppressed' | 'not-found' | 'unreadable';

/** What the scanner knows of a resource. Deleted and unscanned resources are evidence of nothing. */
export type Coverage =
  | { readonly status: 'scanned'; readonly at: Instant }
  | { readonly status: 'not-scanned'; readonly why: string }
  | { readonly status: 'gone' }
  | { readonly status: 'unreadable'; readonly why: string };

/** A finding as an address at its source. */
export type FindingAddress = {
  readonly id: Untrusted;
  readonly account: Untrusted | null;
  readonly region: Untrusted | null;
  readonly dialect: string;
};

/** Reads findings and coverage at their source: Inspector for its own findings, Security Hub for the rest. */
export interface FindingSource {
  state(finding: FindingAddress): Promise<SourceState>;
  /**
   * `resource` is an ARN, an image digest, or an id as Inspector lists it. `near`: resources in whose repositories an image of
   * that digest is looked for first; without one of them, or if it is in none, in every repository of the account.
   */
  coverage(resource: string, near?: readonly (string | null)[]): Promise<Coverage>;
  /** The open (not suppressed, not closed) Inspector findings on an image digest. Throws when they cannot be read. */
  openOnImage(digest: string): Promise<readonly Finding[]>;
}
