import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { brokenDesigns, production } from './designs.ts';
import { type Ran, run } from './run.ts';
import type { Design } from './world.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

test('no schedule of a hundred seeds violates an invariant, and they reach what they are about', async () => {
  const reached = new Set<string>();
  for (let seed = 1; seed <= 100; seed += 1) {
    const ran = await run(seed, production);
    expect(ran.violations, `seed ${seed}: npm run simulate -- --seed ${seed}`).toEqual([]);
    for (const situation of ran.reached.keys()) reached.add(situation);
  }
  expect([...reached]).toEqual(
    expect.arrayContaining([
      'hold opened',
      'hold closed: evidence',
      'enable of ours',
      'finding while a stage resumes',
      'disable by a person',
      'release superseded',
      'two sweeps at once',
      'workflow ended',
      'vote recorded',
      'table.transact answer lost',
    ]),
  );
});

test.each(Object.values(brokenDesigns))('the broken design $name is caught', async (design) => {
  expect((await firstCaught(design))?.violations.length).toBeGreaterThan(0);
});

test('the same seed plays the same run, to the last line of its trace', async () => {
  const [one, other] = [await run(7, production), await run(7, production)];
  expect(one.trace.length).toBeGreaterThan(100);
  expect(other).toEqual(one);
  expect((await run(8, production)).trace).not.toEqual(one.trace);
});

test('an unknown design is a mistake of the caller, named with those there are', () => {
  const { status, stderr } = spawnSync(process.execPath, [main, '--design', 'perfect'], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toContain('check-then-enable recheck no-lease');
});

test('the last line of a run is its summary', () => {
  const { status, stdout } = spawnSync(process.execPath, [main, '--seed', '3', '--runs', '2'], { encoding: 'utf8' });
  expect(status).toBe(0);
  const summary: unknown = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  expect(summary).toMatchObject({ runs: 2, violations: 0, steps: expect.any(Number), reached: expect.any(Object) });
});

/** More seeds than the broken designs have needed so far. */
const seedsMax = 500;

async function firstCaught(design: Design): Promise<Ran | undefined> {
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    const ran = await run(seed, design);
    if (ran.violations.length > 0) return ran;
  }
  return undefined;
}
