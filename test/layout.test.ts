import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { conceptOverrides, concepts } from './layout.ts';

test('the linter holds the import order of the story', () => {
  const biome = z.object({ overrides: z.array(z.unknown()) }).parse(JSON.parse(readFileSync('biome.json', 'utf8')));

  expect(biome.overrides.slice(-concepts.length)).toEqual(conceptOverrides());
});

test('no concept reads the clock or draws a random number by itself', () => {
  const files = concepts.flatMap((concept) => globSync(`lib/${concept}/**/*.ts`));

  const impure = files.filter((file) =>
    /Date\.now|new Date\(\)|Math\.random|randomUUID/.test(readFileSync(file, 'utf8')),
  );

  expect(files.length).toBeGreaterThan(10);
  expect(impure).toEqual([]);
});
