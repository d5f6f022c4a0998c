import type { Backtest, NamedTally, Tally } from '../../lib/policy/backtest.ts';
import { columns, cut, paint, visible, wrapped } from './terminal.ts';

/** Rows of one part; what is beyond is counted. */
const rowsMax = 10;

/** A backtest as lines for a terminal: holds and the hours that the line would stand, with what they rest on. */
export function backtestTable(
  backtest: Backtest,
  { isComparison }: { readonly isComparison: boolean },
): readonly string[] {
  const shows = { isComparison, hasAudit: backtest.holds.audit > 0 };
  const parts = [
    partOf('all', [{ name: 'holds', ...backtest.holds }], shows),
    partOf('by service', backtest.services, shows),
    partOf('by rule', backtest.rules, shows),
    partOf('by vulnerability', backtest.vulnerabilities, shows),
  ].filter(({ rows }) => rows.length > 1);
  const lines = rightAligned(parts.flatMap(({ rows }) => rows)).map((row) => row.join('  '));
  const drawn = parts.flatMap(({ rows, more }) => {
    const [head = '', ...rest] = lines.splice(0, rows.length);
    return [paint('bold', head), ...rest, ...(more > 0 ? [paint('dim', `and ${more} more`)] : []), ''];
  });
  return [...drawn, ...notesOf(backtest).flatMap((note) => wrapped(visible(note), '  ', columns()))];
}

/** Which columns there are. */
type Shows = { readonly isComparison: boolean; readonly hasAudit: boolean };

function partOf(heading: string, rows: readonly NamedTally[], shows: Shows) {
  const shown = rows.slice(0, rowsMax).map((row) => [cut(visible(row.name), 40), ...numbersOf(row, shows)]);
  return { rows: [[heading, ...headingsOf(shows)], ...shown], more: rows.length - shown.length };
}

function headingsOf({ isComparison, hasAudit }: Shows): readonly string[] {
  const counts = isComparison ? ['before', 'after', 'gained', 'lost', 'kept'] : ['holds'];
  const hours = isComparison ? ['hours before', 'after', 'change'] : ['hours'];
  return [...counts, ...(hasAudit ? ['audit only'] : []), ...hours];
}

function numbersOf(row: Tally, { isComparison, hasAudit }: Shows): readonly string[] {
  const counts = isComparison ? [row.before, row.after, row.gained, row.lost, row.kept] : [row.after];
  const hours = isComparison
    ? [hoursIn(row.msBefore), hoursIn(row.msAfter), signed(row.msAfter - row.msBefore)]
    : [hoursIn(row.msAfter)];
  return [...counts.map(String), ...(hasAudit ? [String(row.audit)] : []), ...hours];
}

/** All but the first column end in line, as numbers do. */
function rightAligned(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) => row.map((cell, at) => (at === 0 ? cell : cell.padStart(widths[at] ?? 0))));
}

/** Hours with at most one decimal: `6 h`, `0.5 h`. */
function hoursIn(ms: number): string {
  return `${Math.round(ms / 360_000) / 10} h`;
}

function signed(ms: number): string {
  return ms > 0 ? `+${hoursIn(ms)}` : hoursIn(ms);
}

function notesOf({ findings: { unclaimed }, holds, assumed, waivers }: Backtest): readonly string[] {
  const ofDeadline = assumed.map(({ service, ms }) => `${service} ${hoursIn(ms)}`).join(', ');
  return [
    ...(holds.before + holds.after > 0
      ? ['Hours are added up as if one hold came after another: holds that overlap on a stage stop it for less.']
      : []),
    ...(assumed.length > 0 ? [`Without a plan, a hold was taken to last until its deadline: ${ofDeadline}.`] : []),
    ...(holds.audit > 0 ? [`${holds.audit} holds would only be recorded, in audit mode.`] : []),
    ...(unclaimed > 0
      ? [`${unclaimed} findings are above the line, but no service claims them, so that nothing is halted for them.`]
      : []),
    ...waivers.map(({ waiver: { vulnerability, service, until }, state }) =>
      state === 'ended'
        ? `The waiver for ${vulnerability} in ${service} ended at ${until}: take it out.`
        : `The waiver for ${vulnerability} in ${service} is not used: nothing here would halt without it.`,
    ),
  ];
}
