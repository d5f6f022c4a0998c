import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PipelineOptions, pipelinesOf } from '../../lib/embedded/releases.ts';
import type { Runtime } from '../../lib/embedded/runtime.ts';
import type { Finding } from '../../lib/finding/finding.ts';
import { instantOf } from '../../lib/finding/instant.ts';
import { findingOfOrder } from '../../lib/finding/ordered.ts';
import type { Hold } from '../../lib/hold/hold.ts';
import { eventsOf, readHold } from '../../lib/hold/ledger.ts';
import type { PolicyInForce } from '../../lib/policy/policy.ts';
import { filedReviews } from '../../lib/review/file.ts';
import { policyByDay, startWorld, until } from '../integration/world.ts';
import { aFinding, aVector, golden, v31 } from '../risk/builders.ts';
import { hasChromium, picture, screens, startChromium } from './chromium.ts';
import { decideOnPhone, type Fields } from './phone.ts';

/** One held service for each story, with people of its own: an authenticator's code counts once. */
const stories = ['confirmed', 'upward', 'attested', 'rolled'] as const;
type Story = (typeof stories)[number];

const flawedCommit = 'b81d0c44aa07e3f5926cd1e8b35f7a20c9d4e617';
const goodCommit = 'e05d91f83b6c7a2491fd0c85b3e6a7d24f180c95';

let browser: Browser;
let runtime: Runtime;
beforeAll(async () => {
  if (!hasChromium) return;
  browser = await startChromium();
  const policy = policyOfStories();
  ({ runtime } = await startWorld({ ledger: 'memory', policy, pipelines: pipelinesOfStories(policy) }));
  runtime.go();
});
afterAll(async () => {
  await browser?.close();
  await runtime?.stop();
});

test.skipIf(!hasChromium)(
  'a dispute that security confirms ends the hold, where the policy would not halt under it',
  async () => {
    const hold = await halted('confirmed', ordered('confirmed'));
    const vector = golden.replace('PR:N', 'PR:L');

    expect(await decide(hold, 'dee', 'dispute', { vector, reason: 'it needs a login' })).toContain('Recorded');
    expect(await decide(hold, 'ana', 'dispute-confirmed', {}, 'disputed')).toContain('The decision stands');

    expect(await ended(hold)).toMatchObject({ outcome: 'not-affected' });
    expect(await reviewOf(hold)).toMatchObject({ initial: { score: 9.2 }, final: { score: 7.7 } });
    await look(`/reviews/${hold.id}`, 'review-after-dispute-confirmed');
  },
);

test.skipIf(!hasChromium)('security rates it worse with a reason: it counts at once, and it stays held', async () => {
  const hold = await halted('upward', ordered('upward'));

  expect(
    await decide(hold, 'ana', 'reassess', { vector: golden.replace('AT:P', 'AT:N'), reason: 'no race is needed' }),
  ).toContain('The decision stands');

  const rated = await until(async () => {
    const now = await readHold(runtime.ports.table, hold.id);
    return now !== null && now.ratings.length > hold.ratings.length && now;
  });
  expect(rated).toMatchObject({ status: 'in-force', dispute: null, ratings: [{ score: 9.2 }, { score: 9.3 }] });
  expect(await look(`/holds/${hold.id}`, 'hold-after-reassess')).toContain('no race is needed');
});

test.skipIf(!hasChromium)(
  'a flaw in what runs is attested as fixed in one release: that one passes, and the clean scan ends it',
  async () => {
    const hold = await halted('attested', inFunction('attested'));
    const fix = '8d01c77e5ab2946f03d8c1e7b6a4f92d5038e1ca';
    const [pipeline] = runtime.services.pipelines.pipelines.filter(({ name }) => name === 'attested');
    if (pipeline === undefined) throw new Error('no pipeline');
    runtime.services.pipelines.bring(pipeline, { commit: fix, author: 'dee-attested@example.com', digest: null });

    expect(
      await decide(hold, 'rui', 'remediation-approved', { release: fix.slice(0, 7), reference: 'PR 12' }),
    ).toContain('The decision stands');

    await until(() => stageOf('attested')?.passed?.commit === fix);
    await closeAtSource(inFunction('attested'));
    expect(await ended(hold)).toMatchObject({ outcome: 'remediated' });
    await look(`/reviews/${hold.id}`, 'review-after-attested-behind-the-stage');
  },
);

test.skipIf(!hasChromium)(
  'a flawed release that runs is rolled back once its evidence is kept, and the clean scan ends it with its review',
  async () => {
    const hold = await halted('rolled', inFunction('rolled'));
    await until(async () => (await readHold(runtime.ports.table, hold.id))?.wayBack?.to);

    expect(
      await decide(hold, 'rui', 'roll-back', { evidenceKept: '', evidenceKeptBy: 'Dee, in the archive' }),
    ).toContain('The decision stands');

    await until(() => stageOf('rolled')?.passed?.commit === goodCommit);
    await until(async () => (await readHold(runtime.ports.table, hold.id))?.decision?.state === 'carried-out');
    await look(`/holds/${hold.id}`, 'hold-after-roll-back');
    await closeAtSource(inFunction('rolled'));
    expect(await ended(hold)).toMatchObject({ outcome: 'rolled-back' });
    expect((await reviewOf(hold)).outcome).toBe('rolled-back');
    const events = await eventsOf(runtime.ports.table, hold.id);
    expect(events.map(({ kind }) => kind)).not.toContain('released-inside');
    expect(events.find(({ kind }) => kind === 'rolled-back')?.data.how).toContain(
      `Production goes back to release ${goodCommit.slice(0, 7)}`,
    );
    expect(await look(`/reviews/${hold.id}`, 'review-after-roll-back')).toContain('kept by Dee, in the archive');
  },
);

/** The demo's second service once for each story. */
function policyOfStories(): PolicyInForce {
  const demo = policyByDay();
  const [, accounts] = demo.services;
  if (accounts === undefined) throw new Error('the demo has no second service');
  return {
    ...demo,
    security: ['ana-confirmed'],
    services: stories.map((story) => ({
      ...accounts,
      name: story,
      pipeline: { ...accounts.pipeline, name: story },
      resources: [functionOf(story)],
      plan: { ...accounts.plan, owner: `dee-${story}` },
      clock: { escalate: [[`rui-${story}`], [`ola-${story}`]] },
      stakeholders: {
        security: [`ana-${story}`],
        'release-manager': [`rui-${story}`],
        developer: [`dee-${story}`],
      },
    })),
    people: stories.flatMap((story) =>
      demo.people.map(({ sms: _, ...person }) => ({
        ...person,
        id: `${person.id}-${story}`,
        email: `${person.id}-${story}@example.com`,
        git: [`${person.id}-${story}@example.com`],
      })),
    ),
  };
}

/** Two releases went through; the second runs. Where only the next is concerned it waits. */
function pipelinesOfStories(policy: PolicyInForce): readonly PipelineOptions[] {
  return pipelinesOf(policy.services).map((pipeline) => ({
    ...pipeline,
    initial: [
      { commit: goodCommit, author: 'sam@example.com', digest: null, position: 'passed' },
      {
        commit: flawedCommit,
        author: `dee-${pipeline.name}@example.com`,
        digest: null,
        position: pipeline.name === 'rolled' || pipeline.name === 'attested' ? 'passed' : 'waiting',
      },
    ],
  }));
}

function functionOf(story: Story): string {
  return `arn:aws:lambda:eu-central-1:123456789012:function:${story}`;
}

/** What a person reports who stops the line: 9.2. */
function ordered(story: Story): Finding {
  return findingOfOrder({
    id: story,
    service: story,
    title: 'SQL injection in the login form',
    vector: golden,
    reason: 'The session cookie is read before it is checked',
    cve: null,
    by: `ana-${story}`,
    at: instantOf(Date.now()),
    believed: null,
  });
}

/** What the scanner sees in a function that runs: 9.8. */
function inFunction(story: Story): Finding {
  const id = functionOf(story);
  return aFinding({
    id: `arn:aws:inspector2:eu-central-1:123456789012:finding/${story}`,
    vectors: [aVector(v31.critical98)],
    resources: [{ type: 'AWS_LAMBDA_FUNCTION', id, original: id, digest: null }],
    region: 'eu-central-1',
    updatedAt: instantOf(Date.now()),
  });
}

/** The hold of a finding, once it is in force. */
async function halted(story: Story, finding: Finding): Promise<Hold> {
  const [taken] = await runtime.takeInFinding(finding);
  if (taken?.status !== 'assessed' || taken.holdId === null) throw new Error(`${story} is not held`);
  const { holdId } = taken;
  return await until(async () => {
    const hold = await readHold(runtime.ports.table, holdId);
    return hold?.status === 'in-force' && hold;
  });
}

/** The scanner looked again and the flaw is gone. */
async function closeAtSource(finding: Finding): Promise<void> {
  await runtime.takeInFinding({ ...finding, state: 'closed', updatedAt: instantOf(Date.now()) });
}

/** Decides through the newest mail of the story's own person, on a phone. */
async function decide(hold: Hold, person: string, action: string, fields: Fields, kind = 'opened'): Promise<string> {
  const personId = `${person}-${hold.service}`;
  return await decideOnPhone({ browser, runtime, hold, personId, action, fields, kind });
}

async function ended(hold: Hold): Promise<Hold> {
  return await until(async () => {
    const now = await readHold(runtime.ports.table, hold.id);
    return now?.status === 'closed' && now;
  });
}

async function reviewOf({ id }: Hold) {
  return await until(async () => (await filedReviews(runtime.ports.table)).find((review) => review.id === id));
}

function stageOf(story: Story) {
  return runtime.services.pipelines
    .rows()
    .find(({ name }) => name === story)
    ?.stages.at(-1);
}

/** What a page of the board says, with a picture of it kept. */
async function look(path: string, name: string): Promise<string> {
  const page = await browser.newPage({ viewport: screens.desk });
  await page.goto(`${runtime.url}${path}`);
  await picture(page, name);
  const said = await page.locator('main').textContent();
  await page.close();
  return said ?? '';
}
