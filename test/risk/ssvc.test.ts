import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Ssvc } from '../../lib/risk/assessment.ts';
import { humanImpactOf, ssvcOf } from '../../lib/risk/ssvc.ts';

test('the deployer tree decides all 72 rows as published', () => {
  const rows = rowsOf('test/fixtures/tables/deployer_patch_application_priority_1_0_0.csv').map(
    ([, exploitation, exposure, automatable, humanImpact, decision]) =>
      Ssvc.parse({ exploitation, exposure, automatable, humanImpact, decision }),
  );

  const counts = Object.groupBy(rows, (row) => row.decision);
  expect(Object.entries(counts).map(([decision, some]) => [decision, some.length])).toEqual(
    expect.arrayContaining([
      ['immediate', 3],
      ['out-of-cycle', 20],
      ['scheduled', 42],
      ['defer', 7],
    ]),
  );
  expect(rows.map(({ decision: _, ...inputs }) => ssvcOf(inputs))).toEqual(rows);
});

test('human impact follows the published table of mission and safety impact', () => {
  const published = new Map(
    rowsOf('test/fixtures/tables/human_impact_1_0_0.csv').map(([, safety, mission, impact]) => [
      `${safety}/${mission}`,
      impact,
    ]),
  );
  const safety = {
    public: 'negligible',
    internal: 'negligible',
    confidential: 'marginal',
    restricted: 'critical',
  } as const;
  const mission = {
    low: 'degraded',
    medium: 'mef support crippled',
    high: 'mef failure',
    essential: 'mission failure',
  } as const;

  for (const dataClass of ['public', 'internal', 'confidential', 'restricted'] as const) {
    for (const criticality of ['low', 'medium', 'high', 'essential'] as const) {
      expect(humanImpactOf({ dataClass, criticality })).toBe(
        published.get(`${safety[dataClass]}/${mission[criticality]}`),
      );
    }
  }
});

function rowsOf(file: string): readonly (readonly string[])[] {
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(','));
}
