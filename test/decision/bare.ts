import type { Item } from '../../lib/hold/table.ts';

/** Items as one text, sets included, to look for what must not be in them. */
export function bare(items: readonly Item[]): string {
  return JSON.stringify(items, (_, value: unknown) => (value instanceof Set ? [...value] : value));
}
