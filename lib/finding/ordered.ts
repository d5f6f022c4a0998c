import { z } from 'zod';
import { Finding } from './finding.ts';
import { Instant } from './instant.ts';
import { untrusted } from './untrusted.ts';

/** Source and type of the event with which a person stops the line. */
export const orderedSource = 'stopship';
export const orderedDetailType = 'stopship Halt Ordered';

/** What a person says who stops the line for a flaw that no scanner saw. */
export type Order = z.infer<typeof Order>;
export const Order = z.strictObject({
  id: z.string().min(1).max(100),
  service: z.string().min(1).max(100),
  title: z.string().min(1).max(300),
  vector: z.string().min(1).max(300),
  reason: z.string().min(1).max(1000),
  cve: z.string().max(100).nullable(),
  /** Who orders it: a person's id of the policy, or the name they are signed in by. */
  by: z.string().min(1).max(200),
  at: Instant,
  /** How the flaw was rated until now, and by whom; kept beside the new rating. */
  believed: z
    .strictObject({ vector: z.string().min(1).max(300), by: z.string().min(1).max(200) })
    .nullable()
    .default(null),
});

/** An order as a finding, so that it takes the same way as a scanner's. */
export function findingOfOrder(order: Order): Finding {
  const resource = untrusted(order.service);
  return Finding.parse({
    id: `stopship:order/${untrusted(order.id)}`,
    dialect: 'ordered',
    kind: 'code',
    state: 'open',
    title: untrusted(order.title),
    description: untrusted(order.reason),
    vulnerabilityId: order.cve === null ? null : untrusted(order.cve),
    severity: null,
    score: null,
    vectors: [order, ...(order.believed === null ? [] : [order.believed])].map(({ vector, by }) => ({
      vector: untrusted(vector),
      score: null,
      source: untrusted(by),
      adjusted: false,
    })),
    threat: { epss: null, knownExploited: null, exploitAvailable: null, fix: null },
    packages: [],
    file: null,
    ports: null,
    resources: [{ type: 'Service', id: resource, original: resource, digest: null }],
    account: null,
    region: null,
    firstObservedAt: order.at,
    updatedAt: order.at,
    eventId: untrusted(order.id),
    orderedBy: untrusted(order.by),
  });
}
