import { expect, test } from 'vitest';
import { flood } from '../flood/flood.ts';

test('a flood opens one hold per problem, halts every stage, and tells nobody before the halt', {
  timeout: 120_000,
}, async () => {
  const report = await flood({ findings: 150, services: 3, packages: 4, seed: 1 });

  expect(report.holds).toBe(report.problems);
  expect([report.stagesHalted, report.mailBeforeHalt, report.deadLetters]).toEqual([report.stages, 0, 0]);
  expect(report.eventToHalt.max).toBeLessThan(60_000);
});
