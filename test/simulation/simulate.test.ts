import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { brokenDesigns, production } from './designs.ts';
import { mutants } from './mutants.ts';
import { run } from './run.ts';
import { shrunk } from './shrink.ts';

// Each test plays hundreds of runs; on two busy cores that takes a while and is no failure.
vi.setConfig({ testTimeout: 300_000 });

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

/** More seeds than the broken designs and mutants have needed so far. */
const seedsMax = 4000;

function simulate(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  const summary: unknown = JSON.parse(stdout.trimEnd().split('\n').at(-1) || 'null');
  return { status, stdout, stderr, summary };
}

test('no schedule of two hundred seeds violates an invariant', () => {
  const { status, stderr, summary } = simulate('--runs', '200');

  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(summary).toMatchObject({ runs: 200, violations: 0, steps: expect.any(Number), reached: expect.any(Object) });
});

test.each(Object.keys(brokenDesigns))('the broken design %s is caught', (design) => {
  const { status, stderr, summary } = simulate('--design', design, '--runs', String(seedsMax), '--json');

  expect(summary).toMatchObject({ violations: 1 });
  expect(stderr).toMatch(/^seed \d+: (I\d+|chain|lease): /);
  expect(status).toBe(1);
});

test.each(Object.keys(mutants))('production code broken as %s is caught', (mutant) => {
  const { status, stderr, summary } = simulate('--mutant', mutant, '--runs', String(seedsMax), '--json');

  expect(summary).toMatchObject({ violations: 1 });
  expect(stderr).toMatch(/^seed \d+: (I\d+|lease|put-back|evidence|waiver): /);
  expect(status).toBe(1);
});

test('the same seed plays the same run, to the last line of its trace', async () => {
  const playing = { design: production, isTracing: true };
  const [one, other] = [await run(7, playing), await run(7, playing)];

  expect(one.trace.length).toBeGreaterThan(100);
  expect(other).toEqual(one);
  expect((await run(8, playing)).trace).not.toEqual(one.trace);
});

test('a failing seed is shrunk to a shorter run that violates the same invariant', async () => {
  const design = brokenDesigns['burn-then-vote'] ?? production;
  let seed = 1;
  while ((await run(seed, { design })).violations.length === 0 && seed < seedsMax) seed += 1;
  const whole = await run(seed, { design, isTracing: true });

  const small = await shrunk(seed, { design });

  expect(whole.violations[0]).toMatch(/^I7: link/);
  expect(small.violations[0]).toMatch(/^I7: link/);
  expect(small.trace.length).toBeLessThan(whole.trace.length);
  expect(small.trace.at(-1)).toContain('I7 VIOLATED');
});

test('an unknown design is a mistake of the caller, named with those there are', () => {
  const { status, stderr } = simulate('--design', 'perfect');

  expect(status).toBe(2);
  expect(stderr).toContain(`designs that must be caught: ${Object.keys(brokenDesigns).join(' ')}`);
});

test('over DynamoDB every answer is the one of the table in memory, in the same run', () => {
  const inMemory = simulate('--seed', '3', '--runs', '2');
  const inDynamo = simulate('--seed', '3', '--runs', '2', '--ledger', 'dynamodb');

  expect(inDynamo.status).toBe(0);
  expect(inDynamo.summary).toEqual(inMemory.summary);
});

test('a long series that never came into a situation fails and names it', () => {
  const { status, stderr } = simulate('--runs', '2', '--required-from', '2');

  expect(stderr).toContain('never reached: ');
  expect(status).toBe(1);
});
