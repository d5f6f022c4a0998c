import type { ReleaseDetails } from '../lib/hold/pipeline.ts';

/** A release of which a pipeline knows the name alone. */
export function unknownRelease(executionId: string): ReleaseDetails {
  return { executionId, commit: null, author: null, digest: null, startedAt: null, backTo: null };
}
