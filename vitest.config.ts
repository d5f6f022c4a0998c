import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real processes start in the integration tests; on two busy cores that takes a while and is no failure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
