import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

/** Named JSON documents of one kind, read back through their schema. */
export interface Documents<T> {
  get(key: string): T | undefined;
  put(key: string, value: T): void;
  delete(key: string): void;
  /** In the order in which the keys were first put. */
  all(): readonly T[];
}

/** What the embedded services remember. A write is on disk when the call returns. */
export interface Store {
  documents<T>(kind: string, schema: z.ZodType<T>): Documents<T>;
  /** All writes of `work`, or none when it throws. Not to be nested; `work` is synchronous. */
  transaction<R>(work: () => R): R;
  close(): void;
}

/**
 * Opens the store in a data directory (made when absent), or in memory when there is none.
 * Throws an `Error` that names the file when it is not a store of ours or another process writes to it.
 */
export function openStore(dataDir: string | null): Store {
  const file = dataDir === null ? ':memory:' : join(dataDir, 'services.sqlite');
  if (dataDir !== null) mkdirSync(dataDir, { recursive: true });
  const database = open(file);
  const forget = new Set<() => void>();
  return {
    documents: (kind, schema) => documentsOf({ database, kind, schema, file, forget }),
    transaction: (work) => inTransaction(database, work, forget),
    close: () => database.close(),
  };
}

function open(file: string): DatabaseSync {
  try {
    const database = new DatabaseSync(file);
    // FULL: what was answered survives kill -9 and a loss of power.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000');
    database.exec(
      'CREATE TABLE IF NOT EXISTS document (n INTEGER PRIMARY KEY, kind TEXT, key TEXT, value TEXT, UNIQUE (kind, key))',
    );
    return database;
  } catch (cause) {
    throw new Error(
      `${file} cannot be opened as a store of stopship: move it away, or name another data directory (${message(cause)})`,
      { cause },
    );
  }
}

// This process is the only writer, so what was read stays true until a transaction is undone.
function documentsOf<T>(options: {
  readonly database: DatabaseSync;
  readonly kind: string;
  readonly schema: z.ZodType<T>;
  readonly file: string;
  readonly forget: Set<() => void>;
}): Documents<T> {
  const { database, kind, schema, file } = options;
  const put = database.prepare(
    'INSERT INTO document (kind, key, value) VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value',
  );
  const remove = database.prepare('DELETE FROM document WHERE kind = ? AND key = ?');
  const all = database.prepare('SELECT key, value FROM document WHERE kind = ? ORDER BY n');
  let known: Map<string, T> | null = null;
  options.forget.add(() => {
    known = null;
  });
  const documents = () => {
    known ??= new Map(all.all(kind).map((row) => read(row, kind, schema, file)));
    return known;
  };
  return {
    get: (key) => documents().get(key),
    put: (key, value) => {
      put.run(kind, key, JSON.stringify(value));
      documents().set(key, value);
    },
    delete: (key) => {
      remove.run(kind, key);
      documents().delete(key);
    },
    all: () => [...documents().values()],
  };
}

const Row = z.object({ key: z.string(), value: z.string() });

function read<T>(row: unknown, kind: string, schema: z.ZodType<T>, file: string): readonly [string, T] {
  const { key, value } = Row.parse(row);
  try {
    return [key, schema.parse(JSON.parse(value))];
  } catch (cause) {
    throw new Error(`${file}: ${kind} ${key} cannot be read; it was written by another version or damaged`, { cause });
  }
}

function inTransaction<R>(database: DatabaseSync, work: () => R, forget: ReadonlySet<() => void>): R {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    for (const reread of forget) reread();
    throw error;
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
