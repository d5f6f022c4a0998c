import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { zoneOf } from '../brief/recipients.ts';
import { textMax } from '../finding/read.ts';
import type { TakenIn } from '../hold/intake.ts';
import { openHolds } from '../hold/ledger.ts';
import { type WebDeps, webApp } from '../web/app.ts';
import { holdJson, holdsJson, pipelinesJson, reviewJson, reviewsJson } from '../web/show/api.ts';
import { boardView } from '../web/show/board-view.ts';
import { decisionSteps } from '../web/show/decision-deps.ts';
import { holdView } from '../web/show/hold-view.ts';
import { mailboxView } from '../web/show/mailbox-view.ts';
import { metricsView } from '../web/show/metrics-view.ts';
import { rejectedView } from '../web/show/rejected-view.ts';
import { reviewsView, reviewView } from '../web/show/review-view.ts';
import { codeNow, receivedMessages } from './people.ts';
import type { Runtime } from './runtime.ts';

export type RuntimeAppOptions = {
  readonly runtime: Omit<Runtime, 'url' | 'stop'>;
  readonly css: string;
  readonly url: () => string;
  readonly onError: (error: unknown) => void;
};

/** The runtime's HTTP: pages for people, JSON for programs. */
export function runtimeApp(options: RuntimeAppOptions): Hono {
  const app = new Hono();
  app.route('/', apiApp(options));
  app.route('/', webApp(pagesOver(options)));
  return app;
}

function pagesOver({ runtime, css, url, onError }: RuntimeAppOptions): WebDeps {
  const { ports, services } = runtime;
  return {
    assets: { css },
    publicUrl: url,
    zone: zoneOf(ports.policy.clock),
    now: ports.clock.now,
    report: onError,
    ...decisionSteps(ports),
    board: () =>
      boardView(ports, services.pipelines.rows(), {
        messages: services.mailbox.deliveries().length,
        canRelease: true,
        givenUp: services.givenUp().length,
      }),
    hold: (id) => holdView(ports, id),
    async mailbox(person) {
      const messages = receivedMessages(services.mailbox, ports.policy);
      const known = runtime.people.find(({ id }) => id === person);
      return mailboxView(
        ports.policy,
        messages,
        person,
        known === undefined ? null : codeNow(known.otpauth, ports.clock.now()),
      );
    },
    rejected: () => rejectedView(ports),
    reviews: () => reviewsView(ports),
    review: (id) => reviewView(ports, id),
    metrics: () => metricsView(ports),
    async release(name) {
      const service = ports.policy.services.find((one) => one.name === name);
      const pipeline = services.pipelines.pipelines.find((one) => one.name === service?.pipeline.name);
      if (pipeline === undefined) return 'unknown';
      services.pipelines.bring(pipeline, {});
      return 'started';
    },
    async retry(name) {
      const service = ports.policy.services.find((one) => one.name === name);
      const pipeline = services.pipelines.pipelines.find((one) => one.name === service?.pipeline.name);
      const row = services.pipelines.rows().find((one) => one.name === service?.pipeline.name);
      const stage = row?.stages.find((one) => one.name === service?.pipeline.stage);
      const release = pipeline && services.pipelines.release(pipeline, stage?.refused?.executionId ?? '');
      if (pipeline === undefined || stage === undefined || release === undefined) return 'unknown';
      if (services.pipelines.occupant(pipeline, stage.name) !== undefined) return 'unknown';
      services.pipelines.retry(pipeline, stage.name, release);
      return 'started';
    },
    async scan(name) {
      const service = ports.policy.services.find((one) => one.name === name);
      const row = services.pipelines.rows().find((one) => one.name === service?.pipeline.name);
      const stage = row?.stages.find((one) => one.name === service?.pipeline.stage);
      const digest = (stage?.waiting ?? stage?.refused)?.digest ?? null;
      if (digest === null) return 'unknown';
      services.findings.say({ id: digest, exists: true, scanned: true });
      await runtime.sweepNow();
      return services.findings.openOn(digest).length > 0 ? 'flawed' : 'clean';
    },
  };
}

/** What a program says of a resource that the scanners know. */
const ResourceWord = z.strictObject({
  id: z.string().min(1),
  exists: z.boolean().default(true),
  scanned: z.boolean().default(true),
});

function apiApp({ runtime, onError }: RuntimeAppOptions): Hono {
  const { ports, services } = runtime;
  const app = new Hono();
  app.post(
    '/events',
    bodyLimit({
      maxSize: textMax,
      onError: (c) => c.json({ error: 'The body is larger than 20 MB: split it and send the parts.' }, 413),
    }),
    async (c) => {
      if (isForeignPage(c))
        return c.json({ error: 'Events are posted by programs, not by pages of other sites.' }, 403);
      const answers = await runtime.takeIn(await c.req.text());
      return c.json({ results: answers.map(resultOf) }, isNoJson(answers) ? 400 : 202);
    },
  );
  app.get('/api/pipelines', async (c) => c.json(await pipelinesJson(ports, services.pipelines.rows())));
  app.get('/api/holds', async (c) => c.json(await holdsJson(ports)));
  app.get('/api/holds/:id', async (c) => found(c, await holdJson(ports, c.req.param('id')), 'hold'));
  app.get('/api/messages', (c) => c.json(receivedMessages(services.mailbox, ports.policy)));
  app.get('/api/people', (c) =>
    runtime.people.length > 0
      ? c.json(runtime.people)
      : c.json({ error: 'Authenticators are listed in the demo only.' }, 404),
  );
  app.get('/api/reviews', async (c) => c.json(await reviewsJson(ports)));
  app.get('/api/reviews/:id', async (c) => found(c, await reviewJson(ports, c.req.param('id')), 'review'));
  app.post('/api/resources', async (c) => {
    if (isForeignPage(c))
      return c.json({ error: 'Resources are posted by programs, not by pages of other sites.' }, 403);
    const word = ResourceWord.safeParse(await c.req.json().catch(() => null));
    if (!word.success)
      return c.json({ error: 'Send {"id","exists","scanned"}.', problems: z.prettifyError(word.error) }, 400);
    services.findings.say(word.data);
    await runtime.sweepNow();
    return c.json({ ok: true });
  });
  app.get('/api/health', async (c) => c.json({ open: (await openHolds(ports.table)).length }));
  app.onError((error, c) => {
    onError(error);
    return c.json({ error: 'Something broke on our side; what was accepted before is kept.' }, 500);
  });
  return app;
}

/** A page of another site open in the same browser must not post here; programs send no such headers. */
function isForeignPage(c: Context): boolean {
  const site = c.req.header('sec-fetch-site');
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

function found(c: Context, value: unknown, what: string): Response {
  return value === null ? c.json({ error: `There is no such ${what}.` }, 404) : c.json(value);
}

/** One result per record: the gravest of the services that claim it. */
function resultOf(answers: readonly TakenIn[]): unknown {
  const order = ['pass', 'watch', 'halt'];
  const assessed = answers.filter((answer) => answer.status === 'assessed');
  const [worst] = assessed.toSorted((a, b) => order.indexOf(b.verdict) - order.indexOf(a.verdict));
  if (worst === undefined) return answers[0];
  return { status: worst.status, verdict: worst.verdict, ...(worst.holdId === null ? {} : { holdId: worst.holdId }) };
}

function isNoJson(answers: readonly (readonly TakenIn[])[]): boolean {
  const [only] = answers;
  const [answer] = only ?? [];
  return (
    answers.length === 1 &&
    answer?.status === 'rejected' &&
    answer.error.path === '' &&
    answer.error.message.includes('JSON')
  );
}
