import { describe, expect, test } from 'vitest';
import { type WebDeps, webApp } from '../../lib/web/app.ts';
import { deadReasons } from '../../lib/web/views.ts';
import {
  aBoard,
  aDeadLink,
  aDecision,
  aHold,
  aMailbox,
  aReceipt,
  aRejected,
  aReview,
  publicUrl,
  someDeps,
  someMetrics,
} from './builders.ts';

const hostile = `"'><script src=//evil.example></script><img src=x onerror=alert(1)>&lt;b onclick='x'>`;

async function pageOf(path: string, changes: Partial<WebDeps> = {}): Promise<string> {
  const answer = await webApp(someDeps(changes)).request(path);
  return answer.text();
}

/** The same view with every text made hostile, but for the words that the page itself knows and the times. */
function poisoned<View>(view: View, known: ReadonlySet<string>): View {
  const text = JSON.stringify(view, (key, value: unknown) =>
    typeof value === 'string' && !known.has(key) && !/^\d{4}-\d\d-\d\dT/.test(value) ? `${hostile} ${value}` : value,
  );
  return JSON.parse(text);
}

const ownWords = new Set([
  'kind',
  'why',
  'tone',
  'transition',
  'state',
  'status',
  'severity',
  'outcome',
  'position',
  'phase',
  'id',
  'channel',
  'action',
  'fields',
]);
const poison = <View>(view: View, ...but: readonly string[]): View =>
  poisoned(view, new Set([...ownWords].filter((word) => !but.includes(word))));

describe('text from outside stays text', () => {
  const everywhere: readonly (readonly [string, string, Partial<WebDeps>])[] = [
    ['board', '/', { board: async () => poison(aBoard(), 'id') }],
    ['hold', '/holds/h-1', { hold: async () => poison(aHold(), 'action') }],
    [
      'decision',
      '/d/t',
      {
        open: async () =>
          poison(
            aDecision({
              typed: { reason: 'x', condition: 'y', until: 'z' },
              errors: { reason: 'x', form: 'y' },
              earlier: 'x',
            }),
          ),
      },
    ],
    ['view-only decision', '/d/t', { open: async () => poison(aDecision({ viewOnly: true })) }],
    ['dead link', '/d/t', { open: async () => ({ ...poison(aDeadLink()) }) }],
    ['mailbox', '/mailbox?person=rui', { mailbox: async () => poison(aMailbox(), 'id') }],
    ['rejected', '/rejected', { rejected: async () => poison(aRejected()) }],
    ['reviews', '/reviews', { reviews: async () => ({ reviews: [poison(aReview())] }) }],
    ['review', '/reviews/h-0', { review: async () => poison(aReview(), 'action') }],
    ['metrics', '/metrics', { metrics: async () => poison(someMetrics()) }],
  ];

  test.each(everywhere)('on the %s page', async (_name, path, changes) => {
    const page = await pageOf(path, changes);

    expect(page).toContain('&lt;script src=//evil.example&gt;');
    expectOnlyOurTags(page);
  });

  test('on the receipt', async () => {
    const answer = await webApp(someDeps({ vote: async () => poison(aReceipt(), 'action') })).request('/d/t', {
      method: 'POST',
      body: 'action=more-time',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
    });

    const page = await answer.text();
    expect(page).toContain('&lt;script src=//evil.example&gt;');
    expectOnlyOurTags(page);
  });

  test('in the address of a link that leads nowhere', async () => {
    const page = await pageOf(`/d/${encodeURIComponent(hostile)}`, { open: async () => aDeadLink() });

    expectOnlyOurTags(page);
  });
});

/** Tags and attributes read as a browser would: quoted values may hold anything. */
function expectOnlyOurTags(page: string): void {
  const tags = [...page.matchAll(/<([a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*\/?>/gi)];
  const opened = page.match(/<[a-z]/gi) ?? [];
  const attributes = tags.flatMap(([, , text = '']) =>
    [...text.matchAll(/\s([a-z-]+)(?:="[^"]*")?/gi)].map(([, name]) => name),
  );

  expect(tags.length).toBe(opened.length);
  expect(tags.filter(([, name]) => name === 'img' || name === 'style')).toEqual([]);
  expect(tags.filter(([tag]) => tag.startsWith('<script') && !tag.includes('src="/assets/live.js"'))).toEqual([]);
  expect(attributes.filter((name) => name?.startsWith('on') || name === 'style')).toEqual([]);
}

describe('links', () => {
  test('in a mail lead to our own address only', async () => {
    const message = (body: string) => ({
      id: 'm',
      at: aMailboxTime(),
      channel: 'email' as const,
      to: 'x',
      subject: 'x',
      body,
    });
    const bodies = [
      `See ${publicUrl}/d/ss1.a.b.`,
      'See http://evil.example/d/x',
      `${publicUrl}.evil.example/d/x`,
      'javascript:alert(1)',
    ];

    const page = await pageOf('/mailbox?person=rui', {
      mailbox: async () => aMailbox({ person: { id: 'rui', name: 'Rui', totp: null, messages: bodies.map(message) } }),
    });

    const main = page.slice(page.indexOf('<main'));
    expect([...main.matchAll(/<a href="(http[^"]*)"/g)].map(([, address]) => address)).toEqual([
      `${publicUrl}/d/ss1.a.b`,
    ]);
    expect(main).toContain('http://evil.example/d/x');
  });

  test('never lead outside or load anything from there', async () => {
    for (const path of [
      '/',
      '/holds/h-1',
      '/d/t',
      '/mailbox',
      '/rejected',
      '/reviews',
      '/reviews/h-0',
      '/metrics',
      '/words',
    ]) {
      const page = await pageOf(path);

      const addresses = [...page.matchAll(/(?:href|src|action)="([^"]*)"/g)].map(([, address]) => address);
      expect(addresses.filter((address) => !/^[/#](?!\/)/.test(address ?? ''))).toEqual([]);
    }
  });
});

function aMailboxTime() {
  return aHold().openedAt;
}

describe('the board', () => {
  test('says HELD where a hold is in force and names who decides by when', async () => {
    const page = await pageOf('/');

    expect(page).toMatch(/class="gate red">HELD</);
    expect(page).toMatch(/<b>Rui Matos<\/b> decides by\s+<time[^>]*title="2026-11-24 18:00:00 UTC">18:00 WET/);
  });

  test('says NOT HALTED, and not held, of a hold that is not in force', async () => {
    const [, payments] = aBoard().pipelines;
    const page = await pageOf('/', {
      board: async () => aBoard({ pipelines: payments === undefined ? [] : [payments] }),
    });

    expect(page).toContain('1 NOT HALTED');
    expect(page).not.toMatch(/>HELD</);
    expect(page).toContain('The release is already inside Production');
  });

  test('does not call a pipeline that a person stopped flowing', async () => {
    const stages = [
      { name: 'Production', transition: 'shut', reason: 'maintenance', waiting: null, inside: null },
    ] as const;
    const page = await pageOf('/', {
      board: async () => aBoard({ pipelines: [{ service: 'search', stages, holds: [] }] }),
    });

    expect(page).toContain('STOPPED');
    expect(page).not.toContain('Flowing');
  });

  test.each([
    ['open', true],
    ['held', false],
  ] as const)('offers to try again what the gate refused where the way in is %s: %s', async (transition, isOffered) => {
    const failed = { executionId: 'r1', commit: '3f9c1ab', author: null, since: null, state: 'failed' } as const;
    const stages = [{ name: 'Production', transition, reason: null, waiting: null, inside: failed }];
    const page = await pageOf('/', {
      board: async () => aBoard({ pipelines: [{ service: 'search', stages, holds: [] }] }),
    });

    expect(page).toContain('failed');
    expect(page.includes('action="/retries"')).toBe(isOffered);
  });

  test('has no button for a new release where none can be brought', async () => {
    expect(await pageOf('/', { board: async () => aBoard({ canRelease: false }) })).not.toContain('<form');
  });
});

describe('a page without anything to show says what will appear and how', () => {
  test.each([
    [
      '/',
      { board: async () => aBoard({ pipelines: [], reviews: [] }) },
      ['stopship serve --policy FILE', 'its review appears here'],
    ],
    ['/mailbox', { mailbox: async () => aMailbox({ people: [], person: null }) }, ['under <code>people:</code>']],
    [
      '/mailbox?person=rui',
      { mailbox: async () => aMailbox({ person: { id: 'rui', name: 'Rui', totp: null, messages: [] } }) },
      ['stopship send FILE'],
    ],
    ['/rejected', { rejected: async () => ({ records: [] }) }, ['stopship send -']],
    ['/reviews', { reviews: async () => ({ reviews: [] }) }, ['filed when it ends']],
    ['/metrics', { metrics: async () => ({ since: null, figures: [] }) }, ['After the first hold has ended']],
  ] satisfies [string, Partial<WebDeps>, string[]][])('%s', async (path, changes, words) => {
    const page = await pageOf(path, changes);

    for (const word of words) expect(page).toContain(word);
  });
});

describe('the decision page', () => {
  test('offers exactly the choices given and checks none', async () => {
    const page = await pageOf('/d/t');

    const choices = [...page.matchAll(/<input\s[^>]*type="radio"[^>]*>/g)].map(([tag]) => tag);
    expect(choices.length).toBe(aDecision().choices.length);
    expect(choices.filter((tag) => tag.includes('checked'))).toEqual([]);
  });

  test('has each field once, however many choices need it', async () => {
    const page = await pageOf('/d/t');

    const names = [...page.matchAll(/<(?:input|textarea)\s[^>]*name="([^"]+)"/g)].map(([, name]) => name);
    const others = names.filter((name) => name !== 'action');
    expect(others).toEqual([...new Set(others)]);
    expect(others).toEqual(
      expect.arrayContaining(['nonce', 'reason', 'confirmation', 'totp', 'until', 'hours', 'release']),
    );
  });

  test('asks for no authenticator where no choice needs one', async () => {
    const choices = aDecision().choices.filter((choice) => choice.level === 1);
    const page = await pageOf('/d/t', { open: async () => aDecision({ choices }) });

    expect(page).not.toContain('name="totp"');
    expect(page).not.toContain('name="until"');
  });

  test('asks for the code of the mail and does not hold it: who follows the link alone cannot decide', async () => {
    const page = await pageOf('/d/t');

    expect(page).not.toContain('K7QX');
    expect(page).toMatch(/name="confirmation"\s+value=""/);
  });

  test('explains each abbreviation of the facts before it uses it', async () => {
    const page = await pageOf('/d/t');
    const facts = page.slice(page.indexOf('<h2>Facts'));

    expect(facts).toMatch(/^<h2>Facts<\/h2>\s*<details[^>]*><summary>What CVSS means<\/summary>/);
    expect(facts).toContain('<dt>CVSS</dt><dd>Common Vulnerability Scoring System');
    expect(facts).not.toContain('<dt>EPSS</dt>');
  });

  test('offers what other publishers say, where they disagree, to whom may dispute', async () => {
    const vector = 'CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:L/A:N';
    const dispute = {
      action: 'dispute',
      label: 'Dispute the score',
      glance: null,
      then: 'Security looks at it.',
      fields: ['vector'],
      alsoNeeds: null,
      evidence: null,
      level: 1,
    } as const;
    const open = async () => aDecision({ choices: [dispute], vectors: [{ vector, source: 'GHSA', score: 3.4 }] });

    const page = await pageOf('/d/t', { open });

    expect(page).toContain('list="vectors"');
    expect(page).toContain(`<option value="${vector}">GHSA</option>`);
    expect(page).toContain(`GHSA says 3.4: <code>${vector}</code>`);
  });

  test('has no form for those who only look', async () => {
    const page = await pageOf('/d/t', { open: async () => aDecision({ viewOnly: true }) });

    expect(page).not.toContain('<form');
    expect(page).toContain('You need to do nothing');
  });

  test('says NOT HALTED while nothing shows the halt', async () => {
    const page = await pageOf('/d/t', { open: async () => aDecision({ hold: aHold({ status: 'pending' }) }) });

    expect(page).toContain('NOT HALTED');
    expect(page).not.toContain('stopped</b>');
  });

  test('does not carry the token of its link', async () => {
    expect(await pageOf('/d/ss1.secret.token')).not.toContain('secret');
  });
});

describe('a link that leads nowhere', () => {
  test.each(deadReasons)('%s says what happened and offers a new link when its person may have one', async (why) => {
    const page = await pageOf('/d/t', { open: async () => aDeadLink({ why }) });

    expect(page).toContain('<h1>');
    expect(page).toContain('<form method="post" action="/d/t/renew">');
    expect(page).toContain('checkout is held before Production');
  });

  test('that is unknown tells nothing of any hold', async () => {
    const answer = await webApp(
      someDeps({ open: async () => aDeadLink({ why: 'unknown', at: null, now: null, renewable: false }) }),
    ).request('/d/t');

    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toContain('checkout');
  });
});
