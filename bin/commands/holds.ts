import type { Command } from 'commander';
import { meetingSheetOf, sheetText } from '../../lib/brief/meeting-sheet.ts';
import { votesOn } from '../../lib/decision/vote.ts';
import type { Instant } from '../../lib/finding/instant.ts';
import { msOf } from '../../lib/finding/instant.ts';
import type { Hold } from '../../lib/hold/hold.ts';
import { eventsOf, openHolds, readHold } from '../../lib/hold/ledger.ts';
import { eventViews } from '../../lib/web/show/event-view.ts';
import { pageFacts } from '../../lib/web/show/page-facts.ts';
import { Failure, UsageError } from '../command-line/failure.ts';
import { holdRecord } from '../command-line/hold-record.ts';
import { addPlaceOptions, openPlace, type Place, type PlaceOptions } from '../command-line/place.ts';
import { aligned, columns, cut, paint, say, sayJson, visible, wrapped } from '../command-line/terminal.ts';

type Options = PlaceOptions & { readonly json?: boolean; readonly sheet?: boolean };

/** `stopship holds`: what is halted. */
export function addHolds(program: Command): void {
  addPlaceOptions(
    program
      .command('holds')
      .description('list the open holds, or show one')
      .argument('[id]', 'one hold, open or closed'),
  )
    .option('--json', 'one hold a line (NDJSON)')
    .option('--sheet', 'one hold as the sheet for the meeting: assessment, ways forward, objections with their answers')
    .addHelpText(
      'after',
      '\nExamples:\n  $ stopship holds\n  $ stopship holds HOLD --json\n  $ stopship holds HOLD --sheet | lp',
    )
    .action(async (id: string | undefined, options: Options) => {
      const place = await openPlace(options);
      if (options.sheet === true) return await sheet(place, id);
      await (id === undefined ? list(place, options) : show(place, id, options));
    });
}

async function list({ table, clock }: Place, { json }: Options): Promise<void> {
  const holds = await openHolds(table);
  if (json === true) {
    for (const hold of holds) sayJson(holdRecord(hold));
    return;
  }
  if (holds.length === 0) return say('No hold is open.');
  const now = clock.now();
  const rows = holds.map((hold) => [
    hold.id,
    stateOf(hold),
    ratingOf(hold),
    hold.service,
    `decide ${whenIs(hold.deadline, now)}`,
    visible(hold.problem.title),
  ]);
  for (const line of aligned([['HOLD', 'STATE', 'SCORE', 'SERVICE', 'CLOCK', 'PROBLEM'], ...rows]))
    say(cut(line, columns(140)));
}

async function show({ table, clock, policy }: Place, id: string, { json }: Options): Promise<void> {
  const hold = await readHold(table, id);
  if (hold === null) throw new Failure(`There is no hold ${visible(id)}: \`stopship holds\` lists the open ones.`);
  const [events, votes] = await Promise.all([eventsOf(table, id), votesOn(table, id)]);
  if (json === true) return sayJson({ ...holdRecord(hold), assessment: hold.assessment, events, votes });
  const facts: readonly (readonly [string, string])[] = [
    ['stage', hold.stageKey],
    ['severity', ratingOf(hold)],
    ['because', hold.reasons.map(({ because }) => because).join('; ')],
    ['release', releaseOf(hold)],
    ['revision', String(hold.revision)],
    ['code', hold.code],
    ...(hold.status === 'closed'
      ? [['outcome', hold.outcome] as const]
      : [['decide by', `${hold.deadline} (${whenIs(hold.deadline, clock.now())})`] as const]),
    [
      'decision',
      hold.decision === null
        ? 'none yet'
        : `${hold.decision.action} by ${hold.decision.by.join(', ')}, ${hold.decision.state}`,
    ],
  ];
  say(
    `${paint('bold', hold.id)}  ${paint(hold.status === 'closed' ? 'green' : 'red', stateOf(hold))}  ${visible(hold.problem.title)}`,
  );
  for (const [name, value] of facts)
    for (const line of wrapped(`  ${name.padEnd(10)} ${visible(value)}`, ' '.repeat(13))) say(line);
  say('');
  for (const { at, actor, text } of eventViews(events, hold, policy.people))
    for (const line of wrapped(visible(`  ${at} ${actor} ${text}`), ' '.repeat(4))) say(line);
}

/** The page for the room; it goes to standard output as it is, for a printer. */
async function sheet({ table, clock, policy }: Place, id: string | undefined): Promise<void> {
  if (id === undefined) throw new UsageError('Name the hold: stopship holds HOLD --sheet.');
  const hold = await readHold(table, id);
  if (hold === null) throw new Failure(`There is no hold ${visible(id)}: \`stopship holds\` lists the open ones.`);
  const facts = pageFacts(policy, hold, clock.now());
  if (facts === null) throw new Failure(`The policy no longer has the service ${visible(hold.service)}.`);
  for (const line of sheetText(meetingSheetOf(facts)).trimEnd().split('\n')) say(visible(line));
}

/** A pending hold does not hold yet, and says so. */
function stateOf({ status }: Hold): string {
  return status === 'pending' ? 'NOT HALTED' : status === 'in-force' ? 'in force' : 'closed';
}

function ratingOf({ ratings }: Hold): string {
  const rating = ratings.at(-1);
  return `${rating?.score?.toFixed(1) ?? '?'} ${rating?.severity ?? 'unknown'}`;
}

function releaseOf({ release }: Hold): string {
  if (release === null) return 'none known';
  return `${release.commit?.slice(0, 7) ?? release.executionId} by ${release.author ?? 'someone not known'}, ${release.position}`;
}

function whenIs(at: Instant, now: Instant): string {
  const minutes = Math.round((msOf(at) - msOf(now)) / 60_000);
  const length = Math.abs(minutes) < 120 ? `${Math.abs(minutes)} min` : `${Math.round(Math.abs(minutes) / 60)} h`;
  return minutes < 0 ? `was due ${length} ago` : `within ${length}`;
}
