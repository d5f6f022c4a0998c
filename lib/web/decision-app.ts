import { type Context, Hono } from 'hono';
import type { Instant } from '../finding/instant.ts';
import { fieldsOf, ownForms } from './form.ts';
import { withPageHeaders } from './headers.ts';
import { stylePath } from './layout.ts';
import { deadLinkPage, renewedPage } from './pages/dead-link.ts';
import { decisionPage } from './pages/decision.ts';
import { problemPage } from './pages/problem.ts';
import { receiptPage } from './pages/receipt.ts';
import { stopshipStyle } from './style.ts';
import {
  type DeadLinkView,
  type DecisionView,
  type FormField,
  type Frame,
  formFields,
  type ReceiptView,
} from './views.ts';

/** What the form of the decision page sent; unknown fields are dropped, absent ones are absent. Nothing is checked yet. */
export type DecisionForm = { readonly [field in FormField]?: string };

/** What every app of ours needs. */
export type PageDeps = {
  /** `css` is Pico (`@picocss/pico/css/pico.classless.min.css`), served from our own address before our own style. */
  readonly assets: { readonly css: string };
  /** Our address from the configuration, never from a header: scheme, host and port, without a slash at the end. */
  readonly publicUrl: () => string;
  /** IANA zone in which times are told. */
  readonly zone: string;
  readonly now: () => Instant;
  /** Told of every error that became a page "Something broke". The address is not passed on: it may carry a token. */
  readonly report: (error: Error) => void;
};

/** The steps behind the decision pages. */
export type DecisionDeps = PageDeps & {
  /** Reads and never writes: mail scanners open links too. Unknown and wrong tokens cost and answer the same. `isWhole`: with every event. */
  readonly open: (token: string, isWhole?: boolean) => Promise<DecisionView | DeadLinkView>;
  /** Records a vote. A refusal that the person can mend is the view with `errors` and `typed` filled. */
  readonly vote: (token: string, form: DecisionForm) => Promise<ReceiptView | DecisionView | DeadLinkView>;
  /** Sends a new link to the address of record, if the old one is known and its hold still needs the person; tells nothing. */
  readonly renew: (token: string) => Promise<void>;
};

/** The decision pages `/d/:token`: the same on one machine and on AWS, where nothing else exists. */
export function decisionApp(deps: DecisionDeps): Hono {
  const app = new Hono();
  const ours = ownForms('decision', deps.publicUrl);
  app.use('*', withPageHeaders());
  app.get(stylePath, (c) => styleAnswer(c, deps));
  app.get('/d/:token', async (c) =>
    answer(c, deps, await deps.open(c.req.param('token'), c.req.query('timeline') === 'all')),
  );
  app.post('/d/:token', ours, async (c) => {
    const fields = await fieldsOf(c, 'decision');
    return fields instanceof Response
      ? fields
      : answer(c, deps, await deps.vote(c.req.param('token') ?? '', formOf(fields)));
  });
  app.post('/d/:token/renew', ours, async (c) => {
    const fields = await fieldsOf(c, 'decision');
    if (fields instanceof Response) return fields;
    await deps.renew(c.req.param('token') ?? '');
    return c.html(renewedPage());
  });
  app.notFound((c) =>
    c.html(problemPage('decision', 'Nothing here', 'Open the newest mail again, or copy the whole address.'), 404),
  );
  app.onError((error, c) => broken(c, deps, 'decision', error));
  return app;
}

/** The frame of a page that is made now. */
export function frameOf({ now, zone, publicUrl }: PageDeps): Frame {
  return { now: now(), zone, publicUrl: publicUrl() };
}

/** The page of an error that nobody foresaw. */
export async function broken(c: Context, deps: PageDeps, where: 'board' | 'decision', error: Error): Promise<Response> {
  deps.report(error);
  return c.html(
    problemPage(
      where,
      'Something broke on our side',
      'Nothing was recorded by this request, and no release was resumed by it. Try again in a minute.',
    ),
    500,
  );
}

function styleAnswer(c: Context, { assets }: DecisionDeps): Response {
  c.header('Cache-Control', 'public, max-age=600');
  return c.body(`${assets.css}\n${stopshipStyle}`, 200, { 'Content-Type': 'text/css; charset=utf-8' });
}

async function answer(
  c: Context,
  deps: DecisionDeps,
  view: ReceiptView | DecisionView | DeadLinkView,
): Promise<Response> {
  const frame = frameOf(deps);
  switch (view.kind) {
    case 'decision':
      return c.html(decisionPage(view, frame), Object.keys(view.errors).length === 0 ? 200 : 422);
    case 'receipt':
      return c.html(receiptPage(view, frame));
    case 'dead': {
      const renewal = `/d/${encodeURIComponent(c.req.param('token') ?? '')}/renew`;
      return c.html(deadLinkPage(view, renewal, frame), view.why === 'unknown' ? 404 : 410);
    }
    default:
      return view satisfies never;
  }
}

function formOf(fields: ReadonlyMap<string, string>): DecisionForm {
  return Object.fromEntries(formFields.flatMap((field) => (fields.has(field) ? [[field, fields.get(field)]] : [])));
}
