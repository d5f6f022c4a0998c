import { expect, test } from 'vitest';
import { wrapped } from '../../bin/command-line/terminal.ts';
import { systemClock } from '../../lib/aws/ports.ts';
import { demoFinding } from '../../lib/embedded/demo.ts';
import { stopship } from '../cli/run.ts';
import { hostileTexts } from './hostile.ts';
import { wellOf } from './poison.ts';

const count = 300;

/** Findings as Security Hub sends them, whose every text that an attacker can choose is hostile. */
function hostileFindings(): string {
  const well = wellOf(hostileTexts(count * 6, 3));
  const chosen = new Set(['Title', 'Description', 'Name', 'FixedInVersion', 'FilePath', 'Text', 'Remediation']);
  return Array.from({ length: count }, (_, n) => {
    const text = demoFinding(systemClock.now()).replaceAll('finding/fb283a', `finding/${n}-`);
    const finding: unknown = JSON.parse(text, (name, value) =>
      chosen.has(name) && typeof value === 'string' ? well.next() : value,
    );
    return JSON.stringify(finding);
  }).join('\n');
}

test.each([
  ['in a line each', []],
  ['with all reasons', ['--explain']],
  ['as JSON', ['--json']],
])('hostile findings assessed %s neither act on a terminal nor forge a verdict', async (_, options) => {
  const { out, err } = await stopship(['assess', '-', ...options], hostileFindings());

  expect(out + err).not.toMatch(/[^\P{Cc}\n]|[\p{Cf}\p{Cs}\u2028\u2029]/u);
  const verdicts = out.match(/^(HALT|WATCH|PASS) |"verdict":/gm) ?? [];
  expect(verdicts.length).toBe(count);
});

test('a line is not broken within a character', () => {
  const lines = wrapped('💥'.repeat(100), '    ', 79);

  expect(lines.join('').replaceAll(' ', '')).toBe('💥'.repeat(100));
  expect(lines.filter((line) => /\p{Cs}/u.test(line))).toEqual([]);
});
