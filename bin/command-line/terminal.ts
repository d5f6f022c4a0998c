import { styleText } from 'node:util';
import { jsonLine } from '../../lib/finding/json-line.ts';

/** Prints a line for people, or of a program's output, on stdout. The caller made outside text `visible`. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints a line for people on stderr. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Prints one record of NDJSON. */
export function sayJson(record: unknown): void {
  say(jsonLine(record));
}

/** Outside text for a terminal: what would act on it or reorder it is shown as an escape, `\u{1b}`. */
export function visible(text: string): string {
  return text.replace(acting, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

const acting = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

type Paint = Parameters<typeof styleText>[0];

/** Colours text for stdout, where that is a terminal and NO_COLOR is not set. */
export function paint(style: Paint, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

const verdictPaint = { halt: ['red', 'bold'], watch: ['yellow'], pass: ['green'] } as const;

/** A verdict as a coloured word of five characters. */
export function verdictWord(verdict: keyof typeof verdictPaint): string {
  return paint([...verdictPaint[verdict]], verdict.toUpperCase().padEnd(5));
}

/** Columns of people's lines: the terminal's, at most `most`. */
export function columns(most = 100): number {
  return Math.max(40, Math.min(most, process.stdout.columns ?? most));
}

/** Text cut to a width, with an ellipsis where something is missing. */
export function cut(text: string, width: number): string {
  const points = [...text];
  return points.length <= width ? text : `${points.slice(0, Math.max(0, width - 1)).join('')}…`;
}

/** Lines of at most `width` columns; each but the first begins with `hang`. A word that is longer than a line is broken. */
export function wrapped(text: string, hang = '', width = 80): readonly string[] {
  const lead = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = lead;
  let isBare = true;
  function end(): void {
    lines.push(line);
    line = hang;
    isBare = true;
  }
  for (const whole of text.slice(lead.length).split(' ')) {
    if (!isBare && line.length + 1 + whole.length > width) end();
    let word = whole;
    while (line.length + word.length > width) {
      const room = withoutHalf(word, Math.max(1, width - line.length));
      line += word.slice(0, room);
      word = word.slice(room);
      end();
    }
    line += isBare ? word : ` ${word}`;
    isBare = false;
  }
  end();
  return lines;
}

/** Where to break a word: not within a character beyond the basic plane, which is two units. */
function withoutHalf(word: string, at: number): number {
  return /^[\uD800-\uDBFF]$/.test(word.charAt(at - 1)) ? at + 1 : at;
}

/** Rows in columns, two blanks apart, the last column as long as it is. */
export function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join('  '),
  );
}

/**
 * Says on stderr how far a long task is, where somebody watches, as a bar where its whole is known; erases itself at the end.
 */
export function progressBarOf(what: string): { at(done: number, all: number | null, said: string): void; end(): void } {
  const line = fleetingLine();
  return {
    at: (done, all, said) =>
      line.show(() => `${what} ${all === null ? '' : `${barOf(done / Math.max(1, all))} `}${said}`),
    end: line.erase,
  };
}

function barOf(part: number): string {
  const filled = Math.round(Math.min(1, part) * 24);
  return `[${'#'.repeat(filled)}${'.'.repeat(24 - filled)}] ${String(Math.floor(Math.min(1, part) * 100)).padStart(3)}%`;
}

/** A line on stderr that is there only while somebody watches a task that takes its time. */
function fleetingLine(): { show(text: () => string): void; erase(): void } {
  if (!process.stderr.isTTY) return { show() {}, erase() {} };
  let lastAt = Date.now() + 300; // short tasks say nothing
  let hasSpoken = false;
  return {
    show(text) {
      if (Date.now() - lastAt < 100) return;
      lastAt = Date.now();
      hasSpoken = true;
      process.stderr.write(`\r${text()}\u001B[K`);
    },
    erase() {
      if (hasSpoken) process.stderr.write('\r\u001B[K');
    },
  };
}

/** `stopship … | head` closes our pipe early, which is no failure. */
export function listenToPipes(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(process.exitCode ?? 0);
  });
}
