import { createServer, type Server } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newLink } from '../../lib/decision/link.ts';
import { votesOn } from '../../lib/decision/vote.ts';
import { openDemo } from '../../lib/embedded/demo.ts';
import { receivedMessages } from '../../lib/embedded/people.ts';
import type { Runtime } from '../../lib/embedded/runtime.ts';
import type { Hold } from '../../lib/hold/hold.ts';
import { openHolds } from '../../lib/hold/ledger.ts';
import { hasChromium, picture, screens, startChromium } from '../browser/chromium.ts';
import { codeOf, mailTo, startWorld, until } from '../integration/world.ts';

let runtime: Runtime;
let browser: Browser;
let foreign: Server;
let foreignPage = '';
let foreignUrl = '';

beforeAll(async () => {
  if (!hasChromium) return;
  ({ runtime } = await startWorld({ ledger: 'memory' }));
  await openDemo(runtime);
  runtime.go();
  await until(async () => (await heldNow()).length === 2);
  for (const hold of await heldNow()) for (const person of people) await mailTo(runtime, person, hold.id);
  foreign = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end(foreignPage));
  await new Promise<void>((listening) => foreign.listen(0, '127.0.0.1', listening));
  const address = foreign.address();
  if (address === null || typeof address === 'string') throw new Error('the foreign site has no port');
  foreignUrl = `http://localhost:${address.port}/`;
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  foreign?.close();
  await runtime?.stop();
});

const people = ['ana', 'rui', 'dee', 'pia', 'eva', 'ola'];

async function heldNow(): Promise<readonly Hold[]> {
  return (await openHolds(runtime.ports.table)).filter(({ status }) => status === 'in-force');
}

/** What a decision would change of the open holds. */
async function decisions(): Promise<readonly unknown[]> {
  const holds = await heldNow();
  return await Promise.all(
    holds.map(async ({ id, decision, deadline, level, plan, ratings, dispute }) => {
      const votes = await votesOn(runtime.ports.table, id);
      return { id, decision, deadline, level, plan, ratings, dispute, votes };
    }),
  );
}

test.skipIf(!hasChromium)(
  'a mail scanner that follows every link, runs scripts, presses every button and sends every form decides nothing',
  async () => {
    const before = await decisions();
    const codes = (await heldNow()).map(({ code }) => code);
    const messages = receivedMessages(runtime.services.mailbox, runtime.ports.policy);
    const links = [...new Set(messages.flatMap((message) => message.links))].filter((link) => link.includes('/d/'));
    const page = await (await browser.newContext({ viewport: screens.desk })).newPage();
    page.on('dialog', (dialog) => void dialog.accept());
    let sent = 0;

    for (const link of links) {
      await page.goto(link);
      const text = await page.content();
      if ((await page.locator('form.decide').count()) > 0) for (const code of codes) expect(text).not.toContain(code);
      const choices = await page.locator('input[name=action]').count();
      for (let at = 0; at < Math.max(1, choices); at += 1) sent += await scan(page, link, at);
    }

    expect(links.length).toBeGreaterThanOrEqual(12);
    expect(sent).toBeGreaterThan(30);
    expect(await decisions()).toEqual(before);
    await page.context().close();
  },
  300_000,
);

/** Opens a link, chooses, fills every field with what the page itself holds, and sends each form; how many were sent. */
async function scan(page: Page, link: string, at: number): Promise<number> {
  await page.goto(link);
  const forms = await page.locator('form').count();
  for (let form = 0; form < forms; form += 1) {
    await page.goto(link);
    if ((await page.locator('form').count()) <= form) return form;
    const answered = page.waitForNavigation();
    await page.evaluate(`(${scanner})(${form}, ${at})`);
    await answered;
  }
  return forms;
}

/** What the scanner does on a page: fills the empty fields with the page's own words, takes a choice, presses the button. */
const scanner = `(which, choice) => {
  const words = document.body.textContent.match(/[A-Z0-9]{4,}/g) ?? ['test'];
  const form = document.forms[which];
  for (const field of form.querySelectorAll('input, textarea')) {
    field.required = false;
    if (field.type === 'radio' || field.type === 'hidden' || field.value !== '') continue;
    const tomorrow = new Date(Date.now() + 86400000).toISOString().slice(0, 10);
    field.value = field.type === 'date' ? tomorrow : words[choice % words.length];
  }
  const radio = form.querySelectorAll('input[type=radio]')[choice];
  if (radio) radio.checked = true;
  form.querySelector('button').click();
}`;

test.skipIf(!hasChromium)(
  'a form of another site, also in a sandboxed frame, is refused, and the same from our own page counts',
  async () => {
    const [hold] = await heldNow();
    if (hold === undefined) throw new Error('nothing is held');
    const { token, write } = await newLink(runtime.ports, hold, 'rui', 'decide');
    await runtime.ports.table.transact([write]);
    const link = `${runtime.url}/d/${token}`;
    const page = await (await browser.newContext({ viewport: screens.phone })).newPage();
    const posts: Record<string, string>[] = [];
    page.context().on('request', (request) => {
      if (request.method() === 'POST') void request.allHeaders().then((headers) => posts.push(headers));
    });
    await page.goto(link);
    const nonce = await page.locator('[name=nonce]').inputValue();
    const fields = {
      nonce,
      action: 'keep-halted',
      reason: 'forged',
      confirmation: hold.code,
      totp: codeOf(runtime, 'rui'),
    };
    const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`);
    const form = `<form method="post" action="${link}">${inputs.join('')}<button>Win a prize</button></form>`;
    const before = await decisions();

    foreignPage = form;
    await page.goto(foreignUrl);
    await page.click('button');
    expect(await page.locator('h1').textContent()).toBe('Not accepted');
    foreignPage = `<iframe sandbox="allow-forms allow-scripts allow-top-navigation" srcdoc="${form.replaceAll('"', '&quot;').replace('method', 'target=_top method')}"></iframe>`;
    await page.goto(foreignUrl);
    await page.frameLocator('iframe').locator('button').click();
    await page.waitForSelector('h1');
    expect(await page.locator('h1').textContent()).toBe('Not accepted');
    expect(await decisions()).toEqual(before);

    await page.goto(link);
    await page.check('input[value=keep-halted]');
    await page.fill('[name=reason]', 'the plan is not there yet');
    await page.fill('[name=confirmation]', hold.code);
    await page.click('.decide button');
    await picture(page, 'own-form-receipt');

    expect(await page.locator('h1').textContent()).toContain('Recorded');
    expect(posts.map((headers) => [headers['sec-fetch-site'], headers.origin])).toEqual([
      ['cross-site', new URL(foreignUrl).origin],
      ['cross-site', 'null'],
      ['same-origin', runtime.url],
    ]);
    await page.context().close();
  },
);
