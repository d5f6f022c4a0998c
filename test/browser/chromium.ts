import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
if (executablePath === undefined) process.stderr.write('No Chromium on this machine: the browser tests are skipped.\n');

/** Whether this machine has the browser that the tests drive. */
export const hasChromium = executablePath !== undefined;

/** Starts it. */
export async function startChromium(): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'];
  return await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: [...args, '--disable-sync', '--no-first-run', '--disable-quic'],
  });
}

/** Screens that every page is looked at on: a phone and a desk. */
export const screens = { phone: { width: 360, height: 740 }, desk: { width: 1280, height: 900 } } as const;

/** Keeps a picture of the whole page, for people to look at. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = join(import.meta.dirname, 'screenshots');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** Lets the tests put a script into the pages of a context, which their own policy forbids. Before the first page. */
export async function withScripts(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Page.setBypassCSP', { enabled: true });
}

/**
 * What axe-core finds against WCAG 2.2 A and AA and its own good practice, by the rule. The page was made `withScripts`.
 * `colours`: only the rule that looks at them, for a page of which all else was looked at in other colours.
 */
export async function axeViolations(page: Page, what: 'all' | 'colours' = 'all'): Promise<readonly string[]> {
  const { default: axe } = await import('axe-core');
  if ((await page.evaluate('typeof axe')) === 'undefined') await page.addScriptTag({ content: axe.source });
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const runOnly = what === 'all' ? tags : { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };
  const found: unknown = await page.evaluate(
    `axe.run({ runOnly: ${JSON.stringify(runOnly)}, resultTypes: ['violations'] }).then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html).join(" | ")))`,
  );
  if (!Array.isArray(found)) throw new TypeError('axe gave no answer');
  return found.map(String);
}

/** How many pixels the page is wider than its screen: none, or one has to scroll sideways. */
export async function overflowOf(page: Page): Promise<number> {
  return Number(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'));
}
