import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { reviewAsCsv, reviewAsHtml, reviewAsMarkdown } from '../../bin/command-line/review-text.ts';
import { sayJson, visible, wrapped } from '../../bin/command-line/terminal.ts';
import { note, report } from '../../lib/aws/log.ts';
import { readReview } from '../../lib/review/file.ts';
import { ReviewRecord } from '../../lib/review/review.ts';
import type { Html } from '../../lib/web/layout.ts';
import { boardPage } from '../../lib/web/pages/board.ts';
import { deadLinkPage } from '../../lib/web/pages/dead-link.ts';
import { decisionPage } from '../../lib/web/pages/decision.ts';
import { holdPage } from '../../lib/web/pages/hold.ts';
import { mailboxPage } from '../../lib/web/pages/mailbox.ts';
import { metricsPage } from '../../lib/web/pages/metrics.ts';
import { receiptPage } from '../../lib/web/pages/receipt.ts';
import { rejectedPage } from '../../lib/web/pages/rejected.ts';
import { reviewPage } from '../../lib/web/pages/review.ts';
import { reviewsPage } from '../../lib/web/pages/reviews.ts';
import { aWorld, recorded } from '../builders.ts';
import {
  aBoard,
  aDeadLink,
  aDecision,
  aHold,
  aMailbox,
  aReceipt,
  aRejected,
  aReview,
  frame,
  publicUrl,
  someMetrics,
} from '../web/builders.ts';
import { heldBefore } from '../web/show/held-world.ts';
import { whileCaught } from './caught.ts';
import { csvRows } from './csv.ts';
import { hostileTexts } from './hostile.ts';
import { poisoned, type Well, wellOf } from './poison.ts';
import { foreignAddresses, skeletonOf } from './skeleton.ts';

/** What became of hostile texts in each renderer. */
export type RendererAttack = {
  readonly texts: number;
  /** Texts printed by each renderer: all of them. */
  readonly printed: { readonly [renderer: string]: number };
  /** Where one left its place, by renderer. */
  readonly escapes: readonly string[];
};

/** A renderer under attack: prints what it takes from the well, and says what went wrong. */
type Renderer = { readonly name: string; readonly attack: (well: Well) => readonly string[] };

/** Prints `count` hostile texts through every renderer but those of mail and SMS, which the tests of briefs attack. */
export async function attackRenderers(count: number, seed: number): Promise<RendererAttack> {
  const texts = hostileTexts(count, seed);
  const printed: { [renderer: string]: number } = {};
  const escapes: string[] = [];
  for (const { name, attack } of [...pages, ...reviewTexts(await aReviewRecord()), ...lines]) {
    const well = wellOf(texts);
    while (well.given() < count) escapes.push(...attack(well).map((what) => `${name}: ${what}`));
    printed[name] = well.given();
  }
  return { texts: texts.length, printed, escapes };
}

const pages: readonly Renderer[] = [
  pageRenderer('board', aBoard(), (view) => boardPage(view, frame)),
  pageRenderer('hold', aHold({ predecessor: 'h-0' }), (view) => holdPage(view, frame)),
  pageRenderer('decision', aDecision({ earlier: 'You chose' }), (view) => decisionPage(view, frame)),
  pageRenderer(
    'decision with errors',
    aDecision({ errors: { reason: 'x', form: 'x' }, typed: { reason: 'x', until: 'x' } }),
    (view) => decisionPage(view, frame),
  ),
  pageRenderer('receipt', aReceipt(), (view) => receiptPage(view, frame)),
  pageRenderer('dead link', aDeadLink(), (view) => deadLinkPage(view, '/d/x/renew', frame)),
  pageRenderer('mailbox', aMailbox(), (view) => mailboxPage(view, frame)),
  pageRenderer('rejected', aRejected(), (view) => rejectedPage(view, frame)),
  pageRenderer('reviews', { reviews: [aReview()] }, (view) => reviewsPage(view, frame)),
  pageRenderer('review', aReview(), (view) => reviewPage(view, frame)),
  pageRenderer('metrics', someMetrics(), (view) => metricsPage(view, frame)),
];

/** A page has the elements, attributes and addresses that it has with harmless texts, and no other. */
function pageRenderer<View>(name: string, view: View, page: (view: View) => Html): Renderer {
  const harmless = skeletonOf(String(page(poisoned(view, wellOf(['plain'])))));
  return {
    name: `page ${name}`,
    attack: (well) => escapesIn(String(page(poisoned(view, well))), harmless),
  };
}

function escapesIn(page: string, harmless: readonly string[]): readonly string[] {
  const found = skeletonOf(page);
  const at = found.findIndex((element, n) => element !== harmless[n]);
  const shape =
    at === -1 && found.length === harmless.length ? [] : [`element ${at} is "${found[at]}", not "${harmless[at]}"`];
  return [...shape, ...foreignAddresses(page, publicUrl).map((address) => `leads to ${address}`)];
}

/** A review record of a world, with votes and events. */
async function aReviewRecord(): Promise<ReviewRecord> {
  const world = await aWorld();
  const holdId = await heldBefore(world);
  recorded(await world.vote('rui', { action: 'more-time', hours: '2' }));
  await world.settle();
  return ReviewRecord.parse(await readReview(world.ports, holdId));
}

function reviewTexts(record: ReviewRecord): readonly Renderer[] {
  const plain = poisoned(record, wellOf(['plain']));
  const html = skeletonOf(reviewAsHtml(plain, []));
  const markdown = skeletonOf(markdownPage(reviewAsMarkdown(plain, [])));
  const rows = csvRows(reviewAsCsv(plain)).length;
  return [
    { name: 'review as HTML', attack: (well) => escapesIn(reviewAsHtml(poisoned(record, well), []), html) },
    {
      name: 'review as Markdown',
      attack: (well) => escapesIn(markdownPage(reviewAsMarkdown(poisoned(record, well), [])), markdown),
    },
    { name: 'review as CSV', attack: (well) => csvEscapes(reviewAsCsv(poisoned(record, well)), rows) },
  ];
}

/** As a reader shows it that knows GitHub's extensions and lets HTML through. */
function markdownPage(markdown: string): string {
  return micromark(markdown, {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
  });
}

function csvEscapes(csv: string, rows: number): readonly string[] {
  const found = csvRows(csv);
  const cells = found.flat();
  return [
    ...(found.length === rows ? [] : [`${found.length} rows, not ${rows}`]),
    ...found.filter((row) => row.length !== 6).map((row) => `a row of ${row.length} cells`),
    ...cells.filter((cell) => /^\s*[=+\-@＝＋－＠]/.test(cell)).map((cell) => `a formula: ${JSON.stringify(cell)}`),
  ];
}

const lines: readonly Renderer[] = [
  {
    name: 'terminal',
    attack: (well) =>
      wrapped(visible(well.next()), '    ')
        .filter((line) => acting.test(line))
        .map(shown),
  },
  { name: 'terminal as JSON', attack: (well) => lineEscapes('stdout', () => sayJson({ title: well.next() })) },
  {
    name: 'log of errors',
    attack: (well) => {
      const error = Object.assign(new Error(well.next()), { name: well.next() });
      return lineEscapes('stderr', () => report('step.failed', error));
    },
  },
  { name: 'log of facts', attack: (well) => lineEscapes('stderr', () => note('kev.read', { fact: well.next() })) },
];

/** What a terminal acts on, or what reorders or hides what is read. */
const acting = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;

/** One line that is one record, whatever was in it. */
function lineEscapes(stream: 'stdout' | 'stderr', print: () => void): readonly string[] {
  const text = whileCaught(print)[stream];
  const line = text.slice(0, -1);
  const isOne = text.endsWith('\n') && !acting.test(line) && typeof JSON.parse(line) === 'object';
  return isOne ? [] : [shown(text)];
}

function shown(text: string): string {
  return JSON.stringify(text);
}
