/** One figure: how we do against the least that the machine allows, 1 being equal. */
export type Figure = {
  readonly name: string;
  readonly ratio: number;
  readonly min: number;
  readonly max: number;
  /** `>=` and `<=` say which side of it is good. */
  readonly goal: string;
};

const rounds = 9;

/**
 * Runs ours and the anchor by turns, so that a busy machine slows both, and answers the median over the rounds of
 * `ratioOf(milliseconds of ours, of the anchor)` with its spread. One round before them warms both up and does not count.
 */
export async function compared(
  name: string,
  goal: string,
  ours: () => unknown,
  anchor: () => unknown,
  ratioOf: (ours: number, anchor: number) => number,
): Promise<Figure> {
  await ours();
  await anchor();
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1) ratios.push(ratioOf(await taken(ours), await taken(anchor)));
  const sorted = ratios.toSorted((a, b) => a - b);
  const [min = Number.NaN] = sorted;
  return { name, ratio: sorted[rounds >> 1] ?? Number.NaN, min, max: sorted.at(-1) ?? Number.NaN, goal };
}

async function taken(act: () => unknown): Promise<number> {
  const start = performance.now();
  await act();
  return performance.now() - start;
}
