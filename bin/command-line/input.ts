import { open, readFile, stat } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { textMax } from '../../lib/finding/read.ts';
import { type RecordText, splitter } from '../../lib/finding/records.ts';
import { Failure } from './failure.ts';

/** A text that was asked for by the name of its file (`-` is stdin), or why it cannot be read, as the end of a sentence. */
export type Input = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string };

/** Reads a file or stdin. A file that is certainly too large is not read at all. */
export async function readInput(file: string): Promise<Input> {
  if (file === '-') return { ok: true, text: decoded(await readStdin()) };
  try {
    // A character has at most four bytes.
    if ((await stat(file)).size > textMax * 4)
      return { ok: false, why: 'is larger than 20 MB: split it and give the parts' };
    return { ok: true, text: decoded(await readFile(file)) };
  } catch (error) {
    const why = whyUnread(error);
    if (why === undefined) throw error;
    return { ok: false, why };
  }
}

/** Reads a file that must be there. Throws a Failure that says what is wrong. */
export async function readNeeded(file: string): Promise<string> {
  const input = await readInput(file);
  if (!input.ok) throw new Failure(`${file} ${input.why}.`);
  return input.text;
}

/** How far a long input is read, in bytes; `all` is null where nobody knows, as of stdin. */
export type Progress = (done: number, all: number | null) => void;

/** Bytes read from a file at once. */
const pieceSize = 1 << 20;

/** An input that cannot be read. `why` ends a sentence that begins with its name. */
export class Unreadable extends Failure {
  readonly why: string;
  constructor(file: string, why: string) {
    super(`${file} ${why}.`);
    this.why = why;
  }
}

/** The records of an input of any length, one after another, in the memory of one. Throws an Unreadable that says what is wrong. */
export async function* recordsIn(file: string, progress: Progress): AsyncGenerator<RecordText> {
  const { push, end } = splitter();
  let decoder: TextDecoder | null = null;
  let done = 0;
  for await (const { bytes, all } of piecesOf(file)) {
    decoder ??= new TextDecoder(isUtf16(bytes) ? 'utf-16le' : 'utf-8');
    done += bytes.length;
    progress(done, all);
    yield* push(decoder.decode(bytes, { stream: true }));
  }
  yield* push(decoder?.decode() ?? '');
  yield* end();
}

type Piece = { readonly bytes: Uint8Array; readonly all: number | null };

async function* piecesOf(file: string): AsyncGenerator<Piece> {
  if (file === '-') {
    for await (const chunk of process.stdin) yield { bytes: Buffer.from(chunk), all: null };
    return;
  }
  try {
    await using handle = await open(file);
    const all = (await handle.stat()).size;
    for await (const chunk of handle.createReadStream({ highWaterMark: pieceSize, autoClose: false }))
      yield { bytes: Buffer.from(chunk), all };
  } catch (error) {
    const why = whyUnread(error);
    if (why === undefined) throw error;
    throw new Unreadable(file, why);
  }
}

/** The lines of stdin that hold something. */
export async function stdinLines(): Promise<readonly string[]> {
  const lines = decoded(await readStdin()).split(/\r?\n/);
  return lines.filter((line) => line !== '');
}

function whyUnread(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? whys[String(error.code)] : undefined;
}

const whys: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist: check its path',
  ENOTDIR: 'does not exist: a part of its path is a file',
  EISDIR: 'is a directory: name its files, for example with *.json',
  EACCES: 'may not be read: check its permissions',
  EPERM: 'may not be read: check its permissions',
  ENAMETOOLONG: 'is no path: it is too long',
};

async function readStdin(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** UTF-8, or UTF-16 with its mark: what a redirection in PowerShell writes. */
function decoded(bytes: Buffer): string {
  const text = isUtf16(bytes) ? bytes.toString('utf16le') : bytes.toString('utf8');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

function isUtf16(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xfe;
}
