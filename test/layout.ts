/**
 * The concept folders in the order of the story, and the pure libraries each may import. A concept imports itself and
 * the concepts before it. `biome.json` says the same to the linter; test/layout.test.ts holds the two together.
 */
export const concepts = ['finding', 'risk', 'policy', 'hold', 'brief', 'decision', 'review'] as const;

/** Libraries without I/O, clock or chance that every concept may use. */
export const pureLibraries = ['zod', '@noble/hashes/**'] as const;

/** Further pure libraries of single concepts. */
export const ownLibraries: { readonly [concept in (typeof concepts)[number]]?: readonly string[] } = {
  risk: ['ae-cvss-calculator'],
  policy: ['yaml', 'fastest-levenshtein'],
  decision: ['otpauth'],
};

/** Globals that would bring clock, chance, environment or I/O into a concept. */
export const impureGlobals = [
  'process',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'fetch',
  'performance',
  'crypto',
  'console',
  'Buffer',
] as const;

/** The linter overrides that say all this, one per concept. */
export function conceptOverrides(): readonly unknown[] {
  return concepts.map((concept, at) => ({
    includes: [`lib/${concept}/**/*.ts`],
    linter: {
      rules: {
        style: {
          noRestrictedImports: {
            level: 'error',
            options: {
              patterns: [
                {
                  group: [
                    '**',
                    ...pureLibraries.map((library) => `!${library}`),
                    ...(ownLibraries[concept] ?? []).map((library) => `!${library}`),
                    '!./*.ts',
                    ...concepts.slice(0, at).map((before) => `!../${before}/*.ts`),
                  ],
                  message: `lib/${concept} imports pure libraries, itself and the concepts before it in the story`,
                },
              ],
            },
          },
          noRestrictedGlobals: {
            level: 'error',
            options: {
              deniedGlobals: Object.fromEntries(
                impureGlobals.map((name) => [name, 'clock, chance, environment and I/O come in by argument']),
              ),
            },
          },
        },
      },
    },
  }));
}
