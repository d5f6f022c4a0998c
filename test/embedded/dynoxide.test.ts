import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDynoxide } from '../../lib/embedded/dynoxide.ts';
import { tableAt } from '../ledger/table-at.ts';

const item = { pk: 'HOLD#1', sk: 'STATE', status: 'pending' };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stopship-'));
});

afterEach(() => rm(folder, { recursive: true }));

test('a ledger in a file is there again after a restart', async () => {
  const dataFile = join(folder, 'new', 'ledger.db');
  const first = await startDynoxide({ dataFile });
  await (await tableAt(first.endpoint, 'ledger')).transact([{ put: item }]);
  await first.stop();

  const second = await startDynoxide({ dataFile });

  expect(await (await tableAt(second.endpoint, 'ledger')).get(item)).toEqual(item);
  await second.stop();
});

test('a ledger in memory is empty after a restart', async () => {
  const first = await startDynoxide({ dataFile: null });
  await (await tableAt(first.endpoint, 'ledger')).transact([{ put: item }]);
  await first.stop();

  const second = await startDynoxide({ dataFile: null });

  expect(await (await tableAt(second.endpoint, 'ledger')).get(item)).toBeNull();
  await second.stop();
});

test('a stopped emulator answers no more, and is stopped twice without harm', async () => {
  const emulator = await startDynoxide({ dataFile: null });
  await emulator.stop();
  await emulator.stop();

  await expect(fetch(emulator.endpoint)).rejects.toThrow();
});

test('a second emulator works on the file while an older one still runs on it', async () => {
  const dataFile = join(folder, 'ledger.db');
  const older = await startDynoxide({ dataFile });
  await (await tableAt(older.endpoint, 'ledger')).transact([{ put: item }]);

  const newer = await startDynoxide({ dataFile });
  const table = await tableAt(newer.endpoint, 'ledger');

  expect(await table.get(item)).toEqual(item);
  expect(await table.transact([{ delete: item }])).toEqual({ ok: true });
  await Promise.all([older.stop(), newer.stop()]);
});

test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('the emulator ends when its parent ends by %s', async (signal) => {
  const dataFile = join(folder, 'ledger.db');
  const { parent, endpoint } = await startParent(`await startDynoxide(${JSON.stringify({ dataFile })})`);
  await (await tableAt(endpoint, 'ledger')).transact([{ put: item }]);

  parent.kill(signal);
  await once(parent, 'exit');

  await expectSilence(endpoint);
  const next = await startDynoxide({ dataFile });
  expect(await (await tableAt(next.endpoint, 'ledger')).get(item)).toEqual(item);
  await next.stop();
});

test('a parent that has nothing more to do ends, and the emulator with it', async () => {
  const { parent, endpoint } = await startParent('await startDynoxide({ dataFile: null })', 'nothing');

  if (parent.exitCode === null) await once(parent, 'exit');

  expect(parent.exitCode).toBe(0);
  await expectSilence(endpoint);
});

test('a file that is no database is refused with its name and the way out', async () => {
  const dataFile = join(folder, 'ledger.db');
  await writeFile(dataFile, 'these are not the bytes of a ledger. '.repeat(500));

  const start = startDynoxide({ dataFile });

  await expect(start).rejects.toThrow(`The ledger's file ${dataFile} cannot be used`);
  await expect(start).rejects.toThrow('move it');
});

/** A process of its own that starts an emulator, tells its endpoint, and then waits for ever or has `nothing` to do. */
async function startParent(start: string, then: 'waits' | 'nothing' = 'waits') {
  const module = new URL('../../lib/embedded/dynoxide.ts', import.meta.url).href;
  const wait = then === 'waits' ? 'setInterval(() => {}, 1000);' : '';
  const program = `import { startDynoxide } from ${JSON.stringify(module)};
    const { endpoint } = ${start}; console.log(endpoint); ${wait}`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'pipe'] });
  const complaint = text(parent.stderr);
  for await (const chunk of parent.stdout) return { parent, endpoint: String(chunk).trim() };
  throw new Error(await complaint);
}

async function expectSilence(endpoint: string): Promise<void> {
  for (;;) {
    const answered = await fetch(endpoint, { headers: { connection: 'close' } }).then(
      () => true,
      () => false,
    );
    if (!answered) return; // else the test's own time-out ends the wait
    await pause(20);
  }
}
