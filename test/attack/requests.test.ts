import { expect, test } from 'vitest';
import type { DecisionForm } from '../../lib/web/decision-app.ts';
import { aSite, ownForm, type Site } from './site.ts';

/** A vote of rui that would count, but for what the attack makes of it. */
async function aVote(site: Site, over: DecisionForm = {}): Promise<{ readonly token: string; readonly form: string }> {
  const token = site.world.tokenOf('rui');
  return { token, form: await site.form('rui', token, { action: 'more-time', hours: '2', ...over }) };
}

test('the vote that is attacked below counts when our own page sends it', async () => {
  const site = await aSite();
  const { token, form } = await aVote(site);
  const before = site.facts();

  const answer = await site.post(token, form);

  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('<h1>Recorded')]);
  expect(site.facts()).not.toBe(before);
});

const type = ownForm['content-type'];
test.each<readonly [string, (form: string) => string, Record<string, string>, number]>([
  ['from another site', same, { ...ownForm, 'sec-fetch-site': 'cross-site' }, 403],
  ['from a sister site', same, { ...ownForm, 'sec-fetch-site': 'same-site' }, 403],
  ['from nowhere, with no page', same, { ...ownForm, 'sec-fetch-site': 'none' }, 403],
  ['from a sandboxed frame', same, { 'content-type': type, origin: 'null' }, 403],
  ['from a program without headers', same, { 'content-type': type }, 403],
  ['from another port', same, { 'content-type': type, origin: 'https://stopship.example.com:8443' }, 403],
  ['from plain http', same, { 'content-type': type, origin: 'http://stopship.example.com' }, 403],
  [
    'from an address that ends in ours',
    same,
    { 'content-type': type, origin: 'https://evilstopship.example.com' },
    403,
  ],
  [
    'from a host that calls itself us',
    same,
    { 'content-type': type, origin: 'https://evil.example', host: 'evil.example', 'x-forwarded-host': 'evil.example' },
    403,
  ],
  ['as plain text', same, { ...ownForm, 'content-type': 'text/plain' }, 415],
  ['as JSON', same, { ...ownForm, 'content-type': 'application/json' }, 415],
  ['as two types', same, { ...ownForm, 'content-type': `multipart/form-data, ${type}` }, 415],
  ['with two decisions', (form) => `${form}&action=risk-accepted`, ownForm, 400],
  ['with its decision twice', (form) => `${form}&action=more-time`, ownForm, 400],
  ['with two hours', (form) => `hours=100&${form}`, ownForm, 400],
  ['with a name written in another way', (form) => `${form}&%61ction=keep-halted`, ownForm, 400],
  ['with two fields that mean nothing', (form) => `${form}&x=1&x=1`, ownForm, 400],
  ['with 16 KB of reason', (form) => form.replace('looked', 'x'.repeat(16 * 1024)), ownForm, 413],
  ['with a megabyte that nobody asked for', (form) => `${form}&x=${'x'.repeat(1 << 20)}`, ownForm, 413],
  ['with ten thousand fields', (form) => `${form}${'&a'.repeat(10_000)}`, ownForm, 413],
])('a right vote %s changes nothing', async (_, spoil, headers, status) => {
  const site = await aSite();
  const { token, form } = await aVote(site);
  const before = site.facts();

  const answer = await site.post(token, spoil(form), headers);

  expect(answer.status).toBe(status);
  expect(site.facts()).toBe(before);
});

function same(form: string): string {
  return form;
}

test.each<readonly [string, DecisionForm]>([
  ['no nonce', { nonce: '' }],
  ['a nonce made up', { nonce: `k1.${'A'.repeat(43)}` }],
  ['no code', { confirmation: '' }],
  ['another hold’s code', { confirmation: 'ZZZZ' }],
  ['no reason', { reason: ' \u200b ' }],
  ['a decision that is none', { action: 'resume' }],
  ['a decision of another role', { action: 'dispute' }],
  ['a decision named like a property', { action: '__proto__' }],
  ['no authenticator where one is needed', { action: 'remediation-approved', totp: '' }],
  ['the authenticator of somebody else', { action: 'remediation-approved', totp: '000000' }],
  ['every code at once', { action: 'remediation-approved', totp: '000000 111111 222222' }],
])('a vote with %s is not recorded', async (_, over) => {
  const site = await aSite();
  const { token, form } = await aVote(site, over);

  const answer = await site.post(token, form);

  expect(answer.status).toBe(422);
  expect(await site.world.hold(site.holdId)).toMatchObject({ revision: 1, decision: null, status: 'in-force' });
  expect(votesIn(site)).toEqual([]);
});

test.each([
  ['of another person', async (site: Site) => nonceOf(site, site.world.tokenOf('ana'))],
  ['of another link of the same person', async (site: Site) => nonceOf(site, await site.link('rui'))],
])('a nonce %s does not count', async (_, nonceFrom) => {
  const site = await aSite();
  const { token, form } = await aVote(site, { nonce: await nonceFrom(site) });

  const answer = await site.post(token, form);

  expect(answer.status).toBe(422);
  expect(votesIn(site)).toEqual([]);
});

test('a page that was open while the facts changed decides nothing any more', async () => {
  const site = await aSite();
  const { token, form } = await aVote(site);
  await site.post(
    site.world.tokenOf('ana'),
    await site.form('ana', site.world.tokenOf('ana'), { action: 'more-time', hours: '3' }),
  );
  const before = site.facts();

  const answer = await site.post(token, form);

  expect([answer.status, await answer.text()]).toEqual([410, expect.stringContaining('The facts have changed')]);
  expect(site.facts()).toBe(before);
});

test('a code of the authenticator is good for one vote, on whatever link', async () => {
  const site = await aSite();
  const workaround = { action: 'workaround-accepted', condition: 'pay is off', until: '2026-12-09' };
  const [first, second] = [await site.link('rui'), await site.link('rui')];
  await site.post(first, await site.form('rui', first, workaround));

  const answer = await site.post(second, await site.form('rui', second, { ...workaround, reason: 'again' }));

  expect([answer.status, await answer.text()]).toEqual([422, expect.stringContaining('This code was used already')]);
  expect(votesIn(site)).toMatchObject([{ reason: 'looked at it' }]);
});

async function nonceOf(site: Site, token: string): Promise<string> {
  return /name="nonce" value="([^"]+)"/.exec(await (await site.get(token)).text())?.[1] ?? '';
}

function votesIn({ world }: Site): readonly unknown[] {
  return world.table.dump().filter(({ sk }) => sk.startsWith('VOTE#'));
}
