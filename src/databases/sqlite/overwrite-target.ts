import { Database } from "bun:sqlite";
import { closeSync, openSync, readSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { syncCommit } from "./commit-sync.ts";
import { type CopyListener, numberOf } from "./database-copy.ts";
import { uriOf } from "./database-file.ts";
import { toDatabaseError } from "./driver-error.ts";

/** Where a file in a rollback journal mode counts its commits (https://sqlite.org/fileformat2.html#file_change_counter). */
const CHANGE_COUNTER = { offset: 24, length: 4 };

/** Pages of a source: one that has a single page is written in one step, before anybody can look whether others have written. */
export const SMALLEST_SOURCE = 2;

/** At least two, since the first one comes when the lock is held and little is written. */
const STEPS = 50;

/**
 * A database whose whole contents are about to be exchanged, in place and as one transaction, by SQLite's own backup. Other connections see it as any
 * commit; a file that took its place instead would leave them with one that has no name any more.
 */
export class OverwriteTarget implements Disposable {
  /** What a database in WAL mode keeps, and others take over. */
  readonly pageSize: number;
  readonly isWal: boolean;
  private readonly path: string;
  /**
   * Opened before any connection and closed after all: closing it in between would drop the locks of this process
   * (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
   */
  private readonly descriptor: number;
  private readonly db: Database;
  private known: string | null = null;
  /** Whether the backup holds its lock: nobody else can commit then. */
  private isBegun = false;

  /** @throws DatabaseError */
  constructor(path: string) {
    this.path = path;
    this.descriptor = openSync(path, "r");
    let db: Database | undefined;
    try {
      db = new Database(path, { readwrite: true, create: false });
      this.isWal = String(pragmaValue(db, "journal_mode")) === "wal";
      this.pageSize = Number(pragmaValue(db, "page_size"));
      this.db = db;
    } catch (thrown) {
      db?.close();
      closeSync(this.descriptor);
      throw toDatabaseError(thrown) ?? thrown;
    }
  }

  /** Takes the write lock. @throws DatabaseError of kind busy */
  lock(): void {
    attempt(() => this.db.run("BEGIN IMMEDIATE"));
  }

  /** Remembers the state under the lock, and gives the lock up: the backup takes its own. */
  private release(): void {
    if (!this.db.inTransaction) return;
    this.known = this.state();
    this.db.run("ROLLBACK");
  }

  /** Gives the lock up, if it is held. */
  abandon(): void {
    if (this.db.inTransaction) attempt(() => this.db.run("ROLLBACK"));
  }

  /**
   * Puts the contents of another database here, unless something was committed since `lock`: then nothing is changed.
   * @param source in a rollback journal mode, with SMALLEST_SOURCE pages; in WAL mode of the same page size
   * @returns whether it is done
   * @throws DatabaseError; of kind busy where another connection keeps the lock out. Whether something is changed all the same, `isChanged` tells.
   */
  async overwriteWith(source: string, onProgress: CopyListener = () => {}): Promise<boolean> {
    try {
      await this.overwrite(source, onProgress);
      syncCommit(this.path);
      return true;
    } catch (thrown) {
      if (!this.db.inTransaction) this.recover();
      if (thrown instanceof Moved) return false;
      throw toDatabaseError(thrown) ?? thrown;
    }
  }

  private async overwrite(source: string, onProgress: CopyListener): Promise<void> {
    const { backup, DatabaseSync } = await import("node:sqlite");
    const from = new DatabaseSync(source, { readOnly: true });
    let synced: DatabaseSync | undefined;
    this.isBegun = false;
    try {
      const pageSize = numberOf(from, "page_size");
      const to = uriOf(this.path, "cache=shared");
      synced = new DatabaseSync(to);
      // The connection of the backup cannot be told so, but shares the pager of this one. Less than that and a power cut could bring the journal back for a
      // file that is already cut short: SQLite does that after the commit.
      synced.exec("PRAGMA synchronous = EXTRA");
      // KiB. Each time that no further page fits, the journal is synced (https://www.sqlite.org/pragma.html#pragma_cache_spill): with the 2 MB of the
      // default, 500 times in a gigabyte.
      synced.exec("PRAGMA cache_size = -65536");
      // As late as can be: what is committed between this lock and the next one makes all in vain.
      this.release();
      await backup(from, to, {
        rate: Math.max(1, Math.floor(numberOf(from, "page_count") / STEPS)),
        progress: ({ totalPages, remainingPages }) => {
          if (!this.isBegun && this.state() !== this.known) throw new Moved();
          this.isBegun = true;
          onProgress({
            doneBytes: (totalPages - remainingPages) * pageSize,
            totalBytes: totalPages * pageSize,
          });
        },
      });
    } finally {
      synced?.close();
      from.close();
    }
  }

  /** After a failure, whether the contents are the other ones: an error can come when the journal is gone, which is the commit. */
  get isChanged(): boolean {
    try {
      return this.isBegun && this.state() !== this.known;
    } catch {
      return true;
    }
  }

  [Symbol.dispose](): void {
    this.abandon();
    this.db.close();
    closeSync(this.descriptor);
  }

  /**
   * Differs once another connection has committed. While the backup holds its lock, a rollback journal keeps readers out, but the counter in the file
   * can be seen; in WAL mode that is not kept, and readers are let in.
   */
  private state(): string {
    if (this.isWal) return String(pragmaValue(this.db, "data_version"));
    const counter = Buffer.alloc(CHANGE_COUNTER.length);
    readSync(this.descriptor, counter, 0, CHANGE_COUNTER.length, CHANGE_COUNTER.offset);
    return counter.toString("hex");
  }

  /** A disk that is full can leave a journal behind, which the next one to read plays back. */
  private recover(): void {
    try {
      this.db.query("SELECT 1 FROM sqlite_schema LIMIT 1").values();
    } catch {
      // Whoever opens the file next does it.
    }
  }
}

/** Thrown into SQLite's backup, which then rolls back. */
class Moved extends Error {}

function pragmaValue(db: Database, pragma: string): unknown {
  return db.query(`PRAGMA ${pragma}`).values()[0]?.[0];
}

function attempt(action: () => void): void {
  try {
    action();
  } catch (thrown) {
    throw toDatabaseError(thrown) ?? thrown;
  }
}
