import { inspect } from 'node:util';
import type { Hono } from 'hono';
import { expect, test } from 'vitest';
import { exitOf, lineOf } from '../../bin/command-line/failure.ts';
import { dispatchFunction, notifyFunction, sweepFunction } from '../../lib/aws/functions.ts';
import { report, safeError } from '../../lib/aws/log.ts';
import type { Ports } from '../../lib/aws/ports.ts';
import type { Table, Write } from '../../lib/hold/table.ts';
import { decisionApp } from '../../lib/web/decision-app.ts';
import { decisionSteps } from '../../lib/web/show/decision-deps.ts';
import { aBallot, aWorld, type World } from '../builders.ts';
import { heldBefore } from '../web/show/held-world.ts';
import { catchOutput } from './caught.ts';
import { ownForm } from './site.ts';

/** Ports that fail and, as careless ones do, quote in their errors what they were given. */
function talkative(world: World, broken: 'table' | 'vault' | 'notifier'): Ports {
  const fail = async (what: string): Promise<never> => {
    throw Object.assign(new Error(`refused: ${what}`), { name: `Refused ${what}` });
  };
  const denied = () => fail('no access to the secret');
  const { ports } = world;
  const keyOf = (write: Write) =>
    'put' in write ? write.put : 'update' in write ? write.update : 'delete' in write ? write.delete : write.check;
  const table: Table = {
    ...ports.table,
    get: (key) => fail(`GetItem ${key.pk} ${key.sk}`),
    query: (pk) => fail(`Query ${pk}`),
    transact: (writes) => fail(`TransactWriteItems ${writes.map((write) => keyOf(write).pk).join(', ')}`),
  };
  switch (broken) {
    case 'table':
      return { ...ports, table };
    case 'vault':
      return { ...ports, vault: { mac: denied, seal: denied, unseal: denied, isMac: denied } };
    case 'notifier':
      return { ...ports, notifier: { send: (message) => fail(JSON.stringify(message)) } };
    default:
      return broken satisfies never;
  }
}

/** The decision pages over such ports, reporting as they do in an account. */
function appOver(ports: Ports): Hono {
  return decisionApp({
    ...decisionSteps(ports),
    assets: { css: '' },
    publicUrl: ports.publicAddress,
    zone: 'Europe/Lisbon',
    now: ports.clock.now,
    report: (error) => report('decide.failed', error),
  });
}

test.each(['table', 'vault', 'notifier'] as const)(
  'no link, selector, code or nonce is in anything that is logged when the %s fails and quotes what it was given',
  async (broken) => {
    const world = await aWorld();
    const holdId = await heldBefore(world);
    const token = world.tokenOf('rui');
    const ballot = await aBallot(world, holdId, 'rui', token, { action: 'remediation-approved' });
    const body = new URLSearchParams(ballot).toString();
    const ports = talkative(world, broken);
    const app = appOver(ports);
    const thrown: unknown[] = [];
    const output = catchOutput();

    try {
      for (const call of [
        async () => await app.request(`/d/${token}`),
        async () => await app.request(`/d/${token}`, { method: 'POST', headers: ownForm, body }),
        async () => await app.request(`/d/${token}/renew`, { method: 'POST', headers: ownForm, body: '' }),
        () => notifyFunction(ports, { holdId, action: 'remind' }),
        () => notifyFunction(ports, { holdId, action: 'tell' }),
        () => sweepFunction(ports, {}),
        () => dispatchFunction(ports, { Records: [streamRecord(holdId)] }),
      ])
        await call().catch((error: unknown) => {
          report('step.failed', error);
          thrown.push(safeError(error));
          process.stderr.write(`${lineOf(error)}\n${exitOf(error).says}\n`);
        });
    } finally {
      output.release();
    }

    const { stdout, stderr } = output.caught();
    const logged = stdout + stderr + thrown.map((error) => inspect(error, { depth: 9 })).join('\n');
    const sent = world.mail.sent.flatMap(({ email }) => [...email.matchAll(/ss1\.([\w-]+)\.([\w-]+)/g)]);
    expect(sent.length).toBeGreaterThan(3);
    expect(logged).toContain('refused: ');
    for (const secret of [...sent.flatMap((link) => link.slice(1)), ballot.totp, ballot.nonce, ballot.nonce.slice(3)])
      expect(logged).not.toContain(secret);
  },
);

test('a link stands in the mail of its person and nowhere in the ledger', async () => {
  const world = await aWorld();
  await heldBefore(world);

  const ledger = inspect(world.table.dump(), { depth: 20, maxStringLength: Number.POSITIVE_INFINITY });
  const verifiers = world.mail.sent.flatMap(({ email }) => [...email.matchAll(/ss1\.[\w-]+\.([\w-]+)/g)]);

  expect(verifiers.length).toBeGreaterThan(3);
  for (const [, verifier = ''] of verifiers) expect(ledger).not.toContain(verifier);
});

function streamRecord(holdId: string): unknown {
  return {
    dynamodb: { SequenceNumber: '1', Keys: { pk: { S: `HOLD#${holdId}` }, sk: { S: 'OUTBOX#start-workflow#1' } } },
  };
}
