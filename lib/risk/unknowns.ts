import { type Finding, scanners } from '../finding/finding.ts';
import { msOf } from '../finding/instant.ts';
import type { Unknown } from './assessment.ts';
import type { Facts } from './factors.ts';
import { isByLabelAlone, type Rated } from './severity.ts';
import { publisherOf } from './vectors.ts';

/** Threat data of a finding that nobody looked at for this long is stale, in milliseconds: EPSS speaks of 30 days. */
export const staleAfter = 30 * 86_400_000;

/**
 * Each datum that is missing, stale or unusable, and what it bears on. What it could change in a verdict depends on the rules:
 * lib/policy/unknowns.ts says that.
 */
export function unknownsOf(facts: Facts): readonly Unknown[] {
  const { finding, setting, threat, rated } = facts;
  return [
    ...vectorUnknowns(facts),
    ...missing(rated.score === null, 'score', 'anything up to critical: it counts as the worst until a score is known'),
    ...missing(finding.severity === null, 'severity', 'a label worse than the score would lift it'),
    ...missing(threat.epss === null, 'epss', 'how likely exploitation is within 30 days'),
    ...missing(threat.knownExploited === null, 'knownExploited', 'exploitation in the wild would make it active'),
    ...missing(
      threat.exploitAvailable === null && !threat.knownExploited,
      'exploitAvailable',
      'a public exploit would raise exploitation to public poc',
    ),
    ...missing(threat.fix === null, 'fix', 'whether a fix exists decides which ways forward there are'),
    ...stale(facts),
    ...missing(
      setting === null,
      'service',
      'exposure and human impact are taken at their worst: a service could lower them',
    ),
  ];
}

// News makes threat data worse, not better: what was bad then still counts, and what was good may be no longer.
function stale({ finding, threat, intelligence: { now } }: Facts): readonly Unknown[] {
  const { updatedAt } = finding;
  if (updatedAt === null || msOf(now) - msOf(updatedAt) <= staleAfter) return [];
  const days = Math.floor((msOf(now) - msOf(updatedAt)) / 86_400_000);
  const asOf = `last reported by ${scanners[finding.dialect]} ${days} days ago: it may be worse by now`;
  return [
    ...missing(threat.epss !== null && threat.epss < 1, 'epss', asOf),
    ...missing(threat.exploitAvailable === false && !threat.knownExploited, 'exploitAvailable', asOf),
  ];
}

// Each unusable vector is named, even beside usable ones: it may be the one that says worse.
function vectorUnknowns({ finding, weighed, rated }: Facts): readonly Unknown[] {
  const unusable = weighed.unusable.map(({ published, error }) => ({
    datum: 'vector',
    couldChange: `${publisherOf(published)}: ${unusableInWords(published, error)}`,
  }));
  if (unusable.length > 0 || weighed.vectors.length > 0 || isByLabelAlone(finding)) return unusable;
  const why = `no vector to compute a score from: ${basisInWords[rated.basis]}, it could be worse`;
  return [{ datum: 'vector', couldChange: why }];
}

const basisInWords = {
  vector: 'nothing counts',
  number: "the scanner's number counts",
  label: 'the lower bound of the label counts',
  none: 'nothing counts',
} as const satisfies Record<Rated['basis'], string>;

function unusableInWords({ vector, score }: Finding['vectors'][number], error: string): string {
  if (vector === '')
    return score === null ? 'neither vector nor score' : `only the score ${score}, no vector to check it by`;
  return `${vector} ${error}${score === null ? '' : `; published with ${score}`}`;
}

function missing(isMissing: boolean, datum: string, couldChange: string): readonly Unknown[] {
  return isMissing ? [{ datum, couldChange }] : [];
}
