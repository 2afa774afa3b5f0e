import type { Database } from "bun:sqlite";
import { SqliteConnection } from "./sqlite-connection.ts";

/** Settings of a server's connection. Each can be left as SQLite has it with null. */
export interface DatabasePragmas {
  /** WAL: readers and the one writer do not wait for each other (https://sqlite.org/wal.html). Kept in the file. */
  readonly journalMode?: "WAL" | "DELETE" | "TRUNCATE" | "PERSIST" | null | undefined;
  /**
   * NORMAL: in WAL mode a commit needs no fsync and the database stays consistent; a power cut may undo the last commits
   * (https://sqlite.org/pragma.html#pragma_synchronous). Set after the migrations, which run with EXTRA.
   */
  readonly synchronous?: "OFF" | "NORMAL" | "FULL" | "EXTRA" | null | undefined;
  /** On: SQLite ignores foreign keys unless each connection asks for them (https://sqlite.org/foreignkeys.html#fk_enable). */
  readonly foreignKeys?: boolean | null | undefined;
  /** Milliseconds that a statement waits for a lock, 5,000 by default; without it the first clash is an error. */
  readonly busyTimeoutMs?: number | null | undefined;
  /** KiB of page cache, 16,384 by default; SQLite's own 2,000 is small for a server. */
  readonly cacheSizeKib?: number | null | undefined;
}

/** Opens a database for a server, making the file if there is none. @throws DatabaseError */
export function openTuned(path: string): Database {
  return SqliteConnection.open(path, "create").handle;
}

/**
 * What must be there before migrations run: WAL, so that the readers of a running server are not kept out.
 * @throws DatabaseError of kind busy while another connection keeps the mode from changing.
 */
export function setJournalMode(db: Database, mode: DatabasePragmas["journalMode"]): void {
  if (mode === null) return;
  const wanted = mode ?? "WAL";
  attempt(db, () => {
    const [present] = db.query("PRAGMA journal_mode").values();
    if (String(present?.[0]).toUpperCase() !== wanted) db.run(`PRAGMA journal_mode = ${wanted}`);
  });
}

/** The settings of the connection itself. @throws DatabaseError */
export function setPragmas(db: Database, pragmas: DatabasePragmas): void {
  const { synchronous = "NORMAL", foreignKeys = true, busyTimeoutMs = 5000, cacheSizeKib = 16_384 } = pragmas;
  attempt(db, () => {
    if (synchronous !== null) db.run(`PRAGMA synchronous = ${synchronous}`);
    if (foreignKeys !== null) db.run(`PRAGMA foreign_keys = ${foreignKeys ? 1 : 0}`);
    if (busyTimeoutMs !== null) db.run(`PRAGMA busy_timeout = ${Math.trunc(busyTimeoutMs)}`);
    // Negative: KiB rather than pages (https://sqlite.org/pragma.html#pragma_cache_size).
    if (cacheSizeKib !== null) db.run(`PRAGMA cache_size = ${-Math.trunc(cacheSizeKib)}`);
  });
}

function attempt(db: Database, action: () => void): void {
  try {
    action();
  } catch (thrown) {
    throw SqliteConnection.over(db).errorOf(thrown) ?? thrown;
  }
}
