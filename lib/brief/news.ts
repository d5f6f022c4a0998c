import type { Hold } from '../hold/hold.ts';
import type { Occasion } from './facts.ts';

type Kind = Occasion['kind'];

/** What is news about one hold to one person, untold so far. */
export type News = {
  readonly hold: Hold;
  /** Whether they hear of this hold for the first time. */
  readonly isFirst: boolean;
  /** The occasion that the subject speaks of. */
  readonly main: Occasion;
  /** What else is new, oldest first. */
  readonly also: readonly Occasion[];
};

/**
 * What of these occasions (oldest first) is worth telling, as one message: each kind once, nothing that later news made
 * void, nothing but the end of a hold that is over. Null when nothing is left to tell.
 */
export function newsOf(hold: Hold, occasions: readonly Occasion[], isFirst: boolean): News | null {
  // Who never heard that it was halted need not hear that it is over.
  if (hold.status === 'closed' && isFirst) return null;
  const untold = hold.status === 'closed' ? occasions.filter(({ kind }) => kind === 'resumed') : occasions;
  // Who hears of it only now reads how it stands, not how it came to stand so.
  const fresh = isFirst ? [opened, ...untold.filter(({ kind }) => staysNews[kind])] : untold;
  const told = withoutVoid(lastOfEach(fresh), hold);
  const [main] = told.toSorted((a, b) => weight.indexOf(a.kind) - weight.indexOf(b.kind));
  return main === undefined ? null : { hold, isFirst, main, also: told.filter((each) => each !== main) };
}

const opened: Occasion = { kind: 'opened' };

/** The gravest first: of what is told together the first of these makes the subject. */
const weight: readonly Kind[] = [
  'resumed',
  'not-halted',
  'worked-around',
  'refuted',
  'escalated',
  'rolled-back',
  'opened',
  'kept-halted',
  'more-time',
  'not-yet',
  'halted-after-alarm',
  'rated',
  'disputed',
  'dispute-refused',
  'plan-changed',
  'changed',
  'new-link',
  'reminder',
];

/** What a first brief says besides how the hold stands. */
const staysNews: Readonly<Record<Kind, boolean>> = {
  opened: false,
  changed: false,
  reminder: false,
  escalated: true,
  'more-time': true,
  'kept-halted': true,
  'not-yet': false,
  refuted: true,
  resumed: true,
  'not-halted': true,
  'halted-after-alarm': true,
  'plan-changed': false,
  rated: false,
  'worked-around': true,
  disputed: true,
  'dispute-refused': false,
  'rolled-back': true,
  'new-link': false,
};

/** Each kind once, in the order of their last; several changes are one. Who worked around a halt is told each time. */
function lastOfEach(occasions: readonly Occasion[]): readonly Occasion[] {
  const whys = [...new Set(occasions.flatMap((each) => (each.kind === 'changed' ? [each.why] : [])))];
  return occasions
    .filter(
      (each, at) => each.kind === 'worked-around' || occasions.findLastIndex(({ kind }) => kind === each.kind) === at,
    )
    .map((each) => (each.kind === 'changed' ? { ...each, why: whys.join('; ') } : each));
}

function withoutVoid(occasions: readonly Occasion[], hold: Hold): readonly Occasion[] {
  const kinds = occasions.map(({ kind }) => kind);
  const isOver = kinds.includes('not-halted') && kinds.includes('halted-after-alarm');
  const isReminded = kinds.length === 1 && hold.decision === null;
  return occasions.filter(({ kind }) => {
    if (kind === 'not-halted' || kind === 'halted-after-alarm') return !isOver;
    // Decided means silent, and other news reminds by itself.
    return kind !== 'reminder' || isReminded;
  });
}
