import type { HoldEvent } from '../../lib/hold/hold.ts';

/** What an event says beside its kind, as one line. In the order of the names: a table keeps no other. */
export function eventFacts({ data }: Pick<HoldEvent, 'data'>): string {
  return Object.entries(data)
    .filter(([, value]) => value !== null && value !== '')
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}: ${value}`)
    .join('; ');
}
