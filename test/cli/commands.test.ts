import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { records, stopship } from './run.ts';

const golden = 'CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N';

describe.concurrent('the command line', () => {
  test('a vector is scored, and one that is not valid says why and exits 1', async () => {
    const { code, out } = await stopship(['score', '-', '--json'], `${golden}\n\nCVSS:3.1/AV:N\n`);

    expect(code).toBe(1);
    expect(records(out)).toEqual([
      { vector: golden, valid: true, version: '4.0', baseScore: 9.2, score: 9.2, severity: 'critical' },
      { vector: 'CVSS:3.1/AV:N', valid: false, error: expect.stringContaining('add AC') },
    ]);
  });

  test('a valid vector alone is explained metric by metric', async () => {
    const { code, out } = await stopship(['score', golden]);

    expect(code).toBe(0);
    expect(out).toContain('9.2 critical');
    expect(out).toContain('AT:P  Attack Requirements: Present');
  });

  test('a misspelt key of a policy is told with line, column and the key that was meant', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'stopship-cli-')), 'policy.yaml');
    writeFileSync(file, 'version: 1\nrules:\n  - then: halt\n    becuase: critical\n    when: { scoreAtLeast: 9 }\n');

    const { code, err } = await stopship(['policy', 'check', file]);

    expect(code).toBe(1);
    expect(err).toContain(`${file}:4:5 rules[0].becuase`);
    expect(err).toContain('did you mean "because"?');
  });

  test('a policy without a mistake is fine', async () => {
    const { code, out } = await stopship(['policy', 'check', 'test/fixtures/policy/checkout.yaml']);

    expect(code).toBe(0);
    expect(out).toMatch(/^ok .*1 service/);
  });

  test.each([
    [['--help'], 'assess'],
    [['serve', '--help'], '--demo'],
    [['decide', '--help'], 'Example'],
    [['people', 'enroll', '--help'], 'Example'],
  ])('%j prints help and exits 0', async (args, said) => {
    const { code, out } = await stopship(args);

    expect(code).toBe(0);
    expect(out).toContain(said);
  });

  test.each([
    [['asess'], 'Did you mean assess?'],
    [['assess'], 'missing required argument'],
    [['serve', '--port', 'http'], '--port is a number'],
    [['gate', 'checkout', '--table', 'stopship'], '--policy FILE'],
    [['review', 'H1', '--format', 'openvex'], 'not there yet'],
  ])('%j is wrong usage: exit 2 and one sentence', async (args, said) => {
    const { code, err } = await stopship(args);

    expect(code).toBe(2);
    expect(err).toContain(said);
  });

  test('the gate is not free when there is nobody to ask', async () => {
    const nowhere = join(tmpdir(), 'stopship-cli-no-such-directory');

    const { code, err } = await stopship(['gate', 'checkout', '--data', nowhere]);

    expect(code).toBe(1);
    expect(err).toBe(`No runtime uses ${nowhere}: start one with \`stopship serve --data ${nowhere}\`.\n`);
  });
});

// By itself: it runs all of stopship.
test('the demo plays the story to its end, one record a step', { timeout: 180_000 }, async () => {
  const { code, out, err } = await stopship(['demo', '--json']);

  expect([code, err]).toEqual([0, '']);
  expect(records(out)).toMatchObject([
    { step: 'finding-received' },
    { step: 'assessed', verdict: 'halt', score: 9.8 },
    { step: 'hold-opened' },
    { step: 'stage-halted', release: '3f9c1ab7d20e84c6519fa3be07d82c46e1f5b990' },
    { step: 'stakeholders-notified', unreached: '' },
    { step: 'decision-recorded', action: 'remediation-approved', by: 'rui' },
    { step: 'verified' },
    { step: 'stage-resumed', release: '8d01c77e5ab2946f03d8c1e7b6a4f92d5038e1ca' },
    { step: 'review-filed', outcome: 'remediated' },
  ]);
});
