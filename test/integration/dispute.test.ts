import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDemo } from '../../lib/embedded/demo.ts';
import type { Runtime } from '../../lib/embedded/runtime.ts';
import { openHolds, readHold } from '../../lib/hold/ledger.ts';
import { codeOf, decideByLink, json, mailTo, startWorld, until } from './world.ts';

const needsLogin = 'CVSS:4.0/AV:N/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N';

let runtime: Runtime;
beforeAll(async () => {
  ({ runtime } = await startWorld());
  await openDemo(runtime);
  runtime.go();
});
afterAll(async () => {
  await runtime.stop();
});

type HoldJson = {
  readonly status: string;
  readonly outcome: string | null;
  readonly score: number | null;
};

test('the development lead disputes a score through a link, security confirms it through another, and the line runs', async () => {
  const hold = await heldOf('accounts');
  const dee = await mailTo(runtime, 'dee', hold.id);
  const disputed = await decideByLink(dee.links[0] ?? '', {
    ...{ action: 'dispute', reason: 'the page before it asks for a login', confirmation: hold.code },
    ...{ vector: needsLogin, totp: '' },
  });
  expect(disputed).toMatchObject({ status: 200 });

  const ana = await mailTo(runtime, 'ana', hold.id, 'disputed');
  expect(ana.body.replace(/\s+/g, ' ')).toContain('Dee says that it needs a login: 9.2 Critical became 7.7 High.');
  expect(await json<HoldJson>(runtime, `/api/holds/${hold.id}`)).toMatchObject({ status: 'in-force', score: 9.2 });
  const confirmed = await decideByLink(ana.links[0] ?? '', {
    ...{ action: 'dispute-confirmed', reason: 'tried it without a login: refused', confirmation: hold.code },
    totp: codeOf(runtime, 'ana'),
  });
  expect(confirmed).toMatchObject({ status: 200 });

  const closed = await until(async () => {
    const now = await json<HoldJson>(runtime, `/api/holds/${hold.id}`);
    return now.status === 'closed' && now;
  });
  expect(closed).toMatchObject({ outcome: 'not-affected', score: 7.7 });
  await until(() => productionOf('accounts')?.inside !== null || productionOf('accounts')?.passed !== null);
  expect((await readHold(runtime.ports.table, hold.id))?.ratings.map(({ author }) => author)).toContain('dee');
});

test('a release that waits is taken out through a link: it is stopped, and the stage stays halted', async () => {
  const hold = await heldOf('checkout');
  const rui = await mailTo(runtime, 'rui', hold.id);
  const decided = await decideByLink(rui.links[0] ?? '', {
    ...{ action: 'roll-back', reason: 'it goes back to the team', confirmation: hold.code },
    totp: codeOf(runtime, 'rui'),
  });
  expect(decided).toMatchObject({ status: 200 });

  await until(async () => (await readHold(runtime.ports.table, hold.id))?.decision?.state === 'carried-out');
  expect(productionOf('checkout')).toMatchObject({ waiting: null, transition: 'disabled' });
  expect(await readHold(runtime.ports.table, hold.id)).toMatchObject({ status: 'in-force' });
});

async function heldOf(service: string) {
  return await until(async () =>
    (await openHolds(runtime.ports.table)).find((hold) => hold.service === service && hold.status === 'in-force'),
  );
}

function productionOf(service: string) {
  return runtime.services.pipelines
    .rows()
    .find(({ name }) => name === service)
    ?.stages.at(-1);
}
