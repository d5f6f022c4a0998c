import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { codeNow } from '../../lib/embedded/people.ts';
import { instantOf } from '../../lib/finding/instant.ts';
import { until } from '../integration/world.ts';
import { records, stopship } from './run.ts';

const golden = 'CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N';
const worse = golden.replace('AT:P', 'AT:N');
const worst = worse.replace('SC:N', 'SC:H');

const Started = z.object({ url: z.string() });
const HoldJson = z.object({
  ...{ id: z.string(), service: z.string(), status: z.string() },
  ...{ revision: z.number(), score: z.number().nullable() },
});
const PersonJson = z.object({ id: z.string(), otpauth: z.string() });

const data = mkdtempSync(join(tmpdir(), 'stopship-decide-'));
let runtime: ChildProcess;
let url = '';
let holdId = '';
beforeAll(async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const args = ['bin/stopship.js', 'serve', '--demo', '--json', '--port', '0', '--data', data];
  runtime = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  runtime.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  url = await until(() => said.includes('\n') && Started.parse(JSON.parse(said.split('\n')[0] ?? '')).url);
  holdId = await until(async () => (await accounts())?.status === 'in-force' && (await accounts())?.id);
});
afterAll(async () => {
  const ended = new Promise((resolve) => runtime.once('exit', resolve));
  runtime.kill();
  await ended;
  rmSync(data, { recursive: true, force: true });
});

test('plan and reassess are entered by those who may, or by the first of security where nobody is named; a decision needs a name', async () => {
  const rui = await stopship(['plan', holdId, '--as', 'rui', '--fix', '4h', '--data', data]);
  expect([rui.code, rui.err]).toEqual([1, expect.stringContaining('Rui Costa has no vote for change-plan')]);

  const plan = ['--fix', '5h', '--test', '90m', '--workaround', 'switch off the form', '--owner', 'dee'];
  const dee = await stopship(['plan', holdId, '--as', 'dee', ...plan, '--json', '--data', data]);
  expect([dee.code, records(dee.out)]).toEqual([
    0,
    [{ holdId, action: 'change-plan', by: 'dee', decided: true, missing: [] }],
  ]);
  expect(await accounts()).toMatchObject({ revision: 2 });
  const { out: told } = await stopship(['holds', holdId, '--data', data]);
  expect(told.replace(/\s+/g, ' ')).toContain('Dee Novak changed the plan: 5 h fix, 1 h 30 min test, workaround');

  const cut = await stopship(['reassess', holdId, '--as', 'ana', '--vector', 'AV:N', '--reason', 'x', '--data', data]);
  expect([cut.code, cut.err]).toEqual([1, expect.stringContaining('is incomplete: add')]);
  const rated = await stopship([
    ...['reassess', holdId, '--as', 'ana', '--totp', await codeOf('ana'), '--data', data],
    ...['--vector', worse, '--reason', 'no circumstances are needed'],
  ]);
  expect([rated.code, rated.out]).toEqual([0, expect.stringContaining('Recorded: reassess by Ana Lima')]);
  await until(async () => (await accounts())?.score === 9.3);

  const unnamed = await stopship(['plan', holdId, '--fix', '4h', '--json', '--data', data]);
  expect([unnamed.code, unnamed.err]).toEqual([0, expect.stringContaining('Acting as Ana Lima (ana)')]);
  expect(unnamed.err).toContain('--as PERSON names somebody else');
  expect(records(unnamed.out)).toEqual([{ holdId, action: 'change-plan', by: 'ana', decided: true, missing: [] }]);

  const again = await stopship(['reassess', holdId, '--vector', worst, '--reason', 'as it is', '--data', data]);
  expect([again.err, again.code, again.out]).toEqual([
    expect.stringContaining('Acting as'),
    0,
    expect.stringContaining('Recorded: reassess by Ana Lima'),
  ]);

  const nobody = await stopship(['decide', holdId, '--action', 'keep-halted', '--reason', 'x', '--data', data]);
  expect([nobody.code, nobody.err]).toEqual([2, expect.stringContaining('--as PERSON')]);
});

async function accounts() {
  const holds = HoldJson.array().parse(await (await fetch(`${url}/api/holds`)).json());
  return holds.find(({ service }) => service === 'accounts');
}

async function codeOf(personId: string): Promise<string> {
  const people = PersonJson.array().parse(await (await fetch(`${url}/api/people`)).json());
  const otpauth = people.find(({ id }) => id === personId)?.otpauth ?? '';
  return codeNow(otpauth, instantOf(Date.now()))?.code ?? '';
}
