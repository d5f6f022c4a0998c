import { describe, expect, test } from 'vitest';
import { type WebDeps, webApp } from '../../lib/web/app.ts';
import { type DecisionForm, decisionApp } from '../../lib/web/decision-app.ts';
import { aDecision, publicUrl, someDeps } from './builders.ts';

const strictPolicy =
  "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
const ownForm = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };

function recording(changes: Partial<WebDeps> = {}) {
  const votes: { token: string; form: DecisionForm }[] = [];
  const renewed: string[] = [];
  const started: string[] = [];
  const deps = someDeps({
    renew: async (token) => void renewed.push(token),
    release: async (service) => {
      started.push(service);
      return 'started';
    },
    ...changes,
  });
  const vote: WebDeps['vote'] = async (token, form) => {
    votes.push({ token, form });
    return deps.vote(token, form);
  };
  const app = webApp({ ...deps, vote });
  const post = (body: string, headers: Record<string, string> = ownForm, path = '/d/tok') =>
    app.request(path, { method: 'POST', body, headers });
  return { app, votes, renewed, started, post };
}

describe('headers', () => {
  test.each(['/d/t', '/reviews/h-0', '/words', '/nothing-here', '/d/t/nothing-here', '/assets/nothing-here'])(
    '%s runs no script, is not kept and keeps its address to itself',
    async (path) => {
      const { headers } = await webApp(someDeps()).request(path);

      expect(headers.get('content-security-policy')).toBe(strictPolicy);
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('set-cookie')).toBeNull();
    },
  );

  test.each(['/', '/holds/h-1', '/mailbox', '/rejected', '/reviews', '/metrics'])(
    '%s allows our own script and nothing more',
    async (path) => {
      const { headers } = await webApp(someDeps()).request(path);

      expect(headers.get('content-security-policy')).toBe(`${strictPolicy}; script-src 'self'; connect-src 'self'`);
      expect(headers.get('cache-control')).toBe('no-store');
    },
  );

  test('a page of an unforeseen error has them too, and names neither error nor token', async () => {
    const reported: Error[] = [];
    const app = webApp(
      someDeps({
        open: async () => {
          throw new Error('table secret-name is gone');
        },
        report: (error) => void reported.push(error),
      }),
    );

    const answer = await app.request('/d/ss1.token');

    expect(answer.status).toBe(500);
    expect(answer.headers.get('content-security-policy')).toBe(strictPolicy);
    expect(await answer.text()).not.toMatch(/secret-name|ss1\.token/);
    expect(reported.map((error) => error.message)).toEqual(['table secret-name is gone']);
  });
});

describe('a GET', () => {
  test('never votes, renews or releases, whatever its query says', async () => {
    const { app, votes, renewed, started } = recording();

    for (const path of ['/d/tok?action=more-time', '/d/tok/renew', '/releases?service=checkout', '/']) {
      await app.request(path);
      await app.request(path, { method: 'HEAD' });
    }

    expect({ votes, renewed, started }).toEqual({ votes: [], renewed: [], started: [] });
  });
});

describe('a POST', () => {
  const big = `reason=${'x'.repeat(16 * 1024)}`;
  test.each([
    ['JSON', '{"action":"more-time"}', { ...ownForm, 'content-type': 'application/json' }, 415],
    ['a multipart form', 'x', { ...ownForm, 'content-type': 'multipart/form-data; boundary=x' }, 415],
    ['a body without a type', 'action=x', { 'sec-fetch-site': 'same-origin', 'content-type': '' }, 415],
    ['more than 16 KB', big, ownForm, 413],
    ['more than 16 KB announced as less', big, { ...ownForm, 'transfer-encoding': 'chunked' }, 413],
    ['a field twice', 'action=more-time&action=keep-halted', ownForm, 400],
    ['a form of another site', 'action=x', { ...ownForm, 'sec-fetch-site': 'cross-site' }, 403],
    ['a form of a sister site', 'action=x', { ...ownForm, 'sec-fetch-site': 'same-site' }, 403],
    ['an address typed by hand', 'action=x', { ...ownForm, 'sec-fetch-site': 'none' }, 403],
    [
      'a foreign form that brings our Origin',
      'action=x',
      { ...ownForm, 'sec-fetch-site': 'cross-site', origin: publicUrl },
      403,
    ],
    ['an Origin that is null', 'action=x', { 'content-type': ownForm['content-type'], origin: 'null' }, 403],
    ['a foreign Origin', 'action=x', { 'content-type': ownForm['content-type'], origin: 'http://evil.example' }, 403],
    [
      'an Origin that begins like ours',
      'action=x',
      { 'content-type': ownForm['content-type'], origin: `${publicUrl}0` },
      403,
    ],
    ['neither Sec-Fetch-Site nor Origin', 'action=x', { 'content-type': ownForm['content-type'] }, 403],
  ])('with %s is refused on every address and changes nothing', async (_name, body, headers, status) => {
    const { post, votes, renewed, started } = recording();

    const answers = [
      await post(body, headers),
      await post(body, headers, '/releases'),
      await post(body, headers, '/d/tok/renew'),
    ];

    expect(answers.map((answer) => answer.status)).toEqual([status, status, status]);
    expect({ votes, renewed, started }).toEqual({ votes: [], renewed: [], started: [] });
    expect(answers[0]?.headers.get('content-security-policy')).toBe(strictPolicy);
    expect(await answers[0]?.text()).toContain('<h1>');
  });

  test('from an old browser counts when its Origin is our address', async () => {
    const { post, votes } = recording();

    const answer = await post('action=more-time', { 'content-type': ownForm['content-type'], origin: publicUrl });

    expect(answer.status).toBe(200);
    expect(votes.length).toBe(1);
  });

  test('hands over the fields of the form, decoded, and no others', async () => {
    const { post, votes } = recording();

    await post('action=more-time&reason=a+%26+b&hours=4&nonce=n&__proto__=x&isAdmin=1', {
      ...ownForm,
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
    });

    expect(votes).toEqual([{ token: 'tok', form: { action: 'more-time', reason: 'a & b', hours: '4', nonce: 'n' } }]);
  });

  test('with a mistake shows the page again with what was typed, the error beside its field and no code kept', async () => {
    const { post } = recording({
      vote: async (_token, typed) => aDecision({ typed, errors: { until: 'The date has passed.' } }),
    });

    const answer = await post(
      'action=workaround-accepted&reason=Because+%3C&until=2020-01-01&confirmation=K7QX&totp=123456',
    );
    const page = await answer.text();

    expect(answer.status).toBe(422);
    expect(page).toContain('>Because &lt;</textarea>');
    expect(page).toMatch(/value="workaround-accepted"[^>]* checked/);
    expect(page).toMatch(/name="until"\s+value="2020-01-01"[^>]*aria-invalid="true"\s+aria-describedby="until-error"/);
    expect(page).toContain('id="until-error">The date has passed.');
    expect(page).not.toContain('123456');
  });

  test('for a new link answers alike whether the old one is known or not', async () => {
    const { post, renewed } = recording();

    const known = await post('', ownForm, '/d/tok/renew');
    const unknown = await post('', ownForm, '/d/other/renew');

    expect(await known.text()).toBe(await unknown.text());
    expect(renewed).toEqual(['tok', 'other']);
  });

  test('of a new release goes back to the board', async () => {
    const { post, started } = recording();

    const answer = await post('service=checkout', ownForm, '/releases');

    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/']);
    expect(started).toEqual(['checkout']);
  });

  test('retries what the gate refused, or says that nothing can be tried again', async () => {
    const { post } = recording();

    expect((await post('service=checkout', ownForm, '/retries')).status).toBe(303);
    expect((await post('service=nope', ownForm, '/retries')).status).toBe(404);
    expect((await post('service=checkout', {}, '/retries')).status).not.toBe(303);
  });

  test('of a release for an unknown service says so', async () => {
    const { post } = recording({ release: async () => 'unknown' });

    expect((await post('service=nope', ownForm, '/releases')).status).toBe(404);
  });
});

describe('the decision pages alone', () => {
  test('bring their own style and nothing of the console', async () => {
    const app = decisionApp(someDeps());

    const style = await app.request('/assets/stopship.css');

    expect(style.headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect(await style.text()).toMatch(/\/\* pico \*\/[\s\S]*--red/);
    expect((await app.request('/')).status).toBe(404);
    expect(await (await app.request('/d/t')).text()).not.toContain('<nav');
  });
});

test('an unknown hold, review or page is a page that leads back', async () => {
  for (const path of ['/holds/nope', '/reviews/nope', '/nope']) {
    const answer = await webApp(someDeps()).request(path);

    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('href="/"');
  }
});
