import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDemo } from '../../lib/embedded/demo.ts';
import type { Runtime } from '../../lib/embedded/runtime.ts';
import { openHolds, readHold } from '../../lib/hold/ledger.ts';
import { codeOf, mailTo, startWorld, until } from '../integration/world.ts';
import { axeViolations, hasChromium, picture, screens, startChromium, withScripts } from './chromium.ts';

let runtime: Runtime;
let browser: Browser;
beforeAll(async () => {
  if (!hasChromium) return;
  ({ runtime } = await startWorld());
  await openDemo(runtime);
  runtime.go();
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  await runtime?.stop();
});

test.skipIf(!hasChromium)(
  'the release manager approves on a phone without scripts, and the release enters',
  async () => {
    const holds = await until(async () => {
      const all = await openHolds(runtime.ports.table);
      return all.length === 2 && all.every(({ status }) => status === 'in-force') && all;
    });
    const hold = holds.find(({ service }) => service === 'checkout');
    if (hold === undefined) throw new Error('checkout is not held');
    const mail = await mailTo(runtime, 'rui', hold.id);
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: screens.phone });
    const page = await context.newPage();

    await page.goto(mail.links[0] ?? '');
    expect(await page.locator('input[name=action]:checked').count()).toBe(0);
    await picture(page, 'story-decision');
    await page.check('input[value=remediation-approved]');
    await page.fill('[name=reason]', 'certifi is updated in the next image');
    await page.fill('[name=confirmation]', hold.code);
    await page.fill('[name=totp]', codeOf(runtime, 'rui'));
    await page.click('button[type=submit]');
    await picture(page, 'story-receipt');
    await until(async () => (await readHold(runtime.ports.table, hold.id))?.decision !== null);

    const board = await (await browser.newContext({ viewport: screens.desk })).newPage();
    await withScripts(board);
    await board.goto(runtime.url);
    await picture(board, 'story-board');
    const scan = board.locator('form[action="/scans"]').first().locator('button');
    await scan.click();
    await board.getByRole('heading', { name: 'It still has the flaw' }).waitFor();
    await board.getByRole('link', { name: 'To the board' }).click();
    await board
      .locator('form', { has: board.locator('input[name=service][value=checkout]') })
      .locator('button', { hasText: /release/i })
      .click();
    await until(() => runtime.services.pipelines.rows()[0]?.stages.at(-1)?.waiting?.commit !== hold.release?.commit);
    await board.goto(runtime.url);
    await scan.click();
    await until(async () => (await readHold(runtime.ports.table, hold.id))?.status === 'closed');
    for (const [name, path] of [
      ['hold', `/holds/${holds.find(({ service }) => service === 'accounts')?.id}`],
      ['mailbox', '/mailbox?person=rui'],
      ['review', `/reviews/${hold.id}`],
      ['reviews', '/reviews'],
      ['rejected', '/rejected'],
    ] as const) {
      await board.goto(`${runtime.url}${path}`);
      expect(await axeViolations(board)).toEqual([]);
      await picture(board, `story-${name}`);
    }
  },
);
