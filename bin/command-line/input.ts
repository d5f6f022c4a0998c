import { readFile, stat } from 'node:fs/promises';
import { textMax } from '../../lib/finding/read.ts';
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
    const why = error instanceof Error && 'code' in error ? whys[String(error.code)] : undefined;
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

/** The lines of stdin that hold something. */
export async function stdinLines(): Promise<readonly string[]> {
  const lines = decoded(await readStdin()).split(/\r?\n/);
  return lines.filter((line) => line !== '');
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
  const text = bytes[0] === 0xff && bytes[1] === 0xfe ? bytes.toString('utf16le') : bytes.toString('utf8');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
