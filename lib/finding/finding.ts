import { z } from 'zod';
import { Instant } from './instant.ts';
import { Untrusted } from './untrusted.ts';

/** The shapes in which a finding arrives; `ordered` is our own, of a person who stops the line. */
export const dialects = ['inspector2', 'asff', 'ocsf', 'ecr-scan', 'ordered'] as const;

/** Who reports, by the dialect it speaks; a person's order has the person's name instead. */
export const scanners = {
  inspector2: 'Amazon Inspector',
  asff: 'AWS Security Hub',
  ocsf: 'AWS Security Hub',
  'ecr-scan': 'Amazon ECR',
  ordered: 'a person',
} as const satisfies { readonly [dialect in (typeof dialects)[number]]: string };

/** What sort of weakness a finding reports. `posture` and `threat` are assessed by their label alone. */
export const kinds = ['package', 'code', 'network', 'image-scan', 'posture', 'threat'] as const;

/** Labels a scanner gives, mildest first. A scanner that has not made up its mind gives none (null in a finding). */
export const severities = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** A CVSS vector as somebody published it, with the score they say it has. Neither is checked yet. */
export type PublishedVector = z.infer<typeof PublishedVector>;
export const PublishedVector = z.object({
  vector: Untrusted,
  score: z.number().nullable(),
  /** Who published it (NVD, the distribution, the scanner); empty when not said. */
  source: Untrusted,
  /** The scanner's own adjustment of a published vector, not a publication. */
  adjusted: z.boolean(),
});

/** Threat data as the finding carries it; null is unknown, never "no". */
export type Threat = z.infer<typeof Threat>;
export const Threat = z.object({
  /** Probability, 0 to 1, of exploitation in the wild within 30 days. @see https://www.first.org/epss/ */
  epss: z.number().min(0).max(1).nullable(),
  /** In CISA's Known Exploited Vulnerabilities catalogue. */
  knownExploited: z.boolean().nullable(),
  exploitAvailable: z.boolean().nullable(),
  fix: z.enum(['available', 'none', 'wont-fix']).nullable(),
});

export type Package = z.infer<typeof Package>;
export const Package = z.object({
  name: Untrusted,
  version: Untrusted,
  /** First version without the weakness; null when the scanner names none. */
  fixedIn: Untrusted.nullable(),
  path: Untrusted.nullable(),
  /** The package manager in lower case (`os`, `pip`, `jar`, …); null when not said. */
  ecosystem: Untrusted.nullable(),
});

export type Resource = z.infer<typeof Resource>;
export const Resource = z.object({
  type: Untrusted,
  /** An ARN where one can be completed from account and region, else the original. */
  id: Untrusted,
  /** The id as it was sent. */
  original: Untrusted,
  /** `sha256:…` of a container image. */
  digest: Untrusted.nullable(),
});

/** One report by a scanner that one resource has one weakness, normalised from any dialect. */
export type Finding = z.infer<typeof Finding>;
export const Finding = z.object({
  /** The scanner's own id: the Inspector ARN is the same in every dialect. */
  id: Untrusted.refine((id) => id.length > 0).brand<'FindingId'>(),
  dialect: z.enum(dialects),
  kind: z.enum(kinds),
  /** False where nothing in the report says its kind: it is then taken for a package, on which every rule acts. */
  isKindSaid: z.boolean().default(true),
  /** Closed: the scanner no longer sees it. Suppressed: somebody silenced it, which is evidence of nothing. */
  state: z.enum(['open', 'closed', 'suppressed']),
  title: Untrusted,
  description: Untrusted,
  /** A CVE or other public id, or the detector's or control's id. */
  vulnerabilityId: Untrusted.nullable(),
  severity: z.enum(severities).nullable(),
  /** The scanner's own number, 0 to 10. */
  score: z.number().min(0).max(10).nullable(),
  vectors: z.array(PublishedVector).readonly(),
  threat: Threat,
  packages: z.array(Package).readonly(),
  /** The file with the flaw, of a `code` finding. */
  file: Untrusted.nullable(),
  /** The reachable port range (`22` or `8000-8080`), of a `network` finding. */
  ports: Untrusted.nullable(),
  resources: z.array(Resource).readonly(),
  account: Untrusted.nullable(),
  region: Untrusted.nullable(),
  firstObservedAt: Instant.nullable(),
  updatedAt: Instant.nullable(),
  /** Id of the event that brought it; null when it came without an envelope. */
  eventId: Untrusted.nullable(),
  /** Who ordered the halt (`stopship halt`), when no scanner reports it and none can tell when it is over; else null. */
  orderedBy: Untrusted.nullable(),
});
export type FindingId = Finding['id'];

/** What became of one record from outside. Reading never throws. */
export type Reading =
  | { readonly status: 'finding'; readonly finding: Finding }
  | { readonly status: 'ignored'; readonly reason: string }
  | { readonly status: 'rejected'; readonly error: { readonly message: string; readonly path: string } };
