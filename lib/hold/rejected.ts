import { z } from 'zod';
import type { Finding } from '../finding/finding.ts';
import { Instant } from '../finding/instant.ts';
import { Untrusted, untrusted } from '../finding/untrusted.ts';
import type { Table } from './table.ts';

/** A record that could not be read, kept for a person to look at. */
export type Rejected = z.infer<typeof Rejected>;
export const Rejected = z.object({ id: z.string(), rejectedAt: Instant, message: Untrusted, path: Untrusted });

/** A finding above the line that no service of the policy claims. */
export type Unclaimed = z.infer<typeof Unclaimed>;
export const Unclaimed = z.object({ id: Untrusted, title: Untrusted, resource: Untrusted.nullable(), seenAt: Instant });

/** Keeps what could not be read, with its reason. */
export async function keepRejected(
  table: Table,
  error: { readonly message: string; readonly path: string },
  id: string,
  now: Instant,
): Promise<void> {
  const rejected: Rejected = { id, rejectedAt: now, message: untrusted(error.message), path: untrusted(error.path) };
  await table.transact([
    { put: { pk: `REJECTED#${id}`, sk: 'STATE', ...rejected, list: 'REJECTED', at: `${now}#${id}` } },
  ]);
}

/** The rejected records, newest first. */
export async function rejectedRecords(table: Table): Promise<readonly Rejected[]> {
  return (await table.listed('REJECTED')).map((item) => Rejected.parse(item)).toReversed();
}

/** Keeps a finding above the line that nobody owns, so that the security people hear of it. */
export async function keepUnclaimed(table: Table, finding: Finding, now: Instant): Promise<void> {
  const unclaimed: Unclaimed = {
    id: finding.id,
    title: finding.title,
    resource: finding.resources[0]?.id ?? null,
    seenAt: now,
  };
  await table.transact([
    {
      put: { pk: `UNCLAIMED#${finding.id}`, sk: 'STATE', ...unclaimed, list: 'UNCLAIMED', at: `${now}#${finding.id}` },
    },
  ]);
}

/** Findings above the line that nobody owns, newest first. */
export async function unclaimedFindings(table: Table): Promise<readonly Unclaimed[]> {
  return (await table.listed('UNCLAIMED')).map((item) => Unclaimed.parse(item)).toReversed();
}
