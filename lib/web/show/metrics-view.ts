import type { Ports } from '../../aws/ports.ts';
import { msOf } from '../../finding/instant.ts';
import { openHolds } from '../../hold/ledger.ts';
import { filedReviews } from '../../review/file.ts';
import type { Durations, ReviewRecord } from '../../review/review.ts';
import { outcomeWords } from '../pages/outcome.ts';
import { lengthOf } from '../time.ts';
import type { MetricsView } from '../views.ts';

/** Fewer cases than this give no middle value, and say nothing of the next hold. */
const casesLeast = 5;

/** The few numbers that say how halts went: from filed reviews, and the age of what is open. */
export async function metricsView({ table, clock }: Pick<Ports, 'table' | 'clock'>): Promise<MetricsView> {
  const [reviews, open] = await Promise.all([filedReviews(table), openHolds(table)]);
  const now = msOf(clock.now());
  const ages = open
    .map(({ service, openedAt }) => ({ service, ms: now - msOf(openedAt) }))
    .toSorted((a, b) => b.ms - a.ms);
  const [since] = [...reviews.map(({ openedAt }) => openedAt), ...open.map(({ openedAt }) => openedAt)].toSorted();
  if (since === undefined) return { since: null, figures: [] };
  return {
    since,
    figures: [
      {
        name: 'Holds that ended',
        value: String(reviews.length),
        cases: null,
        meaning: 'Holds that were closed and have a filed review.',
        rows: outcomesOf(reviews),
      },
      medianOf(
        reviews,
        'stood',
        'How long the line stood',
        'From the opening of a hold to its closing, the middle value.',
      ),
      medianOf(
        reviews,
        'tell',
        'Until people were told',
        'From the opening of a hold to the first briefs, the middle value.',
      ),
      medianOf(
        reviews,
        'decide',
        'Until somebody decided',
        'From the opening of a hold to its first decision, the middle value.',
      ),
      {
        name: 'Open now',
        value: String(ages.length),
        cases: null,
        meaning: 'Holds that are open, with their age.',
        rows: ages.map(({ service, ms }) => ({ label: service, value: lengthOf(ms) })),
      },
    ],
  };
}

type Figure = MetricsView['figures'][number];

function medianOf(reviews: readonly ReviewRecord[], part: keyof Durations, name: string, meaning: string): Figure {
  const known = reviews.flatMap(({ service, durations }) => {
    const ms = durations[part];
    return ms === null ? [] : [{ service, ms }];
  });
  const isEnough = known.length >= casesLeast;
  const sorted = known.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? upper;
  return {
    name,
    value: isEnough ? lengthOf((lower + upper) / 2) : 'too few cases',
    cases: { count: known.length, isEnough },
    meaning,
    rows: known.slice(0, rowsMax).map(({ service, ms }) => ({ label: service, value: lengthOf(ms) })),
  };
}

/** Cases that a figure lists, newest first. */
const rowsMax = 10;

function outcomesOf(reviews: readonly ReviewRecord[]): Figure['rows'] {
  const groups = Map.groupBy(reviews, ({ outcome }) => outcome);
  return [...groups].map(([outcome, group]) => ({ label: outcomeWords(outcome), value: String(group.length) }));
}
