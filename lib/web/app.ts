import { type Context, Hono } from 'hono';
import { broken, type DecisionDeps, decisionApp, frameOf } from './decision-app.ts';
import { fieldsOf, ownForms } from './form.ts';
import { liveHeaders } from './headers.ts';
import { type Html, livePath } from './layout.ts';
import { liveScript } from './live.ts';
import { boardPage } from './pages/board.ts';
import { holdPage } from './pages/hold.ts';
import { mailboxPage } from './pages/mailbox.ts';
import { metricsPage } from './pages/metrics.ts';
import { problemPage } from './pages/problem.ts';
import { rejectedPage } from './pages/rejected.ts';
import { reviewPage } from './pages/review.ts';
import { reviewsPage } from './pages/reviews.ts';
import { wordsPage } from './pages/words.ts';
import type { BoardView, HoldView, MailboxView, MetricsView, RejectedView, ReviewsView, ReviewView } from './views.ts';

/** The steps behind the pages of the local runtime and of `stopship board`. All but `release`, `retry` and `scan` only read. */
export type WebDeps = DecisionDeps & {
  readonly board: () => Promise<BoardView>;
  readonly hold: (id: string) => Promise<HoldView | null>;
  /** `person` is an id as the query named it, or null. */
  readonly mailbox: (person: string | null) => Promise<MailboxView>;
  readonly rejected: () => Promise<RejectedView>;
  readonly reviews: () => Promise<ReviewsView>;
  readonly review: (id: string) => Promise<ReviewView | null>;
  readonly metrics: () => Promise<MetricsView>;
  /** Brings a new release to the service's pipeline; `unknown` when there is no such service or no pipeline of ours. */
  readonly release: (service: string) => Promise<'started' | 'unknown'>;
  /** Retries the stage for the release that the gate refused; `unknown` when it refused none. */
  readonly retry: (service: string) => Promise<'started' | 'unknown'>;
  /** Lets the scanner of one machine look at the release that waits: its open findings stay; `unknown` when none waits. */
  readonly scan: (service: string) => Promise<'clean' | 'flawed' | 'unknown'>;
};

/** All pages of the local runtime, the decision pages among them. */
export function webApp(deps: WebDeps): Hono {
  const app = new Hono();
  app.route('/', decisionApp(deps));
  app.get('/', async (c) => live(c, boardPage(await deps.board(), frameOf(deps))));
  app.get('/holds/:id', async (c) => {
    const hold = await deps.hold(c.req.param('id'));
    return hold === null
      ? missing(c, 'There is no such hold. The board lists the open ones, the reviews all that ended.')
      : live(c, holdPage(hold, frameOf(deps)));
  });
  app.get('/mailbox', async (c) =>
    live(c, mailboxPage(await deps.mailbox(c.req.query('person') ?? null), frameOf(deps))),
  );
  app.get('/rejected', async (c) => live(c, rejectedPage(await deps.rejected(), frameOf(deps))));
  app.get('/reviews', async (c) => live(c, reviewsPage(await deps.reviews(), frameOf(deps))));
  app.get('/reviews/:id', async (c) => {
    const review = await deps.review(c.req.param('id'));
    return review === null ? missing(c, 'There is no such review.') : c.html(reviewPage(review, frameOf(deps)));
  });
  app.get('/metrics', async (c) => live(c, metricsPage(await deps.metrics(), frameOf(deps))));
  app.get('/words', (c) => c.html(wordsPage()));
  app.get(livePath, (c) => c.body(liveScript, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }));
  app.post('/releases', ownForms('board', deps.publicUrl), async (c) => {
    const fields = await fieldsOf(c, 'board');
    if (fields instanceof Response) return fields;
    const started = await deps.release(fields.get('service') ?? '');
    return started === 'started'
      ? c.redirect('/', 303)
      : missing(c, 'No pipeline of that service can be given a release from here.');
  });
  app.post('/retries', ownForms('board', deps.publicUrl), async (c) => {
    const fields = await fieldsOf(c, 'board');
    if (fields instanceof Response) return fields;
    return (await deps.retry(fields.get('service') ?? '')) === 'started'
      ? c.redirect('/', 303)
      : missing(c, 'The gate refused no release of that service that could be tried again.');
  });
  app.post('/scans', ownForms('board', deps.publicUrl), async (c) => {
    const fields = await fieldsOf(c, 'board');
    if (fields instanceof Response) return fields;
    const scanned = await deps.scan(fields.get('service') ?? '');
    if (scanned === 'clean') return c.redirect('/', 303);
    return scanned === 'unknown'
      ? missing(c, 'No release of that service waits with an image that could be scanned.')
      : c.html(
          problemPage(
            'board',
            'It still has the flaw',
            'The scan of the release that waits shows what it showed before, so the halt stays. Bring a new release, in which it is mended, and have that one scanned.',
          ),
        );
  });
  app.notFound((c) => missing(c, 'No page has this address.'));
  app.onError((error, c) => broken(c, deps, 'board', error));
  return app;
}

async function live(c: Context, page: Html): Promise<Response> {
  return c.html(page, 200, liveHeaders);
}

async function missing(c: Context, text: string): Promise<Response> {
  return c.html(problemPage('board', 'Nothing here', text), 404);
}
