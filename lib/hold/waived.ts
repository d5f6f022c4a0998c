import { z } from 'zod';
import { Instant } from '../finding/instant.ts';
import type { PolicyInForce, PolicyWaiver } from '../policy/policy.ts';
import { type FindingRow, orderOf, rowSk } from './finding-row.ts';
import type { Key, Table, Write } from './table.ts';

/** A finding that a waiver of the policy lets pass, kept so that the waiver's end is noticed without another report. */
export type Waived = z.infer<typeof Waived>;
export const Waived = z.object({
  service: z.string(),
  vulnerability: z.string(),
  problem: z.string(),
  /** Sort key of the finding's row under its problem, and the report that the waiver let pass. */
  finding: z.string(),
  order: z.string(),
  until: Instant,
  /** Why it halts once it is waived no longer. */
  reasons: z.array(z.object({ rule: z.string(), because: z.string() })).readonly(),
});

/** The write that keeps a waived finding beside its row. */
export function keepWaived(problem: string, row: FindingRow, waiver: PolicyWaiver, reasons: Waived['reasons']): Write {
  const { service, vulnerability, until } = waiver;
  const finding = rowSk(row.summary.id);
  const waived: Waived = { service, vulnerability, problem, finding, order: orderOf(row), until, reasons };
  return { put: { ...waivedKey(waived), ...waived, list: 'WAIVED', at: `${until}#${problem}#${finding}` } };
}

/** Findings that waivers of the policy let pass, those whose waiver ends first first. */
export async function waivedFindings(table: Table): Promise<readonly Waived[]> {
  return (await table.listed('WAIVED')).map((item) => Waived.parse(item));
}

/** Address of a waived finding in the ledger. */
export function waivedKey({ service, problem, finding }: Pick<Waived, 'service' | 'problem' | 'finding'>): Key {
  return { pk: `WAIVER#${service}`, sk: `POLICY#${problem}#${finding}` };
}

/** Whether the policy as it is now still lets it pass: a waiver may have been prolonged, or taken out before its end. */
export function isStillWaived(policy: PolicyInForce, { service, vulnerability }: Waived, now: Instant): boolean {
  return policy.waivers.some(
    (waiver) => waiver.service === service && waiver.vulnerability === vulnerability && now <= waiver.until,
  );
}
