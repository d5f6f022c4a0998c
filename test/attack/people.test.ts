import { expect, test } from 'vitest';
import { loadPolicy } from '../../lib/policy/load.ts';
import type { PolicyInForce } from '../../lib/policy/policy.ts';
import { decisionApp } from '../../lib/web/decision-app.ts';
import { decisionSteps } from '../../lib/web/show/decision-deps.ts';
import { aPolicy } from '../builders.ts';
import { aSite, ownForm, type Site } from './site.ts';

const workaround = { action: 'workaround-accepted', condition: 'one-click pay is off', until: '2026-12-09' };
const risk = { action: 'risk-accepted', until: '2026-12-09', scope: 'this release' };

/** Votes through a link with a right form; the status and page of the answer. */
async function vote(
  site: Site,
  personId: string,
  form: Parameters<Site['form']>[2],
  token = site.world.tokenOf(personId),
): Promise<{ readonly status: number; readonly page: string }> {
  const answer = await site.post(token, await site.form(personId, token, form));
  return { status: answer.status, page: await answer.text() };
}

/** The pages of the same ledger under another policy, as after a deployment. */
function under(site: Site, policy: PolicyInForce) {
  return decisionApp({
    ...decisionSteps({ ...site.world.ports, policy }),
    assets: { css: '' },
    publicUrl: site.world.ports.publicAddress,
    zone: 'Europe/Lisbon',
    now: site.world.clock.now,
    report: (error) => {
      throw error;
    },
  });
}

/** The policy with other stakeholders of its one service. */
function withStakeholders(changes: Partial<PolicyInForce['services'][number]['stakeholders']>): PolicyInForce {
  const policy = aPolicy();
  return {
    ...policy,
    services: policy.services.map((service) => ({
      ...service,
      stakeholders: { ...service.stakeholders, ...changes },
    })),
  };
}

test.each([
  ['has no role any more', withStakeholders({ security: ['ola'] }), 410, 'You no longer decide on this'],
  ['only looks now', withStakeholders({ security: ['ola'], product: ['pia', 'ana'] }), 422, 'Choose one of'],
  [
    'left the company',
    { ...aPolicy(), people: aPolicy().people.filter(({ id }) => id !== 'ana') },
    410,
    'You no longer',
  ],
])('somebody who %s between opening the page and sending it decides nothing', async (_, policy, status, says) => {
  const site = await aSite();
  const token = site.world.tokenOf('ana');
  const body = await site.form('ana', token, { action: 'keep-halted' });

  const answer = await under(site, policy).request(`/d/${token}`, { method: 'POST', headers: ownForm, body });

  expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining(says)]);
  expect(await site.world.hold(site.holdId)).toMatchObject({ revision: 1, decision: null });
});

test('a vote of somebody who lost the role since does not complete a quorum', async () => {
  const site = await aSite();
  await vote(site, 'ana', workaround);
  const after = withStakeholders({ security: ['ola'] });
  const token = site.world.tokenOf('rui');
  const body = await site.form('rui', token, workaround);

  const answer = await under(site, after).request(`/d/${token}`, { method: 'POST', headers: ownForm, body });

  expect(await answer.text()).toContain('Not complete yet');
  expect(await site.world.hold(site.holdId)).toMatchObject({ decision: null, status: 'in-force' });
});

test.each([
  ['as the policy writes it', 'rui@example.com'],
  ['in capitals', 'RUI@EXAMPLE.COM'],
  ['with a name around it', 'Rui Costa <rui@example.com>'],
  ['with blanks', ' rui@example.com '],
])('the author of the release, named %s, is not offered to let it go and cannot force it', async (_, author) => {
  const site = await aSite({}, author);
  const token = site.world.tokenOf('rui');

  const page = await (await site.get(token)).text();
  const forced = await Promise.all(
    [workaround, risk, { action: 'remediation-approved' }].map((form) => vote(site, 'rui', form)),
  );

  expect(page).not.toMatch(/value="(workaround-accepted|risk-accepted|remediation-approved)"/);
  expect(forced.map(({ status }) => status)).toEqual([422, 422, 422]);
  expect(await site.world.hold(site.holdId)).toMatchObject({ decision: null });
});

test('one person under two addresses is one person: two links, two votes, one seat', async () => {
  const both = withStakeholders({ security: ['rui', 'ana'], 'release-manager': ['rui'] });
  const site = await aSite({ policy: both });

  const first = await vote(site, 'rui', workaround);
  site.world.clock.advance(60_000);
  const second = await vote(site, 'rui', { ...workaround, reason: 'the other hat' }, await site.link('rui'));

  expect([first.page, second.page]).toEqual([
    expect.stringContaining('Not complete yet'),
    expect.stringContaining('Not complete yet'),
  ]);
  expect(await site.world.hold(site.holdId)).toMatchObject({ decision: null });
});

test.each([
  ['e-mail address', 'email: RUI@example.com'],
  ['address in git', 'git: [someone, rui@work.example]'],
  ['address, once in git and once for mail', 'git: [Rui@Example.com]'],
  ['phone', 'sms: "+351910000002"'],
])('a policy with two people of the same %s is refused: they may be one human with two seats', (_, twin) => {
  const text = `version: 1
rules: [{ then: halt, because: critical, when: { scoreAtLeast: 9 } }]
people:
  - { id: rui, name: Rui Costa, email: rui@example.com, sms: "+351910000002", git: [rui@example.com, rui@work.example] }
`;

  expect(loadPolicy(text, 'policy.yaml')).toMatchObject({ people: [{ id: 'rui' }] });
  expect(() => loadPolicy(`${text}  - { id: ruy, name: Ruy, ${twin} }\n`, 'policy.yaml')).toThrow(
    /policy\.yaml:5:\d+ people\[1\]\.\w+(\[\d\])? a second person has the/,
  );
});
