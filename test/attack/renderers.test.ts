import { expect, test } from 'vitest';
import { attackRenderers } from './renderers.ts';

test('no hostile text leaves its place on a page, in Markdown, CSV, a terminal or the log', async () => {
  const { escapes, printed } = await attackRenderers(300, 1);

  expect(escapes).toEqual([]);
  expect(Math.min(...Object.values(printed))).toBeGreaterThanOrEqual(300);
});
