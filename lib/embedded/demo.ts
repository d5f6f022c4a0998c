import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Instant } from '../finding/instant.ts';
import { findingOfOrder } from '../finding/ordered.ts';
import type { Hold, HoldEvent } from '../hold/hold.ts';
import { eventsOf, openHolds, readHold } from '../hold/ledger.ts';
import { loadPolicy } from '../policy/load.ts';
import type { PolicyInForce } from '../policy/policy.ts';
import { filedReviews } from '../review/file.ts';
import { codeNow, receivedMessages } from './people.ts';
import { type PipelineOptions, pipelinesOf } from './releases.ts';
import { type Runtime, startRuntime } from './runtime.ts';

/** The policy that the demo brings: two services and six people. */
export function demoPolicy(): PolicyInForce {
  const file = new URL('./demo-policy.yaml', import.meta.url);
  return loadPolicy(readFileSync(file, 'utf8'), 'the demo policy');
}

/** Digest of the image that Inspector found the flaw in, and that waits before Production when the demo begins. */
const flawedDigest = 'sha256:d0406162a81777e5fe3eb5835fec5d4436ca750a1e12e367474efc39cc62cfbf';

/** Digest of the image that runs in Production of checkout, and the repository of both. */
const productionDigest = `sha256:${'77'.repeat(32)}`;
const demoRepository = 'arn:aws:ecr:eu-central-1:123456789012:repository/repo-poetry';

/** The pipelines of the demo: one release runs in Production, the next one waits. */
export function demoPipelines(policy: PolicyInForce): readonly PipelineOptions[] {
  const author = 'dee@example.com';
  return pipelinesOf(policy.services).map((pipeline) => ({
    ...pipeline,
    initial: [
      {
        commit:
          pipeline.name === 'checkout'
            ? '77ab0e2c41d95f0be6a1c8d37f2e9b5046a8d1c3'
            : 'e05d91f83b6c7a2491fd0c85b3e6a7d24f180c95',
        author: 'sam@example.com',
        digest: pipeline.name === 'checkout' ? productionDigest : `sha256:${'e0'.repeat(32)}`,
        position: 'passed',
      },
      pipeline.name === 'checkout'
        ? { commit: '3f9c1ab7d20e84c6519fa3be07d82c46e1f5b990', author, digest: flawedDigest, position: 'waiting' }
        : {
            commit: 'b81d0c44aa07e3f5926cd1e8b35f7a20c9d4e617',
            author,
            digest: `sha256:${'b8'.repeat(32)}`,
            position: 'waiting',
          },
    ],
  }));
}

/** Opens both acts of the story, once for a data directory; then nothing moves unless someone acts. */
export async function openDemo(runtime: Runtime): Promise<void> {
  const { table, clock } = runtime.ports;
  if ((await openHolds(table)).length > 0 || (await filedReviews(table)).length > 0) return;
  // The scanner knows the image in production, so that releases can be compared.
  runtime.services.findings.say({ id: `${demoRepository}/${productionDigest}`, exists: true, scanned: true });
  const at = clock.now();
  await runtime.takeIn(demoFinding(at));
  await runtime.takeInFinding(
    findingOfOrder({
      id: `demo-${at}`,
      service: 'accounts',
      title: 'SQL injection in the login form',
      vector: 'CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N',
      reason: 'The session cookie is read before it is checked, so the query needs no login',
      cve: null,
      by: 'ana',
      at,
      believed: { vector: 'CVSS:4.0/AV:N/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', by: 'dee' },
    }),
  );
}

/** The real Inspector finding of the first act, as Security Hub sent it; observed `at`, so that its dates and clocks are today's. */
export function demoFinding(at: Instant): string {
  const text = readFileSync(new URL('./demo-finding.json', import.meta.url), 'utf8');
  return text.replaceAll(/"(FirstObservedAt|LastObservedAt|CreatedAt|UpdatedAt)": "[^"]*"/g, `"$1": "${at}"`);
}

/** One line of the played story. */
export type DemoStep = { readonly step: string; readonly [fact: string]: unknown };

/** Plays the story headless to its end on a runtime of its own that keeps nothing. Throws when a step does not come about. */
export async function playDemo(onStep: (step: DemoStep) => void): Promise<void> {
  const policy = demoPolicy();
  const errors: unknown[] = [];
  const runtime = await startRuntime({
    policy,
    dataDir: null,
    port: 0,
    ledger: process.platform === 'linux' && process.arch === 'x64' ? 'dynamodb' : 'memory',
    demo: true,
    pipelines: demoPipelines(policy),
    pace: { step: 100, stage: 600 },
    onError: (error) => errors.push(error),
  });
  try {
    await play(runtime, onStep);
  } catch (error) {
    throw new Error(
      `${error instanceof Error ? error.message : 'the story broke off'} (${errors.map(String).join('; ') || 'no error was reported'})`,
      { cause: error },
    );
  } finally {
    await runtime.stop();
  }
}

async function play(runtime: Runtime, onStep: (step: DemoStep) => void): Promise<void> {
  const { ports, services } = runtime;
  const text = demoFinding(ports.clock.now());
  onStep({ step: 'finding-received', bytes: text.length, source: 'Amazon Inspector by Security Hub' });
  const [answers] = await runtime.takeIn(text);
  const [answer] = answers ?? [];
  if (answer?.status !== 'assessed' || answer.holdId === null) throw new Error('the finding opened no hold');
  const holdId = answer.holdId;
  runtime.go();
  const opened = await held(runtime, holdId);
  onStep({
    step: 'assessed',
    verdict: answer.verdict,
    severity: opened.assessment.severity,
    score: opened.assessment.score,
    reasons: opened.reasons.map(({ because }) => because),
  });
  onStep({ step: 'hold-opened', holdId, code: opened.code, title: opened.problem.title, stage: opened.stageKey });
  const inForce = await happened(runtime, holdId, 'in-force');
  const { commit } = await until(async () => (await held(runtime, holdId)).release, 'no release was found to wait');
  onStep({ step: 'stage-halted', at: inForce.time, release: commit });
  const told = await happened(runtime, holdId, 'told');
  onStep({ step: 'stakeholders-notified', reached: told.data.reached, unreached: told.data.unreached });
  await decide(runtime, holdId, 'rui');
  const decided = await happened(runtime, holdId, 'decided');
  onStep({ step: 'decision-recorded', action: decided.data.action, by: decided.data.by });
  await bringFix(runtime);
  const verified = await happened(runtime, holdId, 'verified');
  onStep({ step: 'verified', how: verified.data.how });
  const resumed = await happened(runtime, holdId, 'resumed');
  const entered = await until(
    () =>
      services.pipelines.rows()[0]?.stages.at(-1)?.inside ??
      services.pipelines.rows()[0]?.stages.at(-1)?.passed ??
      null,
    'the fixed release did not enter',
  );
  onStep({ step: 'stage-resumed', at: resumed.time, release: entered.commit });
  const review = await until(
    async () => (await filedReviews(ports.table)).find(({ id }) => id === holdId) ?? null,
    'no review was filed',
  );
  onStep({
    step: 'review-filed',
    id: review.id,
    outcome: review.outcome,
    stoodMs: review.durations.stood,
    events: review.timeline.length,
  });
}

/** Approves through the person's own link, as a browser would. */
async function decide(runtime: Runtime, holdId: string, personId: string): Promise<void> {
  const message = await until(
    () =>
      receivedMessages(runtime.services.mailbox, runtime.ports.policy).find(
        (one) => one.personId === personId && one.holdId === holdId && one.links.length > 0,
      ) ?? null,
    `${personId} got no mail with a link`,
  );
  const [link = ''] = message.links;
  const page = await (await fetch(link)).text();
  const nonce = /name="nonce" value="([^"]+)"/.exec(page)?.[1] ?? '';
  const otpauth = runtime.people.find(({ id }) => id === personId)?.otpauth ?? '';
  const hold = await held(runtime, holdId);
  const form = new URLSearchParams({
    action: 'remediation-approved',
    reason: 'certifi is updated in the next image; it resumes when the scan shows it',
    confirmation: hold.code,
    totp: codeNow(otpauth, runtime.ports.clock.now())?.code ?? '',
    nonce,
  });
  const answer = await fetch(link, {
    method: 'POST',
    body: form,
    headers: { 'sec-fetch-site': 'same-origin', origin: new URL(link).origin },
  });
  if (!answer.ok) throw new Error(`the decision was not recorded (${answer.status})`);
}

/** The developer pushes a new image; the scanner looks at it and finds nothing. */
async function bringFix(runtime: Runtime): Promise<void> {
  const { pipelines, findings } = runtime.services;
  const [pipeline] = pipelines.pipelines;
  if (pipeline === undefined) throw new Error('the demo has no pipeline');
  const digest = `sha256:${'8d'.repeat(32)}`;
  pipelines.bring(pipeline, { commit: '8d01c77e5ab2946f03d8c1e7b6a4f92d5038e1ca', author: 'dee@example.com', digest });
  await until(
    () => (pipelines.rows()[0]?.stages.at(-1)?.waiting?.digest === digest ? true : null),
    'the fixed release did not come before the stage',
  );
  findings.say({
    id: `${demoRepository}/${digest}`,
    exists: true,
    scanned: true,
  });
  await runtime.sweepNow();
}

async function held(runtime: Runtime, holdId: string): Promise<Hold> {
  const hold = await readHold(runtime.ports.table, holdId);
  if (hold === null) throw new Error(`the ledger lost hold ${holdId}`);
  return hold;
}

async function happened(runtime: Runtime, holdId: string, kind: HoldEvent['kind']): Promise<HoldEvent> {
  return await until(
    async () => (await eventsOf(runtime.ports.table, holdId)).find((event) => event.kind === kind) ?? null,
    `"${kind}" did not happen`,
  );
}

/** Waits for something that will come about by itself; gives up after a minute. */
async function until<T>(look: () => T | null | Promise<T | null>, otherwise: string): Promise<T> {
  for (let tries = 0; tries < 600; tries += 1) {
    const seen = await look();
    if (seen !== null) return seen;
    await sleep(100);
  }
  throw new Error(otherwise);
}
