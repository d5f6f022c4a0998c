import { EnableStageTransitionCommand, StopPipelineExecutionCommand } from '@aws-sdk/client-codepipeline';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { demoPipelines, demoPolicy, openDemo } from '../../lib/embedded/demo.ts';
import type { Runtime } from '../../lib/embedded/runtime.ts';
import type { Hold } from '../../lib/hold/hold.ts';
import { eventsOf, openHolds, readHold } from '../../lib/hold/ledger.ts';
import { mailTo, policyByDay, startWorld, strangersClients, until } from '../integration/world.ts';
import { hasChromium, picture, screens, startChromium } from './chromium.ts';
import { decideOnPhone, type Fields } from './phone.ts';

let browser: Browser;
let runtime: Runtime;
beforeAll(async () => {
  if (hasChromium) browser = await startChromium();
});
afterEach(async () => runtime?.stop());
afterAll(async () => browser?.close());

/** Both acts of the demo, in force; the hold of a service. */
async function heldService(
  service: 'checkout' | 'accounts',
  options: Parameters<typeof startWorld>[0] = {},
): Promise<Hold> {
  ({ runtime } = await startWorld({ ledger: 'memory', ...options }));
  await openDemo(runtime);
  runtime.go();
  return await until(async () =>
    (await openHolds(runtime.ports.table)).find((hold) => hold.service === service && hold.status === 'in-force'),
  );
}

/** Decides through the newest mail of a person, on a phone. */
async function decide(hold: Hold, personId: string, action: string, fields: Fields, kind = 'opened'): Promise<string> {
  return await decideOnPhone({ browser, runtime, hold, personId, action, fields, kind });
}

async function ended(hold: Hold): Promise<Hold> {
  return await until(async () => {
    const now = await readHold(runtime.ports.table, hold.id);
    return now?.status === 'closed' && now;
  });
}

async function now(hold: Hold): Promise<Hold | null> {
  return await readHold(runtime.ports.table, hold.id);
}

const tomorrow = () => new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);

/** The record of the hold as people read it afterwards. */
async function lookAtReview(hold: Hold, name: string): Promise<void> {
  const page: Page = await (await browser.newContext({ viewport: screens.desk })).newPage();
  await page.goto(`${runtime.url}/reviews/${hold.id}`);
  await picture(page, `review-after-${name}`);
  await page.context().close();
}

test.skipIf(!hasChromium)(
  'a workaround needs the release manager and security, then the hold ends with it',
  async () => {
    const hold = await heldService('checkout');
    const fields = { condition: 'one-click pay is switched off', until: tomorrow() };

    expect(await decide(hold, 'rui', 'workaround-accepted', fields)).toContain('Not complete yet');
    expect(await decide(hold, 'ana', 'workaround-accepted', fields)).toContain('The decision stands');

    expect(await ended(hold)).toMatchObject({ outcome: 'workaround' });
    await lookAtReview(hold, 'workaround');
  },
);

test.skipIf(!hasChromium)('a risk needs its owner and one person more, then the hold ends with it', async () => {
  const hold = await heldService('checkout');
  const fields = { scope: 'this release', until: tomorrow() };

  expect(await decide(hold, 'ola', 'risk-accepted', fields)).toContain('Not complete yet');
  expect(await decide(hold, 'rui', 'risk-accepted', fields)).toContain('The decision stands');

  expect(await ended(hold)).toMatchObject({ outcome: 'risk-accepted' });
  await lookAtReview(hold, 'risk');
});

test.skipIf(!hasChromium)(
  'a flaw that a person reported is attested as fixed by security for a named release',
  async () => {
    const hold = await heldService('accounts');
    const row = runtime.services.pipelines.rows().find(({ name }) => name === 'accounts');
    const waiting = row?.stages.at(-1)?.waiting;

    const said = await decide(hold, 'ana', 'remediation-approved', {
      release: waiting?.commit ?? '',
      reference: 'PR 12',
    });

    expect(said).toContain('The decision stands');
    expect(await ended(hold)).toMatchObject({ outcome: 'remediated' });
    await lookAtReview(hold, 'attested');
  },
);

test.skipIf(!hasChromium)('a flawed release that waits is taken out, and the stage stays held', async () => {
  const hold = await heldService('checkout');

  expect(await decide(hold, 'rui', 'roll-back', {})).toContain('The decision stands');

  const after = await until(async () => {
    const one = await now(hold);
    return one?.decision?.action === 'roll-back' && one;
  });
  expect(after).toMatchObject({ status: 'in-force' });
});

test.skipIf(!hasChromium)(
  'more time extends the clock, and keeping it halted raises the level; both leave it held',
  async () => {
    const hold = await heldService('checkout');

    expect(await decide(hold, 'dee', 'more-time', { hours: '3' })).toContain('The decision stands');
    const later = await until(async () => {
      const one = await now(hold);
      return one !== null && one.revision > hold.revision && one;
    });
    expect(Date.parse(later.deadline) - Date.parse(hold.deadline)).toBe(3 * 3_600_000);
    expect(later.status).toBe('in-force');

    const other = (await openHolds(runtime.ports.table)).find(({ service }) => service === 'accounts');
    if (other === undefined) throw new Error('accounts is not held');
    expect(await decide(other, 'rui', 'keep-halted', {})).toContain('The decision stands');
    expect(await now(other)).toMatchObject({ status: 'in-force', level: other.level + 1 });
  },
);

test.skipIf(!hasChromium)(
  'a disputed score is refused by security, and both severities stay on the record',
  async () => {
    const hold = await heldService('checkout');
    const vector = 'CVSS:3.1/AV:N/AC:H/PR:L/UI:R/S:U/C:L/I:L/A:N';

    expect(await decide(hold, 'dee', 'dispute', { vector, reason: 'it is only reached after a login' })).toContain(
      'Recorded',
    );
    await until(async () => (await now(hold))?.dispute?.state === 'open');
    expect(await decide(hold, 'ana', 'dispute-refused', { reason: 'the cookie is read first' }, 'disputed')).toContain(
      'The decision stands',
    );

    await until(async () => (await now(hold))?.dispute?.state === 'refused');
    expect(await now(hold)).toMatchObject({ status: 'in-force' });
    const page = await (await browser.newContext({ viewport: screens.desk })).newPage();
    await page.goto(`${runtime.url}/holds/${hold.id}`);
    expect(await page.content()).toContain(vector);
    await picture(page, 'hold-after-dispute');
    await page.context().close();
  },
);

test.skipIf(!hasChromium)('the plan is changed by its developer, and everybody sees the new hours', async () => {
  const hold = await heldService('checkout');

  await decide(hold, 'dee', 'change-plan', { fix: '6h', test: '1h' });

  await until(async () => (await now(hold))?.plan.fix === 6 * 3_600_000);
});

test.skipIf(!hasChromium)(
  'a flawed release that is still inside the stage is stopped, and the one before it comes back once it has ended',
  async () => {
    const pipelines = demoPipelines(demoPolicy()).map((pipeline) => ({
      ...pipeline,
      initial: pipeline.initial?.map((release) =>
        release.position === 'waiting' ? { ...release, position: 'inside' as const } : release,
      ),
    }));
    // What is inside stays for as long as the test takes.
    const hold = await heldService('checkout', { pipelines, pace: { step: 20, stage: 3_600_000 } });
    const before = productionOf('checkout')?.passed?.commit ?? '';
    expect(productionOf('checkout')?.inside?.commit).not.toBe(before);
    await until(async () => (await now(hold))?.wayBack?.to);

    expect(
      await decide(hold, 'rui', 'roll-back', { evidenceKept: '', evidenceKeptBy: 'Dee, in the archive' }),
    ).toContain('The decision stands');

    // Stopping waits for the action that runs; somebody who cannot wait abandons it in the console.
    await until(async () => (await now(hold))?.decision?.state === 'awaiting-evidence');
    const codepipeline = await strangersClients(runtime).codepipeline();
    const pipelineExecutionId = (await now(hold))?.release?.executionId;
    await codepipeline.send(
      new StopPipelineExecutionCommand({ pipelineName: 'checkout', pipelineExecutionId, abandon: true }),
    );
    await until(() => productionOf('checkout')?.inside?.commit === before);
    await until(async () => (await now(hold))?.decision?.state === 'carried-out');
    expect(await now(hold)).toMatchObject({ status: 'in-force' });
    // What comes back is not taken for a release that slipped in.
    const entered = (await eventsOf(runtime.ports.table, hold.id)).filter(({ kind }) => kind === 'released-inside');
    expect(entered.map(({ data }) => data.release)).toEqual([pipelineExecutionId]);
  },
);

test.skipIf(!hasChromium)('who enabled a held stage in the console says why, on a phone', async () => {
  const policy = policyByDay();
  const arn = 'arn:aws:iam::123456789012:user/SOMEBODY';
  const people = policy.people.map((person) => (person.id === 'rui' ? { ...person, aws: [arn] } : person));
  const hold = await heldService('checkout', { policy: { ...policy, people } });
  const mail = await mailTo(runtime, 'rui', hold.id);
  const codepipeline = await strangersClients(runtime).codepipeline();
  await codepipeline.send(
    new EnableStageTransitionCommand({
      pipelineName: 'checkout',
      stageName: 'Production',
      transitionType: 'Inbound',
    }),
  );
  await until(async () =>
    (await eventsOf(runtime.ports.table, hold.id)).find(
      ({ kind, actor }) => kind === 'foreign-change' && actor === 'rui',
    ),
  );
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: screens.phone });
  const page = await context.newPage();
  await page.goto(mail.links[0] ?? '');

  const form = page.locator('form', { has: page.locator('input[value=explain]') });
  await form.locator('[name=reason]').fill('the hotfix of yesterday had to go out');
  await picture(page, 'why-form');
  await form.locator('button').click();
  await picture(page, 'why-form-answered');

  const said = await until(async () =>
    (await eventsOf(runtime.ports.table, hold.id)).find(({ kind }) => kind === 'explained'),
  );
  expect(said).toMatchObject({ actor: 'rui', data: { reason: 'the hotfix of yesterday had to go out' } });
  expect(await page.locator('input[value=explain]').count()).toBe(0);
  await context.close();
});

function productionOf(name: string) {
  return runtime.services.pipelines
    .rows()
    .find((row) => row.name === name)
    ?.stages.at(-1);
}
