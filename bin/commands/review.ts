import type { Command } from 'commander';
import { firstBroken } from '../../lib/hold/events.ts';
import type { HoldEvent } from '../../lib/hold/hold.ts';
import { eventsOf, readHold } from '../../lib/hold/ledger.ts';
import { readReview } from '../../lib/review/file.ts';
import { Failure, UsageError } from '../command-line/failure.ts';
import { addPlaceOptions, openPlace, type Place, type PlaceOptions } from '../command-line/place.ts';
import { reviewAsCsv, reviewAsHtml, reviewAsMarkdown } from '../command-line/review-text.ts';
import { say, sayJson, tell, visible } from '../command-line/terminal.ts';

type Options = PlaceOptions & { readonly format: string; readonly verify?: boolean };

const formats = ['md', 'json', 'html', 'csv', 'openvex'] as const;

/** `stopship review`: the record of a hold, for export. */
export function addReview(program: Command): void {
  addPlaceOptions(
    program
      .command('review')
      .description('export the review record of a hold; of an open one a draft')
      .argument('<id>', 'the hold'),
  )
    .option('--format <format>', formats.join(', '), 'md')
    .option('--verify', 'recompute the chain of events; exit 1 at the first that does not fit')
    .addHelpText('after', '\nExamples:\n  $ stopship review HOLD > review.md\n  $ stopship review HOLD --verify')
    .action(review);
}

async function review(id: string, options: Options): Promise<void> {
  const format = formats.find((one) => one === options.format);
  if (format === undefined)
    throw new UsageError(`--format is one of ${formats.join(', ')}, not ${JSON.stringify(options.format)}.`);
  if (format === 'openvex') throw new UsageError('OpenVEX is not there yet: choose md, json, html or csv.');
  const place = await openPlace(options);
  if (options.verify === true) return await verify(place, id);
  const record = await readReview(place, id);
  if (record === null) throw new Failure(`There is no hold ${visible(id)}.`);
  if (record.closedAt === null) tell(`Hold ${visible(id)} is open: this is a draft.`);
  switch (format) {
    case 'json':
      return sayJson(record);
    case 'md':
      return say(reviewAsMarkdown(record, place.policy.people));
    case 'html':
      return say(reviewAsHtml(record, place.policy.people));
    case 'csv':
      return say(reviewAsCsv(record));
    default:
      return format satisfies never;
  }
}

async function verify(place: Place, id: string): Promise<void> {
  const hold = await readHold(place.table, id);
  if (hold === null) throw new Failure(`There is no hold ${visible(id)}.`);
  const events = await eventsOf(place.table, id);
  const broken = firstBroken(events);
  if (broken !== null)
    throw new Failure(`Event ${broken} of ${id} does not fit the chain before it: it or an earlier one was changed.`);
  if (lastHash(events) !== hold.head.hash) {
    throw new Failure(
      `Event ${events.length + 1} of ${id} does not fit: the hold says that it has ${hold.head.n} events ending otherwise.`,
    );
  }
  say(`All ${events.length} events of ${id} fit; the last is ${hold.head.hash.slice(0, 12)}.`);
}

function lastHash(events: readonly HoldEvent[]): string {
  return events.at(-1)?.hash ?? '';
}
