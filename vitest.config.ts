import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A core each, also where vitest would leave one free: a worker waits for its processes most of the time.
    maxWorkers: availableParallelism(),
    // Real processes start in the integration tests; on two busy cores that takes a while and is no failure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
