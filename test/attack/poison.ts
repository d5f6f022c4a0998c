/** Gives texts one after another, over and over, and counts how many it gave. */
export type Well = { next(): string; readonly given: () => number };

/** A well of texts; the first is at the top. */
export function wellOf(texts: readonly string[]): Well {
  let given = 0;
  return {
    next() {
      const text = texts[given % texts.length] ?? '';
      given += 1;
      return text;
    },
    given: () => given,
  };
}

/** What is not text from outside: our own words, times, and addresses that we make. */
const ours = new Set(
  [
    'kind status tone transition state action why channel outcome severity roles fields phase position at openedAt closedAt',
    'inForceAt since until due by asOf time hash previous stageKey id predecessor',
  ]
    .join(' ')
    .split(' '),
);

/** The same value with every text in it, that a stranger could have written, taken from the well. */
export function poisoned<T>(value: T, well: Well): T {
  return JSON.parse(JSON.stringify(value), (name, part) => poisonedPart(name, part, well));
}

function poisonedPart(name: string, part: unknown, well: Well): unknown {
  if (ours.has(name) || typeof part !== 'object' || part === null) return part;
  if (Array.isArray(part)) return part.map((one) => (isText(one) ? well.next() : one));
  return Object.fromEntries(
    Object.entries(part).map(([key, one]) => [key, isText(one) && !ours.has(key) ? well.next() : one]),
  );
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && !/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value);
}
