import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openDemo } from '../../lib/embedded/demo.ts';
import type { Runtime } from '../../lib/embedded/runtime.ts';
import type { Hold } from '../../lib/hold/hold.ts';
import { openHolds, readHold } from '../../lib/hold/ledger.ts';
import { startWorld, until } from '../integration/world.ts';
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
async function heldService(service: 'checkout' | 'accounts'): Promise<Hold> {
  ({ runtime } = await startWorld({ ledger: 'memory' }));
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
