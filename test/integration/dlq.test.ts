import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../lib/aws/ports.ts';
import { takeDataDir } from '../../lib/embedded/data-dir.ts';
import { demoFinding } from '../../lib/embedded/demo.ts';
import { callHere } from '../../lib/embedded/functions.ts';
import { receivedMessages } from '../../lib/embedded/people.ts';
import type { Runtime } from '../../lib/embedded/runtime.ts';
import { openHolds } from '../../lib/hold/ledger.ts';
import { workflow } from '../../lib/workflow/workflow.ts';
import { records, stopship } from '../cli/run.ts';
import { startWorld, strangersClients, until } from './world.ts';

const names = { stage: 'stage', notify: 'notify', await: 'await', verify: 'verify', review: 'review' };
const dataDir = mkdtempSync(join(tmpdir(), 'stopship-dlq-'));
let runtime: Runtime;
/** While it is not, intake fails for whatever mentions the poison. */
let isMended = false;

beforeAll(async () => {
  const dir = takeDataDir(dataDir);
  ({ runtime } = await startWorld({
    dataDir: dir,
    retryMs: 5,
    pace: { step: 20, stage: 200, entry: 50 },
    functions: {
      definition: workflow(names),
      invoke: async (name, payload) => {
        const isPoison = name === 'intake' && JSON.stringify(payload).includes('poison');
        return isPoison && !isMended
          ? { batchItemFailures: [{ itemIdentifier: 'all' }] }
          : await callHere(name, runtime.ports, payload);
      },
    },
  }));
  const { url, awsEndpoint, dynamodbEndpoint, table } = runtime;
  dir.announce({ pid: process.pid, url, awsEndpoint, dynamodbEndpoint, table, demo: true });
  runtime.go();
});
afterAll(async () => {
  await runtime.stop();
});

function entryOf(findings: unknown) {
  return {
    Source: 'aws.securityhub',
    DetailType: 'Security Hub Findings - Imported',
    Detail: JSON.stringify({ findings }),
  };
}

test('an event that always fails ends in the dead-letter queue and holds up nothing, rings, and is sent again when the cause is mended', {
  timeout: 60_000,
}, async () => {
  const [finding] = JSON.parse(demoFinding(systemClock.now())).Findings;
  const poison = { ...finding, Id: `${finding.Id}-poison`, Title: 'poison' };
  const bus = await strangersClients(runtime).eventBridge();

  const sent = await bus.send(new PutEventsCommand({ Entries: [entryOf([poison]), entryOf([finding])] }));
  await until(async () => (await openHolds(runtime.ports.table)).length === 1);
  await until(() => runtime.services.givenUp().length === 1);

  const id = sent.Entries?.[0]?.EventId ?? '';
  const listed = await stopship(['dlq', 'list', '--data', dataDir, '--json']);
  const shown = await stopship(['dlq', 'show', id, '--data', dataDir]);
  expect(records(listed.out)).toMatchObject([{ id, tries: 5, what: 'poison' }]);
  expect(JSON.parse(shown.out)).toMatchObject({ id, detail: { findings: [{ Title: 'poison' }] } });
  const alarm = await until(() =>
    receivedMessages(runtime.services.mailbox, runtime.ports.policy).find(({ kind }) => kind === 'dead-letter'),
  );
  expect([alarm.personId, alarm.body.includes(`stopship dlq show ${id}`)]).toEqual(['ana', true]);
  expect(await (await fetch(runtime.url)).text()).toContain('An event could not be taken');

  isMended = true;
  const again = await stopship(['dlq', 'redrive', id, '--data', dataDir]);
  expect([again.code, again.err]).toEqual([0, 'Sent 1 event on the way again.\n']);
  await until(async () => (await openHolds(runtime.ports.table))[0]?.findings === 2);
  expect((await stopship(['dlq', '--data', dataDir])).out).toBe('Every event was taken.\n');
});

test.each([
  [['dlq', 'redrive'], 2, 'Name the events to send again, or give --all.'],
  [['dlq', 'show', 'nothing'], 1, 'No event nothing lies there'],
  [['dlq', 'list', '--queue', 'https://sqs.example.com/q'], 2, 'not both'],
])('%j is refused with what to do', async (args, code, words) => {
  const ran = await stopship([...args, '--data', dataDir]);

  expect(ran.code).toBe(code);
  expect(ran.err).toContain(words);
});
