import { expect, test } from 'vitest';
import { crash } from '../crash/crash.ts';

test('a runtime that is killed under load loses nothing it accepted, and goes on', { timeout: 300_000 }, async () => {
  const report = await crash({ kills: 3, seed: 42, tell: () => {} });

  expect(report.violations).toEqual([]);
  expect(report.kills).toBeGreaterThanOrEqual(3);
  expect(report.findings).toBeGreaterThan(0);
});
