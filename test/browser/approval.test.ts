import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDemo } from '../../lib/embedded/demo.ts';
import type { Runtime } from '../../lib/embedded/runtime.ts';
import { openHolds, readHold } from '../../lib/hold/ledger.ts';
import { codeOf, mailTo, startWorld, until } from '../integration/world.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
const screenshots = join(import.meta.dirname, 'screenshots');
if (executablePath === undefined) process.stderr.write('No Chromium on this machine: the browser test is skipped.\n');

let runtime: Runtime;
let browser: Browser;
beforeAll(async () => {
  if (executablePath === undefined) return;
  mkdirSync(screenshots, { recursive: true });
  ({ runtime } = await startWorld());
  await openDemo(runtime);
  runtime.go();
  const quiet = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--disable-quic',
  ];
  browser = await chromium.launch({ executablePath, args: quiet });
});
afterAll(async () => {
  await browser?.close();
  await runtime?.stop();
});

test.skipIf(executablePath === undefined)(
  'the release manager approves on a phone without scripts, and the release enters',
  async () => {
    const holds = await until(async () => {
      const all = await openHolds(runtime.ports.table);
      return all.length === 2 && all.every(({ status }) => status === 'in-force') && all;
    });
    const hold = holds.find(({ service }) => service === 'checkout');
    if (hold === undefined) throw new Error('checkout is not held');
    const mail = await mailTo(runtime, 'rui', hold.id);
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
    const page = await context.newPage();

    await page.goto(mail.links[0] ?? '');
    expect(await page.locator('input[name=action]:checked').count()).toBe(0);
    await page.screenshot({ path: join(screenshots, 'decision.png'), fullPage: true });
    await page.check('input[value=remediation-approved]');
    await page.fill('[name=reason]', 'certifi is updated in the next image');
    await page.fill('[name=confirmation]', hold.code);
    await page.fill('[name=totp]', codeOf(runtime, 'rui'));
    await page.click('button[type=submit]');
    await page.screenshot({ path: join(screenshots, 'receipt.png'), fullPage: true });
    await until(async () => (await readHold(runtime.ports.table, hold.id))?.decision !== null);

    const board = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
    await board.goto(runtime.url);
    await board.screenshot({ path: join(screenshots, 'board.png'), fullPage: true });
    await board
      .locator('form', { has: board.locator('input[name=service][value=checkout]') })
      .locator('button', { hasText: /release/i })
      .click();
    await until(() => runtime.services.pipelines.rows()[0]?.stages.at(-1)?.waiting?.commit !== hold.release?.commit);
    await board.goto(runtime.url);
    await board.locator('form[action="/scans"]').first().locator('button').click();
    await until(async () => (await readHold(runtime.ports.table, hold.id))?.status === 'closed');
    for (const [name, path] of [
      ['hold', `/holds/${holds.find(({ service }) => service === 'accounts')?.id}`],
      ['mailbox', '/mailbox?person=rui'],
      ['review', `/reviews/${hold.id}`],
      ['reviews', '/reviews'],
      ['rejected', '/rejected'],
    ] as const) {
      await board.goto(`${runtime.url}${path}`);
      expect(await problemsOf(board)).toEqual([]);
      await board.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
    }
  },
);

/** What axe-core finds, by the rule. */
async function problemsOf(page: Page): Promise<readonly string[]> {
  const { default: axe } = await import('axe-core');
  const session = await page.context().newCDPSession(page);
  await session.send('Page.setBypassCSP', { enabled: true });
  await page.reload();
  await page.addScriptTag({ content: axe.source });
  const found: unknown = await page.evaluate(
    'axe.run().then((r) => r.violations.map((v) => v.id + ": " + v.nodes[0].html))',
  );
  return Array.isArray(found) ? found.map(String) : [];
}
