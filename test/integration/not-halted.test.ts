import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { systemClock } from '../../lib/aws/ports.ts';
import { demoFinding } from '../../lib/embedded/demo.ts';
import { receivedMessages } from '../../lib/embedded/people.ts';
import type { Runtime } from '../../lib/embedded/runtime.ts';
import { readHold } from '../../lib/hold/ledger.ts';
import { readStage } from '../../lib/hold/stage.ts';
import { startWorld, until } from './world.ts';

let runtime: Runtime;
beforeAll(async () => {
  ({ runtime } = await startWorld());
  runtime.go();
});
afterAll(async () => {
  await runtime.stop();
});

test('a stage that cannot be disabled is an alarm that people get, and that clears by itself', {
  timeout: 120_000,
}, async () => {
  const isDown = vi.spyOn(runtime.services.pipelines, 'switchTransition').mockImplementation(() => {
    throw new Error('no switch is moved');
  });

  const [answers] = await runtime.takeIn(demoFinding(systemClock.now()));
  const [answer] = answers ?? [];
  const holdId = answer?.status === 'assessed' ? (answer.holdId ?? '') : '';
  const alarm = await until(() => mailed('NOT HALTED'));
  const hold = await readHold(runtime.ports.table, holdId);

  expect(alarm.personId).toBe('ana');
  expect(hold?.status).toBe('pending');
  expect(await page('/')).toContain('NOT HALTED');

  isDown.mockRestore();
  await until(async () => (await readHold(runtime.ports.table, holdId))?.status === 'in-force');
  await until(() => mailed('the halt is in force now'));

  expect(
    (await readStage(runtime.ports.table, runtime.ports.policy.services[0]?.pipeline ?? never())).alarm,
  ).toBeNull();
  expect(await page('/')).not.toContain('NOT HALTED');
});

function mailed(words: string) {
  return receivedMessages(runtime.services.mailbox, runtime.ports.policy).find(
    ({ personId, channel, subject, body }) =>
      personId === 'ana' && channel === 'email' && `${subject} ${body}`.includes(words),
  );
}

async function page(path: string): Promise<string> {
  return await (await fetch(`${runtime.url}${path}`)).text();
}

function never(): never {
  throw new Error('the demo has no service');
}
