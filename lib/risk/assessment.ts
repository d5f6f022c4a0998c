import { z } from 'zod';
import { severities, Threat } from '../finding/finding.ts';
import { Instant } from '../finding/instant.ts';
import { Untrusted } from '../finding/untrusted.ts';

/** The bands of CVSS v3.1 and v4.0 (None 0.0, Low 0.1–3.9, Medium 4.0–6.9, High 7.0–8.9, Critical 9.0–10.0), mildest first. */
export const bands = ['none', 'low', 'medium', 'high', 'critical'] as const;
export type Band = (typeof bands)[number];

export type CvssVersion = (typeof cvssVersions)[number];
export const cvssVersions = ['2.0', '3.0', '3.1', '4.0'] as const;

/** A vector that parsed, is complete and repeats nothing, with the score that we computed for it. */
export type ScoredVector = z.infer<typeof ScoredVector>;
export const ScoredVector = z.object({
  version: z.enum(cvssVersions),
  vector: z.string(),
  baseScore: z.number(),
  /** Of a vector by itself: with the threat and environmental metrics that it carries. In an assessment: as it is in the service. */
  score: z.number(),
  severity: z.enum(bands),
});

/** A threat or environmental metric that was set on a vector, and why. */
export type Adjustment = z.infer<typeof Adjustment>;
export const Adjustment = z.object({ metric: z.string(), value: z.string(), because: z.string() });

/** One input of an assessment: its value in words, where it came from, and as of when it is known (null when that is not said). */
export type Factor = z.infer<typeof Factor>;
export const Factor = z.object({
  name: z.string(),
  value: z.string(),
  source: z.string(),
  asOf: Instant.nullable(),
});

/** A datum that is missing or unusable, and what knowing it could change. */
export type Unknown = z.infer<typeof Unknown>;
export const Unknown = z.object({ datum: z.string(), couldChange: z.string() });

/** SSVC, the deployer tree. @see https://certcc.github.io/SSVC/howto/deployer_tree/ */
export type Ssvc = z.infer<typeof Ssvc>;
export const Ssvc = z.object({
  exploitation: z.enum(['none', 'public poc', 'active']),
  exposure: z.enum(['small', 'controlled', 'open']),
  automatable: z.enum(['no', 'yes']),
  humanImpact: z.enum(['low', 'medium', 'high', 'very high']),
  decision: z.enum(['defer', 'scheduled', 'out-of-cycle', 'immediate']),
});

/** The risk of a finding in a service: every factor with its source, and what is not known. */
export type Assessment = z.infer<typeof Assessment>;
export const Assessment = z.object({
  /** The scanner's label as it was. */
  scannerSeverity: z.enum(severities).nullable(),
  /** The vector that counts: newest generation present, worst within it. Null without a usable one. */
  cvss: ScoredVector.nullable(),
  /** What threat data and the service's environment set on it, in the order in which it is scored. */
  adjustments: z.array(Adjustment).readonly(),
  /** Every usable vector with its publisher, the one that counts first. */
  vectors: z.array(ScoredVector.extend({ source: Untrusted, adjusted: z.boolean() })).readonly(),
  /** Publishers whose bands differ within the generation that counts, in words; null when they agree. */
  disagreement: z.string().nullable(),
  /** The number that the rules see: of `cvss`, else the scanner's, else the lower bound of its label; null when there is none of them. */
  score: z.number().nullable(),
  /** The band that the rules see: the worse of the score's and the label's. Null only without score and label. */
  severity: z.enum(bands).nullable(),
  threat: Threat,
  ssvc: Ssvc,
  factors: z.array(Factor).readonly(),
  unknowns: z.array(Unknown).readonly(),
});

/** The part of an assessment that rules look at. */
export type Risk = Pick<Assessment, 'score' | 'severity' | 'threat' | 'ssvc'>;
