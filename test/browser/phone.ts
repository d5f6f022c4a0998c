import type { Browser } from 'playwright-core';
import type { Runtime } from '../../lib/embedded/runtime.ts';
import type { Hold } from '../../lib/hold/hold.ts';
import { codeOf, mailTo } from '../integration/world.ts';
import { picture, screens } from './chromium.ts';

/** What a person types or ticks, by the name of the field. */
export type Fields = { readonly [name: string]: string };

/** One decision of one person, through the first mail of a kind about a hold. */
export type Step = {
  readonly browser: Browser;
  readonly runtime: Runtime;
  readonly hold: Pick<Hold, 'id'>;
  readonly personId: string;
  readonly action: string;
  readonly fields: Fields;
  readonly kind: string;
};

/** Decides by the link of a mail, on a phone without scripts; what the receipt says. */
export async function decideOnPhone(step: Step): Promise<string> {
  const { browser, runtime, hold, personId, action, fields, kind } = step;
  const mail = await mailTo(runtime, personId, hold.id, kind);
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: screens.phone });
  const page = await context.newPage();
  await page.goto(mail.links[0] ?? '');
  await page.check(`input[value=${action}]`);
  for (const [name, value] of Object.entries({ reason: 'agreed in the room', ...fields })) {
    const field = page.locator(`[name=${name}]`);
    if ((await field.getAttribute('type')) === 'checkbox') await field.check();
    else await field.fill(value);
  }
  await page.fill('[name=confirmation]', codeIn(mail.body));
  if (await page.locator('[name=totp]').isVisible()) await page.fill('[name=totp]', codeOf(runtime, personId));
  await picture(page, `${action}-by-${personId}`);
  await page.click('.decide button[type=submit]');
  const said = `${await page.locator('h1').textContent()} ${await page.locator('main').locator('.state, .note').first().textContent()}`;
  await picture(page, `${action}-receipt-of-${personId}`);
  await context.close();
  return said;
}

/** The code as a person finds it: in the mail. */
function codeIn(body: string): string {
  return /code ([A-Z0-9]{4})\b/.exec(body)?.[1] ?? '';
}
