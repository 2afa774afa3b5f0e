import { Database } from "bun:sqlite";
import { resolve } from "node:path";
import type {
  Command,
  CommandsOutcome,
  Connection,
  LendingRules,
  Lent,
  OpenMode,
  Row,
  RowWatch,
  SchemaObject,
  SessionSettings,
  Value,
} from "../connection.ts";
import { DatabaseError } from "../database-error.ts";
import type { ForeignKeyLink, ForeignKeyReport } from "../foreign-key-report.ts";
import { countRows } from "./database-copy.ts";
import { openError, readonlyReason, requireOpenable, requireSound, requireWhole } from "./database-file.ts";
import { isClosedError, toDatabaseError } from "./driver-error.ts";
import { type FileIdentity, identityOf, requireSameFile } from "./file-identity.ts";
import { oddities } from "./file-oddities.ts";
import { checkDeclarations, checkForeignKeys } from "./foreign-key-check.ts";
import { foreignKeyLinks } from "./foreign-key-declarations.ts";
import { checkIntegrity } from "./integrity.ts";
import { LentHandle } from "./lent-handle.ts";
import { openToRead } from "./open-to-read.ts";
import { TriggerWatch } from "./row-watch.ts";
import { schemaObjects } from "./schema-objects.ts";
import { readSessionSettings, restoreSessionSettings } from "./session-settings.ts";
import { WriteLock } from "./write-lock.ts";

/** SQLITE_FCNTL_DATA_VERSION, https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html */
const FCNTL_DATA_VERSION = 35;

export type { Database };

/** A connection over bun:sqlite; the one place, with its neighbours, that knows the driver. */
export class SqliteConnection implements Connection {
  readonly name: string;
  readonly handle: Database;
  readonly isShared: boolean;
  /** Absolute: code may change the working directory. */
  private readonly path: string;
  private readonly identity: FileIdentity | null;
  private writeLock: WriteLock | null = null;
  readonly file: string | null;
  isLockObserved = false;
  private isAbandoned = false;

  private constructor(name: string, handle: Database, openedPath: string | null) {
    this.name = name;
    this.handle = handle;
    this.isShared = openedPath === null;
    this.path = openedPath ?? fileOf(handle, name);
    this.identity = identityOf(this.path);
    this.file = this.identity === null ? null : this.path;
  }

  /**
   * Opens a file.
   * @param name how messages name it
   * @throws DatabaseError
   */
  static open(path: string, mode: OpenMode, name: string = path): SqliteConnection {
    if (path !== ":memory:") requireOpenable(path, mode);
    try {
      if (mode === "read") return new SqliteConnection(name, openToRead(path), path);
      const db = new Database(path, { readwrite: true, create: mode === "create" });
      return new SqliteConnection(name, db, path);
    } catch (thrown) {
      const error = toDatabaseError(thrown);
      throw error === null ? thrown : openError(error, path, mode);
    }
  }

  /** Works on a handle that belongs to the caller: it is never closed here. */
  static over(db: Database): SqliteConnection {
    return new SqliteConnection(db.filename || ":memory:", db, null);
  }

  run(sql: string): Promise<void> {
    return this.attempt(() => void this.handle.run(sql));
  }

  execute(sql: string, ...values: Value[]): Promise<void> {
    return this.attempt(() => void this.handle.query(sql).run(...values));
  }

  runEach(commands: readonly Command[], before?: (index: number) => boolean): Promise<CommandsOutcome> {
    return this.attempt(() => {
      const { handle } = this;
      let ran = 0;
      let error: DatabaseError | null = null;
      try {
        for (const { sql, values } of commands) {
          // Whoever is asked may end it as well.
          if (before !== undefined && !(this.isInside && before(ran) && this.isInside)) break;
          if (values === undefined) handle.run(sql);
          else handle.query(sql).run(...values);
          ran++;
        }
      } catch (thrown) {
        error = toDatabaseError(thrown);
        if (error === null) throw thrown;
      }
      return { ran, error, isInTransaction: this.isInside };
    });
  }

  all<R extends Row>(sql: string, ...values: Value[]): Promise<R[]> {
    return this.attempt(() => this.handle.query(sql).all(...values) as R[]);
  }

  /** A closed handle is in none. */
  isInTransaction(): Promise<boolean> {
    return this.attempt(() => this.isInside);
  }

  private get isInside(): boolean {
    return !this.isAbandoned && isInTransaction(this.handle);
  }

  dataVersion(): Promise<number> {
    return this.attempt(() => {
      const answer = new Int32Array(2);
      // fileControl says nothing of a closed handle; this throws.
      void this.handle.inTransaction;
      this.handle.fileControl(FCNTL_DATA_VERSION, answer);
      return answer[0]!;
    });
  }

  setForeignKeys(enforced: boolean): Promise<void> {
    return this.run(`PRAGMA foreign_keys = ${enforced ? 1 : 0}`);
  }

  async foreignKeysEnforced(): Promise<boolean> {
    return Number(await this.pragma("foreign_keys")) === 1;
  }

  setQueryOnly(on: boolean): Promise<void> {
    return this.run(`PRAGMA query_only = ${on ? 1 : 0}`);
  }

  sessionSettings(): Promise<SessionSettings> {
    return this.attempt(() => readSessionSettings(this.handle));
  }

  restoreSettings(settings: SessionSettings): Promise<void> {
    return this.attempt(() => restoreSessionSettings(this.handle, settings));
  }

  async setSynchronous(level: string): Promise<string> {
    const before = String(await this.pragma("synchronous"));
    await this.run(`PRAGMA synchronous = ${level}`);
    return before;
  }

  async growCache(kib: number): Promise<number> {
    const before = Number((await this.pragma("cache_size")) ?? 0);
    // KiB below zero, pages above it (https://sqlite.org/pragma.html#pragma_cache_size).
    const present = before < 0 ? -before : (before * Number(await this.pragma("page_size"))) / 1024;
    if (present < kib) await this.setCacheSize(-kib);
    return before;
  }

  setCacheSize(size: number): Promise<void> {
    return this.run(`PRAGMA cache_size = ${Math.trunc(size)}`);
  }

  async setBusyTimeout(milliseconds: number): Promise<number> {
    const before = await this.pragma("busy_timeout");
    await this.run(`PRAGMA busy_timeout = ${Math.trunc(milliseconds)}`);
    return Number(before ?? 0);
  }

  checkForeignKeys(): Promise<ForeignKeyReport> {
    return this.attempt(() => checkForeignKeys(this.handle));
  }

  foreignKeyLinks(tables: readonly string[] | "all"): Promise<readonly ForeignKeyLink[]> {
    return this.attempt(() => foreignKeyLinks(this.handle, tables));
  }

  checkDeclarations(tables: readonly string[]): Promise<ForeignKeyReport> {
    return this.attempt(() => checkDeclarations(this.handle, tables));
  }

  lend(rules: LendingRules): Lent {
    return new LentHandle(this.handle, rules);
  }

  async watchRows(isExcepted: (table: string) => boolean): Promise<RowWatch> {
    const watch = await this.attempt(() => new TriggerWatch(this.handle, isExcepted));
    return { losses: () => this.attempt(() => watch.losses()), end: () => this.attempt(() => watch.end()) };
  }

  schemaObjects(): Promise<readonly SchemaObject[]> {
    return this.attempt(() => schemaObjects(this.handle));
  }

  checkIntegrity(): Promise<readonly string[]> {
    return this.attempt(() =>
      checkIntegrity(this.handle)
        .flatMap((lines) => lines.split("\n"))
        .filter((line) => line !== "ok"),
    );
  }

  countRows(): Promise<ReadonlyMap<string, number>> {
    return this.attempt(() => countRows((sql) => this.handle.query(sql).values()));
  }

  async requireFit(table: string): Promise<void> {
    if (this.identity === null) return;
    await this.attempt(() => {
      requireWhole(this.handle, this.path);
      requireSound(this.handle, table);
    });
    const version = String(await this.pragma("user_version"));
    try {
      await this.run(`PRAGMA user_version = ${version}`);
    } catch (error) {
      throw !this.isShared && error instanceof DatabaseError ? readonlyReason(error, this.path) : error;
    }
  }

  async oddities(): Promise<readonly string[]> {
    return this.identity === null ? [] : oddities(this.path);
  }

  requireInPlace(): Promise<void> {
    return this.attempt(() => requireSameFile(this.path, this.identity));
  }

  async observeLock(): Promise<void> {
    if (this.isLockObserved || this.identity === null) return;
    this.writeLock ??= WriteLock.of(this.identity);
    this.isLockObserved = this.writeLock?.isSeen() ?? false;
  }

  /** In WAL mode the lock is on another file, which code has no reason to open. */
  async hasLostLock(): Promise<boolean> {
    if (!this.isLockObserved || this.writeLock!.isSeen()) return false;
    return String(await this.pragma("journal_mode")) !== "wal";
  }

  abandon(): void {
    this.isAbandoned = true;
  }

  errorOf(thrown: unknown): DatabaseError | null {
    return toDatabaseError(thrown);
  }

  async close(): Promise<void> {
    if (!this.isShared && !this.isAbandoned) this.handle.close();
  }

  /** A handle may give integers as bigints. */
  private pragma(name: string): Promise<Value | undefined> {
    return this.attempt(() => (this.handle.query(`PRAGMA ${name}`).values()[0] as Value[] | undefined)?.[0]);
  }

  /** The driver is synchronous; the contract is not. Thousands of steps go through here: an async function would keep each waiting once more. */
  private attempt<T>(action: () => T): Promise<T> {
    try {
      return Promise.resolve(action());
    } catch (thrown) {
      return Promise.reject(toDatabaseError(thrown) ?? thrown);
    }
  }
}

/** The path that SQLite opened, which it made absolute: a handle may be older than a change of the working directory. */
function fileOf(handle: Database, name: string): string {
  try {
    const [row] = handle.query("SELECT file FROM pragma_database_list WHERE name = 'main'").values();
    return String(row?.[0] ?? "") || ":memory:";
  } catch {
    return name === ":memory:" ? name : resolve(name);
  }
}

function isInTransaction(handle: Database): boolean {
  try {
    return handle.inTransaction;
  } catch (thrown) {
    if (isClosedError(thrown)) return false;
    throw thrown;
  }
}
