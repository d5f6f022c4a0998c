import { describe, expect, test } from 'vitest';
import { Finding } from '../../lib/finding/finding.ts';
import { readText } from '../../lib/finding/read.ts';
import { expectedReadings } from './expected-readings.ts';
import { lineOf } from './line.ts';
import { samples, sampleText } from './samples.ts';

describe('every sample is read as a person reads it', () => {
  test('the table names every sample and nothing else', () => {
    expect(Object.keys(expectedReadings).toSorted()).toEqual(samples());
  });

  test.each(samples())('%s', (name) => {
    expect(readText(sampleText(name)).map(lineOf)).toEqual(expectedReadings[name]);
  });

  test('every finding of the samples is whole by the schema that the ledger checks', () => {
    const findings = samples().flatMap((name) =>
      readText(sampleText(name)).flatMap((one) => (one.status === 'finding' ? [one.finding] : [])),
    );

    expect(findings.length).toBeGreaterThan(150);
    for (const finding of findings) expect(Finding.parse(finding)).toEqual(finding);
  });
});
