import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** A running DynamoDB emulator. */
export interface Dynoxide {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  /** Ends the emulator; what it acknowledged is in the data file. May be called more than once. */
  stop(): Promise<void>;
}

/**
 * Starts the DynamoDB emulator of the optional dependency `@dynoxide/linux-x64` on a free port of this machine, over a
 * SQLite file (made where absent, with its folder) or in memory (`null`), and resolves when it answers. It never outlives
 * this process, however this process ends. Rejects with what to do when the binary is not there for this platform or the
 * file cannot be used.
 */
export async function startDynoxide({ dataFile }: { readonly dataFile: string | null }): Promise<Dynoxide> {
  const binary = findBinary();
  if (dataFile !== null) await mkdir(dirname(dataFile), { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    const started = await start(binary, dataFile, await freePort());
    if (started.ok) return started.emulator;
    // Another program may take the port between our looking and the emulator's binding it.
    if (started.said.includes('already in use') && attempt < 5) continue;
    throw new Error(explained(started.said, dataFile));
  }
}

type Emulator = ChildProcessByStdio<Writable, null, Readable>;

type Started = { readonly ok: true; readonly emulator: Dynoxide } | { readonly ok: false; readonly said: string };

const startTimeoutMs = 20_000;

async function start(binary: string, dataFile: string | null, port: number): Promise<Started> {
  const file = dataFile === null ? [] : ['--db-path', dataFile];
  const child = spawnGuarded([binary, 'serve', '--port', String(port), ...file]);
  const exited = once(child, 'exit');
  const timeOut = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs);
  const said = await saidUntil(child, 'listening');
  clearTimeout(timeOut);
  // Only the emulator's own word counts: whatever answers on the port may be another program.
  if (!said.includes('listening')) return { ok: false, said: said.trim() || `silent for ${startTimeoutMs / 1000} s` };

  const endpoint = `http://127.0.0.1:${port}`;
  await answers(endpoint);
  letGo(child);
  return { ok: true, emulator: { endpoint, stop: () => stop(child, exited) } };
}

/**
 * Runs a command that ends when this process does, even by `kill -9`: a shell keeps the other end of our pipe, and its
 * `read` returns when the pipe closes (the emulator loses nothing acknowledged by a `kill -9`). The command takes the shell's place, so that the pid is its own; it has a session of
 * its own, so that Ctrl-C reaches this process only, which then stops it in order.
 */
function spawnGuarded(command: readonly string[]): Emulator {
  const guard = 'exec 3<&0; { read -r _ <&3; kill -9 $$; } >/dev/null 2>&1 & exec "$@" </dev/null 3<&-';
  return spawn('/bin/sh', ['-c', guard, 'sh', ...command], { stdio: ['pipe', 'ignore', 'pipe'], detached: true });
}

/** What the emulator says, up to `word` or its end. */
async function saidUntil(child: Emulator, word: string): Promise<string> {
  let said = '';
  for await (const chunk of child.stderr.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    if (said.includes(word)) break;
  }
  return said;
}

async function answers(endpoint: string): Promise<void> {
  const answer = await fetch(endpoint, {
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(startTimeoutMs),
  });
  await answer.text();
}

// The emulator alone is no reason for this process to stay.
function letGo(child: Emulator): void {
  child.stderr.resume();
  child.unref();
  for (const stream of [child.stdin, child.stderr]) if (stream instanceof Socket) stream.unref();
}

async function stop(child: Emulator, exited: Promise<unknown>): Promise<void> {
  child.ref();
  child.kill();
  const timeOut = setTimeout(() => child.kill('SIGKILL'), 3_000);
  await exited;
  clearTimeout(timeOut);
}

function findBinary(): string {
  try {
    return createRequire(import.meta.url).resolve('@dynoxide/linux-x64/dynoxide');
  } catch (cause) {
    throw new Error(
      `There is no DynamoDB emulator for ${process.platform}-${process.arch} here (the optional package @dynoxide/linux-x64 ` +
        'is not installed). Either set AWS_ENDPOINT_URL_DYNAMODB to a DynamoDB or DynamoDB Local of yours, or keep the ' +
        'ledger in memory with --ledger memory.',
      { cause },
    );
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('This machine gave no free port.');
  return address.port;
}

function explained(said: string, dataFile: string | null): string {
  if (dataFile === null) return `The DynamoDB emulator did not start: ${said}`;
  return (
    `The ledger's file ${dataFile} cannot be used: ${said}. ` +
    'Put back a copy of it, or move it and its -wal and -shm files away to begin with an empty ledger.'
  );
}
