import { z } from 'zod';
import { Instant } from '../finding/instant.ts';
import { Untrusted } from '../finding/untrusted.ts';

/** A weakness of an image, as far as two images are compared by it. */
export type Weakness = {
  /** The same for the same weakness in every image: what would mend it, and its public id. */
  readonly key: string;
  readonly name: Untrusted;
  /** Null counts as the worst where it is added, and as nothing where it is taken away. */
  readonly score: number | null;
  readonly isExploited: boolean;
  /** When a scanner first saw it; null is unknown. */
  readonly since: Instant | null;
};

/** A weakness by the name that people know, and its score. */
export type Named = z.infer<typeof Named>;
export const Named = z.object({ name: Untrusted, score: z.number().nullable() });

/** How a release changes what production has: of the problem, and of everything that is known of both images. */
export type Comparison = z.infer<typeof Comparison>;
export const Comparison = z.object({
  /** Weaknesses of the problem that production does not have, and those that it has; worst first. */
  brings: z.array(Named).readonly(),
  shares: z.array(Named).readonly(),
  /** Since when production has those that both have; null when that is not known, or there are none. */
  since: Instant.nullable(),
  /** The worst that the release adds to production, and the worst that it takes away, of any problem; null when there is none. */
  addsWorst: Named.nullable(),
  removesWorst: Named.nullable(),
  /** It takes a weakness away that is worse than all it adds. Whether it may pass is a person's decision all the same. */
  lowersRisk: z.boolean(),
});

/** At most so many weaknesses are named. */
const namedMax = 10;

/**
 * Compares the image that waits with the one in production. `problem` are the weaknesses for which the release is held. What
 * one of the lists lacks counts as absent: the caller has seen that both images were scanned.
 */
export function compare(images: {
  readonly problem: readonly Weakness[];
  readonly waiting: readonly Weakness[];
  readonly production: readonly Weakness[];
}): Comparison {
  const { problem, production } = images;
  const waiting = [...images.waiting, ...problem];
  const shared = problem.filter((weakness) => isIn(production, weakness));
  const [adds = null] = worstFirst(waiting.filter((weakness) => !isIn(production, weakness)));
  const [removes = null] = worstFirst(
    production.filter((weakness) => !isIn(waiting, weakness)),
    mildest,
  );
  return {
    brings: named(problem.filter((weakness) => !isIn(production, weakness))),
    shares: named(shared),
    since: earliest(production.filter((weakness) => isIn(shared, weakness))),
    addsWorst: adds === null ? null : nameOf(adds),
    removesWorst: removes === null ? null : nameOf(removes),
    lowersRisk: removes !== null && isWorse(removes, adds),
  };
}

function isIn(image: readonly Weakness[], { key }: Weakness): boolean {
  return image.some((one) => one.key === key);
}

/** What an unknown score counts as: of a weakness that is added, and of one that is taken away. */
const worst = 10;
const mildest = 0;

/** Known exploitation comes before any score. */
function isWorse(removed: Weakness, added: Weakness | null): boolean {
  if (removed.isExploited !== (added?.isExploited ?? false)) return removed.isExploited;
  return (removed.score ?? mildest) > (added === null ? mildest : (added.score ?? worst));
}

function worstFirst(weaknesses: readonly Weakness[], unknown = worst): readonly Weakness[] {
  return weaknesses.toSorted(
    (a, b) => Number(b.isExploited) - Number(a.isExploited) || (b.score ?? unknown) - (a.score ?? unknown),
  );
}

/** One finding a weakness is enough: scanners repeat themselves. */
function named(weaknesses: readonly Weakness[]): readonly Named[] {
  const each = new Map(worstFirst(weaknesses).map((weakness) => [weakness.key, nameOf(weakness)]));
  return [...each.values()].slice(0, namedMax);
}

function nameOf({ name, score }: Weakness): Named {
  return { name, score };
}

function earliest(weaknesses: readonly Weakness[]): Instant | null {
  const times = weaknesses.flatMap(({ since }) => (since === null ? [] : [since]));
  return times.toSorted()[0] ?? null;
}
