import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { newSecrets, Secrets } from '../aws/vault.ts';

/** Where a running runtime can be reached; kept in its data directory for the other commands. */
export type RuntimeFile = z.infer<typeof RuntimeFile>;
export const RuntimeFile = z.object({
  pid: z.number(),
  url: z.string(),
  awsEndpoint: z.string(),
  dynamodbEndpoint: z.string().nullable(),
  table: z.string(),
  demo: z.boolean(),
});

/** A mistake that a person mends; its message is one sentence that says how. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/** A data directory that this process alone uses. */
export interface DataDir {
  readonly path: string;
  /** The emulator's file. */
  readonly ledgerFile: string;
  secrets(): Secrets;
  /** Says to the other commands where the runtime is. */
  announce(runtime: RuntimeFile): void;
  release(): void;
}

const marker = 'stopship.json';

/**
 * Takes a data directory, and makes it when absent. Throws a SetupError when it is not one of ours, broken, or in use. The
 * lock is the kernel's: it ends with the process, however that ends.
 */
export function takeDataDir(name: string): DataDir {
  const path = resolve(name);
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new SetupError(`${path} cannot be made a data directory (${codeOf(error)}): name another one with --data.`);
  }
  if (!existsSync(join(path, marker)) && readdirSync(path).length > 0) {
    throw new SetupError(
      `${path} holds other files and no data of stopship: name an empty or a new directory with --data.`,
    );
  }
  const lock = lockOf(path);
  writeFileSync(join(path, marker), `${JSON.stringify({ format: 1 })}\n`);
  return {
    path,
    ledgerFile: join(path, 'ledger.db'),
    secrets: () => secretsIn(path),
    announce: (runtime) => writeWhole(join(path, 'runtime.json'), `${JSON.stringify(runtime)}\n`, 0o600),
    release() {
      rmSync(join(path, 'runtime.json'), { force: true });
      lock.close();
    },
  };
}

/** Where the runtime of a data directory is; throws a SetupError when none runs there. */
export function runtimeOf(name: string): RuntimeFile {
  const path = resolve(name);
  const file = join(path, 'runtime.json');
  if (!existsSync(file))
    throw new SetupError(`No runtime uses ${path}: start one with \`stopship serve --data ${name}\`.`);
  return RuntimeFile.parse(JSON.parse(readFileSync(file, 'utf8')));
}

function lockOf(path: string): DatabaseSync {
  const file = join(path, 'lock');
  let lock: DatabaseSync;
  try {
    lock = new DatabaseSync(file);
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    if (error instanceof Error && /locked|busy/i.test(error.message)) {
      throw new SetupError(`${path} is in use by another runtime: stop it, or name another directory with --data.`);
    }
    throw new SetupError(
      `${path} is broken (${codeOf(error)} at ${file}): move it away and start again, or name another directory with --data.`,
    );
  }
  return lock;
}

/** The secrets of links and second factors, made on first use, readable by their owner alone. */
function secretsIn(path: string): Secrets {
  const file = join(path, 'secrets.json');
  if (!existsSync(file)) {
    const secrets = newSecrets();
    writeWhole(file, `${JSON.stringify(secrets)}\n`, 0o600);
    return secrets;
  }
  try {
    return Secrets.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new SetupError(
      `${file} is broken: put it back from a copy, or remove it, which ends all links and enrolments.`,
    );
  }
}

/** A file is there whole or not at all, whenever the process ends. */
function writeWhole(file: string, text: string, mode: number): void {
  writeFileSync(`${file}.new`, text, { mode });
  renameSync(`${file}.new`, file);
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
