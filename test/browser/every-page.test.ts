import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { webApp } from '../../lib/web/app.ts';
import { type DeadLinkView, deadReasons } from '../../lib/web/views.ts';
import {
  aBoard,
  aDeadLink,
  aDecision,
  aHold,
  aMailbox,
  aReceipt,
  aReview,
  someDeps,
  someMetrics,
} from '../web/builders.ts';
import { axeViolations, hasChromium, overflowOf, picture, screens, startChromium, withScripts } from './chromium.ts';

const css = readFileSync(createRequire(import.meta.url).resolve('@picocss/pico/css/pico.classless.min.css'), 'utf8');
let server: ServerType;
let browser: Browser;
let page: Page;
let url = '';

beforeAll(async () => {
  if (!hasChromium) return;
  const app = webApp(
    someDeps({
      assets: { css },
      publicUrl: () => url,
      open: async (token) => opened(token),
      vote: async () => aReceipt(),
      hold: async (id) => aHold(id === 'pending' ? { status: 'pending', inForceAt: null } : id === 'over' ? over : {}),
      board: async () => (isEmpty ? { ...aBoard(), pipelines: [], reviews: [], notes: [] } : aBoard()),
      mailbox: async (person) => aMailbox(person === null ? { person: null } : {}),
      metrics: async () => someMetrics(),
      reviews: async () => ({ reviews: isEmpty ? [] : [aReview()] }),
    }),
  );
  await new Promise<void>((listening) => {
    server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, (address: AddressInfo) => {
      url = `http://127.0.0.1:${address.port}`;
      listening();
    });
  });
  browser = await startChromium();
  page = await browser.newPage();
  await withScripts(page);
});
afterAll(async () => {
  await browser?.close();
  server?.close();
});

let isEmpty = false;
const over = { status: 'closed', closedAt: aHold().openedAt, outcome: 'remediated', deciding: null } as const;

/** What a link of these tests opens, by its name. */
function opened(token: string): ReturnType<typeof aDecision> | DeadLinkView {
  const why = deadReasons.find((reason) => reason === token);
  if (why !== undefined)
    return aDeadLink({ why, ...(why === 'unknown' ? { at: null, now: null, renewable: false } : {}) });
  if (token === 'view') return aDecision({ viewOnly: true, choices: [] });
  if (token === 'pending') return aDecision({ hold: aHold({ status: 'pending', inForceAt: null }) });
  if (token === 'wrong')
    return aDecision({
      earlier: 'You chose “More time” at 14:40 WET: waiting for the plan',
      typed: { action: 'workaround-accepted', reason: 'The flaw is only there', until: '2020-01-01' },
      errors: { until: 'The date has passed.', confirmation: 'Type the four characters.', form: 'Something changed.' },
    });
  return aDecision();
}

type Visit = { readonly name: string; readonly path: string; readonly how?: 'empty' | 'send' };
const everyPage: readonly Visit[] = [
  { name: 'board', path: '/' },
  { name: 'board, nothing yet', path: '/', how: 'empty' },
  { name: 'hold', path: '/holds/h-1' },
  { name: 'hold pending', path: '/holds/pending' },
  { name: 'hold over', path: '/holds/over' },
  { name: 'decision', path: '/d/live' },
  { name: 'decision with mistakes', path: '/d/wrong' },
  { name: 'decision while not halted', path: '/d/pending' },
  { name: 'decision to look at', path: '/d/view' },
  { name: 'receipt', path: '/d/live', how: 'send' },
  ...deadReasons.map((why) => ({ name: `link ${why}`, path: `/d/${why}` })),
  { name: 'mailbox', path: '/mailbox' },
  { name: 'mailbox of a person', path: '/mailbox?person=rui' },
  { name: 'reviews', path: '/reviews' },
  { name: 'reviews, none yet', path: '/reviews', how: 'empty' },
  { name: 'review', path: '/reviews/h-0' },
  { name: 'rejected', path: '/rejected' },
  { name: 'metrics', path: '/metrics' },
  { name: 'words', path: '/words' },
  { name: 'nothing here', path: '/nothing' },
];

test.skipIf(!hasChromium).each(everyPage)(
  'the page $name has no fault by axe-core in light and dark, and fits a phone and a desk',
  async ({ name, path, how }) => {
    isEmpty = how === 'empty';
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await page.setViewportSize(screens.phone);
    await page.goto(`${url}${path}`);
    if (how === 'send') await send(page);

    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const [screen, viewport] of Object.entries(screens)) {
        await page.setViewportSize(viewport);
        // People look at both screens and at both schemes; axe-core at all four, at what no scheme changes once a screen.
        if ((screen === 'phone') === (colorScheme === 'light'))
          await picture(page, `${name} ${screen} ${colorScheme}`.replaceAll(/[^a-z]+/g, '-'));
        expect(await axeViolations(page, colorScheme === 'light' ? 'all' : 'colours')).toEqual([]);
        expect(await overflowOf(page)).toBe(0);
        expect(await page.locator('h1').count()).toBe(1);
      }
    }
  },
);

test.skipIf(!hasChromium)(
  'on paper the hold is the sheet for the meeting, black on white, also for who reads in the dark',
  async () => {
    const page = await (await browser.newContext({ viewport: { width: 794, height: 1100 } })).newPage();
    await page.goto(`${url}/holds/h-1`);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });

    const colours: unknown = await page.evaluate(
      `[...document.querySelectorAll('main :is(h1, h2, h3, p, th, td, code, b, a)')].map((one) => getComputedStyle(one).color)`,
    );

    expect(new Set(Array.isArray(colours) ? colours : [])).toEqual(new Set(['rgb(0, 0, 0)', 'rgb(51, 51, 51)']));
    expect(await page.getByRole('heading', { name: 'How it stands' }).isVisible()).toBe(true);
    expect(await page.getByText('Can we ship now and patch later?').isVisible()).toBe(true);
    expect(await page.getByRole('heading', { name: 'Who was told' }).isVisible()).toBe(false);
    await picture(page, 'hold-on-paper');
    await page.context().close();
  },
);

/** Fills the form by keyboard alone and sends it. */
async function send(page: Page): Promise<void> {
  await page.locator('#a-more-time').focus();
  await page.keyboard.press('Space');
  await page.locator('#reason').focus();
  await page.keyboard.type('waiting for the plan');
  await page.locator('#confirmation').focus();
  await page.keyboard.type('K7QX');
  await page.keyboard.press('Enter');
  await page.waitForSelector('h1:has-text("Recorded")');
}
